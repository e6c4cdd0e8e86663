//! How a task's state is changed, and what became of the change.

use baton_domain::id::{AttemptId, LeaseToken, TaskId};
use baton_domain::problem::Code;
use baton_domain::task::{TaskState, Trigger, WaitKind};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::{AttemptOutcome, Failure, TaskSummary};
use serde_json::Value;

use crate::{NewSpan, TaskRecord};

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

    /// Whether the task may be changed so, beyond what the table of states says: one that waits has a result only where others do it in its place.
    #[must_use]
    pub fn fits(&self, task: &TaskRecord) -> bool {
        let waits = task.summary.state == TaskState::Waiting;
        !(self.trigger == Trigger::Complete && waits) || task.summary.wait_kind == Some(WaitKind::Decision)
    }

    /// The change for the task as it stands in the store. A holder pauses it because somebody wanted that; a wish that was taken
    /// back after the holder had heard of it hands the task back instead, so that whoever resumed it sees it go on.
    #[must_use]
    pub fn as_wished(self, task: &TaskRecord) -> Self {
        let held = matches!(self.guard, Guard::Lease(_));
        if self.trigger != Trigger::Pause || !held || task.summary.pause_requested_at.is_some() {
            return self;
        }
        let attempt_end = self.attempt_end.map(|end| AttemptEnd { outcome: AttemptOutcome::HandedBack, ..end });
        Self { trigger: Trigger::HandBack, reason: Some("handed_back".to_owned()), attempt_end, ..self }
    }
}

/// A result of an attempt. What the holder of a lease knows of its task stays true while the lease does, but for requests to
/// cancel it and whether it is awaited, which the store looks at itself.
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
    /// Whether it goes before other results that wait to be stored, since its task came alone and began with the commit that stored it.
    pub goes_first: bool,
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

/// What became of a request to pause a task while it runs, or of taking it back.
#[derive(Debug, Clone, PartialEq)]
pub enum PauseRequest {
    /// An attempt runs; what is wanted is stored.
    Running(Box<TaskRecord>),
    /// No attempt runs; nothing changed. The task as it is.
    NotRunning(Box<TaskRecord>),
    /// There is no such task.
    Missing,
}

/// Where an attempt stands, so that a later one can go on from there.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The task.
    pub task: TaskId,
    /// The lease of the attempt.
    pub lease: LeaseToken,
    /// What the agent wants to find again.
    pub state: Value,
    /// Now.
    pub at: Timestamp,
}

/// What became of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpointed {
    /// It is stored in place of the one before. Whether somebody wants the task to pause here.
    Kept {
        /// Whether they do.
        pause: bool,
    },
    /// The lease is stale; nothing changed.
    Stale,
}

/// What became of the tasks that depend on one that has ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settled {
    /// Those that changed: queued, or failed.
    pub changed: Vec<TaskRecord>,
    /// There may be more; ask again.
    pub more: bool,
}

/// Why a task fails that depends on this one, which did not complete.
#[must_use]
pub fn dependency_failed(cause: &TaskSummary) -> Failure {
    let message = format!("It depends on the task {} ({}), which is {}.", cause.id, cause.title, cause.state);
    Failure { code: Code::DependencyFailed.as_str().to_owned(), message, retryable: false }
}
