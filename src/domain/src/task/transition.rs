//! Which changes of state are allowed: one table, the only way to change a task's state.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::state::TaskState;
use crate::named::named_enum;

named_enum!(
    /// What happens to a task.
    Trigger {
        /// A new task is ready.
        Enqueue = "enqueue",
        /// A task must wait for something first.
        Hold = "hold",
        /// A policy, a budget or every agent refuses it.
        Reject = "reject",
        /// What it waited for has happened.
        Release = "release",
        /// An agent was chosen and holds the lease.
        Assign = "assign",
        /// The agent began.
        Start = "start",
        /// The agent refused or handed it back; the attempt does not count.
        HandBack = "hand_back",
        /// The worker died; the attempt counts.
        LoseWorker = "lose_worker",
        /// The attempt failed and another is due; the attempt counts.
        Retry = "retry",
        /// A result was recorded.
        Complete = "complete",
        /// It failed for good.
        Fail = "fail",
        /// One of its deadlines passed for good.
        TimeOut = "time_out",
        /// A person paused it.
        Pause = "pause",
        /// A person resumed it, and it is ready.
        Resume = "resume",
        /// A person resumed it, and it still waits for something.
        ResumeWaiting = "resume_waiting",
        /// A person or a parent cancelled it, and nothing of it runs any more.
        Cancel = "cancel",
    }
);

/// What a transition does to the count of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptEffect {
    /// The number stays.
    Keep,
    /// The next attempt gets the next number.
    Next,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The state before; `None` for a task that does not exist yet.
    pub from: Option<TaskState>,
    /// What happens.
    pub trigger: Trigger,
    /// The state after.
    pub to: TaskState,
    /// What becomes of the attempt number.
    pub attempt: AttemptEffect,
}

const fn row(from: Option<TaskState>, trigger: Trigger, to: TaskState, attempt: AttemptEffect) -> Transition {
    Transition { from, trigger, to, attempt }
}

use AttemptEffect::{Keep, Next};
use TaskState::{Assigned, Canceled, Completed, Failed, Paused, Queued, Rejected, Running, TimedOut, Waiting};

/// Every allowed change. A pair of state and trigger that has no row here is illegal.
pub const TABLE: &[Transition] = &[
    row(None, Trigger::Enqueue, Queued, Keep),
    row(None, Trigger::Hold, Waiting, Keep),
    row(None, Trigger::Reject, Rejected, Keep),
    row(Some(Queued), Trigger::Assign, Assigned, Keep),
    row(Some(Queued), Trigger::Hold, Waiting, Keep),
    row(Some(Queued), Trigger::Reject, Rejected, Keep),
    row(Some(Queued), Trigger::TimeOut, TimedOut, Keep),
    row(Some(Queued), Trigger::Pause, Paused, Keep),
    row(Some(Queued), Trigger::Cancel, Canceled, Keep),
    row(Some(Waiting), Trigger::Release, Queued, Keep),
    // By the answer of those who did it in its place; one that waits for anything else has none.
    row(Some(Waiting), Trigger::Complete, Completed, Keep),
    // `dependency_failed`, `decision_refused`.
    row(Some(Waiting), Trigger::Fail, Failed, Keep),
    row(Some(Waiting), Trigger::TimeOut, TimedOut, Keep),
    row(Some(Waiting), Trigger::Pause, Paused, Keep),
    row(Some(Waiting), Trigger::Cancel, Canceled, Keep),
    row(Some(Assigned), Trigger::Start, Running, Keep),
    row(Some(Assigned), Trigger::HandBack, Queued, Keep),
    row(Some(Assigned), Trigger::LoseWorker, Queued, Next),
    // A worker lost on the last attempt, or that cannot start the attempt at all.
    row(Some(Assigned), Trigger::Retry, Queued, Next),
    row(Some(Assigned), Trigger::Fail, Failed, Keep),
    row(Some(Assigned), Trigger::TimeOut, TimedOut, Keep),
    row(Some(Assigned), Trigger::Cancel, Canceled, Keep),
    row(Some(Running), Trigger::Complete, Completed, Keep),
    row(Some(Running), Trigger::Fail, Failed, Keep),
    row(Some(Running), Trigger::TimeOut, TimedOut, Keep),
    row(Some(Running), Trigger::Hold, Waiting, Keep),
    row(Some(Running), Trigger::Retry, Queued, Next),
    row(Some(Running), Trigger::LoseWorker, Queued, Next),
    row(Some(Running), Trigger::HandBack, Queued, Keep),
    // At a checkpoint, which releases the lease.
    row(Some(Running), Trigger::Pause, Paused, Keep),
    row(Some(Running), Trigger::Cancel, Canceled, Keep),
    row(Some(Paused), Trigger::Resume, Queued, Keep),
    row(Some(Paused), Trigger::ResumeWaiting, Waiting, Keep),
    row(Some(Paused), Trigger::TimeOut, TimedOut, Keep),
    row(Some(Paused), Trigger::Cancel, Canceled, Keep),
];

