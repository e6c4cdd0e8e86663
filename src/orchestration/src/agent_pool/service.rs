//! What can be asked of agents, as the agent service.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::agent::{AgentStatus, Skill};
use baton_domain::id::AgentId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{AgentService, Answer};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};

use crate::cluster::{carriers, elsewhere};
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
        // It is done, whether the registry can be read once more or not.
        let aside = elsewhere::aside(&self.shared).await.unwrap_or_default();
        Ok(self.with_slots(agent, &aside))
    }

    /// The registry knows the slots of the fewest instances on each server, and every attempt that runs; how many instances there are here, and
    /// which attempts wait without a slot, the pool knows. Of those elsewhere it is known how many do.
    fn with_slots(&self, agent: AgentView, elsewhere: &BTreeMap<AgentId, u32>) -> AgentView {
        let here = self.shared.pool.slots(agent.id);
        let slots = here.map_or(agent.slots, |(all, fewest)| agent.slots.saturating_sub(fewest).saturating_add(all));
        let aside = elsewhere.get(&agent.id).copied().unwrap_or(0).saturating_add(self.shared.pool.aside(agent.id));
        let busy = agent.busy.saturating_sub(aside);
        AgentView { slots, busy, ..agent }
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
        // What another server on the same store carries is listed without a standing.
        let standings = agents.items.iter().filter_map(|agent| self.shared.pool.standing(agent.id)).collect();
        let aside = elsewhere::aside(&self.shared).await?;
        let items = agents.items.into_iter().map(|agent| self.with_slots(agent, &aside)).collect();
        Ok(AgentList { items, standings, as_of: agents.as_of })
    }

    async fn get(&self, caller: &Caller, id: AgentId) -> Answer<AgentDetail> {
        self.shared.gate.require(caller, Permission::Read, "agent.get")?;
        let agents = self.shared.store.agents().await?;
        let agent = agents.items.into_iter().find(|agent| agent.id == id).ok_or_else(|| no_such_agent(id))?;
        let running = self.shared.store.tasks_of_agent(id).await?;
        let (standing, elsewhere) = match self.shared.pool.standing(id) {
            Some(standing) => (Some(standing), elsewhere::instances(&self.shared, id).await?),
            None => {
                let standing = elsewhere::standing(&self.shared, id).await?;
                let instances = standing.as_ref().map(|standing| standing.instances.clone()).unwrap_or_default();
                (standing, instances)
            }
        };
        let aside = elsewhere::aside(&self.shared).await?;
        Ok(AgentDetail { agent: self.with_slots(agent, &aside), standing, elsewhere, running, as_of: agents.as_of })
    }

    async fn drain(&self, caller: &Caller, id: AgentId) -> Answer<AgentView> {
        self.set_status(caller, id, AgentStatus::Draining, "agent.drain").await
    }

    async fn resume(&self, caller: &Caller, id: AgentId) -> Answer<AgentView> {
        self.set_status(caller, id, AgentStatus::Active, "agent.resume").await
    }

    async fn reset_circuit(&self, caller: &Caller, id: AgentId) -> Answer<AgentStanding> {
        self.shared.gate.require(caller, Permission::Operate, "agent.reset_circuit")?;
        let now = self.shared.sources.clock.now();
        let announced = self.shared.store.announce_circuit_reset(id, caller.principal.clone(), now).await?;
        announced.ok_or_else(|| no_such_agent(id))?;
        // The others hear of it from the log. What they said until now holds no longer, and may have been read before.
        self.shared.elsewhere.forget();
        self.shared.pool.reset_circuit(id);
        match self.shared.pool.standing(id) {
            Some(standing) => Ok(standing),
            None => elsewhere::standing(&self.shared, id).await?.map(carriers::once_closed).ok_or_else(|| no_such_agent(id)),
        }
    }

    async fn balancing(&self, caller: &Caller) -> Answer<Balancing> {
        self.shared.gate.require(caller, Permission::Read, "agent.balancing")?;
        Ok(self.shared.pool.balancing())
    }

    async fn skills(&self, caller: &Caller) -> Answer<Vec<Skill>> {
        self.shared.gate.require(caller, Permission::Read, "skill.list")?;
        Ok(elsewhere::skills(&self.shared).await?)
    }

    async fn skill(&self, caller: &Caller, name: &str) -> Answer<Skill> {
        self.shared.gate.require(caller, Permission::Read, "skill.get")?;
        elsewhere::skill(&self.shared, name).await?.map(|known| known.skill.clone()).ok_or_else(|| {
            Problem::new(Code::NoSuchSkill, format!("There is no skill {name:?}. The list of skills has those that there are."))
        })
    }
}
