//! How many tasks are run again or cancelled at once: by a filter, some at a time.

use serde::{Deserialize, Serialize};

use super::task_filter::TaskFilter;
use crate::id::TaskId;

/// The most tasks of one call.
pub const MAXIMUM_BULK: u32 = 500;

/// Runs tasks that have ended again, each as a new task with `rerun_of`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkRerun {
    /// Which; without states those that failed or took too long. `limit` is at most 500 and 100 when nobody says; `cursor` is the
    /// `next_cursor` of the call before.
    pub filter: TaskFilter,
}

/// Cancels tasks that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkCancel {
    /// Which; without states all that have not ended. `limit` is at most 500 and 100 when nobody says; `cursor` is the `next_cursor`
    /// of the call before.
    pub filter: TaskFilter,
}

/// What a call did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkAnswer {
    /// How many tasks it did something to.
    pub count: u32,
    /// The new tasks of a rerun, or the tasks that a cancellation was asked for; the newest original first.
    pub ids: Vec<TaskId>,
    /// How many tasks fitted the filter but were left out, since nothing can be done with them any more: an input that the skill
    /// no longer takes, a skill that no agent has any more, a task that ended meanwhile.
    pub skipped: u32,
    /// Send the same filter with this cursor for the next ones; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
