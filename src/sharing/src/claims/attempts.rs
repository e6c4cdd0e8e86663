//! What may an attempt do with what is shared? The same as anybody, within tighter bounds, and only while it holds its task.

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::ports::{SharedThings, WorkingAttempt};
use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_domain::wire::claim::{ClaimRef, ClaimRelease, ClaimRenewal, ClaimRequest, ClaimView, Claimed, WantedClaim};
use baton_domain::wire::conflict::{PutOutcome, PutVersion};
use baton_negotiation::claims::{Holder, HolderKind};

use super::holders::Known;
use super::service::Working;
use crate::Sharing;

/// The longest lease of an attempt: where its server dies, others wait so long for what it had. It renews to hold on for longer.
const LONGEST_LEASE_MS: u64 = 10 * 60 * 1_000;

fn known(attempt: &WorkingAttempt) -> Known {
    let holder = Holder { kind: HolderKind::Attempt, id: *attempt.attempt.as_uuid() };
    Known { holder, priority: attempt.priority, begun_at: Some(attempt.created_at) }
}

fn working(attempt: &WorkingAttempt) -> Working {
    (known(attempt), (attempt.task, attempt.lease))
}

fn check_lease(lease_ms: u64) -> Answer<()> {
    if lease_ms > LONGEST_LEASE_MS {
        return Err(Problem::invalid_field("lease_ms", "An agent holds a claim for at most 600,000 ms, ten minutes, without a renewal."));
    }
    Ok(())
}

#[async_trait]
impl SharedThings for Sharing {
    async fn claim(&self, attempt: &WorkingAttempt, wanted: Vec<WantedClaim>, lease_ms: u64, wait: Duration) -> Answer<Claimed> {
        check_lease(lease_ms)?;
        // What is not held by then is not waited for any longer.
        let wait_ms = u64::try_from(wait.as_millis()).ok().filter(|wait| *wait > 0);
        let request = ClaimRequest { wanted, holder: None, lease_ms, wait_ms };
        self.claim_for(&attempt.caller(), request, wait_ms.map(|_| wait), Some(working(attempt))).await
    }

    async fn renew(&self, attempt: &WorkingAttempt, claims: Vec<ClaimRef>, lease_ms: Option<u64>) -> Answer<Vec<ClaimView>> {
        lease_ms.map_or(Ok(()), check_lease)?;
        self.renew_for(&attempt.caller(), ClaimRenewal { holder: None, claims, lease_ms }, Some(working(attempt))).await
    }

    async fn release(&self, attempt: &WorkingAttempt, claims: Vec<ClaimRef>) -> Answer<()> {
        self.release_for(&attempt.caller(), ClaimRelease { holder: None, claims }, Some(known(attempt))).await
    }

    async fn put(&self, attempt: &WorkingAttempt, line: &str, version: PutVersion) -> Answer<PutOutcome> {
        self.put_version(&attempt.caller(), line, version, Some((attempt.task, attempt.lease))).await
    }
}
