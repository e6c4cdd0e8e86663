//! How are agents kept? By name; what is counted of them stays when they are no longer listed.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use baton_domain::agent::{AgentCard, AgentStatus};
use baton_domain::event::NewEvent;
use baton_domain::id::{AgentId, DEFAULT_PROJECT};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::agent::AgentView;
use baton_storage::{AgentRegistration, AgentStore, AgentsAt, CIRCUIT_RESET, KnownAgent, StoreError, VERSION_CHANGED};

use crate::commit::{State, data, taken};
use crate::{MemoryStore, servers};

/// What is stored of one agent.
#[derive(Clone)]
struct Agent {
    id: AgentId,
    card: AgentCard,
    status: AgentStatus,
    listed: bool,
    /// Since when it is not listed.
    gone_at: Option<Timestamp>,
    completed: u64,
    failed: u64,
    last_active_at: Option<Timestamp>,
    registered_at: Timestamp,
}

/// All agents, by name.
#[derive(Default, Clone)]
pub(crate) struct Agents(BTreeMap<String, Agent>);

impl Agents {
    /// Lists no longer what this does not want.
    /// Lists again those that somebody carries.
    pub(crate) fn list_again(&mut self, carried: impl Fn(&str) -> bool) {
        for (_, agent) in self.0.iter_mut().filter(|(name, _)| carried(name)) {
            (agent.listed, agent.gone_at) = (true, None);
        }
    }

    pub(crate) fn keep_listed(&mut self, wanted: impl Fn(&str) -> bool, at: Timestamp) {
        for (name, agent) in self.0.iter_mut().filter(|(_, agent)| agent.listed) {
            if !wanted(name) {
                (agent.listed, agent.gone_at) = (false, Some(at));
            }
        }
    }

    /// Counts an attempt that ended.
    pub(crate) fn count(&mut self, id: AgentId, completed: u64, failed: u64, at: Timestamp) {
        if let Some(agent) = self.0.values_mut().find(|agent| agent.id == id) {
            agent.completed += completed;
            agent.failed += failed;
            agent.last_active_at = Some(at);
        }
    }
}

fn view(state: &State, agent: &Agent) -> AgentView {
    let busy = u32::try_from(state.tasks.of_agent(agent.id).count()).unwrap_or(u32::MAX);
    let card = agent.card.clone();
    let slots = state.servers.slots(&card.name).unwrap_or(card.slots);
    AgentView {
        id: agent.id,
        name: card.name,
        title: card.title,
        description: card.description,
        family: card.family,
        status: if agent.status == AgentStatus::Draining && busy == 0 { AgentStatus::Drained } else { agent.status },
        skills: card.skills.into_iter().map(|skill| skill.name).collect(),
        labels: card.labels,
        slots,
        busy,
        completed: agent.completed,
        failed: agent.failed,
        last_active_at: agent.last_active_at,
        registered_at: agent.registered_at,
        version: card.version,
    }
}

fn all(state: &State, agents: &Agents) -> Vec<AgentView> {
    agents.0.values().filter(|agent| agent.listed).map(|agent| view(state, agent)).collect()
}

fn announcement(kind: &str, agent: &AgentView, actor: Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
    let subject = format!("agent:{}", agent.id);
    Ok(NewEvent { at, project: DEFAULT_PROJECT, kind: kind.to_owned(), subject, actor, data: data(agent)? })
}

