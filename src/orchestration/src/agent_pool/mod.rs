//! Which agents are there, and what do they have on their hands?
//!
//! The registry is durable: an agent that was drained stays so when the server starts again. Slots, instances, circuits and the
//! host's ledger are counted here, in memory, and taken by guards, so that an attempt that ends in whatever way gives
//! back what it had. An attempt that does nothing but wait for the tasks that it asked for gives its place back meanwhile, or attempts
//! of one agent that ask that agent would fill its slots and wait for one another. That is counted here and nowhere else: in the store the
//! task goes on `running`, under its lease, and counts for concurrency limits. That is why an attempt that such a limit counts keeps its place:
//! those that wait would fill the limit, and none of those that they wait for could begin. Other servers are told with each heartbeat how
//! many such there are.
//!
//! - `state`: agents with their instances, the balancer and the host, changed together
//! - `instance`: how one instance lives; `scaling`: how many there are; `host`: what attempts may take of the host; `turns`: who
//!   goes first when it is full
//! - `slot`: how an attempt holds what it has; `aside`: those that wait without their place, and who of them gets one again next
//! - `named`: whether what settings name is there; `records`: what decisions say of agents
//! - `standing`: how all of it is shown; `service`: what can be asked of it

mod aside;
mod host;
mod instance;
pub(crate) mod named;
pub(crate) mod records;
pub(crate) mod scaling;
mod service;
mod slot;
mod standing;
mod state;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::Agent;
use baton_domain::agent::{AgentCard, AgentStatus, CircuitState, InstanceRange, Skill, has_label, is_version};
use baton_domain::id::AgentId;
use baton_domain::ports::{AgentRecords, Sources};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{AgentRef, Explanation, Rejection};
use baton_storage::AgentsAt;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::load_balancer::{AgentNumber, BalancerOptions, Ending};
use crate::schema::Schema;
use scaling::Scale;
use state::State;

pub use host::{HostCapacity, HostOptions};
pub use instance::RestartOptions;
pub use scaling::ScalingOptions;
pub(crate) use service::PoolService;
pub(crate) use slot::SlotGuard;

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
    /// An agent or a skill has no version, or what it has is none.
    BadVersion {
        /// Its name.
        name: String,
        /// What it has.
        version: String,
    },
    /// An agent declares no sensible range of instances.
    BadInstances(String),
    /// A strategy was given for a skill that no agent has or could have.
    StrategyForNothing(String),
    /// A range of instances was given for an agent that is nowhere.
    InstancesForNobody {
        /// What was given as its name.
        agent: String,
        /// The agents that are known.
        known: Vec<String>,
    },
}

impl std::fmt::Display for PoolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadSchema { skill, error } => write!(f, "a schema of {skill} is no JSON Schema: {error}"),
            Self::SkillsDiffer(skill) => write!(f, "two agents describe {skill} differently"),
            Self::BadVersion { name, version } => {
                write!(f, "the version of {name} is {version:?}; write it as Semantic Versioning does, like 1.0.0")
            }
            Self::BadInstances(agent) => {
                let most = InstanceRange::LIMIT;
                write!(f, "{agent} must have between 1 and {most} instances, the minimum no more than the maximum")
            }
            Self::StrategyForNothing(skill) => write!(f, "a balancing strategy is set for {skill}, which no agent has"),
            Self::InstancesForNobody { agent, known } => {
                write!(f, "a range of instances is set for {agent}, which is no agent: there are {}", known.join(", "))
            }
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

impl KnownSkill {
    /// Compiles a skill's schemas.
    pub(crate) fn compile(skill: Skill) -> Result<Self, PoolError> {
        let bad = |error| PoolError::BadSchema { skill: skill.name.clone(), error };
        let input = Schema::compile(&skill.input_schema).map_err(bad)?;
        let output = Schema::compile(&skill.output_schema).map_err(bad)?;
        Ok(Self { skill, input, output })
    }
}

