//! What becomes of a task when an attempt has ended, and how is that recorded?

use std::time::Duration;

use baton_domain::id::TaskId;
use baton_domain::problem::Code;
use baton_domain::task::{MAXIMUM_RETRY_AFTER, Trigger};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::{AttemptOutcome, Failure};
use baton_storage::{Advance, Advanced, AttemptEnd, Completion, Guard, StoreError, TaskRecord};

use super::conversation::End;
use super::failure;
use crate::engine::{Order, Shared};
use crate::load_balancer::Ending;
use crate::task_manager::refusals::REFUSED;

/// How long the first and the longest pause between tries to record an outcome are.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a task is back in the queue that no agent may begin; its rejection follows.
const BARRED: &str = "barred";

/// What is recorded of an attempt's end.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// Its result.
    Complete(Box<Completion>),
    /// Anything else.
    Advance(Box<Advance>),
}

impl Change {
    /// How the attempt ended, if it did.
    pub(super) fn outcome(&self) -> Option<AttemptOutcome> {
        match self {
            Self::Complete(_) => Some(AttemptOutcome::Completed),
            Self::Advance(advance) => advance.attempt_end.as_ref().map(|end| end.outcome),
        }
    }

    /// Whether the task goes back to the queue.
    pub(super) fn queues_again(&self) -> bool {
        matches!(self, Self::Advance(advance) if matches!(advance.trigger, Trigger::Retry | Trigger::LoseWorker | Trigger::HandBack))
    }

    fn task(&self) -> TaskId {
        match self {
            Self::Complete(completion) => completion.task.summary.id,
            Self::Advance(advance) => advance.task,
        }
    }
}

/// The change of state that an end without a result means; none if the lease is no longer ours.
pub(super) fn decide(shared: &Shared, task: &TaskRecord, end: &End, at: Timestamp) -> Option<Advance> {
    let change = |trigger, reason: &str, outcome, failure: Option<Failure>| Advance {
        reason: Some(reason.to_owned()),
        failure: failure.clone(),
        attempt_end: Some(AttemptEnd { outcome, failure }),
        ..Advance::new(task.summary.id, Guard::Lease(task.lease), trigger, Principal::System, at)
    };
    Some(match end {
        End::Failed { failure, retry_after } => again_or(shared, task, at, failure, *retry_after, Trigger::Fail, AttemptOutcome::Failed),
        End::TimedOut(failure) => again_or(shared, task, at, failure, None, Trigger::TimeOut, AttemptOutcome::TimedOut),
        End::Lost(failure) => again_or(shared, task, at, failure, None, Trigger::Fail, AttemptOutcome::Lost),
        End::Ordered(Order::Cancel) => change(Trigger::Cancel, "canceled", AttemptOutcome::Canceled, None),
        End::Ordered(Order::CloseTooLate) => {
            let late = failure(Code::ClosedTooLate, "The task had not ended within its schedule_to_close.", false);
            change(Trigger::TimeOut, Code::ClosedTooLate.as_str(), AttemptOutcome::TimedOut, Some(late))
        }
        End::Refused { failure, pause } => {
            let back = change(Trigger::HandBack, REFUSED, AttemptOutcome::Refused, Some(failure.clone()));
            Advance { not_before: (!pause.is_zero()).then(|| at.plus(*pause)), ..back }
        }
        End::Barred(failure) => change(Trigger::HandBack, BARRED, AttemptOutcome::Refused, Some(failure.clone())),
        End::Paused => change(Trigger::Pause, "paused", AttemptOutcome::Paused, None),
        End::Ordered(Order::HandBack) => change(Trigger::HandBack, "handed_back", AttemptOutcome::HandedBack, None),
        End::Completed(_) | End::Ordered(Order::Stale | Order::Work) => return None,
    })
}

/// Codes of what lies outside: hosts that are not found or answer badly, models, connections and databases behind them. They may pass, and say nothing
/// of the agent that asked: its other tasks go elsewhere.
const OUTSIDE: [&str; 5] = ["EGRESS-", "MODEL-", "CONNECTION-", "WEB-", "DATA-"];

