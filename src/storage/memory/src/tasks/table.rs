//! Where are tasks and attempts kept, and how are the few that matter now found without reading all?

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use baton_domain::id::{AgentId, AttemptId, JournalId, LeaseToken, ServerId, TaskId};
use baton_domain::ports::TaskVote;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::AttemptView;
use baton_storage::{Idempotency, QueueClass, StoreError, TaskRecord};
use serde_json::Value;

use crate::commit::taken;

/// What is stored of one task.
#[derive(Clone)]
pub(crate) struct TaskRow {
    pub(crate) record: TaskRecord,
    pub(crate) input: Value,
    pub(crate) result: Option<Value>,
    /// Must be begun by then.
    pub(crate) start_by: Option<Timestamp>,
    /// Must have ended by then.
    pub(crate) close_by: Option<Timestamp>,
    /// The tasks that it depends on.
    pub(crate) depends_on: Vec<TaskId>,
    /// Who does it, if several do.
    pub(crate) decide: Option<Box<TaskVote>>,
}

impl TaskRow {
    /// Its place in the queue; lower goes first.
    pub(crate) fn rank(&self) -> i64 {
        let ready = self.record.ready_at;
        self.record.summary.priority.rank(self.record.summary.not_before.map_or(ready, |at| at.max(ready)))
    }

    /// Where it stands in the queue, if it is queued.
    pub(crate) fn class(&self) -> QueueClass {
        let summary = &self.record.summary;
        QueueClass { skill: summary.skill.clone(), fairness_key: summary.fairness_key.clone(), priority: summary.priority }
    }

    fn state(&self) -> TaskState {
        self.record.summary.state
    }
}

/// What an earlier request with a key made.
pub(crate) struct Remembered {
    pub(crate) request_hash: [u8; 32],
    pub(crate) tasks: Vec<TaskId>,
    created_at: Timestamp,
}

/// All tasks and attempts.
#[derive(Default)]
pub(crate) struct Tasks {
    rows: BTreeMap<TaskId, TaskRow>,
    /// Tasks that have not ended.
    live: BTreeSet<TaskId>,
    leased: BTreeSet<TaskId>,
    /// Queued tasks of each class, in its order.
    queued: BTreeMap<QueueClass, BTreeSet<(i64, TaskId)>>,
    /// Ended tasks whose dependents have not been told.
    unsettled: BTreeSet<TaskId>,
    /// Which tasks depend on a task.
    dependents: BTreeMap<TaskId, BTreeSet<TaskId>>,
    /// Tasks that others have as their parent.
    parents: BTreeSet<TaskId>,
    attempts: BTreeMap<(TaskId, LeaseToken), AttemptView>,
    checkpoints: BTreeMap<TaskId, (Value, Timestamp)>,
    attempt_ids: BTreeSet<AttemptId>,
    keys: BTreeMap<(String, String), Remembered>,
}

impl Tasks {
    pub(crate) fn get(&self, id: TaskId) -> Option<&TaskRow> {
        self.rows.get(&id)
    }

