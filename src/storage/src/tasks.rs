//! What is stored of tasks and their attempts.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::event::Event;
use baton_domain::id::{AgentId, DecisionId, EventSeq, LeaseToken, TaskId};
use baton_domain::ports::TaskVote;
use baton_domain::task::{RetryPolicy, TaskBudget, Timeouts};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{AttemptView, Dependency, StateCount, TaskEnd, TaskFilter, TaskSummary, TimelineEntry};
use serde_json::Value;

use crate::{
    Advance, Advanced, Assignment, BegunTask, CancelRequest, Checkpoint, Checkpointed, Completion, DueTask, PauseRequest, QueueClass,
    ReadyTask, Settled, StoreError, Wanted,
};

/// A task as it is stored, without its input and its result, which can be large.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRecord {
    /// What lists show.
    pub summary: TaskSummary,
    /// How the result is drawn.
    pub result_kind: String,
    /// What happens when an attempt fails.
    pub retry: RetryPolicy,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// The newest fencing token given out; 0 before the first.
    pub lease: LeaseToken,
    /// Until when the holder is believed without another heartbeat.
    pub lease_until: Option<Timestamp>,
    /// When the present attempt must have ended.
    pub deadline_at: Option<Timestamp>,
    /// Since when it is, or was last, ready.
    pub ready_at: Timestamp,
    /// How many tasks asked for one another above this one.
    pub depth: u32,
    /// The share of its fairness key among the others.
    pub fairness_weight: f64,
    /// What it may use up, by itself and together with others.
    pub budget: Option<TaskBudget>,
    /// Whether tasks depend on it that have not been told of its end: see [`TaskStore::settle_dependents`].
    pub awaited: bool,
    /// Who submitted it.
    pub created_by: Principal,
}

/// How long people have for what was escalated to them before a task that waits for it is due: it fails then.
pub const ESCALATED_FOR: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The state of a decision's journal while people are asked.
pub const ESCALATED: &str = "escalated";

/// The event of answers that differ.
pub const DECISION_OPENED: &str = "task.decision_opened";

/// A task to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTaskRecord {
    /// The task in its first state; its event is written with it.
    pub task: TaskRecord,
    /// The input.
    pub input: Value,
    /// The tasks that it depends on. Then its first state is that of waiting for a dependency.
    pub depends_on: Vec<TaskId>,
    /// Who does it, if several do. Then its first state is that of waiting for a decision, and its voters' tasks are stored with it.
    pub decide: Option<Box<TaskVote>>,
}

/// The tasks that somebody asked for: those of voters come with the task that several do.
#[must_use]
pub fn asked_for(new: &[NewTaskRecord]) -> Vec<TaskId> {
    let voted: BTreeSet<TaskId> = new.iter().filter(|new| new.decide.is_some()).map(|new| new.task.summary.id).collect();
    let asked = |task: &TaskSummary| task.parent_id.is_none_or(|parent| !voted.contains(&parent));
    new.iter().map(|new| &new.task.summary).filter(|task| asked(task)).map(|task| task.id).collect()
}

/// Makes a repeated request give the answer of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key.
    pub principal: String,
    /// The key.
    pub key: String,
    /// A hash of the request.
    pub request_hash: [u8; 32],
}

/// What became of an insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// All tasks are stored.
    Stored,
    /// The same request came before and made these tasks; those of voters are not among them.
    Replayed(Vec<TaskId>),
    /// The key was used for another request.
    KeyConflict,
    /// Nothing is stored: a task depends on this one, which does not exist in its project.
    NoSuchDependency(TaskId),
}

/// Which tasks a list wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskQuery {
    /// What they are filtered by; cursor and limit of the filter are not looked at.
    pub filter: TaskFilter,
    /// Only tasks older than this one.
    pub before: Option<TaskId>,
    /// The most rows.
    pub limit: u32,
}

/// Rows of a list, read in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskPage {
    /// The rows, the newest first.
    pub items: Vec<TaskSummary>,
    /// The newest event at that moment.
    pub as_of: EventSeq,
}

/// Everything about one task, read in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRows {
    /// The task.
    pub task: TaskRecord,
    /// The input.
    pub input: Value,
    /// The result, once completed.
    pub result: Option<Value>,
    /// The states it went through.
    pub timeline: Vec<TimelineEntry>,
    /// Its attempts.
    pub attempts: Vec<AttemptView>,
    /// What it stored.
    pub artifacts: Vec<ArtifactView>,
    /// The tasks that it depends on, as they are now, by identifier.
    pub depends_on: Vec<Dependency>,
    /// Who does it, if several do.
    pub decide: Option<Box<TaskVote>>,
    /// When its last checkpoint was made, if it has one and has not ended.
    pub checkpoint_at: Option<Timestamp>,
    /// Whether there are tasks whose parent it is.
    pub has_children: bool,
    /// The newest event at that moment.
    pub as_of: EventSeq,
}

