//! What can be done with agents.

use async_trait::async_trait;

use super::Answer;
use crate::agent::Skill;
use crate::id::AgentId;
use crate::user::Caller;
use crate::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};

/// Shows agents, skills and how work is balanced; drains and resumes agents, and closes their circuits.
#[async_trait]
pub trait AgentService: Send + Sync {
    /// All agents, by name.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn list(&self, caller: &Caller) -> Answer<AgentList>;

    /// One agent and what it runs; of what only others carry, with how they said that it stands there.
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

    /// Closes the agent's circuit, on every server and worker that carries it, and forgets the failures that opened it; instances that
    /// wait for their next start are started at once. Does no harm if there is nothing to close. The answer is how it stands with the
    /// balancer of this server; if only others carry it, what they said with their last heartbeats, with closed circuits and no skills.
    ///
    /// # Errors
    /// `AGENT-001`.
    async fn reset_circuit(&self, caller: &Caller, id: AgentId) -> Answer<AgentStanding>;

    /// How work is balanced on this server: each skill's strategy, needs and present candidates, and the host.
    ///
    /// # Errors
    /// Only those of the caller's rights.
    async fn balancing(&self, caller: &Caller) -> Answer<Balancing>;

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
