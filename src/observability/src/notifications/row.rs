//! How is a notification kept? What the store has no column for stands in the row's data; here it is written and read.

use baton_domain::wire::notification::NotificationView;
use baton_storage::NotificationRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the subject of a row begins that stands for many.
const MORE: &str = "more:";

/// What stands in a row's data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Extra {
    /// What else is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    /// By what its page knows it, where that is not in the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// The hour whose bound it counts for, from the epoch.
    pub(super) hour: i64,
    /// It stands for this many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) more: Option<u64>,
    /// Whether there may be some that were not counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) partial: bool,
}

impl Extra {
    pub(super) fn of(row: &NotificationRecord) -> Self {
        Self::deserialize(&row.data).unwrap_or_default()
    }

    pub(super) fn value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The subject of a row that stands for `count` others of a kind; each count has its own, so that the one before can be settled.
pub(super) fn more_subject(user: impl std::fmt::Display, kind: &str, hour: i64, count: u64) -> String {
    format!("{MORE}{kind}:{user}:{hour}:{count}")
}

/// Whether a row stands for many and another one has taken its place.
pub(super) fn is_replaced(row: &NotificationRecord) -> bool {
    row.settled_at.is_some() && row.subject.starts_with(MORE)
}

/// As its user sees it.
pub(super) fn view(row: NotificationRecord) -> NotificationView {
    let extra = Extra::of(&row);
    NotificationView {
        id: row.id,
        project_id: row.project,
        seq: row.seq,
        link: link(&row.kind, &row.subject, extra.id.as_deref()),
        kind: row.kind,
        subject: row.subject,
        title: row.title,
        detail: extra.detail,
        more: extra.more,
        at: row.created_at,
        read_at: row.read_at,
        settled_at: row.settled_at,
    }
}

/// The page about it: that of the thing itself, or the list for a row that stands for many.
fn link(kind: &str, subject: &str, known_by: Option<&str>) -> String {
    let (what, id) = subject.split_once(':').unwrap_or((subject, ""));
    if subject.starts_with(MORE) {
        return match kind.split('.').next() {
            Some("task") => format!("/tasks?state={}", kind.trim_start_matches("task.")),
            Some("run") => "/runs?state=failed".to_owned(),
            Some(group) => format!("/{group}s"),
            None => "/".to_owned(),
        };
    }
    match what {
        "task" | "run" | "approval" | "decision" | "conflict" | "plan" => format!("/{what}s/{}", known_by.unwrap_or(id)),
        _ => "/events".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_leads_to_a_page() {
        assert_eq!(link("run.failed", "run:7", None), "/runs/7");
        assert_eq!(link("approval.requested", "approval:7:publish", Some("8")), "/approvals/8");
        assert_eq!(link("decision.escalated", "decision:7", None), "/decisions/7");
        assert_eq!(link("conflict.opened", "conflict:7", None), "/conflicts/7");
        assert_eq!(link("plan.proposed", "plan:7", None), "/plans/7");
        assert_eq!(link("task.timed_out", "task:7", None), "/tasks/7");
        assert_eq!(link("task.timed_out", &more_subject(7, "task.timed_out", 1, 3), None), "/tasks?state=timed_out");
        assert_eq!(link("approval.requested", &more_subject(7, "approval.requested", 1, 3), None), "/approvals");
        assert_eq!(link("plan.proposed", &more_subject(7, "plan.proposed", 1, 3), None), "/plans");
    }

    #[test]
    fn data_that_do_not_read_are_nothing_more() {
        assert_eq!(Extra::deserialize(&Value::Null).unwrap_or_default(), Extra::default());
        let extra = Extra { detail: Some("x".to_owned()), id: None, hour: 9, more: Some(2), partial: true };
        assert_eq!(Extra::deserialize(&extra.value()).unwrap_or_default(), extra);
    }
}
