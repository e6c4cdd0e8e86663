//! How is the best agent found without looking at all of them? The [`Balancer`] keeps agents, their lanes, and the time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use baton_domain::agent::{AgentStatus, Strategy, has_label};
use baton_domain::ports::{AgentRecords, Chance};
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::CircuitView;
use baton_domain::wire::task::{Explanation, Rejection};

use super::lane::Lane;
use super::member::{AgentFacts, Ending, Member, SeatRef};
use super::options::BalancerOptions;
use super::reason::{RejectReason, Tally};
use super::score::Question;

/// The number of an agent in a balancer: its place when all are sorted by name.
pub type AgentNumber = u32;

/// Sets of labels that are kept for a skill; the one asked for least recently makes room for another.
const LANES: usize = 64;
/// Agents that are looked at in one go because their time has come; the others wait for the next.
const LOOKS: usize = 64;

/// A skill and who has it.
#[derive(Debug, Clone)]
pub(super) struct SkillIndex {
    name: String,
    pub(super) strategy: Strategy,
    /// The agents that have it, each with the skill's position among its own.
    pub(super) agents: Vec<(u32, usize)>,
    lanes: Vec<Lane>,
    /// How many of the agents take work now.
    open: u32,
}

/// The best agent for a task, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The agent.
    pub agent: AgentNumber,
    /// Why this one.
    pub explanation: Explanation,
}

/// Chooses agents. Pure: time and lots come from the caller, and the same calls give the same answers.
#[derive(Debug, Clone)]
pub struct Balancer {
    pub(super) options: BalancerOptions,
    pub(super) members: Vec<Member>,
    pub(super) skills: Vec<SkillIndex>,
    pub(super) names: HashMap<String, u32>,
    free: u64,
    pub(super) turn: u64,
    timers: BinaryHeap<Reverse<(Timestamp, u32)>>,
}

impl Balancer {
    /// A balancer of these agents.
    #[must_use]
    pub fn new(options: BalancerOptions, mut agents: Vec<AgentFacts>) -> Self {
        // The order decides between equals, so that the same agents always give the same choices.
        agents.sort_by(|one, other| one.agent.name.cmp(&other.agent.name));
        let count = agents.len();
        let mut balancer = Self {
            members: agents.into_iter().map(Member::new).collect(),
            skills: Vec::new(),
            names: HashMap::new(),
            free: 0,
            turn: 0,
            timers: BinaryHeap::new(),
            options,
        };
        for (agent, member) in (0..).zip(&mut balancer.members) {
            for (at, name) in member.facts.skills.iter().enumerate() {
                let skill = *balancer.names.entry(name.clone()).or_insert_with(|| {
                    let strategy = balancer.options.strategy_of(name);
                    balancer.skills.push(SkillIndex { name: name.clone(), strategy, agents: vec![], lanes: vec![], open: 0 });
                    (balancer.skills.len() - 1) as u32
                });
                // A skill that is named twice is one skill.
                if !member.skills.contains(&skill) {
                    balancer.skills[skill as usize].agents.push((agent, at));
                }
                member.skills.push(skill);
            }
        }
        for agent in (0..).take(count) {
            balancer.recount(agent);
        }
        balancer
    }