/// A trigger that the task's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IllegalTransition {
    /// The state the task is in; `None` for a task that does not exist yet.
    pub from: Option<TaskState>,
    /// What was tried.
    pub trigger: Trigger,
}

impl fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.map_or("new", TaskState::as_str);
        write!(f, "a task that is {from} cannot {}", self.trigger)
    }
}

impl std::error::Error for IllegalTransition {}

/// Looks the change up in [`TABLE`].
///
/// # Errors
/// [`IllegalTransition`] if the table has no such row.
pub fn apply(from: Option<TaskState>, trigger: Trigger) -> Result<Transition, IllegalTransition> {
    TABLE.iter().find(|row| row.from == from && row.trigger == trigger).copied().ok_or(IllegalTransition { from, trigger })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The design's table in its own words, written a second time on purpose: state by state, what may follow what.
    fn expected(from: Option<TaskState>, trigger: Trigger) -> Option<(TaskState, AttemptEffect)> {
        use Trigger as T;
        let to = match (from, trigger) {
            (None, T::Enqueue) => Queued,
            (None | Some(Queued | Running), T::Hold) => Waiting,
            (None | Some(Queued), T::Reject) => Rejected,
            (Some(Queued), T::Assign) => Assigned,
            (Some(Assigned), T::Start) => Running,
            (Some(Running | Waiting), T::Complete) => Completed,
            (Some(Waiting | Assigned | Running), T::Fail) => Failed,
            (Some(Waiting), T::Release) | (Some(Paused), T::Resume) | (Some(Assigned | Running), T::HandBack) => Queued,
            (Some(Assigned | Running), T::LoseWorker | T::Retry) => return Some((Queued, Next)),
            (Some(Paused), T::ResumeWaiting) => Waiting,
            (Some(Queued | Waiting | Running), T::Pause) => Paused,
            (Some(state), T::TimeOut) if !state.is_terminal() => TimedOut,
            (Some(state), T::Cancel) if !state.is_terminal() => Canceled,
            _ => return None,
        };
        Some((to, Keep))
    }

    #[test]
    fn every_pair_of_state_and_trigger_is_decided() {
        let states = TaskState::ALL.iter().copied().map(Some).chain([None]);
        for from in states {
            for &trigger in Trigger::ALL {
                let found = apply(from, trigger).ok().map(|row| (row.to, row.attempt));
                assert_eq!(found, expected(from, trigger), "{from:?} × {trigger:?}");
            }
        }
    }

    #[test]
    fn the_table_has_one_row_for_a_pair() {
        for (index, one) in TABLE.iter().enumerate() {
            assert!(TABLE[index + 1..].iter().all(|other| (other.from, other.trigger) != (one.from, one.trigger)), "{one:?}");
        }
    }

    #[test]
    fn nothing_leaves_a_terminal_state_and_every_live_state_can_end() {
        for &state in TaskState::ALL {
            let leaves = TABLE.iter().filter(|row| row.from == Some(state));
            if state.is_terminal() {
                assert_eq!(leaves.count(), 0, "{state}");
            } else {
                assert!(leaves.clone().any(|row| row.to == Canceled), "{state} can be cancelled");
            }
        }
    }
}
