//! What can be done with claims on shared things.

use std::time::Duration;

use async_trait::async_trait;

use super::Answer;
use crate::user::Caller;
use crate::wire::claim::{BreakClaim, ClaimCheck, ClaimFilter, ClaimList, ClaimRelease, ClaimRenewal, ClaimRequest, ClaimView, Claimed};

/// Gives, renews, checks and takes back claims on shared things.
#[async_trait]
pub trait ClaimService: Send + Sync {
    /// Claims one or several things. Asked again for what is held or waited for, it changes nothing and says how it stands, so that a request can
    /// be sent twice. With `wait` it answers when all are held or the span has passed, at most 60 seconds; the request stays in the queue
    /// for as long as it says itself.
    ///
    /// # Errors
    /// `CLAIM-008` if something is not free and the request does not wait, `CLAIM-005` if it gave way in a deadlock, `CLAIM-007` if it waited too
    /// long, `CLAIM-009` if somebody broke it; `CLAIM-003`, `CLAIM-004` beyond the bounds; `CLAIM-006`, `CLAIM-010`, `REQUEST-002`;
    /// `CLAIM-011` if others keep coming first.
    async fn claim(&self, caller: &Caller, request: ClaimRequest, wait: Option<Duration>) -> Answer<Claimed>;

    /// Holds claims for longer, all of them or none.
    ///
    /// # Errors
    /// `CLAIM-001` for a claim that is no longer held; `CLAIM-006`, `CLAIM-010`, `REQUEST-002`, `CLAIM-011`.
    async fn renew(&self, caller: &Caller, renewal: ClaimRenewal) -> Answer<Vec<ClaimView>>;

    /// Gives claims back and withdraws requests, all of them or none.
    ///
    /// # Errors
    /// `CLAIM-001` for a claim that is no longer held, `CLAIM-002` for a request that does not wait; `CLAIM-006`, `CLAIM-010`, `REQUEST-002`, `CLAIM-011`.
    async fn release(&self, caller: &Caller, release: ClaimRelease) -> Answer<()>;

    /// Who holds what, who waits for what, and since when.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit, `CLAIM-006`, `REQUEST-002`.
    async fn list(&self, caller: &Caller, filter: ClaimFilter) -> Answer<ClaimList>;

    /// Whether a thing may be used under a number now; gives the claim.
    ///
    /// # Errors
    /// `CLAIM-001` with the reason if not; `CLAIM-006`.
    async fn check(&self, caller: &Caller, check: ClaimCheck) -> Answer<ClaimView>;

    /// Takes a claim from its holder, or a request out of the queue.
    ///
    /// # Errors
    /// `CLAIM-002`, `CLAIM-006`, `REQUEST-002`, `CLAIM-011`.
    async fn break_claim(&self, caller: &Caller, which: BreakClaim) -> Answer<()>;
}
