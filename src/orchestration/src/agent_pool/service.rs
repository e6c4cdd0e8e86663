//! What can be asked of agents, as the agent service.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::agent::{AgentStatus, Skill};
use baton_domain::id::AgentId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{AgentService, Answer};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentView};

use crate::engine::Shared;

/// The agent service over the pool and its registry.
pub(crate) struct PoolService {
    pub(crate) shared: Arc<Shared>,
}

impl PoolService {
    async fn set_status(&self, caller: &Caller, id: AgentId, status: AgentStatus, action: &str) -> Answer<AgentView> {
        self.shared.gate.require(caller, Permission::Operate, action)?;
        let changed = self.shared.store.set_agent_status(id, status, caller.principal.clone(), self.shared.sources.clock.now()).await?;
        let agent = changed.ok_or_else(|| no_such_agent(id))?;
        self.shared.pool.set_status(id, status);
        Ok(agent)
    }
}

fn no_such_agent(id: AgentId) -> Problem {
    Problem::new(Code::NoSuchAgent, format!("There is no agent {id}. The list of agents has those that there are."))
}

#[async_trait]
impl AgentService for PoolService {
    async fn list(&self, caller: &Caller) -> Answer<AgentList> {
        self.shared.gate.require(caller, Permission::Read, "agent.list")?;
        let agents = self.shared.store.agents().await?;
        Ok(AgentList { items: agents.items, as_of: agents.as_of })
    }

    async fn get(&self, caller: &Caller, id: AgentId) -> Answer<AgentDetail> {
        self.shared.gate.require(caller, Permission::Read, "agent.get")?;
        let agents = self.shared.store.agents().await?;
        let agent = agents.items.into_iter().find(|agent| agent.id == id).ok_or_else(|| no_such_agent(id))?;
        let running = self.shared.store.tasks_of_agent(id).await?;
        Ok(AgentDetail { agent, running, as_of: agents.as_of })
    }

    async fn drain(&self, caller: &Caller, id: AgentId) -> Answer<AgentView> {
        self.set_status(caller, id, AgentStatus::Draining, "agent.drain").await
    }

    async fn resume(&self, caller: &Caller, id: AgentId) -> Answer<AgentView> {
        self.set_status(caller, id, AgentStatus::Active, "agent.resume").await
    }

    async fn skills(&self, caller: &Caller) -> Answer<Vec<Skill>> {
        self.shared.gate.require(caller, Permission::Read, "skill.list")?;
        Ok(self.shared.pool.skills().map(|known| known.skill.clone()).collect())
    }

    async fn skill(&self, caller: &Caller, name: &str) -> Answer<Skill> {
        self.shared.gate.require(caller, Permission::Read, "skill.get")?;
        self.shared.pool.skill(name).map(|known| known.skill.clone()).ok_or_else(|| {
            Problem::new(Code::NoSuchSkill, format!("There is no skill {name:?}. The list of skills has those that there are."))
        })
    }
}
