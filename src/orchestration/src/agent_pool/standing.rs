//! How is it shown how agents stand, and how work is balanced?

use baton_domain::agent::{AgentStatus, InstanceStatus, Needs};
use baton_domain::id::AgentId;
use baton_domain::wire::agent::{AgentStanding, Balancing, SkillBalancing, SkillStanding};
use baton_domain::wire::task::{Explanation, ScoreTerm};
use baton_storage::CarriedStanding;

use super::AgentPool;
use super::state::State;
use crate::load_balancer::AgentNumber;

impl AgentPool {
    /// How an agent stands; nothing if this server does not carry it.
    pub(crate) fn standing(&self, agent: AgentId) -> Option<AgentStanding> {
        let mut state = self.state.lock();
        state.tick(self.sources.clock.now());
        let number = state.number(agent)?;
        let (balancer, carried) = (&state.balancer, &state.carried[number as usize]);
        let facts = balancer.facts(number);
        let drains = facts.status != AgentStatus::Active;
        let here = carried.instances.iter().map(|instance| instance.view(state.host.name(), drains));
        let skills = facts.skills.iter().map(|skill| SkillStanding {
            skill: skill.clone(),
            strategy: balancer.strategy(skill),
            needs: self.needs(skill),
            p95_ms: balancer.p95_millis(number, skill),
        });
        Some(AgentStanding {
            agent_id: agent,
            circuit: balancer.circuit(number),
            instances: here.collect(),
            range: carried.range,
            success_rate: balancer.success_rate(number),
            cost_micros: facts.cost_micros,
            skills: skills.collect(),
        })
    }

    /// How an agent stands here, as the others are told; nothing if this server does not carry it.
    pub(crate) fn told(&self, agent: AgentId) -> Option<CarriedStanding> {
        let mut state = self.state.lock();
        state.tick(self.sources.clock.now());
        state.number(agent).map(|number| self.tell(&state, number))
    }

    /// The same of all agents, by their names.
    pub(crate) fn told_of_all(&self) -> Vec<(String, CarriedStanding)> {
        let mut state = self.state.lock();
        state.tick(self.sources.clock.now());
        let name = |number| state.balancer.facts(number).agent.name.clone();
        (0..).zip(&state.carried).map(|(number, _)| (name(number), self.tell(&state, number))).collect()
    }

    fn tell(&self, state: &State, number: AgentNumber) -> CarriedStanding {
        let facts = state.balancer.facts(number);
        let instances = || state.carried[number as usize].instances.iter().map(|instance| instance.view("", false));
        let fits = |skill: &&String| self.skills.get(*skill).is_none_or(|known| state.host.fits(&known.skill.needs));
        CarriedStanding {
            circuit: state.balancer.circuit(number),
            probes: state.balancer.options().breaker.probes,
            status: instances().map(|instance| instance.status).min_by_key(|status| rank(*status)).unwrap_or(InstanceStatus::Stopped),
            slots: instances().fold(0, |sum, instance| sum.saturating_add(instance.slots)),
            usable: facts.slots,
            aside: state.aside(number),
            failures: instances().map(|instance| instance.failures).max().unwrap_or(0),
            restart_at: instances().filter_map(|instance| instance.restart_at).min(),
            no_room: facts.skills.iter().filter(|skill| !fits(skill)).cloned().collect(),
        }
    }

    /// How many attempts an agent takes at once with all its instances here, and how many with the fewest, as the registry has it;
    /// nothing if this server does not carry it.
    pub(crate) fn slots(&self, agent: AgentId) -> Option<(u32, u32)> {
        let state = self.state.lock();
        let carried = &state.carried[state.number(agent)? as usize];
        let all = carried.instances.iter().map(|instance| instance.view("", false).slots).sum();
        Some((all, carried.slots.saturating_mul(carried.range.minimum)))
    }

    /// How many attempts of an agent wait here for others without a slot.
    pub(crate) fn aside(&self, agent: AgentId) -> u32 {
        let state = self.state.lock();
        state.number(agent).map_or(0, |number| state.carried[number as usize].aside())
    }

    fn needs(&self, skill: &str) -> Needs {
        self.skills.get(skill).map(|known| known.skill.needs.clone()).unwrap_or_default()
    }

    /// How work is balanced now.
    pub(crate) fn balancing(&self) -> Balancing {
        let mut state = self.state.lock();
        let now = self.sources.clock.now();
        state.tick(now);
        let skills = self.skills.values().map(|known| {
            let (name, needs) = (&known.skill.name, &known.skill.needs);
            let (fits, strategy) = (state.host.fits(needs), state.balancer.strategy(name));
            let choice = state.balancer.choose(name, &[], fits, now, &*self.sources.chance);
            let nobody = |rejected| Explanation { strategy: strategy.as_str().to_owned(), candidates: Vec::new(), rejected, version: None };
            SkillBalancing {
                skill: name.clone(),
                strategy,
                needs: needs.clone(),
                fits: state.host.could_ever(needs),
                now: choice.map_or_else(nobody, |choice| choice.explanation),
            }
        });
        let skills = skills.collect();
        let weights = state.balancer.options().weights.named();
        let weights = weights.into_iter().map(|(name, weight)| ScoreTerm { name: name.to_owned(), value: 0.0, weight }).collect();
        Balancing { host: state.host.view(), weights, skills }
    }
}

/// The lower, the better an instance is.
const fn rank(status: InstanceStatus) -> u8 {
    match status {
        InstanceStatus::Ready => 0,
        InstanceStatus::Starting => 1,
        InstanceStatus::Unhealthy => 2,
        InstanceStatus::Draining => 3,
        InstanceStatus::Stopped => 4,
    }
}
