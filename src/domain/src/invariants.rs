//! What must hold whatever happens: one catalogue, checked in tests and in production.

mod attempts;
mod log;

use std::fmt;

pub use attempts::{check_attempts, check_steps, check_story};
pub use log::{check_followed, check_log};

use crate::id::TaskId;
use crate::task::{TABLE, TaskState};

macro_rules! invariants {
    ($($name:ident = $id:literal, $statement:literal;)+) => {
        /// One invariant. The variant's documentation is its statement.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Invariant { $(#[doc = $statement] $name),+ }

        impl Invariant {
            /// The whole catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The short name: `I1`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// What it says.
            #[must_use]
            pub const fn statement(self) -> &'static str {
                match self { $(Self::$name => $statement),+ }
            }
        }
    };
}

invariants! {
    AcknowledgedIsStored = "I1", "every acknowledged task is stored";
    NothingIsLost = "I2", "submitted = terminal + live + purged";
    OneLease = "I3", "a task has at most one valid lease";
    OneOutcome = "I4", "a task has one terminal record";
    OnlyTableTransitions = "I5", "states change only as the table says";
    EndedHoldsNoLease = "I6", "a terminal task holds no lease";
    StaleLeaseIsPowerless = "I7", "a stale lease changes nothing";
    AttemptsBounded = "I8", "attempts never exceed the maximum";
    EventsGapless = "I9", "the event sequence has no gap and never changes";
    ChangeHasEvent = "I10", "every state change has its event";
    BallotCountsOnce = "I11", "a ballot counts once, and the same ballots give the same verdict";
    NothingStarves = "I12", "no queued task starves";
    MessageIsKept = "I13", "a durable message is acknowledged, a dead letter, or pending, for each subscription";
    SettledStaysSettled = "I14", "an acknowledged message is not delivered again, and a late word changes nothing";
    MessagesInOrder = "I15", "messages are first delivered in the order of their commits, and heard at most once";
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Where it was seen.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.invariant.id(), self.invariant.statement(), self.detail)
    }
}

/// What one stored task and its events say, for [`check_task`].
#[derive(Debug, Clone)]
pub struct TaskFacts {
    /// Which task.
    pub id: TaskId,
    /// The stored state.
    pub state: TaskState,
    /// Whether a lease's holder is stored.
    pub has_lease_holder: bool,
    /// The attempt number.
    pub attempt: u32,
    /// The most attempts allowed.
    pub maximum_attempts: u32,
    /// The states that its events tell, oldest first.
    pub history: Vec<TaskState>,
}

impl TaskFacts {
    fn violation(&self, invariant: Invariant, detail: impl fmt::Display) -> Violation {
        Violation { invariant, detail: format!("task {}: {detail}", self.id) }
    }
}

/// Checks what one task's rows must satisfy: I4, I5, I6, I8 and I10.
#[must_use]
pub fn check_task(facts: &TaskFacts) -> Vec<Violation> {
    let mut violations = history(facts, None, &facts.history);
    violations.extend(row(facts));
    violations
}

/// Checks the same where the log may have forgotten the oldest of the task's events: nothing is said of what came before the first of its history, and
/// of its history nothing at all if that is empty.
#[must_use]
pub fn check_kept(facts: &TaskFacts) -> Vec<Violation> {
    let mut violations = facts.history.split_first().map_or_else(Vec::new, |(first, rest)| history(facts, Some(*first), rest));
    violations.extend(row(facts));
    violations
}

/// Checks the states that follow on `from`.
fn history(facts: &TaskFacts, mut from: Option<TaskState>, states: &[TaskState]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let ends = facts.history.iter().filter(|state| state.is_terminal()).count();
    if ends > 1 || (ends == 1) != facts.state.is_terminal() {
        violations.push(facts.violation(Invariant::OneOutcome, format_args!("{ends} terminal events, state {}", facts.state)));
    }
    for &to in states {
        if !TABLE.iter().any(|row| row.from == from && row.to == to) {
            violations.push(facts.violation(Invariant::OnlyTableTransitions, format_args!("{from:?} to {to}")));
        }
        from = Some(to);
    }
    if from != Some(facts.state) {
        violations.push(facts.violation(Invariant::ChangeHasEvent, format_args!("state {}, last event {from:?}", facts.state)));
    }
    violations
}

/// Checks the row alone.
fn row(facts: &TaskFacts) -> Vec<Violation> {
    let mut violations = Vec::new();
    if facts.state.is_terminal() && facts.has_lease_holder {
        violations.push(facts.violation(Invariant::EndedHoldsNoLease, facts.state));
    }
    if facts.attempt > facts.maximum_attempts {
        violations.push(facts.violation(Invariant::AttemptsBounded, format_args!("{} of {}", facts.attempt, facts.maximum_attempts)));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DEFAULT_PROJECT;

    fn facts(history: &[TaskState]) -> TaskFacts {
        TaskFacts {
            id: TaskId::new(*DEFAULT_PROJECT.as_uuid()),
            state: *history.last().unwrap_or(&TaskState::Queued),
            has_lease_holder: false,
            attempt: 1,
            maximum_attempts: 4,
            history: history.to_vec(),
        }
    }

    fn found(facts: &TaskFacts) -> Vec<Invariant> {
        check_task(facts).into_iter().map(|violation| violation.invariant).collect()
    }

    #[test]
    fn each_violation_is_seen() {
        use TaskState::{Assigned, Completed, Failed, Queued, Running};
        let good = facts(&[Queued, Assigned, Running, Completed]);
        assert_eq!(found(&good), []);
        assert_eq!(found(&TaskFacts { has_lease_holder: true, ..good.clone() }), [Invariant::EndedHoldsNoLease]);
        assert_eq!(found(&TaskFacts { attempt: 5, ..good.clone() }), [Invariant::AttemptsBounded]);
        assert_eq!(found(&TaskFacts { state: Running, ..good }), [Invariant::OneOutcome, Invariant::ChangeHasEvent]);
        assert_eq!(found(&facts(&[Queued, Running])), [Invariant::OnlyTableTransitions]);
        assert!(found(&facts(&[Queued, Assigned, Running, Completed, Failed])).contains(&Invariant::OneOutcome));
    }

    #[test]
    fn what_was_forgotten_is_no_violation_and_what_is_kept_can_be_one() {
        use TaskState::{Completed, Failed, Queued, Running};
        let found = |facts: &TaskFacts| check_kept(facts).into_iter().map(|violation| violation.invariant).collect::<Vec<_>>();
        assert_eq!(found(&facts(&[Running, Completed])), [], "how it came to run was forgotten");
        assert_eq!(found(&facts(&[Completed])), []);
        assert_eq!(found(&TaskFacts { state: Completed, ..facts(&[]) }), [], "all of it was");
        assert_eq!(found(&TaskFacts { state: Completed, has_lease_holder: true, ..facts(&[]) }), [Invariant::EndedHoldsNoLease]);
        assert_eq!(found(&facts(&[Running, Queued, Running])), [Invariant::OnlyTableTransitions]);
        assert_eq!(found(&TaskFacts { state: Failed, ..facts(&[Running, Completed]) }), [Invariant::ChangeHasEvent]);
    }
}
