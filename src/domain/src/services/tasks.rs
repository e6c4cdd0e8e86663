//! What can be done with tasks.

use std::time::Duration;

use async_trait::async_trait;

use super::Answer;
use crate::id::TaskId;
use crate::page::Page;
use crate::problem::Code;
use crate::task::SharedBudget;
use crate::user::Caller;
use crate::wire::assistance::{SkillSuggestions, SkillWish};
use crate::wire::task::{
    AcceptedBatch, AttemptView, BulkAnswer, BulkCancel, BulkRerun, NewBatch, NewTask, TaskDetail, TaskEnd, TaskFilter, TaskSummary,
};

/// Submits, shows, stops and repeats tasks.
#[async_trait]
pub trait TaskService: Send + Sync {
    /// Accepts a task; it is stored when this returns. The same `idempotency_key` with the same request gives the
    /// task of the first call.
    ///
    /// # Errors
    /// `TASK-002`, `TASK-003`, `TASK-006`, `TASK-008`, `TASK-011`, `REQUEST-002`, `REQUEST-009`; for one that several do also `DECISION-002` to
    /// `DECISION-011`.
    async fn submit(&self, caller: &Caller, task: NewTask, idempotency_key: Option<String>) -> Answer<TaskSummary>;

    /// Accepts all tasks of a batch, or none.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), with the index in the field names; `TASK-005`, `TASK-009`.
    async fn submit_batch(&self, caller: &Caller, batch: NewBatch, idempotency_key: Option<String>) -> Answer<AcceptedBatch>;

    /// Accepts a task as a child of another one, on whose behalf it is done: what ends that one ends this, and what this spends counts for both. It has
    /// the key, as of [`submit`](Self::submit). Only services ask for this.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); `TASK-001` for the other one, `TASK-004` once that has ended, `TASK-007`.
    async fn submit_under(&self, caller: &Caller, parent: TaskId, task: NewTask, idempotency_key: String) -> Answer<TaskSummary> {
        let _ = parent;
        self.submit(caller, task, Some(idempotency_key)).await
    }

    /// Accepts a task that is paid also from what it shares with the other tasks of a decision. Only services ask for this.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    async fn submit_sharing(&self, caller: &Caller, shared: SharedBudget, task: NewTask, idempotency_key: String) -> Answer<TaskSummary> {
        let _ = shared;
        self.submit(caller, task, Some(idempotency_key)).await
    }

    /// Tasks, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: TaskFilter) -> Answer<Page<TaskSummary>>;

    /// One task with everything about it. With `wait` it answers when the task has ended or the span has passed,
    /// whichever comes first; at most 60 seconds.
    ///
    /// # Errors
    /// `TASK-001`, `REQUEST-010`.
    async fn get(&self, caller: &Caller, id: TaskId, wait: Option<Duration>) -> Answer<TaskDetail>;

    /// How tasks stand, for whoever waits for many; those that do not exist are left out. At most 1,000.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn ends(&self, caller: &Caller, ids: Vec<TaskId>) -> Answer<Vec<TaskEnd>> {
        let mut ends = Vec::with_capacity(ids.len());
        for id in ids {
            match self.get(caller, id, None).await {
                Ok(TaskDetail { summary, result, .. }) => {
                    let TaskSummary { id, state, failure, .. } = summary;
                    ends.push(TaskEnd { id, state, result, failure, tokens: 0, cost_micros: 0 });
                }
                Err(problem) if problem.is(Code::NoSuchTask) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(ends)
    }

    /// Asks for the task to end. One that runs ends when its work has stopped; asking twice does no harm.
    ///
    /// # Errors
    /// `TASK-001`, `TASK-004` once it has ended otherwise.
    async fn cancel(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary>;

    /// Holds a task back of which nothing runs. Of one that runs the next checkpoint is the place where it pauses: the answer
    /// has its `pause_requested_at`, and its attempt does not count. Pausing twice does no harm.
    ///
    /// # Errors
    /// `TASK-001`, `TASK-004` while it is being cancelled and once it has ended, `TASK-012` while it runs and makes no checkpoints.
    async fn pause(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary>;

    /// Lets a paused task go on where it stood: from its last checkpoint, if it has one. Takes a request to pause back that no
    /// checkpoint has met yet; any other task stays as it is.
    ///
    /// # Errors
    /// `TASK-001`, `TASK-004` once it has ended.
    async fn resume(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary>;

    /// Submits the same request again as a new task with `rerun_of`.
    ///
    /// # Errors
    /// `TASK-001`, `TASK-004` while it has not ended.
    async fn rerun(&self, caller: &Caller, id: TaskId, idempotency_key: Option<String>) -> Answer<TaskSummary>;

    /// Runs again what fits a filter and has ended, each as a new task with `rerun_of`; at most 500 a call, the newest first. The
    /// same `idempotency_key` with the same request gives the tasks of the first call.
    ///
    /// # Errors
    /// `REQUEST-002` for states that have not ended, `REQUEST-009`, `REQUEST-010` for a bad cursor or limit, `TASK-006`.
    async fn rerun_all(&self, caller: &Caller, which: BulkRerun, idempotency_key: Option<String>) -> Answer<BulkAnswer>;

    /// Asks for everything that fits a filter and has not ended to end; at most 500 a call, the newest first. Asking twice does no
    /// harm.
    ///
    /// # Errors
    /// `REQUEST-002` for states that have ended, `REQUEST-010` for a bad cursor or limit.
    async fn cancel_all(&self, caller: &Caller, which: BulkCancel) -> Answer<BulkAnswer>;

    /// Explains a task that failed, timed out or was rejected: submits a task of the skill `operations.task_analysis` with the facts that
    /// are known of it, whose result says what failed, the likely cause and the next step. Asked again within ten
    /// minutes, whoever asks, it gives the task that was submitted before, unless that one failed itself.
    ///
    /// # Errors
    /// `TASK-001`, `TASK-004` for a task that did not fail, `TASK-002` where no agent explains failures, `TASK-006`.
    async fn analyze(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary>;

    /// Finds the skills that do what somebody wants, the best first. With `with_model` a model may put another one first; that is a task of
    /// the caller's, and needs the right to submit tasks.
    ///
    /// # Errors
    /// `REQUEST-002` for a text or a limit out of bounds; with a model also those of [`submit`](Self::submit).
    async fn suggest(&self, caller: &Caller, wish: SkillWish) -> Answer<SkillSuggestions>;

    /// The attempts of a task, oldest first.
    ///
    /// # Errors
    /// `TASK-001`.
    async fn attempts(&self, caller: &Caller, id: TaskId) -> Answer<Vec<AttemptView>>;
}