/// One task beside what its events tell of it, read in one transaction: what must be true of the one because of the other can be checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStory {
    /// The task.
    pub task: TaskRecord,
    /// The newest of its attempts, oldest first.
    pub attempts: Vec<AttemptView>,
    /// The newest of its events, oldest first.
    pub events: Vec<Event>,
    /// Whether these are all events that it ever had: fewer than were asked for, and the log has forgotten none.
    pub whole: bool,
}

/// Tasks and attempts.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Stores tasks in their first state, all or none. Those that others depend on are marked as awaited, whether they have ended
    /// or not, so that no end is missed: what has ended and is awaited is due.
    ///
    /// # Errors
    /// Only those of storage.
    async fn insert_tasks(&self, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Result<Inserted, StoreError>;

    /// Stores tasks as [`insert_tasks`](Self::insert_tasks) does and begins those of them that have an agent already, as
    /// [`begin`](Self::begin) does. A back-end that can does both in one commit; what is stored and not begun is queued.
    ///
    /// # Errors
    /// Only those of storage; then nothing is stored.
    async fn insert_and_begin(
        &self,
        tasks: Vec<NewTaskRecord>,
        idempotency: Option<Idempotency>,
        assignments: Vec<Assignment>,
    ) -> Result<(Inserted, Vec<BegunTask>), StoreError> {
        let inserted = self.insert_tasks(tasks, idempotency).await?;
        if inserted != Inserted::Stored || assignments.is_empty() {
            return Ok((inserted, Vec::new()));
        }
        // They are stored, whatever becomes of this.
        let begun = self.begin(assignments).await.unwrap_or_default();
        Ok((inserted, begun))
    }

    /// One task.
    ///
    /// # Errors
    /// Only those of storage.
    async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError>;

    /// One task with everything about it.
    ///
    /// # Errors
    /// Only those of storage.
    async fn task_rows(&self, id: TaskId) -> Result<Option<TaskRows>, StoreError>;

    /// One task with the newest of its attempts and of its events, at most `most` of each.
    ///
    /// # Errors
    /// Only those of storage.
    async fn task_story(&self, id: TaskId, most: u32) -> Result<Option<TaskStory>, StoreError>;

    /// How tasks stand and what they used up, without all the rest that [`task_rows`](Self::task_rows) reads; those that do not exist are left out. A
    /// back-end that can reads them all at once.
    ///
    /// # Errors
    /// Only those of storage.
    async fn task_ends(&self, ids: Vec<TaskId>) -> Result<Vec<TaskEnd>, StoreError> {
        let mut ends = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(TaskRows { task, result, .. }) = self.task_rows(id).await? {
                let TaskSummary { id, state, failure, .. } = task.summary;
                ends.push(TaskEnd { id, state, result, failure, tokens: 0, cost_micros: 0 });
            }
        }
        Ok(ends)
    }

    /// Tasks, the newest first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn tasks(&self, query: &TaskQuery) -> Result<TaskPage, StoreError>;

    /// How many tasks are in each state.
    ///
    /// # Errors
    /// Only those of storage.
    async fn state_counts(&self) -> Result<(Vec<StateCount>, EventSeq), StoreError>;

    /// Which classes of the queue hold tasks, due or not: those after a class, by skill, fairness key (none first) and priority, at
    /// most `limit`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn queue_classes(&self, after: Option<&QueueClass>, limit: u32) -> Result<Vec<QueueClass>, StoreError>;

    /// Tasks that are queued, due and not asked to end: of each class at most as many as are wanted of it, the lowest rank first. The
    /// answer is in the order of rank over all classes.
    ///
    /// # Errors
    /// Only those of storage.
    async fn ready_tasks(&self, wanted: &[Wanted], now: Timestamp) -> Result<Vec<ReadyTask>, StoreError>;

    /// Gives tasks to agents that take them at once: queued to assigned to running, with lease, attempt, explanation and an
    /// event for each change, all of a task in one transaction. A task that is no longer queued and due is left out of the answer, and
    /// so is one for which the concurrency limit of its skill or of its fairness key leaves no room, in the order of the
    /// assignments.
    ///
    /// # Errors
    /// Only those of storage.
    async fn begin(&self, assignments: Vec<Assignment>) -> Result<Vec<BegunTask>, StoreError>;

    /// Records the result of an attempt, with what was traced of it, if its lease is still the newest.
    ///
    /// # Errors
    /// Only those of storage.
    async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError>;

    /// Changes a task's state as the transition table says. An agent is never assigned this way, since that needs a lease: it is
    /// [`begin`](Self::begin) that does. A task that waits for its dependencies again makes them awaited again. A task whose attempt
    /// ends has no request to pause any more: one that goes back to the queue pauses there, in the same commit, unless somebody
    /// asked for it to end.
    ///
    /// # Errors
    /// Only those of storage.
    async fn advance(&self, change: Advance) -> Result<Advanced, StoreError>;

    /// Stores that the answers of a task's voters differ and which decision that opens, with an event, if the task waits for its voters and has
    /// none yet. Gives the decision that it has; none if it does not wait for one.
    ///
    /// # Errors
    /// Only those of storage.
    async fn differ(&self, task: TaskId, decision: DecisionId, at: Timestamp) -> Result<Option<DecisionId>, StoreError>;

    /// Tells those that depend on a task of its end, at most `limit` of them: once all that one depends on have completed it is
    /// queued, and if this task ended otherwise it fails with `TASK-010`. Does nothing while the task has not ended. When nobody
    /// is left to tell, the task is no longer awaited.
    ///
    /// # Errors
    /// Only those of storage.
    async fn settle_dependents(&self, ended: TaskId, at: Timestamp, limit: u32) -> Result<Settled, StoreError>;

    /// The tasks that a task's agent asked for, that have not ended and that nobody asked to end, at most `limit`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn live_children(&self, parent: TaskId, limit: u32) -> Result<Vec<TaskId>, StoreError>;

    /// Stores that somebody wants a task to end; ends it at once if no attempt of it runs.
    ///
    /// # Errors
    /// Only those of storage.
    async fn request_cancel(&self, id: TaskId, actor: Principal, at: Timestamp) -> Result<CancelRequest, StoreError>;

    /// Stores that somebody wants a task to pause at its next checkpoint, or does no longer, while an attempt of it runs; with an
    /// event if that is new. See [`advance`](Self::advance) for what becomes of the request when the attempt ends otherwise.
    ///
    /// # Errors
    /// Only those of storage.
    async fn request_pause(&self, id: TaskId, wanted: bool, actor: Principal, at: Timestamp) -> Result<PauseRequest, StoreError>;

    /// Stores where an attempt stands, in place of the checkpoint before, if its lease is still the newest and the task runs.
    ///
    /// # Errors
    /// Only those of storage.
    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<Checkpointed, StoreError>;

    /// What the last checkpoint of a task that has not ended kept.
    ///
    /// # Errors
    /// Only those of storage.
    async fn checkpoint(&self, task: TaskId) -> Result<Option<Value>, StoreError>;

    /// Forgets checkpoints of tasks that have ended, at most `limit`; gives how many.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_checkpoints(&self, limit: u32) -> Result<u64, StoreError>;

    /// Every task that an attempt works on.
    ///
    /// # Errors
    /// Only those of storage.
    async fn leased_tasks(&self) -> Result<Vec<TaskRecord>, StoreError>;

    /// Tasks that something must be done about by now, at most `limit` for each reason, so that none hides the others; each reason's earliest first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn due_tasks(&self, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError>;

    /// The next instant at which a queued or waiting task becomes due, after `now`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// The tasks that an agent works on now.
    ///
    /// # Errors
    /// Only those of storage.
    async fn tasks_of_agent(&self, agent: AgentId) -> Result<Vec<TaskId>, StoreError>;

    /// What a repetition of a request is answered, if the request was taken: [`Inserted::Replayed`] or [`Inserted::KeyConflict`].
    ///
    /// # Errors
    /// Only those of storage.
    async fn remembered(&self, request: Idempotency) -> Result<Option<Inserted>, StoreError>;

    /// Forgets idempotency keys older than `age`, but none that names a journal that goes on: whoever goes on with it may not have
    /// stored yet what was begun. Such a key has the journal's identifier in front, or behind one word: `ID/…`, `run/ID/…`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_idempotency_keys(&self, now: Timestamp, age: Duration) -> Result<u64, StoreError>;

    /// Whether a live task's input names this artifact, or the newest version of a line or an open conflict stands on it: a live line's
    /// summary names the former, a live conflict's opening its change.
    ///
    /// # Errors
    /// Only those of storage.
    async fn artifact_in_use(&self, artifact: baton_domain::id::ArtifactId) -> Result<bool, StoreError>;
}
