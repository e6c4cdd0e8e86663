//! How many tasks are in each state? Counted along with the commits: reading every row for it would take longer with each task.
//!
//! The file belongs to one process, so what that process has written is all that there is.

use std::collections::BTreeMap;

use baton_domain::id::EventSeq;
use baton_domain::task::TaskState;
use baton_domain::wire::task::StateCount;
use parking_lot::Mutex;

/// Tasks that came to a state (and left the one before).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) from: Option<TaskState>,
    pub(crate) to: TaskState,
}

/// The counts as of the newest commit.
#[derive(Debug)]
pub(crate) struct Tally(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    states: BTreeMap<TaskState, u64>,
    as_of: EventSeq,
}

impl Tally {
    /// From what the file holds.
    pub(crate) fn new(counts: Vec<StateCount>, as_of: EventSeq) -> Self {
        let states = counts.into_iter().map(|count| (count.state, count.count)).collect();
        Self(Mutex::new(Counted { states, as_of }))
    }

    /// Takes a commit over. `head` is its last event, if it had any.
    pub(crate) fn committed(&self, moves: &[Move], head: Option<EventSeq>) {
        let mut counted = self.0.lock();
        for Move { from, to } in moves {
            if let Some(count) = from.and_then(|from| counted.states.get_mut(&from)) {
                *count = count.saturating_sub(1);
            }
            *counted.states.entry(*to).or_default() += 1;
        }
        if let Some(head) = head {
            counted.as_of = head;
        }
    }

    /// The states that have tasks, and the event up to which that is true.
    pub(crate) fn read(&self) -> (Vec<StateCount>, EventSeq) {
        let counted = self.0.lock();
        let counts = counted.states.iter().filter(|(_, count)| **count > 0);
        (counts.map(|(state, count)| StateCount { state: *state, count: *count }).collect(), counted.as_of)
    }
}
