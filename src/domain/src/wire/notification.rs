//! How what waits for a person, or went wrong for them, is listed, counted and marked.

use serde::{Deserialize, Serialize};

use crate::id::{EventSeq, NotificationId, ProjectId};
use crate::time::Timestamp;

/// The most notifications that are marked by name in one request.
pub const MAXIMUM_MARKED: usize = 500;
/// Unread notifications are counted up to here; there may be more then.
pub const MAXIMUM_COUNTED: u32 = 1_000;

/// The kinds of events that bring notifications or settle them. An open page counts anew when it hears of one.
pub const TELLING: [&str; 20] = [
    "approval.requested",
    "approval.decided",
    "approval.expired",
    "approval.withdrawn",
    "conflict.opened",
    "conflict.resolved",
    "decision.decided",
    "decision.ended",
    "decision.escalated",
    "decision.opened",
    "plan.accepted",
    "plan.proposed",
    "plan.refused",
    "run.canceled",
    "run.completed",
    "run.failed",
    "run.resumed",
    "task.failed",
    "task.rejected",
    "task.timed_out",
];

/// Whether events of this kind bring notifications or settle them.
#[must_use]
pub fn tells(kind: &str) -> bool {
    TELLING.contains(&kind)
}

/// Which notifications are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NotificationFilter {
    /// Only those that are neither read nor settled.
    pub unread: bool,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page; 50 by default, 500 at most.
    pub limit: Option<u32>,
}

/// A notification of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotificationView {
    /// Which one.
    pub id: NotificationId,
    /// Whose work it concerns.
    pub project_id: ProjectId,
    /// The event that it tells of.
    pub seq: EventSeq,
    /// What happened: `approval.requested`, `decision.opened` to a person who votes, `decision.escalated`, `conflict.opened`, `plan.proposed` if Baton
    /// proposes another way by itself, `run.failed`, `task.failed`, `task.rejected` or `task.timed_out`.
    pub kind: String,
    /// What it happened to, as `run:<id>`.
    pub subject: String,
    /// One line for people.
    pub title: String,
    /// What else is known in a line or two, as why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where the dashboard shows it, as `/runs/<id>`.
    pub link: String,
    /// It stands for this many of its kind, at least, that came within the same hour and have no row of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<u64>,
    /// When it happened.
    pub at: Timestamp,
    /// When it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
    /// When what it asks for was done, by whomever; nothing waits for the caller any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}

impl NotificationView {
    /// Whether it is neither read nor settled.
    #[must_use]
    pub const fn is_unread(&self) -> bool {
        self.read_at.is_none() && self.settled_at.is_none()
    }
}

/// Notifications of the caller, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotificationList {
    /// The rows.
    pub items: Vec<NotificationView>,
    /// Give this as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many are neither read nor settled, on whatever page; counted up to 1,000.
    pub unread: u32,
    /// The last event of which notifications are among these.
    pub as_of: EventSeq,
}

/// How many notifications wait for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnreadCount {
    /// How many are neither read nor settled; counted up to 1,000.
    pub unread: u32,
    /// The last event of which notifications are counted.
    pub as_of: EventSeq,
}

/// Notifications to mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NotificationMark {
    /// `true` marks them as read, `false` as unread.
    pub read: bool,
    /// Which, 1 to 500; all when absent. Those that are somebody else's, or gone, change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<NotificationId>>,
    /// Instead of `ids`: all up to this one, so that what came since it was read stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<NotificationId>,
}

/// What became of marking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Marked {
    /// How many notifications changed.
    pub changed: u64,
    /// How many are neither read nor settled now; counted up to 1,000.
    pub unread: u32,
}
