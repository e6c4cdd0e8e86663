//! What can be seen of the inside of a task.

use async_trait::async_trait;

use super::Answer;
use crate::id::TaskId;
use crate::user::Caller;
use crate::wire::trace::{LogPage, LogQuery, Trace};

/// Shows logs, spans and errors.
#[async_trait]
pub trait TraceService: Send + Sync {
    /// Log lines of all attempts of a task, oldest first.
    ///
    /// # Errors
    /// `TASK-001`, `REQUEST-010`.
    async fn logs(&self, caller: &Caller, id: TaskId, query: LogQuery) -> Answer<LogPage>;

    /// Spans and coded errors of a task.
    ///
    /// # Errors
    /// `TASK-001`.
    async fn trace(&self, caller: &Caller, id: TaskId) -> Answer<Trace>;
}
