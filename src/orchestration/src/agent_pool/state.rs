//! How do agents, their instances, the balancer and the host change together? Under one lock, by these steps.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::Agent;
use baton_domain::agent::{AgentCard, InstanceKind, InstanceRange, InstanceStatus, Isolation, Needs};
use baton_domain::id::AgentId;
use baton_domain::ports::{Chance, Sources};
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::task::{AgentRef, Explanation, Rejection};

use super::PoolOptions;
use super::aside::Queue;
use super::host::{HostLedger, Share};
use super::instance::{Instance, RestartOptions};
use super::scaling::{Scale, Scaler, ScalingOptions};
use super::turns::Turns;
use crate::load_balancer::{AgentFacts, AgentNumber, Balancer, Ending};

/// An agent that this server carries.
pub(super) struct Carried {
    agent: Arc<dyn Agent>,
    version: String,
    kind: InstanceKind,
    pub(super) slots: u32,
    pub(super) range: InstanceRange,
    pub(super) instances: Vec<Instance>,
    made: u32,
    scaler: Scaler,
}

impl Carried {
    fn new(agent: Arc<dyn Agent>, card: &AgentCard) -> Self {
        // A child's death is the instance's only if nothing else of the agent lives in the process.
        let in_children = !card.skills.is_empty() && card.skills.iter().all(|skill| skill.isolation == Isolation::Process);
        let kind = if in_children { InstanceKind::Child } else { InstanceKind::InProcess };
        let mut carried = Self {
            agent,
            version: card.version.clone(),
            kind,
            slots: card.slots.max(1),
            range: card.instances,
            instances: Vec::new(),
            made: 0,
            scaler: Scaler::default(),
        };
        (0..card.instances.minimum).for_each(|_| carried.grow());
        carried
    }

    fn grow(&mut self) {
        self.made += 1;
        self.instances.push(Instance::new(self.made, self.kind, self.slots));
    }

    /// How many attempts its instances may have, or still have.
    pub(super) fn counted(&self) -> u32 {
        self.instances.iter().map(Instance::counted).sum()
    }

    /// How many attempts have a slot.
    pub(super) fn busy(&self) -> u32 {
        self.instances.iter().map(|instance| instance.busy).sum()
    }

    /// How many attempts have given their slot back.
    pub(super) fn aside(&self) -> u32 {
        self.instances.iter().map(|instance| instance.aside).sum()
    }

    pub(super) fn instance(&mut self, number: u32) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.number == number)
    }

    /// The instance in which an attempt gets a slot again that has given back one of this instance: that, or another one that takes attempts.
    pub(super) fn place(&self, own: u32) -> Option<u32> {
        if self.instances.iter().any(|instance| instance.number == own && instance.takes_back()) {
            return Some(own);
        }
        self.instances.iter().filter(|instance| instance.free() > 0).max_by_key(|instance| instance.free()).map(|instance| instance.number)
    }

    /// An attempt that had given back a slot of one instance has one of another, or of the same, from now on.
    pub(super) fn return_to(&mut self, own: u32, place: u32) {
        if let Some(found) = self.instance(place) {
            found.busy += 1;
        }
        self.leave_aside(own);
    }

    /// An attempt that had given back a slot of this instance no longer belongs to those that have.
    pub(super) fn leave_aside(&mut self, own: u32) {
        if let Some(found) = self.instance(own) {
            found.aside = found.aside.saturating_sub(1);
        }
        self.instances.retain(|instance| !instance.is_done());
    }

    /// Instances that are there to stay.
    fn staying(&self) -> u32 {
        u32::try_from(self.instances.iter().filter(|instance| instance.status != InstanceStatus::Draining).count()).unwrap_or(u32::MAX)
    }
}

/// A slot that was taken.
pub(super) struct Taken {
    pub(super) number: AgentNumber,
    pub(super) instance: u32,
    pub(super) share: Share,
    pub(super) agent: Arc<dyn Agent>,
    pub(super) name: AgentRef,
    pub(super) explanation: Explanation,
}

