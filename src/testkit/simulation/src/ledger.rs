//! What do clients and agents remember, to be held against the store in the end? What was answered, and what was done.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::TaskId;
use parking_lot::Mutex;

/// What the world outside the store knows.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The request numbers that clients sent, whatever came of them.
    pub(crate) sent: BTreeSet<u64>,
    /// The tasks that were acknowledged, each with the number of its request.
    pub(crate) acknowledged: BTreeMap<TaskId, u64>,
    /// What each idempotency key was answered with.
    pub(crate) keys: BTreeMap<String, Vec<TaskId>>,
    /// Tasks whose cancellation was accepted.
    pub(crate) canceled: BTreeSet<TaskId>,
    /// Results that holders of a lease sent to be stored.
    pub(crate) results: BTreeMap<(TaskId, i64), u64>,
    /// Executions that ended with a result, by the number in it.
    pub(crate) executions: BTreeMap<u64, TaskId>,
    /// What was seen to be wrong while the world ran.
    pub(crate) wrong: Vec<baton_domain::invariants::Violation>,
    next_request: u64,
    next_execution: u64,
}

impl Ledger {
    /// The pages, to read or to write.
    pub(crate) fn pages(&self) -> parking_lot::MutexGuard<'_, Pages> {
        self.pages.lock()
    }
}

impl Pages {
    /// The number of a new request.
    pub(crate) fn request(&mut self) -> u64 {
        self.next_request += 1;
        self.sent.insert(self.next_request);
        self.next_request
    }

    /// The number of a new execution of a task, which is its result.
    pub(crate) fn execution(&mut self, task: TaskId) -> u64 {
        self.next_execution += 1;
        self.executions.insert(self.next_execution, task);
        self.next_execution
    }

    /// Something that must hold did not.
    pub(crate) fn wrong(&mut self, invariant: baton_domain::invariants::Invariant, detail: String) {
        self.wrong.push(baton_domain::invariants::Violation { invariant, detail });
    }
}
