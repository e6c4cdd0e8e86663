//! Which agents are there, and what do they have on their hands?
//!
//! The registry is durable: an agent that was drained stays so when the server starts again. Slots are counted here,
//! in memory, and taken by guards, so that an attempt that ends in whatever way gives its slot back.

mod service;

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_agents_runtime::Agent;
use baton_domain::agent::{AgentStatus, Skill};
use baton_domain::id::AgentId;
use baton_domain::wire::task::{AgentRef, Explanation, Rejection};
use baton_storage::AgentsAt;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::load_balancer::{self, AgentFacts};
use crate::schema::Schema;

pub(crate) use service::PoolService;

/// Why the agents of this program cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolError {
    /// A schema of a skill is no JSON Schema.
    BadSchema {
        /// The skill.
        skill: String,
        /// What is wrong.
        error: String,
    },
    /// Two agents describe a skill of the same name differently.
    SkillsDiffer(String),
}

impl std::fmt::Display for PoolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadSchema { skill, error } => write!(f, "a schema of {skill} is no JSON Schema: {error}"),
            Self::SkillsDiffer(skill) => write!(f, "two agents describe {skill} differently"),
        }
    }
}

impl std::error::Error for PoolError {}

/// A skill with its compiled schemas.
#[derive(Debug)]
pub(crate) struct KnownSkill {
    pub(crate) skill: Skill,
    pub(crate) input: Schema,
    pub(crate) output: Schema,
}

struct Member {
    agent: Arc<dyn Agent>,
    facts: AgentFacts,
}

/// The agents of this server.
pub(crate) struct AgentPool {
    skills: BTreeMap<String, Arc<KnownSkill>>,
    members: Mutex<Vec<Member>>,
    /// Rung when a slot becomes free or an agent takes work again.
    pub(crate) capacity_freed: Notify,
}

impl AgentPool {
    /// A pool of these agents; who they are in the registry comes with [`learn`](Self::learn).
    pub(crate) fn new(agents: &[Arc<dyn Agent>]) -> Result<Self, PoolError> {
        let mut skills: BTreeMap<String, Arc<KnownSkill>> = BTreeMap::new();
        for skill in agents.iter().flat_map(|agent| agent.card().skills) {
            let name = skill.name.clone();
            match skills.get(&name) {
                Some(known) if known.skill != skill => return Err(PoolError::SkillsDiffer(name)),
                Some(_) => {}
                None => {
                    let bad = |error| PoolError::BadSchema { skill: name.clone(), error };
                    let input = Schema::compile(&skill.input_schema).map_err(bad)?;
                    let output = Schema::compile(&skill.output_schema).map_err(bad)?;
                    skills.insert(name.clone(), Arc::new(KnownSkill { skill, input, output }));
                }
            }
        }
        Ok(Self { skills, members: Mutex::default(), capacity_freed: Notify::new() })
    }

    /// Takes over what the registry says of the agents.
    pub(crate) fn learn(&self, agents: &[Arc<dyn Agent>], registered: &AgentsAt) {
        let mut members = self.members.lock();
        members.clear();
        for agent in agents {
            let card = agent.card();
            let Some(view) = registered.items.iter().find(|view| view.name == card.name) else { continue };
            let facts = AgentFacts {
                agent: AgentRef { id: view.id, name: card.name },
                skills: card.skills.into_iter().map(|skill| skill.name).collect(),
                labels: card.labels,
                status: view.status,
                slots: card.slots.max(1),
                busy: 0,
                completed: view.completed,
                failed: view.failed,
            };
            members.push(Member { agent: Arc::clone(agent), facts });
        }
    }

    /// A skill that some agent has.
    pub(crate) fn skill(&self, name: &str) -> Option<Arc<KnownSkill>> {
        self.skills.get(name).cloned()
    }

    /// All skills, by name.
    pub(crate) fn skills(&self) -> impl Iterator<Item = &KnownSkill> {
        self.skills.values().map(AsRef::as_ref)
    }

    /// Whether some agent that has the skill has all these labels.
    pub(crate) fn has_labels(&self, skill: &str, labels: &[String]) -> bool {
        self.members.lock().iter().any(|member| {
            member.facts.skills.iter().any(|known| known == skill) && labels.iter().all(|label| member.facts.labels.contains(label))
        })
    }

    /// The skills for which an agent has a free slot now, and how many free slots there are in all.
    pub(crate) fn capacity(&self) -> (Vec<String>, u32) {
        let members = self.members.lock();
        let free = members.iter().filter(|member| member.facts.status == AgentStatus::Active && member.facts.busy < member.facts.slots);
        let (mut skills, mut slots) = (Vec::new(), 0);
        for member in free {
            slots += member.facts.slots - member.facts.busy;
            skills.extend(member.facts.skills.iter().cloned());
        }
        skills.sort();
        skills.dedup();
        (skills, slots)
    }

    /// Chooses an agent for a task and takes one of its slots.
    pub(crate) fn reserve(self: &Arc<Self>, skill: &str, labels: &[String]) -> Result<Reservation, Vec<Rejection>> {
        let mut members = self.members.lock();
        let (chosen, explanation) = load_balancer::choose(members.iter().map(|member| &member.facts), skill, labels)?;
        let Some(member) = members.iter_mut().find(|member| member.facts.agent.id == chosen.id) else { return Err(explanation.rejected) };
        member.facts.busy += 1;
        let agent = Arc::clone(&member.agent);
        Ok(Reservation { slot: SlotGuard { pool: Arc::clone(self), agent: chosen.id }, agent, name: chosen, explanation })
    }

    /// Changes whether an agent takes work.
    pub(crate) fn set_status(&self, agent: AgentId, status: AgentStatus) {
        for member in self.members.lock().iter_mut().filter(|member| member.facts.agent.id == agent) {
            member.facts.status = status;
        }
        self.capacity_freed.notify_one();
    }

    /// Counts how an attempt ended, for later choices.
    pub(crate) fn record(&self, agent: AgentId, completed: bool) {
        for member in self.members.lock().iter_mut().filter(|member| member.facts.agent.id == agent) {
            if completed {
                member.facts.completed += 1;
            } else {
                member.facts.failed += 1;
            }
        }
    }
}

/// An agent chosen for a task, with one of its slots.
pub(crate) struct Reservation {
    pub(crate) slot: SlotGuard,
    pub(crate) agent: Arc<dyn Agent>,
    pub(crate) name: AgentRef,
    pub(crate) explanation: Explanation,
}

/// A taken slot; dropping it gives it back.
pub(crate) struct SlotGuard {
    pool: Arc<AgentPool>,
    agent: AgentId,
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        for member in self.pool.members.lock().iter_mut().filter(|member| member.facts.agent.id == self.agent) {
            member.facts.busy = member.facts.busy.saturating_sub(1);
        }
        self.pool.capacity_freed.notify_one();
    }
}
