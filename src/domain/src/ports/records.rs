//! What do decisions that people judged say of agents? Whoever chooses among agents is told, and keeps it in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{AgentId, ProjectId};
use crate::services::Answer;

/// What is known of agents at one skill, each in one number from 0 to 1, the more the better: how often it was right, how good its confidences were
/// (Brier), and what its answers cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SkillRecords {
    /// What an agent without a record of its own is taken for: what all that have one are together.
    pub usual: f64,
    /// Those that have one.
    pub agents: BTreeMap<AgentId, f64>,
}

/// What is known of agents, by skill. Of a skill at which nobody was judged nothing is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AgentRecords(pub BTreeMap<String, SkillRecords>);

impl AgentRecords {
    /// How good an agent is at a skill; nothing if nobody was judged at it.
    #[must_use]
    pub fn of(&self, skill: &str, agent: AgentId) -> Option<f64> {
        let known = self.0.get(skill)?;
        Some(known.agents.get(&agent).copied().unwrap_or(known.usual))
    }
}

/// Knows the records of agents.
#[async_trait]
pub trait Records: Send + Sync {
    /// What is known by now, or was a moment ago: it is not read anew for each that asks.
    ///
    /// # Errors
    /// Those of storage.
    async fn of_agents(&self, project: ProjectId) -> Answer<Arc<AgentRecords>>;
}
