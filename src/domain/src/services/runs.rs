//! What can be done with runs of workflows.

use async_trait::async_trait;

use super::Answer;
use crate::id::RunId;
use crate::page::Page;
use crate::user::Caller;
use crate::wire::run::{ForkDraft, ItemFilter, ItemView, NewFork, NewRun, NewSignal, RunDetail, RunFilter, RunRetry, RunSummary};

/// Begins, shows and steers runs of workflows. What they do is stored before it is answered, and outlives every process.
#[async_trait]
pub trait RunService: Send + Sync {
    /// Begins a run of a workflow. The same `idempotency_key` with the same request gives the run of the first call.
    ///
    /// # Errors
    /// `WORKFLOW-040` for a workflow that is not there or not in use, `WORKFLOW-020` for an input that does not fit, `WORKFLOW-008` and `WORKFLOW-009`
    /// for what it uses and is not there, `WORKFLOW-045` if it decides where nobody holds decisions, `REQUEST-002`, `REQUEST-009`.
    async fn start(&self, caller: &Caller, run: NewRun, idempotency_key: Option<String>) -> Answer<RunSummary>;

    /// Runs, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: RunFilter) -> Answer<Page<RunSummary>>;

    /// One run with its steps and the graph of its version.
    ///
    /// # Errors
    /// `WORKFLOW-041`.
    async fn run(&self, caller: &Caller, id: RunId) -> Answer<RunDetail>;

    /// The items of a step that have begun, in the order of its list.
    ///
    /// # Errors
    /// `WORKFLOW-041` also for a step that the run does not have, `REQUEST-010` for a bad cursor or limit.
    async fn items(&self, caller: &Caller, id: RunId, step: &str, filter: ItemFilter) -> Answer<Page<ItemView>>;

    /// Begins nothing new, in its runs of other workflows neither; what has begun goes on. Pausing twice does no harm.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `WORKFLOW-023` once it is ending or has ended.
    async fn pause(&self, caller: &Caller, id: RunId) -> Answer<RunSummary>;

    /// Lets a paused run go on.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `WORKFLOW-023` once it is ending or has ended.
    async fn resume(&self, caller: &Caller, id: RunId) -> Answer<RunSummary>;

    /// Cancels all that it has begun, and ends when that has. Asking twice does no harm.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `WORKFLOW-023` once it has ended otherwise.
    async fn cancel(&self, caller: &Caller, id: RunId) -> Answer<RunSummary>;

    /// Begins steps that have failed or were cancelled anew, and all that follow them.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `WORKFLOW-023` while it goes on, for steps that did not fail, and for a run that belongs to another one.
    async fn retry(&self, caller: &Caller, id: RunId, which: RunRetry) -> Answer<RunSummary>;

    /// Hands a signal to the step that waits for it, or keeps it until one does. The same `idempotency_key` is the same signal.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `WORKFLOW-023` if no step waits for one of this name, or the run has ended, `WORKFLOW-033` if it does not fit, `WORKFLOW-024`
    /// beyond 1,000 signals, `REQUEST-002`.
    async fn signal(&self, caller: &Caller, id: RunId, signal: NewSignal, idempotency_key: Option<String>) -> Answer<RunSummary>;

    /// Begins a new run of the same version with the same input at one step of a run that has ended, with one change: the step is given another input, or
    /// said to give something else without being done. What neither is that step nor follows it keeps what became of it and is not done again; all
    /// that follows is done, and so is what was cancelled. The same `idempotency_key` with the same request gives the run of the first call.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `WORKFLOW-023` while the run goes on, `WORKFLOW-046` for a step that it never came to, `WORKFLOW-047` for a change that does
    /// not fit the step, `WORKFLOW-024` if too much would be copied, `WORKFLOW-008` and `WORKFLOW-009` for what is used anew and is not there, `WORKFLOW-040` if the workflow is not
    /// in use any more, `WORKFLOW-045`, `REQUEST-002` also for both or neither of input and output, `REQUEST-009`.
    async fn fork(&self, caller: &Caller, id: RunId, fork: NewFork, idempotency_key: Option<String>) -> Answer<RunSummary>;

    /// What a fork at a step could change: what the step was given, and what it gave.
    ///
    /// # Errors
    /// `WORKFLOW-041` also for a step that the run does not have, `WORKFLOW-023` while the run goes on, `WORKFLOW-046` for a step that it never came to.
    async fn fork_draft(&self, caller: &Caller, id: RunId, step: &str) -> Answer<ForkDraft>;
}