/// Everything that a reservation changes.
pub(super) struct State {
    pub(super) balancer: Balancer,
    /// By the balancer's numbers.
    pub(super) carried: Vec<Carried>,
    numbers: HashMap<AgentId, AgentNumber>,
    pub(super) host: HostLedger,
    pub(super) turns: Turns,
    /// The attempts that want the places again which they gave back.
    pub(super) returning: Queue,
    /// When the next instance is started again.
    restart_at: Option<Timestamp>,
}

impl State {
    pub(super) fn new(options: &PoolOptions, mut agents: Vec<(Arc<dyn Agent>, AgentCard, AgentView)>) -> Self {
        // As the balancer numbers them.
        agents.sort_by(|(_, one, _), (_, other, _)| one.name.cmp(&other.name));
        let mut carried = Vec::with_capacity(agents.len());
        let mut facts = Vec::with_capacity(agents.len());
        let mut numbers = HashMap::with_capacity(agents.len());
        for (number, (agent, card, view)) in (0..).zip(agents) {
            let instances = Carried::new(agent, &card);
            numbers.insert(view.id, number);
            facts.push(AgentFacts {
                agent: AgentRef { id: view.id, name: card.name },
                skills: card.skills.into_iter().map(|skill| skill.name).collect(),
                labels: card.labels,
                cost_micros: card.cost_micros,
                status: view.status,
                slots: instances.counted(),
                completed: view.completed,
                failed: view.failed,
            });
            carried.push(instances);
        }
        let balancer = Balancer::new(options.balancing.clone(), facts);
        let host = HostLedger::new(options.host.detect(), &options.host);
        Self { balancer, carried, numbers, host, turns: Turns::default(), returning: Queue::default(), restart_at: None }
    }

    pub(super) fn number(&self, agent: AgentId) -> Option<AgentNumber> {
        self.numbers.get(&agent).copied()
    }

