//! What a list of tasks is filtered by: the page, its address and every store understand the same.

use serde::{Deserialize, Serialize};

use super::task::TaskSummary;
use crate::id::{AgentId, RunId, TaskId};
use crate::task::{Priority, TaskState};
use crate::time::Timestamp;

/// What a list of tasks is filtered by. Filters add up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TaskFilter {
    /// Only these states.
    pub states: Vec<TaskState>,
    /// Only this skill, or this family if it has no dot.
    pub skill: Option<String>,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// Only tasks of this agent.
    pub agent: Option<AgentId>,
    /// Only tasks that are part of this run of a workflow.
    pub run_id: Option<RunId>,
    /// Only tasks that this one asked for: those of its agent, and those of its voters.
    pub parent_id: Option<TaskId>,
    /// Only titles and skills that contain this text, whatever the case of its ASCII letters, and ids that begin with it.
    pub text: Option<String>,
    /// Only tasks that ask for all of these labels.
    pub labels: Vec<String>,
    /// Only tasks of this fairness key.
    pub fairness_key: Option<String>,
    /// Only tasks that ended with this code.
    pub code: Option<String>,
    /// Only tasks submitted at this instant or later.
    pub created_from: Option<Timestamp>,
    /// Only tasks submitted before this instant.
    pub created_before: Option<Timestamp>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}

impl TaskFilter {
    /// Whether a task passes the filter; cursor and limit aside. Every store selects the same.
    #[must_use]
    pub fn admits(&self, task: &TaskSummary) -> bool {
        let skill_fits = |wanted: &String| {
            if wanted.contains('.') {
                task.skill == *wanted
            } else {
                task.skill.split_once('.').is_some_and(|(family, _)| family == wanted)
            }
        };
        (self.states.is_empty() || self.states.contains(&task.state))
            && self.skill.as_ref().is_none_or(skill_fits)
            && self.priority.is_none_or(|wanted| wanted == task.priority)
            && self.agent.is_none_or(|wanted| task.agent.as_ref().is_some_and(|agent| agent.id == wanted))
            && self.run_id.is_none_or(|wanted| task.run_id == Some(wanted))
            && self.parent_id.is_none_or(|wanted| task.parent_id == Some(wanted))
            && self.labels.iter().all(|wanted| task.labels.contains(wanted))
            && self.fairness_key.as_ref().is_none_or(|wanted| task.fairness_key.as_ref() == Some(wanted))
            && self.code.as_ref().is_none_or(|wanted| task.failure.as_ref().is_some_and(|failure| failure.code == *wanted))
            && self.created_from.is_none_or(|from| task.created_at >= from)
            && self.created_before.is_none_or(|before| task.created_at < before)
            && self.text.as_ref().is_none_or(|wanted| text_fits(wanted, task))
    }

    /// How an identifier begins that this text searches for: without hyphens, in small letters.
    #[must_use]
    pub fn id_prefix(text: &str) -> String {
        text.replace('-', "").to_ascii_lowercase()
    }
}

/// ASCII letters only: every database folds those alike, and no other letters.
fn text_fits(wanted: &str, task: &TaskSummary) -> bool {
    let small = wanted.to_ascii_lowercase();
    let prefix = TaskFilter::id_prefix(wanted);
    task.title.to_ascii_lowercase().contains(&small)
        || task.skill.to_ascii_lowercase().contains(&small)
        || (!prefix.is_empty() && task.id.as_uuid().simple().to_string().starts_with(&prefix))
}
