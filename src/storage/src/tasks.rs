//! What is stored of tasks and their attempts.

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{AgentId, AttemptId, EventSeq, LeaseToken, TaskId};
use baton_domain::server::ServerRef;
use baton_domain::task::{RetryPolicy, TaskState, Timeouts, Trigger, WaitKind};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{
    AgentRef, AttemptOutcome, AttemptView, Explanation, Failure, StateCount, TaskFilter, TaskSummary, TimelineEntry,
};
use serde_json::Value;

use crate::{NewSpan, StoreError};

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
    /// Who submitted it.
    pub created_by: Principal,
}

/// A task to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTaskRecord {
    /// The task in its first state; its event is written with it.
    pub task: TaskRecord,
    /// The input.
    pub input: Value,
}

/// A task that an agent has begun to work on.
#[derive(Debug, Clone, PartialEq)]
pub struct BegunTask {
    /// The task, with the new lease.
    pub task: TaskRecord,
    /// The input.
    pub input: Value,
    /// The attempt that begins.
    pub attempt: AttemptId,
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
    /// The same request came before and made these tasks.
    Replayed(Vec<TaskId>),
    /// The key was used for another request.
    KeyConflict,
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
    /// The newest event at that moment.
    pub as_of: EventSeq,
}

/// A task that is ready for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyTask {
    /// The task.
    pub id: TaskId,
    /// The skill asked for.
    pub skill: String,
    /// Labels that the agent must have.
    pub labels: Vec<String>,
    /// Its place in the queue; lower goes first.
    pub rank: i64,
}

/// Gives a ready task to an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The task; must still be queued and due.
    pub task: TaskId,
    /// The attempt that begins with this.
    pub attempt: AttemptId,
    /// The agent.
    pub agent: AgentRef,
    /// The server that the agent is on.
    pub server: ServerRef,
    /// Why this agent.
    pub explanation: Explanation,
    /// Now.
    pub at: Timestamp,
    /// Until when the holder is believed without a heartbeat.
    pub lease_until: Timestamp,
}

/// When a change applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Only while this lease is the newest and the task is assigned or running.
    Lease(LeaseToken),
    /// Only in this state.
    State(TaskState),
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptEnd {
    /// In which way.
    pub outcome: AttemptOutcome,
    /// Why, if it failed.
    pub failure: Option<Failure>,
}

/// One change of a task's state, looked up in the transition table.
#[derive(Debug, Clone, PartialEq)]
pub struct Advance {
    /// The task.
    pub task: TaskId,
    /// When the change applies.
    pub guard: Guard,
    /// What happens.
    pub trigger: Trigger,
    /// Why, as an open code.
    pub reason: Option<String>,
    /// Who does it.
    pub actor: Principal,
    /// Now.
    pub at: Timestamp,
    /// For a task that goes back to the queue or waits: not before then.
    pub not_before: Option<Timestamp>,
    /// For a task that waits: for what.
    pub wait_kind: Option<WaitKind>,
    /// For a task that completes: its result.
    pub result: Option<Value>,
    /// For a task that fails: why.
    pub failure: Option<Failure>,
    /// For a task whose attempt ends with this: how.
    pub attempt_end: Option<AttemptEnd>,
}

impl Advance {
    /// A change without details.
    #[must_use]
    pub fn new(task: TaskId, guard: Guard, trigger: Trigger, actor: Principal, at: Timestamp) -> Self {
        Self {
            task,
            guard,
            trigger,
            reason: None,
            actor,
            at,
            not_before: None,
            wait_kind: None,
            result: None,
            failure: None,
            attempt_end: None,
        }
    }
}

/// A result of an attempt. What the holder of a lease knows of its task stays true while the lease does, but for requests to
/// cancel it, which the store looks at itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The running task, as [`TaskStore::begin`] gave it.
    pub task: TaskRecord,
    /// The attempt.
    pub attempt: AttemptId,
    /// Its result.
    pub result: Value,
    /// Now.
    pub at: Timestamp,
    /// Spans that are not stored yet.
    pub spans: Vec<NewSpan>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Advanced {
    /// It is stored; the task as it is now.
    Applied(Box<TaskRecord>),
    /// The guard or the table refused it; nothing changed. The task as it is.
    Refused(Box<TaskRecord>),
    /// There is no such task.
    Missing,
}

/// What became of a request to cancel.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelRequest {
    /// Nothing of it ran: it is cancelled.
    Canceled(Box<TaskRecord>),
    /// An attempt runs under this lease and must be stopped; the request is stored.
    Running(Box<TaskRecord>),
    /// It has ended; nothing changed.
    Ended(Box<TaskRecord>),
    /// There is no such task.
    Missing,
}

/// A task that something must be done about because of the time.
#[derive(Debug, Clone, PartialEq)]
pub enum DueTask {
    /// It waited for its `run_at`, which has come.
    Timer(TaskId),
    /// It was not begun in time.
    StartedTooLate(TaskId, TaskState),
    /// It did not end in time.
    ClosedTooLate(TaskId, TaskState),
    /// Its attempt fell silent.
    LeaseExpired(TaskId, LeaseToken),
}

/// Tasks and attempts.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Stores tasks in their first state, all or none.
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

    /// Tasks that are queued and due, at most `limit` for each of these skills, each skill's in the order of the queue.
    ///
    /// # Errors
    /// Only those of storage.
    async fn ready_tasks(&self, skills: &[String], limit: u32, now: Timestamp) -> Result<Vec<ReadyTask>, StoreError>;

    /// Gives tasks to agents that take them at once: queued to assigned to running, with lease, attempt, explanation and an
    /// event for each change, in one transaction. A task that is no longer queued and due is left out of the answer.
    ///
    /// # Errors
    /// Only those of storage.
    async fn begin(&self, assignments: Vec<Assignment>) -> Result<Vec<BegunTask>, StoreError>;

    /// Records the result of an attempt, with what was traced of it, if its lease is still the newest.
    ///
    /// # Errors
    /// Only those of storage.
    async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError>;

    /// Changes a task's state as the transition table says.
    ///
    /// # Errors
    /// Only those of storage.
    async fn advance(&self, change: Advance) -> Result<Advanced, StoreError>;

    /// Stores that somebody wants a task to end; ends it at once if no attempt of it runs.
    ///
    /// # Errors
    /// Only those of storage.
    async fn request_cancel(&self, id: TaskId, actor: Principal, at: Timestamp) -> Result<CancelRequest, StoreError>;

    /// Believes the holders of these leases for another span. Gives back the leases that are stale.
    ///
    /// # Errors
    /// Only those of storage.
    async fn heartbeat(&self, leases: Vec<(TaskId, LeaseToken, Timestamp)>) -> Result<Vec<(TaskId, LeaseToken)>, StoreError>;

    /// Every task that an attempt works on.
    ///
    /// # Errors
    /// Only those of storage.
    async fn leased_tasks(&self) -> Result<Vec<TaskRecord>, StoreError>;

    /// Tasks that something must be done about by now, at most `limit`.
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

    /// Forgets idempotency keys older than `age`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_idempotency_keys(&self, now: Timestamp, age: Duration) -> Result<u64, StoreError>;

    /// Whether a live task's input names this artifact.
    ///
    /// # Errors
    /// Only those of storage.
    async fn artifact_in_use(&self, artifact: baton_domain::id::ArtifactId) -> Result<bool, StoreError>;
}