/// Refuses an agent without a version, or with a skill that has none.
fn check_versions(card: &AgentCard) -> Result<(), PoolError> {
    let mut named = card.skills.iter().map(|skill| (&skill.name, &skill.version)).chain([(&card.name, &card.version)]);
    match named.find(|(_, version)| !is_version(version)) {
        Some((name, version)) => Err(PoolError::BadVersion { name: name.clone(), version: version.clone() }),
        None => Ok(()),
    }
}

/// How the pool works.
#[derive(Debug, Clone)]
pub(crate) struct PoolOptions {
    pub(crate) balancing: BalancerOptions,
    pub(crate) restart: RestartOptions,
    pub(crate) host: HostOptions,
    /// The ranges of agents that do not get that of their card.
    pub(crate) instances: BTreeMap<String, InstanceRange>,
}

impl PoolOptions {
    /// An agent's card with the range that it gets.
    fn card(&self, agent: &dyn Agent) -> AgentCard {
        let card = agent.card();
        let instances = self.instances.get(&card.name).copied().unwrap_or(card.instances);
        AgentCard { instances, ..card }
    }
}

/// The agents of this server.
pub(crate) struct AgentPool {
    skills: BTreeMap<String, Arc<KnownSkill>>,
    /// The names of the agents.
    carried: BTreeSet<String>,
    state: Mutex<State>,
    options: PoolOptions,
    sources: Sources,
    /// Rung when a slot becomes free or an agent takes work again.
    pub(crate) capacity_freed: Notify,
}

impl AgentPool {
    /// A pool of these agents; who they are in the registry comes with [`learn`](Self::learn).
    pub(crate) fn new(agents: &[Arc<dyn Agent>], options: PoolOptions, sources: Sources) -> Result<Self, PoolError> {
        let mut skills: BTreeMap<String, Arc<KnownSkill>> = BTreeMap::new();
        for card in agents.iter().map(|agent| options.card(&**agent)) {
            if !card.instances.is_valid() {
                return Err(PoolError::BadInstances(card.name));
            }
            check_versions(&card)?;
            for skill in card.skills {
                let name = skill.name.clone();
                match skills.get(&name) {
                    Some(known) if known.skill != skill => return Err(PoolError::SkillsDiffer(name)),
                    Some(_) => {}
                    None => drop(skills.insert(name, Arc::new(KnownSkill::compile(skill)?))),
                }
            }
        }
        let state = State::new(&options, vec![]);
        for known in skills.values().filter(|known| !state.host.could_ever(&known.skill.needs)) {
            let (skill, needs) = (&known.skill.name, &known.skill.needs);
            tracing::warn!(%skill, ?needs, host = ?state.host.view(), "this host can never give what the skill needs: its tasks will wait");
        }
        let carried = agents.iter().map(|agent| agent.card().name).collect();
        Ok(Self { skills, carried, state: Mutex::new(state), options, sources, capacity_freed: Notify::new() })
    }

    /// Takes over what the registry says of the agents.
    pub(crate) fn learn(&self, agents: &[Arc<dyn Agent>], registered: &AgentsAt) {
        let known = |agent: &Arc<dyn Agent>| {
            let card = self.card(&**agent);
            let view = registered.items.iter().find(|view| view.name == card.name)?;
            Some((Arc::clone(agent), card, view.clone()))
        };
        *self.state.lock() = State::new(&self.options, agents.iter().filter_map(known).collect());
    }

    /// An agent's card as it is registered: with the range of instances that it gets.
    pub(crate) fn card(&self, agent: &dyn Agent) -> AgentCard {
        self.options.card(agent)
    }

    /// So many servers and workers run on this machine, and this one has that place among them: what was found there is divided.
    pub(crate) fn share_host(&self, place: u32, of: u32) {
        let mut state = self.state.lock();
        if !state.host.share(place, of) {
            return;
        }
        state.serve();
        let host = state.host.view();
        let never = self.skills.values().filter(|known| !state.host.could_ever(&known.skill.needs)).count();
        drop(state);
        let (cpu_millicores, memory_mib) = (host.cpu_millicores, host.memory_mib);
        tracing::info!(of, cpu_millicores, memory_mib, never, "this machine is shared by so many; this one gives out its part");
        self.capacity_freed.notify_one();
    }

