//! How does an agent claim what is shared, and store versions of it? It asks the host, which has the claims.

use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_domain::wire::claim::{ClaimRef, ClaimView, Claimed, WantedClaim};
use baton_domain::wire::conflict::{PutOutcome, PutVersion};
use tokio::sync::oneshot;

use super::{Context, Pending, from_failure, host_gone};
use crate::SkillError;
use crate::protocol::FromAgent;

impl Context {
    /// Claims shared things for this attempt, all of them or none, and waits so long until it has them; what is not held by then is not waited for any
    /// longer. They hold for `lease` without a [renewal](Self::renew), and are given back when the attempt ends. The `fence` of each goes with
    /// every use of the thing.
    ///
    /// # Errors
    /// What the host answers: `CLAIM-008` for what others have, `CLAIM-007` if it did not become free in time, `CLAIM-005` in a deadlock, `REQUEST-002`
    /// for more than 64 things, a lease over ten minutes or a wait over 30 seconds, `REQUEST-007` for more than eight requests at once, `TOPIC-008`
    /// if the attempt has lost its task, `AUTH-005` if whoever asked for the task may not work any more; and when somebody asks to stop.
    pub async fn claim(&self, wanted: Vec<WantedClaim>, lease: Duration, wait: Duration) -> Result<Claimed, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Claimed(send));
        let wait_seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        self.deliver(FromAgent::Claim { request, wanted, lease_ms: millis(lease), wait_seconds }).await?;
        tokio::select! {
            answer = answer => answer.map_err(|_| host_gone())?.map_err(from_failure),
            () = self.canceled() => self.check().map(|()| Claimed { complete: false, claims: Vec::new() }),
        }
    }

    /// Holds claims of this attempt for longer, from now: those that are named, or all of them.
    ///
    /// # Errors
    /// What the host answers: `CLAIM-001` for one that is not held any more, and as [`claim`](Self::claim).
    pub async fn renew(&self, claims: Vec<ClaimRef>, lease: Option<Duration>) -> Result<Vec<ClaimView>, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Renewed(send));
        self.deliver(FromAgent::RenewClaims { request, claims, lease_ms: lease.map(millis) }).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)
    }

    /// Gives claims of this attempt back: those that are named, or all of them.
    ///
    /// # Errors
    /// What the host answers: `CLAIM-001` for one that is not held any more.
    pub async fn release(&self, claims: Vec<ClaimRef>) -> Result<(), SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Released(send));
        self.deliver(FromAgent::ReleaseClaims { request, claims }).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)
    }

    /// Stores a version of a line, whose content was [stored](Self::store) before. With a `fence` only while the claim with that number is held; in any
    /// case only while the attempt holds its task, which is looked at as it is stored.
    ///
    /// # Errors
    /// What the host answers: `CLAIM-001` if the claim is not held any more, `CONFLICT-001` if others were faster and the policy is to refuse, `TOPIC-008`
    /// if the attempt has lost its task, `AUTH-005` if whoever asked for the task may not work any more.
    pub async fn put_version(&self, line: &str, version: PutVersion) -> Result<PutOutcome, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::VersionPut(send));
        self.deliver(FromAgent::PutVersion { request, line: line.to_owned(), version: Box::new(version) }).await?;
        answer.await.map_err(|_| host_gone())?.map(|outcome| *outcome).map_err(from_failure)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