    /// Lets time pass: instances are started again, circuits half open.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.balancer.tick(now);
        if self.restart_at.is_none_or(|at| at > now) {
            return;
        }
        let mut next: Option<Timestamp> = None;
        for (number, carried) in (0..).zip(&mut self.carried) {
            let mut started = false;
            for instance in &mut carried.instances {
                started |= instance.tick(now);
                next = [next, instance.restart_at].into_iter().flatten().min();
            }
            if started {
                self.returning.settle(&mut self.balancer, number, carried);
            }
        }
        self.restart_at = next;
        self.serve();
    }

    /// Chooses an agent, none of those that refused the task, and takes a slot of its emptiest instance, and of the host what the skill needs.
    pub(super) fn reserve(
        &mut self,
        refused: Option<&BTreeSet<AgentId>>,
        skill: &str,
        labels: &[String],
        needs: Option<&Needs>,
        sources: &Sources,
    ) -> Result<Taken, Vec<Rejection>> {
        let now = sources.clock.now();
        self.tick(now);
        let fits = needs.is_none_or(|needs| has_room(&self.host, &self.turns, skill, needs, now));
        if needs.is_some_and(|needs| !self.host.fits(needs) && self.host.could_ever(needs)) {
            self.turns.refused(skill, now);
        }
        let choice = match refused {
            None => self.balancer.choose(skill, labels, fits, now, &*sources.chance)?,
            Some(refused) => self.balancer.choose_without(refused, skill, labels, fits, now)?,
        };
        let carried = &mut self.carried[choice.agent as usize];
        // The balancer counts as free what some instance has free, so there is one.
        let Some(instance) = carried.instances.iter_mut().max_by_key(|instance| instance.free()) else {
            return Err(choice.explanation.rejected);
        };
        instance.busy += 1;
        let number = instance.number;
        let share = needs.and_then(|needs| self.host.take(needs)).unwrap_or_default();
        self.balancer.begin(choice.agent, now);
        self.turns.served(skill);
        Ok(Taken {
            number: choice.agent,
            instance: number,
            share,
            agent: Arc::clone(&carried.agent),
            name: self.balancer.facts(choice.agent).agent.clone(),
            explanation: Explanation { version: Some(carried.version.clone()), ..choice.explanation },
        })
    }

    /// An attempt is over.
    pub(super) fn give_back(&mut self, agent: AgentNumber, instance: u32, share: Share) {
        self.host.give_back(share);
        self.balancer.give_back(agent);
        let Some(carried) = self.carried.get_mut(agent as usize) else { return };
        if let Some(found) = carried.instance(instance) {
            found.busy = found.busy.saturating_sub(1);
            if found.is_done() {
                carried.instances.retain(|instance| !instance.is_done());
            }
        }
        self.freed(agent);
    }

    /// What an attempt's end says of the instance that it ran in.
    #[expect(clippy::too_many_arguments, reason = "the facts of one attempt, and what decides over them")]
    pub(super) fn instance_ended(
        &mut self,
        agent: AgentNumber,
        instance: u32,
        ending: Ending,
        died: bool,
        now: Timestamp,
        options: &RestartOptions,
        chance: &dyn Chance,
    ) {
        let carried = &mut self.carried[agent as usize];
        let Some(found) = carried.instances.iter_mut().find(|found| found.number == instance) else { return };
        // What runs in this process dies with it, and needs no watching from here.
        if found.kind != InstanceKind::Child {
            return;
        }
        let before = found.status;
        if died {
            found.failed(now, options, chance.next());
        } else if ending != Ending::Excused {
            // An answer, good or bad, came from something that lives.
            found.worked();
        }
        if found.status != before {
            tracing::info!(agent = %self.balancer.facts(agent).agent.name, instance, status = %found.status, "an instance changed");
            self.restart_at = [self.restart_at, found.restart_at].into_iter().flatten().min();
            self.freed(agent);
        }
    }

    /// Starts instances that wait at once.
    pub(super) fn start_instances(&mut self, agent: AgentNumber) {
        let carried = &mut self.carried[agent as usize];
        carried.instances.iter_mut().for_each(Instance::start);
        self.freed(agent);
    }

    /// The agents whose number of instances may change.
    pub(super) fn elastic(&self) -> impl Iterator<Item = AgentNumber> {
        (0..).zip(&self.carried).filter(|(_, carried)| carried.range.minimum < carried.range.maximum).map(|(number, _)| number)
    }

    pub(super) fn instances(&self, agent: AgentNumber) -> u32 {
        self.carried[agent as usize].staying()
    }

    /// Grows or shrinks by one, if a queue of this age says so.
    pub(super) fn scale(&mut self, agent: AgentNumber, age: Duration, now: Timestamp, options: &ScalingOptions) -> Scale {
        let carried = &mut self.carried[agent as usize];
        let free: u32 = carried.instances.iter().map(Instance::free).sum();
        // Those that wait for others come back and want their slots.
        let free = free.saturating_sub(carried.aside());
        let scale = carried.scaler.look(age, free >= carried.slots, carried.staying(), carried.range, now, options);
        match scale {
            Scale::Keep => return scale,
            Scale::Grow => carried.grow(),
            Scale::Shrink => {
                // The emptiest, and of those the newest: the others keep what they have warm.
                let staying = carried.instances.iter_mut().filter(|instance| instance.status != InstanceStatus::Draining);
                if let Some(least) = staying.min_by_key(|instance| (instance.busy + instance.aside, std::cmp::Reverse(instance.number))) {
                    least.drain();
                }
                carried.instances.retain(|instance| !instance.is_done());
            }
        }
        self.freed(agent);
        scale
    }
}

/// Whether the host has room for an attempt, and nobody who waits longer goes first.
pub(super) fn has_room(host: &HostLedger, turns: &Turns, skill: &str, needs: &Needs, now: Timestamp) -> bool {
    host.fits(needs) && !(HostLedger::takes(needs) && turns.holds_back(skill, now))
}
