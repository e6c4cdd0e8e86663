//! What can be done with agents.

use async_trait::async_trait;

use super::Answer;
use crate::agent::Skill;
use crate::id::AgentId;
use crate::user::Caller;
use crate::wire::agent::{AgentDetail, AgentList, AgentView};

/// Shows agents and skills; drains and resumes agents.
#[async_trait]
pub trait AgentService: Send + Sync {
    /// All agents, by name.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn list(&self, caller: &Caller) -> Answer<AgentList>;

    /// One agent and what it runs.
    ///
    /// # Errors
    /// `AGENT-001`.
    async fn get(&self, caller: &Caller, id: AgentId) -> Answer<AgentDetail>;

    /// Lets the agent finish what it has and take no more. Survives a restart.
    ///
    /// # Errors
    /// `AGENT-001`.
    async fn drain(&self, caller: &Caller, id: AgentId) -> Answer<AgentView>;

    /// Lets the agent take work again.
    ///
    /// # Errors
    /// `AGENT-001`.
    async fn resume(&self, caller: &Caller, id: AgentId) -> Answer<AgentView>;

    /// All skills, by name.
    ///
    /// # Errors
    /// Only those of the caller's rights.
    async fn skills(&self, caller: &Caller) -> Answer<Vec<Skill>>;

    /// One skill.
    ///
    /// # Errors
    /// `AGENT-002`.
    async fn skill(&self, caller: &Caller, name: &str) -> Answer<Skill>;
}
