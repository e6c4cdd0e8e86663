//! What is stored of the inside of tasks: log lines, spans and errors per attempt.

use async_trait::async_trait;
use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::trace::{ErrorView, Level, LogLine, SpanView};
use serde_json::Value;

use crate::StoreError;

/// A log line before it has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLogLine {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub message: String,
    /// Values that belong to it.
    pub fields: Value,
}

/// A span that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSpan {
    /// The span.
    pub id: SpanId,
    /// The span it is a part of.
    pub parent: Option<SpanId>,
    /// What was done.
    pub name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in microseconds.
    pub duration_us: i64,
    /// Whether it ended well.
    pub ok: bool,
    /// Values that belong to it.
    pub attributes: Value,
}

/// A coded error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewError {
    /// When.
    pub at: Timestamp,
    /// The stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Whether another attempt could succeed.
    pub retryable: bool,
}

/// What was traced of one attempt since the last time.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceBatch {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// Log lines, in order.
    pub logs: Vec<NewLogLine>,
    /// Spans.
    pub spans: Vec<NewSpan>,
    /// Errors.
    pub errors: Vec<NewError>,
}

/// Log lines, spans and errors.
#[async_trait]
pub trait TraceStore: Send + Sync {
    /// Stores a batch; gives the place of its first log line in the log of the task.
    ///
    /// # Errors
    /// Only those of storage.
    async fn append_trace(&self, batch: TraceBatch) -> Result<i64, StoreError>;

    /// Log lines of a task after a place, oldest first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn log_lines(&self, task: TaskId, after: i64, level: Level, limit: u32) -> Result<Vec<LogLine>, StoreError>;

    /// Spans and errors of a task.
    ///
    /// # Errors
    /// Only those of storage.
    async fn spans_and_errors(&self, task: TaskId) -> Result<(Vec<SpanView>, Vec<ErrorView>), StoreError>;
}