fn register(state: &mut State, new: Vec<AgentRegistration>, at: Timestamp) -> Result<(AgentsAt, Vec<NewEvent>), StoreError> {
    let known: BTreeSet<AgentId> = state.agents.0.values().filter(|agent| agent.listed).map(|agent| agent.id).collect();
    let versions: BTreeMap<AgentId, String> = state.agents.0.values().map(|agent| (agent.id, agent.card.version.clone())).collect();
    let mut agents = state.agents.clone();
    agents.keep_listed(|name| new.iter().any(|new| new.card.name == name) || state.servers.slots(name).is_some(), at);
    for AgentRegistration { id, card } in new {
        if let Some(agent) = agents.0.get_mut(&card.name) {
            agent.card = card;
            (agent.listed, agent.gone_at) = (true, None);
            continue;
        }
        if agents.0.values().any(|agent| agent.id == id) {
            return Err(taken());
        }
        let agent = Agent {
            id,
            status: AgentStatus::Active,
            listed: true,
            gone_at: None,
            completed: 0,
            failed: 0,
            last_active_at: None,
            registered_at: at,
            card: card.clone(),
        };
        agents.0.insert(card.name, agent);
    }
    let items = all(state, &agents);
    let mut events: Vec<NewEvent> = Vec::new();
    for agent in &items {
        if !known.contains(&agent.id) {
            events.push(announcement("agent.registered", agent, Principal::System, at)?);
        }
        if versions.get(&agent.id).is_some_and(|version| *version != agent.version) {
            events.push(announcement(VERSION_CHANGED, agent, Principal::System, at)?);
        }
    }
    // As of before these events, which get their places with the commit.
    let as_of = state.head();
    state.agents = agents;
    Ok((AgentsAt { items, as_of }, events))
}

fn set_status(
    state: &mut State,
    id: AgentId,
    status: AgentStatus,
    actor: Principal,
    at: Timestamp,
) -> Result<(Option<AgentView>, Vec<NewEvent>), StoreError> {
    let Some(agent) = state.agents.0.values().find(|agent| agent.id == id && agent.listed) else { return Ok((None, Vec::new())) };
    let changed = Agent { status, ..agent.clone() };
    let seen = view(state, &changed);
    let event = announcement(&format!("agent.{status}"), &seen, actor, at)?;
    state.agents.0.insert(changed.card.name.clone(), changed);
    Ok((Some(seen), vec![event]))
}

fn circuit_reset(
    state: &mut State,
    id: AgentId,
    actor: Principal,
    at: Timestamp,
) -> Result<(Option<AgentView>, Vec<NewEvent>), StoreError> {
    let Some(agent) = state.agents.0.values().find(|agent| agent.id == id && agent.listed) else { return Ok((None, Vec::new())) };
    let seen = view(state, agent);
    let event = announcement(CIRCUIT_RESET, &seen, actor, at)?;
    state.servers.forget_standing(&seen.name);
    Ok((Some(seen), vec![event]))
}

#[async_trait]
impl AgentStore for MemoryStore {
    async fn register_agents(&self, agents: Vec<AgentRegistration>, at: Timestamp) -> Result<AgentsAt, StoreError> {
        self.commit(|state| register(state, agents, at))
    }

    async fn agents(&self) -> Result<AgentsAt, StoreError> {
        Ok(self.read(|state| AgentsAt { items: all(state, &state.agents), as_of: state.head() }))
    }

    async fn known_agents(&self, gone_after: Timestamp) -> Result<Vec<KnownAgent>, StoreError> {
        Ok(self.read(|state| {
            let known = state.agents.0.values().filter(|agent| agent.listed || agent.gone_at.is_some_and(|gone| gone > gone_after));
            let with_servers = |agent: &Agent| KnownAgent {
                id: agent.id,
                status: agent.status,
                card: agent.card.clone(),
                carried: servers::carrying(state, agent.id, &agent.card.name),
            };
            known.map(with_servers).collect()
        }))
    }

    async fn set_agent_status(
        &self,
        id: AgentId,
        status: AgentStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<AgentView>, StoreError> {
        self.commit(|state| set_status(state, id, status, actor, at))
    }

    async fn announce_circuit_reset(&self, id: AgentId, actor: Principal, at: Timestamp) -> Result<Option<AgentView>, StoreError> {
        self.commit(|state| circuit_reset(state, id, actor, at))
    }
}