/// What an end says of the agent, and whether what the attempt ran in went down with it. A failure that another attempt would
/// repeat is the input's, unless the engine says that the agent broke its side of the protocol; one of what lies outside is not the agent's either.
pub(super) fn blame(end: &End) -> (Ending, bool) {
    let of = |failure: &Failure| {
        let outside = OUTSIDE.iter().any(|prefix| failure.code.starts_with(prefix));
        if (failure.retryable && !outside) || failure.code.starts_with("ATTEMPT-") { Ending::Failed } else { Ending::Excused }
    };
    match end {
        End::Completed(_) => (Ending::Completed, false),
        // A child that went over its limits did what its input made it do.
        End::Lost(failure) => (of(failure), failure.retryable),
        End::Failed { failure, .. } | End::TimedOut(failure) => (of(failure), false),
        End::Refused { .. }
        | End::Barred(_)
        | End::Paused
        | End::Ordered(Order::CloseTooLate | Order::Cancel | Order::HandBack | Order::Stale | Order::Work) => (Ending::Excused, false),
    }
}

/// Another attempt if the policy allows one, else the end.
fn again_or(
    shared: &Shared,
    task: &TaskRecord,
    at: Timestamp,
    failure: &Failure,
    retry_after: Option<Duration>,
    last: Trigger,
    outcome: AttemptOutcome,
) -> Advance {
    let attempt_end = Some(AttemptEnd { outcome, failure: Some(failure.clone()) });
    let base = Advance::new(task.summary.id, Guard::Lease(task.lease), last, Principal::System, at);
    if failure.retryable && task.retry.allows(task.summary.attempt, &failure.code) {
        // What the other side asked for goes before what the policy computes.
        let delay = retry_after
            .map(|asked| asked.min(MAXIMUM_RETRY_AFTER))
            .unwrap_or_else(|| task.retry.delay(task.summary.attempt, shared.sources.chance.next()));
        let trigger = if outcome == AttemptOutcome::Lost { Trigger::LoseWorker } else { Trigger::Retry };
        let reason = if outcome == AttemptOutcome::Lost { "worker_lost" } else { "retry" };
        return Advance { trigger, reason: Some(reason.to_owned()), not_before: Some(at.plus(delay)), attempt_end, ..base };
    }
    Advance { reason: Some(failure.code.clone()), failure: Some(failure.clone()), attempt_end, ..base }
}

/// Records a change, however long storage needs to take it. Gives up when the engine stops and storage still
/// refuses: then the next start recovers the task, since its lease stands in the store.
pub(super) async fn store(shared: &Shared, change: Change) -> Option<Advanced> {
    let mut pause = FIRST_PAUSE;
    loop {
        let stored = match change.clone() {
            Change::Complete(completion) => shared.store.complete(*completion).await,
            Change::Advance(advance) => shared.store.advance(*advance).await,
        };
        match stored {
            Ok(advanced) => return Some(advanced),
            Err(error) => {
                let stopping = shared.stop.is_cancelled();
                tracing::warn!(%error, task = %change.task(), stopping, "a change of state could not be stored yet");
                if stopping || matches!(error, StoreError::Corrupt(_)) {
                    return None;
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_blamed_for_what_it_did_and_not_for_the_world() {
        let blamed = |code: &str, retryable: bool| {
            let failure = Failure { code: code.to_owned(), message: String::new(), retryable };
            matches!(blame(&End::Failed { failure, retry_after: None }).0, Ending::Failed)
        };
        assert!(blamed("INTERNAL-001", true) && blamed("ATTEMPT-001", false) && blamed("SHOP-7", true));
        for code in ["EGRESS-004", "MODEL-004", "CONNECTION-002", "WEB-022", "DATA-042"] {
            assert!(!blamed(code, true), "{code}");
        }
        assert!(!blamed("SHOP-7", false), "the input's");
    }
}
