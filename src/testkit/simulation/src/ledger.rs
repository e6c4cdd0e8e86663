//! What do clients and agents remember, to be held against the store in the end? What was answered, and what was done.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::TaskId;
use baton_domain::invariants::{Invariant, Violation};
use baton_storage::TaskRecord;
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
    pub(crate) wrong: Vec<Violation>,
    /// The newest lease of each task that was given out.
    leases: BTreeMap<TaskId, i64>,
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

    /// Tasks were given out: every lease is newer than the one before.
    pub(crate) fn begun<'a>(&mut self, tasks: impl Iterator<Item = &'a TaskRecord>) {
        for task in tasks {
            let (id, lease) = (task.summary.id, task.lease.0);
            if let Some(before) = self.leases.insert(id, lease).filter(|before| *before >= lease) {
                self.wrong(Invariant::OneLease, format!("task {id}: lease {lease} was given out after lease {before}"));
            }
        }
    }

    /// Something that must hold did not.
    pub(crate) fn wrong(&mut self, invariant: Invariant, detail: String) {
        self.wrong.push(Violation { invariant, detail });
    }
}