    /// A skill that some agent has.
    pub(crate) fn skill(&self, name: &str) -> Option<Arc<KnownSkill>> {
        self.skills.get(name).cloned()
    }

    /// All skills, by name.
    pub(crate) fn skills(&self) -> impl Iterator<Item = &KnownSkill> {
        self.skills.values().map(AsRef::as_ref)
    }

    /// Takes in what is known of agents by decisions that people judged.
    pub(crate) fn set_records(&self, known: &AgentRecords) {
        self.state.lock().balancer.set_records(known);
    }

    /// Whether some agent that has the skill has all these labels.
    pub(crate) fn has_labels(&self, skill: &str, labels: &[String]) -> bool {
        self.state.lock().balancer.has_labels(skill, labels)
    }

    /// The skills for which an agent has a free slot now and the host has what they need, by name, and how many free slots
    /// there are in all. Now and then a skill is among them for which the host has no room, so that it is seen to wait.
    pub(crate) fn capacity(&self) -> (Vec<String>, u32) {
        let mut state = self.state.lock();
        let state = &mut *state;
        let now = self.sources.clock.now();
        state.tick(now);
        let (host, turns) = (&state.host, &mut state.turns);
        let has_room = |name: &&str| {
            let Some(known) = self.skills.get(*name) else { return false };
            let needs = &known.skill.needs;
            state::has_room(host, turns, name, needs, now) || (host.could_ever(needs) && turns.is_worth_asking(name, now))
        };
        let mut skills: Vec<String> = state.balancer.open_skills().filter(has_room).map(str::to_owned).collect();
        skills.sort_unstable();
        let slots = if skills.is_empty() { 0 } else { state.balancer.free_slots() };
        (skills, u32::try_from(slots).unwrap_or(u32::MAX))
    }