    /// All tasks, the oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &TaskRow> {
        self.rows.values()
    }

    /// The tasks that have not ended.
    pub(crate) fn live(&self) -> impl Iterator<Item = &TaskRow> {
        self.live.iter().filter_map(|id| self.rows.get(id))
    }

    /// The tasks that an attempt works on.
    pub(crate) fn leased(&self) -> impl Iterator<Item = &TaskRow> {
        self.leased.iter().filter_map(|id| self.rows.get(id))
    }

    /// The tasks that an agent works on.
    pub(crate) fn of_agent(&self, agent: AgentId) -> impl Iterator<Item = TaskId> {
        let held = move |row: &&TaskRow| row.record.summary.agent.as_ref().is_some_and(|holder| holder.id == agent);
        self.leased().filter(held).map(|row| row.record.summary.id)
    }

    /// How many leases a server holds, of one agent or of all.
    pub(crate) fn held_by(&self, server: ServerId, agent: Option<AgentId>) -> usize {
        let holder = |row: &TaskRow| self.attempts.get(&(row.record.summary.id, row.record.lease))?.server.as_ref().map(|server| server.id);
        let of_agent = |row: &TaskRow| agent.is_none() || row.record.summary.agent.as_ref().map(|holder| holder.id) == agent;
        self.leased().filter(|row| of_agent(row) && holder(row) == Some(server)).count()
    }

    /// The queued tasks of a class, in its order.
    pub(crate) fn queued(&self, class: &QueueClass) -> impl Iterator<Item = &TaskRow> {
        self.queued.get(class).into_iter().flatten().filter_map(|(_, id)| self.rows.get(id))
    }

    /// The classes that hold tasks, those after this one.
    pub(crate) fn classes(&self, after: Option<&QueueClass>) -> impl Iterator<Item = &QueueClass> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.queued.range((from, Bound::Unbounded)).map(|(class, _)| class)
    }

    /// The tasks that depend on a task.
    pub(crate) fn dependents(&self, of: TaskId) -> impl Iterator<Item = &TaskRow> {
        self.dependents.get(&of).into_iter().flatten().filter_map(|id| self.rows.get(id))
    }

    /// Whether there are tasks whose parent it is.
    pub(crate) fn has_children(&self, id: TaskId) -> bool {
        self.parents.contains(&id)
    }

    /// The ended tasks whose dependents have not been told.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = &TaskRow> {
        self.unsettled.iter().filter_map(|id| self.rows.get(id))
    }

    /// Marks whether the dependents of a task are yet to be told of its end.
    pub(crate) fn set_awaited(&mut self, id: TaskId, awaited: bool) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.record.awaited = awaited;
            keep(&mut self.unsettled, id, awaited && row.state().is_terminal());
        }
    }

    /// Stores a task, new or changed.
    pub(crate) fn put(&mut self, row: TaskRow) {
        let id = row.record.summary.id;
        match self.rows.get(&id) {
            Some(before) => {
                let class = before.class();
                if let Some(queue) = self.queued.get_mut(&class) {
                    queue.remove(&(before.rank(), id));
                    if queue.is_empty() {
                        self.queued.remove(&class);
                    }
                }
            }
            None => {
                for dependency in &row.depends_on {
                    self.dependents.entry(*dependency).or_default().insert(id);
                }
                self.parents.extend(row.record.summary.parent_id);
            }
        }
        keep(&mut self.live, id, !row.state().is_terminal());
        keep(&mut self.leased, id, row.state().holds_lease());
        keep(&mut self.unsettled, id, row.record.awaited && row.state().is_terminal());
        if row.state() == TaskState::Queued {
            self.queued.entry(row.class()).or_default().insert((row.rank(), id));
        }
        self.rows.insert(id, row);
    }

    /// Believes the holder of a lease at least until then, which moves the task in no order.
    pub(crate) fn believe(&mut self, id: TaskId, until: Timestamp) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.record.lease_until = row.record.lease_until.max(Some(until));
        }
    }

    /// Keeps where a task's attempt stands, in place of what was kept before.
    pub(crate) fn keep_checkpoint(&mut self, id: TaskId, state: Value, at: Timestamp) {
        self.checkpoints.insert(id, (state, at));
    }

    /// Where the last attempt of a task stood.
    pub(crate) fn checkpoint(&self, id: TaskId) -> Option<&(Value, Timestamp)> {
        self.checkpoints.get(&id)
    }

    /// Forgets where tasks stood that have ended.
    pub(crate) fn forget_checkpoints(&mut self, limit: u32) -> u64 {
        let ended: Vec<TaskId> = self.checkpoints.keys().filter(|id| !self.live.contains(id)).take(limit as usize).copied().collect();
        for id in &ended {
            self.checkpoints.remove(id);
        }
        ended.len() as u64
    }

    /// A task's attempts, oldest first.
    pub(crate) fn attempts(&self, task: TaskId) -> impl Iterator<Item = &AttemptView> {
        self.attempts.range((task, LeaseToken(i64::MIN))..=(task, LeaseToken(i64::MAX))).map(|(_, attempt)| attempt)
    }

    /// The attempt under a lease.
    pub(crate) fn attempt(&mut self, task: TaskId, lease: LeaseToken) -> Option<&mut AttemptView> {
        self.attempts.get_mut(&(task, lease))
    }

    /// Refuses an attempt whose identifier or lease is taken.
    pub(crate) fn attempt_is_new(&self, task: TaskId, lease: LeaseToken, attempt: AttemptId) -> Result<(), StoreError> {
        let known = self.attempt_ids.contains(&attempt) || self.attempts.contains_key(&(task, lease));
        if known { Err(taken()) } else { Ok(()) }
    }

    /// Stores an attempt that was found to be new.
    pub(crate) fn insert_attempt(&mut self, task: TaskId, attempt: AttemptView) {
        self.attempt_ids.insert(attempt.id);
        self.attempts.insert((task, LeaseToken(attempt.lease)), attempt);
    }

    /// What an earlier request with this key made.
    pub(crate) fn remembered(&self, key: &Idempotency) -> Option<&Remembered> {
        self.keys.get(&(key.principal.clone(), key.key.clone()))
    }

    /// Remembers what a request made.
    pub(crate) fn remember(&mut self, key: Idempotency, tasks: Vec<TaskId>, created_at: Timestamp) {
        self.keys.insert((key.principal, key.key), Remembered { request_hash: key.request_hash, tasks, created_at });
    }

    /// Forgets requests from before this instant, but those of journals that go on.
    pub(crate) fn forget_keys(&mut self, before: Timestamp, goes_on: impl Fn(JournalId) -> bool) -> u64 {
        let known = self.keys.len();
        let of_journal = |key: &str| key.split('/').take(2).filter_map(|part| part.parse().ok()).any(&goes_on);
        self.keys.retain(|(_, key), remembered| remembered.created_at >= before || of_journal(key));
        u64::try_from(known - self.keys.len()).unwrap_or(u64::MAX)
    }
}

/// Puts an identifier into a set or takes it out.
fn keep(set: &mut BTreeSet<TaskId>, id: TaskId, wanted: bool) {
    if wanted {
        set.insert(id);
    } else {
        set.remove(&id);
    }
}
