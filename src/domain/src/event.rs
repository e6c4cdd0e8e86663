//! What an event is: one appended fact with its place in the global order. A state change's event is its audit record.

mod payload;

use serde::{Deserialize, Serialize};

use crate::id::{EventSeq, ProjectId};
use crate::time::Timestamp;
use crate::user::Principal;

pub use payload::Payload;

/// A fact before it has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Whose work it concerns.
    pub project: ProjectId,
    /// What happened, as `task.queued`.
    pub kind: String,
    /// What it happened to, as `task:<id>`.
    pub subject: String,
    /// Who did it.
    pub actor: Principal,
    /// The thing as it is now, small enough to send to every subscriber.
    pub data: Payload,
}

/// A committed fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its place in the global order; without gaps, and in the order of commits.
    pub seq: EventSeq,
    /// When it happened.
    pub at: Timestamp,
    /// Whose work it concerns.
    pub project_id: ProjectId,
    /// What happened, as `task.queued`.
    pub kind: String,
    /// What it happened to, as `task:<id>`.
    pub subject: String,
    /// Who did it.
    pub actor: Principal,
    /// The thing as it is now: for `task.*` a [`TaskSummary`](crate::wire::task::TaskSummary), for `agent.*` an
    /// [`AgentView`](crate::wire::agent::AgentView), for `artifact.*` an
    /// [`ArtifactView`](crate::wire::artifact::ArtifactView).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: Payload,
}

/// Which events somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TopicFilter(Vec<String>);

impl TopicFilter {
    /// The most topics that one subscription names.
    pub const MAXIMUM: usize = 64;

    /// From a comma-separated list. A topic is the first word of a kind (`task`, `agent`), a whole kind
    /// (`task.completed`) or a subject (`task:<id>`). Empty means everything.
    ///
    /// # Errors
    /// The offending topic, if one is malformed; or the list's length if it is too long.
    pub fn parse(text: &str) -> Result<Self, String> {
        let topics: Vec<String> = text.split(',').map(str::trim).filter(|topic| !topic.is_empty()).map(str::to_owned).collect();
        if topics.len() > Self::MAXIMUM {
            return Err(format!("{} topics: at most {} are allowed", topics.len(), Self::MAXIMUM));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_');
        match topics.iter().find(|topic| topic.len() > 100 || !topic.chars().all(fits)) {
            Some(topic) => Err(format!("{topic:?} is no topic: use task, task.completed or task:<id>")),
            None => Ok(Self(topics)),
        }
    }

    /// The topics; none means everything.
    #[must_use]
    pub fn topics(&self) -> &[String] {
        &self.0
    }

    /// Whether an event of this kind and subject is wanted.
    #[must_use]
    pub fn wants(&self, kind: &str, subject: &str) -> bool {
        let group = kind.split('.').next().unwrap_or(kind);
        self.0.is_empty() || self.0.iter().any(|topic| topic == group || topic == kind || topic == subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_a_group_a_kind_or_a_subject() {
        let filter = |text| TopicFilter::parse(text).map(|f| (f.wants("task.queued", "task:1"), f.wants("agent.drained", "agent:2")));
        assert_eq!(filter(""), Ok((true, true)));
        assert_eq!(filter("task"), Ok((true, false)));
        assert_eq!(filter("task.completed, agent"), Ok((false, true)));
        assert_eq!(filter("task:1"), Ok((true, false)));
        assert!(filter("task'; drop").is_err());
        assert!(filter(&"a,".repeat(65)).is_err());
    }
}