    /// Chooses an agent for a task, none of those that refused it, and takes one of its slots, and of the host what the skill needs.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        refused: Option<&BTreeSet<AgentId>>,
        skill: &str,
        labels: &[String],
    ) -> Result<Reservation, Vec<Rejection>> {
        let needs = self.skills.get(skill).map(|known| &known.skill.needs);
        let taken = self.state.lock().reserve(refused, skill, labels, needs, &self.sources)?;
        let state::Taken { number, instance, share, agent, name, explanation } = taken;
        Ok(Reservation { slot: SlotGuard::new(Arc::clone(self), number, instance, share), agent, name, explanation, goes_first: false })
    }

    /// Whether some agent would take a task now that nobody has refused.
    pub(crate) fn would_take(&self, skill: &str, labels: &[String]) -> bool {
        let mut state = self.state.lock();
        let state = &mut *state;
        let now = self.sources.clock.now();
        state.tick(now);
        let needs = self.skills.get(skill).map(|known| &known.skill.needs);
        let fits = needs.is_none_or(|needs| state::has_room(&state.host, &state.turns, skill, needs, now));
        state.balancer.choose(skill, labels, fits, now, &*self.sources.chance).is_ok()
    }

    /// Whether some agent that has the skill and all these labels is none of those that refused.
    pub(crate) fn somebody_is_left(&self, refused: &BTreeSet<AgentId>, skill: &str, labels: &[String]) -> bool {
        self.state.lock().balancer.somebody_is_left(refused, skill, labels)
    }

    /// Why no agent of this server would take a task now: how many fell to which reason. Empty if one would.
    pub(crate) fn rejections(&self, refused: Option<&BTreeSet<AgentId>>, skill: &str, labels: &[String]) -> Vec<Rejection> {
        let mut state = self.state.lock();
        let now = self.sources.clock.now();
        state.tick(now);
        let fits = self.skills.get(skill).is_none_or(|known| state.host.fits(&known.skill.needs));
        let choice = match refused {
            None => state.balancer.choose(skill, labels, fits, now, &*self.sources.chance),
            Some(refused) => state.balancer.choose_without(refused, skill, labels, fits, now),
        };
        choice.err().unwrap_or_default()
    }

    /// Changes whether an agent takes work. If it does again, instances that wait for their next start are started at once.
    pub(crate) fn set_status(&self, agent: AgentId, status: AgentStatus) {
        let mut state = self.state.lock();
        if let Some(number) = state.number(agent) {
            state.balancer.set_status(number, status);
            if status == AgentStatus::Active {
                state.start_instances(number);
            }
        }
        drop(state);
        self.capacity_freed.notify_one();
    }

    /// Closes an agent's circuit and starts instances that wait; gives whether there is such an agent.
    pub(crate) fn reset_circuit(&self, agent: AgentId) -> bool {
        let mut state = self.state.lock();
        let Some(number) = state.number(agent) else { return false };
        state.balancer.reset_circuit(number);
        state.start_instances(number);
        drop(state);
        self.capacity_freed.notify_one();
        true
    }

    /// Counts how an attempt in this slot ended, after this time, for later choices. `died` says that what it ran in went down
    /// with it, or never came up.
    pub(crate) fn record(&self, slot: &SlotGuard, skill: &str, ending: Ending, died: bool, run: Duration) {
        let mut state = self.state.lock();
        let before = state.balancer.circuit(slot.agent).state;
        let now = self.sources.clock.now();
        state.balancer.record(slot.agent, skill, ending, run, now);
        state.instance_ended(slot.agent, slot.instance, ending, died, now, &self.options.restart, &*self.sources.chance);
        let circuit = state.balancer.circuit(slot.agent);
        if circuit.state != before {
            let agent = &state.balancer.facts(slot.agent).agent.name;
            match circuit.state {
                CircuitState::Open => {
                    tracing::warn!(%agent, until = ?circuit.open_until, "the agent fails too much and gets no work for a while")
                }
                CircuitState::Closed | CircuitState::HalfOpen => tracing::info!(%agent, "the agent works again"),
            }
        }
    }

    /// Whether some agent may have more or fewer instances than it has.
    pub(crate) fn is_elastic(&self) -> bool {
        self.state.lock().elastic().next().is_some()
    }

    /// The agents whose number of instances may change, with those of their skills for which the host has room: what waits for the
    /// host would wait with another instance too.
    fn elastic_agents(&self) -> Vec<(AgentNumber, Vec<String>)> {
        let state = self.state.lock();
        let has_room = |skill: &&String| self.skills.get(*skill).is_none_or(|known| state.host.fits(&known.skill.needs));
        let skills = |number| state.balancer.facts(number).skills.iter().filter(has_room).cloned().collect();
        state.elastic().map(|number| (number, skills(number))).collect()
    }

    /// Whether an agent has all these labels.
    fn has_all(&self, agent: AgentNumber, labels: &[String]) -> bool {
        let state = self.state.lock();
        let facts = state.balancer.facts(agent);
        labels.iter().all(|label| has_label(&facts.agent.name, &facts.labels, label))
    }

    /// Whether an agent that takes work has no free slot.
    fn is_full(&self, agent: AgentNumber) -> bool {
        let state = self.state.lock();
        let facts = state.balancer.facts(agent);
        facts.status == AgentStatus::Active && state.balancer.busy(agent) >= facts.slots
    }

    /// Gives an agent another instance, or takes one, if its queue of this age says so.
    fn scale(&self, agent: AgentNumber, age: Duration, now: Timestamp, options: &ScalingOptions) {
        let mut state = self.state.lock();
        let scale = state.scale(agent, age, now, options);
        if scale != Scale::Keep {
            let name = &state.balancer.facts(agent).agent.name;
            tracing::info!(agent = %name, ?scale, instances = state.instances(agent), ?age, "the number of instances changes");
        }
        drop(state);
        if scale == Scale::Grow {
            self.capacity_freed.notify_one();
        }
    }
}

/// An agent chosen for a task, with one of its slots.
pub(crate) struct Reservation {
    pub(crate) slot: SlotGuard,
    pub(crate) agent: Arc<dyn Agent>,
    pub(crate) name: AgentRef,
    pub(crate) explanation: Explanation,
    /// Whether its task began with the commit that stored it: then its result goes first, too.
    pub(crate) goes_first: bool,
}
