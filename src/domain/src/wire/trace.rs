//! How what happened inside a task is shown: log lines, spans, errors.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{AttemptId, SpanId, TaskId};
use crate::named::named_enum;
use crate::time::Timestamp;

named_enum!(
    /// How much a log line matters.
    Level {
        /// Only for whoever looks for a fault.
        Debug = "debug",
        /// What happened.
        Info = "info",
        /// Something to know about; the work goes on.
        Warn = "warn",
        /// Something went wrong.
        Error = "error",
    }
);

/// One line of an attempt's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// The attempt that wrote it.
    pub attempt_id: AttemptId,
    /// Its place in the log of the task; grows, without gaps in what is stored.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub message: String,
    /// Values that belong to it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub fields: Value,
}

/// Which log lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogQuery {
    /// Only lines after this place.
    pub after: Option<i64>,
    /// Only lines that matter at least this much.
    pub level: Option<Level>,
    /// The most lines.
    pub limit: Option<u32>,
}

/// Log lines, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPage {
    /// The lines.
    pub items: Vec<LogLine>,
    /// Give this as `after` for the lines that come later.
    pub after: i64,
}

/// A stretch of work inside a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpanView {
    /// The span.
    pub id: SpanId,
    /// The span it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<SpanId>,
    /// The attempt it belongs to; absent for the time in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<AttemptId>,
    /// What was done, as `queue`, `attempt`, `parse`.
    pub name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in microseconds.
    pub duration_us: i64,
    /// Whether it ended well.
    pub ok: bool,
    /// Values that belong to it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attributes: Value,
}

/// A coded error of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorView {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// When.
    pub at: Timestamp,
    /// The stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Whether another attempt could succeed.
    pub retryable: bool,
}

/// Everything that was traced of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trace {
    /// The task.
    pub task_id: TaskId,
    /// The spans, by their beginning.
    pub spans: Vec<SpanView>,
    /// The errors, oldest first.
    pub errors: Vec<ErrorView>,
}