    /// The number of the agent with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<AgentNumber> {
        let found = self.members.binary_search_by(|member| member.facts.agent.name.as_str().cmp(name));
        found.ok().and_then(|index| u32::try_from(index).ok())
    }

    /// What it was told of an agent, as it is now.
    #[must_use]
    pub fn facts(&self, agent: AgentNumber) -> &AgentFacts {
        &self.members[agent as usize].facts
    }

    /// How many attempts the agent has.
    #[must_use]
    pub fn busy(&self, agent: AgentNumber) -> u32 {
        self.members[agent as usize].busy
    }

    /// The agent's circuit.
    #[must_use]
    pub fn circuit(&self, agent: AgentNumber) -> CircuitView {
        self.members[agent as usize].circuit_view()
    }

    /// The share of the agent's latest attempts that succeeded.
    #[must_use]
    pub fn success_rate(&self, agent: AgentNumber) -> f64 {
        self.members[agent as usize].success_rate()
    }

    /// The 95th percentile of the agent's latest attempts at a skill, in milliseconds.
    #[must_use]
    pub fn p95_millis(&self, agent: AgentNumber, skill: &str) -> Option<f64> {
        let member = &self.members[agent as usize];
        let at = member.facts.skills.iter().position(|known| known == skill)?;
        member.latencies[at].as_ref()?.runs.p95()
    }

    /// The strategy of a skill.
    #[must_use]
    pub fn strategy(&self, skill: &str) -> Strategy {
        self.options.strategy_of(skill)
    }

    /// What it was told to do.
    #[must_use]
    pub const fn options(&self) -> &BalancerOptions {
        &self.options
    }

    /// The skills for which an agent takes work now.
    pub fn open_skills(&self) -> impl Iterator<Item = &str> {
        self.skills.iter().filter(|skill| skill.open > 0).map(|skill| skill.name.as_str())
    }

    /// Free slots of all agents that take work.
    #[must_use]
    pub const fn free_slots(&self) -> u64 {
        self.free
    }

    /// Whether some agent that has the skill has all these labels, whatever else is against it.
    #[must_use]
    pub fn has_labels(&self, skill: &str, labels: &[String]) -> bool {
        let Some(&number) = self.names.get(skill) else { return false };
        self.skills[number as usize].agents.iter().any(|&(agent, _)| has(&self.members[agent as usize], labels))
    }

    /// Lets time pass for those whose time has come, some at a time. Gives whether somebody may take work who did not.
    pub fn tick(&mut self, now: Timestamp) -> bool {
        let before = self.free;
        for _ in 0..LOOKS {
            match self.timers.peek() {
                Some(&Reverse((due, agent))) if due <= now => {
                    self.timers.pop();
                    let member = &mut self.members[agent as usize];
                    // Another look took its place.
                    if member.look_at != Some(due) {
                        continue;
                    }
                    member.look_at = None;
                    if let Some(next) = member.look(now, &self.options) {
                        self.look_at(agent, next);
                    }
                    self.changed(agent);
                }
                _ => break,
            }
        }
        self.free > before
    }

    /// When [`tick`](Self::tick) has something to do.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        self.timers.peek().map(|Reverse((due, _))| *due)
    }

    /// The best agent for a task of this skill that requires these labels; `fits` is false if the host has nothing left for
    /// the skill. Nothing is taken yet: see [`begin`](Self::begin).
    ///
    /// # Errors
    /// Why each agent was out of the question, counted by reason.
    pub fn choose(
        &mut self,
        skill: &str,
        labels: &[String],
        fits: bool,
        now: Timestamp,
        chance: &dyn Chance,
    ) -> Result<Choice, Vec<Rejection>> {
        self.tick(now);
        let Some(&number) = self.names.get(skill) else {
            let mut fell = Tally::default();
            fell.add(RejectReason::Skill, count(self.members.len()));
            return Err(fell.rejections());
        };
        let lane = self.lane(number, labels);
        let index = &mut self.skills[number as usize];
        let strategy = index.strategy;
        let lane = &mut index.lanes[lane];
        lane.used = self.turn;
        let question = Question { strategy, options: &self.options, labels: lane.labels.len(), turn: self.turn, now };
        let best = lane.choose(&question, &self.members, fits, chance)?;
        Ok(Choice { agent: best.agent, explanation: best.explanation })
    }

    /// The agent begins an attempt.
    pub fn begin(&mut self, agent: AgentNumber, now: Timestamp) {
        self.turn += 1;
        self.members[agent as usize].begin(self.turn, now, self.options.memory);
        self.schedule(agent, now);
        self.changed(agent);
    }

    /// An attempt of the agent that had given its slot back wants it again: it is as good as taken.
    pub fn want_back(&mut self, agent: AgentNumber) {
        self.members[agent as usize].busy += 1;
        self.changed(agent);
    }

    /// An attempt of the agent is over, or waits for others: its slot is free.
    pub fn give_back(&mut self, agent: AgentNumber) {
        let member = &mut self.members[agent as usize];
        member.busy = member.busy.saturating_sub(1);
        self.changed(agent);
    }

    /// How an attempt of the agent at a skill ended, after this time.
    pub fn record(&mut self, agent: AgentNumber, skill: &str, ending: Ending, run: Duration, now: Timestamp) {
        let member = &mut self.members[agent as usize];
        let number = self.names.get(skill);
        let at = number.and_then(|number| member.skills.iter().position(|known| known == number));
        member.end(at, ending, run, now, &self.options);
        self.schedule(agent, now);
        self.changed(agent);
    }

    /// Changes whether the agent takes work.
    pub fn set_status(&mut self, agent: AgentNumber, status: AgentStatus) {
        self.members[agent as usize].facts.status = status;
        self.changed(agent);
    }

    /// Changes how many attempts the agent takes at once; with none it counts as unhealthy.
    pub fn set_slots(&mut self, agent: AgentNumber, slots: u32) {
        if self.members[agent as usize].facts.slots != slots {
            self.members[agent as usize].facts.slots = slots;
            self.changed(agent);
        }
    }

    /// Takes in what is known of agents by decisions that people judged. Only those of which that changes are looked at again.
    pub fn set_records(&mut self, known: &AgentRecords) {
        for agent in (0..).take(self.members.len()) {
            if self.members[agent as usize].set_records(known) {
                self.changed(agent);
            }
        }
    }

    /// Closes the agent's circuit and forgets its failures.
    pub fn reset_circuit(&mut self, agent: AgentNumber) {
        self.members[agent as usize].reset_circuit();
        self.changed(agent);
    }

    /// Sees to it that the agent is looked at when its time comes.
    fn schedule(&mut self, agent: u32, now: Timestamp) {
        let member = &self.members[agent as usize];
        let next = match member.look_at {
            // Only a circuit is in more of a hurry than the look that is planned.
            Some(planned) => member.circuit.wakes_at().filter(|wakes| *wakes < planned),
            None => member.wakes_at(now, &self.options),
        };
        if let Some(next) = next {
            self.look_at(agent, next);
        }
    }

    fn look_at(&mut self, agent: u32, next: Timestamp) {
        self.members[agent as usize].look_at = Some(next);
        self.timers.push(Reverse((next, agent)));
    }

    fn changed(&mut self, agent: u32) {
        for seat in &self.members[agent as usize].seats {
            self.skills[seat.skill as usize].lanes[seat.lane as usize].note(seat.seat);
        }
        self.recount(agent);
    }

    fn recount(&mut self, agent: u32) {
        let member = &mut self.members[agent as usize];
        let (before, after) = (member.counted, member.free(&self.options));
        member.counted = after;
        self.free = self.free + u64::from(after) - u64::from(before);
        if (before == 0) != (after == 0) {
            for (at, &skill) in member.skills.iter().enumerate() {
                // One that is named twice was counted at its first place.
                if !member.skills[..at].contains(&skill) {
                    let open = &mut self.skills[skill as usize].open;
                    *open = if after > 0 { *open + 1 } else { *open - 1 };
                }
            }
        }
    }

    /// The lane of these labels; made if it is not there.
    fn lane(&mut self, skill: u32, labels: &[String]) -> usize {
        let lanes = &self.skills[skill as usize].lanes;
        let sorted = labels.windows(2).all(|pair| pair[0] < pair[1]);
        if sorted && let Some(found) = lanes.iter().position(|lane| lane.labels == labels) {
            return found;
        }
        let mut wanted = labels.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if let Some(found) = lanes.iter().position(|lane| lane.labels == wanted) {
            return found;
        }
        let place = if lanes.len() < LANES { lanes.len() } else { self.close_a_lane(skill) };
        self.open_lane(skill, place, wanted);
        place
    }

    /// Takes the lane that was asked least recently out of use; gives its place.
    fn close_a_lane(&mut self, skill: u32) -> usize {
        let lanes = &self.skills[skill as usize].lanes;
        let place = lanes.iter().enumerate().min_by_key(|(_, lane)| lane.used).map_or(0, |(place, _)| place);
        for agent in lanes[place].agents() {
            self.members[agent as usize].seats.retain(|seat| seat.skill != skill || seat.lane as usize != place);
        }
        place
    }

    fn open_lane(&mut self, skill: u32, place: usize, labels: Vec<String>) {
        let index = &self.skills[skill as usize];
        let agents: Vec<(u32, usize)> =
            index.agents.iter().copied().filter(|&(agent, _)| has(&self.members[agent as usize], &labels)).collect();
        let mut fell = Tally::default();
        fell.add(RejectReason::Skill, count(self.members.len() - index.agents.len()));
        fell.add(RejectReason::Labels, count(index.agents.len() - agents.len()));
        for (seat, &(agent, _)) in (0..).zip(&agents) {
            self.members[agent as usize].seats.push(SeatRef { skill, lane: count(place), seat });
        }
        let lane = Lane::new(labels, index.strategy, agents, fell);
        let lanes = &mut self.skills[skill as usize].lanes;
        match lanes.get_mut(place) {
            Some(old) => *old = lane,
            None => lanes.push(lane),
        }
    }

    #[cfg(test)]
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    #[cfg(test)]
    pub(super) const fn turn(&self) -> u64 {
        self.turn
    }
}

/// Whether a member has all these labels.
pub(super) fn has(member: &Member, labels: &[String]) -> bool {
    labels.iter().all(|label| has_label(&member.facts.agent.name, &member.facts.labels, label))
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
