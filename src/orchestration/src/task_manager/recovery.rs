//! What becomes of work that a stopped server left, or whose holder fell silent?

use baton_domain::id::LeaseToken;
use baton_domain::problem::Code;
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{Advance, Advanced, AttemptEnd, Guard, StoreError, TaskRecord};

use crate::attempt::failure;
use crate::engine::Shared;

/// Takes back every task that a former incarnation of this server held; says how many. Where there may be other servers, the
/// leases may be theirs: then only their end says that a holder is gone, and the leader sees to it.
pub(crate) async fn recover(shared: &Shared) -> Result<usize, StoreError> {
    if shared.cluster.is_shared() {
        return Ok(0);
    }
    let held = shared.store.leased_tasks().await?;
    let count = held.len();
    for task in held {
        take_back(shared, &task, task.lease).await?;
        reach(FaultPoint::DuringRecovery);
    }
    Ok(count)
}

/// Takes a task back whose holder is gone: cancelled if somebody asked for that, else queued again as the next
/// attempt, or failed if that was the last one.
pub(crate) async fn take_back(shared: &Shared, task: &TaskRecord, lease: LeaseToken) -> Result<Advanced, StoreError> {
    let at = shared.sources.clock.now();
    let base = Advance::new(task.summary.id, Guard::Lease(lease), Trigger::LoseWorker, Principal::System, at);
    let lost = failure(Code::WorkerLost, "The server or worker that held the task went away.", true);
    let change = if task.summary.cancel_requested_at.is_some() {
        let end = AttemptEnd { outcome: AttemptOutcome::Canceled, failure: None };
        Advance { trigger: Trigger::Cancel, reason: Some("canceled".to_owned()), attempt_end: Some(end), ..base }
    } else {
        let poisonous = super::quarantine::reached(shared, task).await?;
        let again = poisonous.is_none() && task.summary.attempt < task.summary.maximum_attempts;
        let lost = poisonous.unwrap_or(lost);
        let end = AttemptEnd { outcome: AttemptOutcome::Lost, failure: Some(lost.clone()) };
        if again {
            Advance { reason: Some("worker_lost".to_owned()), attempt_end: Some(end), ..base }
        } else {
            Advance { trigger: Trigger::Fail, reason: Some(lost.code.clone()), failure: Some(lost), attempt_end: Some(end), ..base }
        }
    };
    let advanced = shared.store.advance(change).await?;
    if let Advanced::Applied(now) = &advanced {
        // What its agent had asked for is of no more use: the next attempt asks anew.
        super::cancel::end_children(shared, task.summary.id, &Principal::System).await?;
        super::dependencies::ended(shared, now);
        shared.backlog.freed(&task.summary.skill, task.summary.fairness_key.as_deref());
        if now.summary.state == TaskState::Queued {
            shared.backlog.ring_for(now);
        }
    }
    Ok(advanced)
}
