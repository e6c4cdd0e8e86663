//! How agents are shown.

use serde::{Deserialize, Serialize};

use crate::agent::{AgentStatus, Family};
use crate::id::{AgentId, EventSeq, TaskId};
use crate::time::Timestamp;

/// An agent and what it is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentView {
    /// The agent.
    pub id: AgentId,
    /// Its unique name.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it does, in a sentence.
    pub description: String,
    /// The kind of work it does.
    pub family: Family,
    /// Whether it takes work.
    pub status: AgentStatus,
    /// The names of its skills.
    pub skills: Vec<String>,
    /// Properties that tasks may require of it.
    pub labels: Vec<String>,
    /// How many attempts it takes at once.
    pub slots: u32,
    /// How many it has now.
    pub busy: u32,
    /// Attempts that completed, ever.
    pub completed: u64,
    /// Attempts that failed, timed out or were lost, ever.
    pub failed: u64,
    /// When it last began or ended an attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<Timestamp>,
    /// When it was first registered.
    pub registered_at: Timestamp,
}

/// An agent with what it runs at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentDetail {
    /// What lists show.
    pub agent: AgentView,
    /// The tasks it has now.
    pub running: Vec<TaskId>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// All agents, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentList {
    /// The agents.
    pub items: Vec<AgentView>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}
