//! Does the index choose what a look at every agent would choose, and explain it in the same words?

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::agent::{AgentStatus, CircuitState, Strategy};
use baton_domain::id::{AgentId, DEFAULT_PROJECT};
use baton_domain::ports::{AgentRecords, Chance, SkillRecords};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{AgentRef, Candidate, Explanation, Rejection};
use baton_testkit::SeededChance;

use super::member::Member;
use super::score::{Question, terms};
use super::*;

fn facts(name: &str) -> AgentFacts {
    AgentFacts {
        agent: AgentRef { id: AgentId::new(*DEFAULT_PROJECT.as_uuid()), name: name.to_owned() },
        skills: vec!["nlp.sentiment".to_owned()],
        labels: vec!["native".to_owned()],
        cost_micros: 0,
        status: AgentStatus::Active,
        slots: 4,
        completed: 0,
        failed: 0,
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The choice by a look at every agent, as it was before there was an index.
mod full_scan {
    use super::*;

    fn reject(
        member: &Member,
        options: &BalancerOptions,
        skill: &str,
        labels: &[String],
        refused: &BTreeSet<AgentId>,
    ) -> Option<RejectReason> {
        if !member.facts.skills.iter().any(|known| known == skill) {
            return Some(RejectReason::Skill);
        }
        if !labels.iter().all(|label| member.facts.labels.contains(label)) {
            return Some(RejectReason::Labels);
        }
        if refused.contains(&member.facts.agent.id) {
            return Some(RejectReason::Refused);
        }
        if member.facts.status != AgentStatus::Active {
            return Some(RejectReason::Draining);
        }
        if member.facts.slots == 0 {
            return Some(RejectReason::Unhealthy);
        }
        match member.circuit_view().state {
            CircuitState::Open => return Some(RejectReason::CircuitOpen),
            CircuitState::HalfOpen if member.busy >= options.breaker.probes => return Some(RejectReason::CircuitOpen),
            CircuitState::HalfOpen | CircuitState::Closed => {}
        }
        (member.busy >= member.facts.slots).then_some(RejectReason::NoSlot)
    }

    /// The candidates, best first, and how many fell to which reason.
    pub(super) fn scan(
        balancer: &Balancer,
        refused: &BTreeSet<AgentId>,
        skill: &str,
        labels: &[String],
        now: Timestamp,
    ) -> (Vec<Candidate>, Vec<Rejection>) {
        let options = balancer.options();
        let mut distinct = labels.to_vec();
        distinct.sort();
        distinct.dedup();
        let question = Question { strategy: balancer.strategy(skill), options, labels: distinct.len(), turn: balancer.turn(), now };
        let mut fell = [0; RejectReason::ALL.len()];
        let mut candidates = Vec::new();
        for member in balancer.members() {
            match reject(member, options, skill, labels, refused) {
                Some(reason) => fell[reason as usize] += 1,
                None => {
                    let position = member.facts.skills.iter().position(|known| known == skill).unwrap();
                    candidates.push((member.last_turn, terms(&question, member, position).candidate(&member.facts.agent)));
                }
            }
        }
        candidates.sort_by(|(turn, one), (other_turn, other)| {
            other.score.total_cmp(&one.score).then(turn.cmp(other_turn)).then_with(|| one.agent.name.cmp(&other.agent.name))
        });
        (candidates.into_iter().map(|(_, candidate)| candidate).collect(), rejections(&fell))
    }

    fn rejections(fell: &[u32]) -> Vec<Rejection> {
        let counted = RejectReason::ALL.into_iter().zip(fell).filter(|(_, count)| **count > 0);
        counted.map(|(reason, count)| Rejection { reason: reason.as_str().to_owned(), count: *count }).collect()
    }
}

/// A fleet, what is done to it, and what is asked of it, all from one seed.
struct Fleet {
    balancer: Balancer,
    chance: SeededChance,
    now: Timestamp,
    held: Vec<(AgentNumber, String)>,
}

const SKILLS: [&str; 4] = ["a.one", "a.two", "b.one", "nobody.has.it"];
const LABELS: [&str; 3] = ["gpu", "native", "eu"];

impl Fleet {
    fn new(seed: u64, strategy: Strategy) -> Self {
        let chance = SeededChance::new(seed);
        let agents = (0..1 + chance.bits() % 60)
            .map(|number| {
                let some = |all: &[&str]| all.iter().filter(|_| chance.bits().is_multiple_of(2)).map(|text| (*text).to_owned()).collect();
                AgentFacts {
                    skills: some(&SKILLS[..3]),
                    labels: some(&LABELS),
                    cost_micros: chance.bits() % 3 * 1_000,
                    status: if chance.bits().is_multiple_of(8) { AgentStatus::Draining } else { AgentStatus::Active },
                    slots: (chance.bits() % 5) as u32,
                    completed: chance.bits() % 40,
                    failed: chance.bits() % 10,
                    agent: AgentRef {
                        id: AgentId::new(uuid::Uuid::from_u128(number.into())),
                        name: format!("agent-{:03}", number * 37 % 101),
                    },
                }
            })
            .collect();
        let breaker = BreakerOptions { consecutive_failures: 3, window: 8, ..BreakerOptions::default() };
        let options = BalancerOptions { strategy, breaker, ..BalancerOptions::default() };
        Self { balancer: Balancer::new(options, agents), chance, now: at(1_000_000), held: Vec::new() }
    }

    fn any<T: Copy>(&self, list: &[T]) -> T {
        list[(self.chance.bits() % list.len() as u64) as usize]
    }

    fn some_agent(&self) -> AgentNumber {
        (self.chance.bits() % self.balancer.members().len() as u64) as u32
    }

    /// What may be known of some agents at some skills.
    fn some_records(&self) -> AgentRecords {
        let share = || f64::from((self.chance.bits() % 101) as u32) / 100.0;
        let mut known = AgentRecords::default();
        for skill in SKILLS {
            if self.chance.bits().is_multiple_of(3) {
                continue;
            }
            let ids = self.balancer.members().iter().map(|member| member.facts.agent.id);
            let agents = ids.filter(|_| self.chance.bits().is_multiple_of(2)).map(|id| (id, share())).collect();
            known.0.insert(skill.to_owned(), SkillRecords { usual: share(), agents });
        }
        known
    }

    fn do_something(&mut self) {
        match self.chance.bits() % 12 {
            0..=3 => {
                if let Some((agent, skill)) = self.held.pop() {
                    let ending = self.any(&[Ending::Completed, Ending::Completed, Ending::Failed, Ending::Excused]);
                    let run = Duration::from_millis(self.chance.bits() % 500);
                    self.balancer.record(agent, &skill, ending, run, self.now);
                    self.balancer.give_back(agent);
                }
            }
            4 => self.balancer.set_status(self.some_agent(), self.any(&[AgentStatus::Active, AgentStatus::Draining])),
            5 => self.balancer.set_slots(self.some_agent(), (self.chance.bits() % 5) as u32),
            6 => self.balancer.reset_circuit(self.some_agent()),
            7 => {
                self.now = self.now.plus(Duration::from_millis(self.chance.bits() % 20_000));
                while self.balancer.next_tick().is_some_and(|due| due <= self.now) {
                    self.balancer.tick(self.now);
                }
            }
            8 => self.held.reverse(),
            9 => {
                let known = self.some_records();
                self.balancer.set_records(&known);
            }
            _ => {}
        }
    }

    /// Asks for a task that some agents, or none, have refused, and compares with the scan. Nothing is taken.
    fn ask_without(&mut self, skill: &str, labels: &[String]) {
        let refusing = self.chance.bits() % 3;
        let ids = self.balancer.members().iter().map(|member| member.facts.agent.id);
        let refused: BTreeSet<AgentId> = ids.filter(|_| refusing > 0 && self.chance.bits() % 3 < refusing).collect();
        let (candidates, rejected) = full_scan::scan(&self.balancer, &refused, skill, labels, self.now);
        let has = |member: &&Member| {
            member.facts.skills.iter().any(|known| known == skill) && labels.iter().all(|label| member.facts.labels.contains(label))
        };
        let left = self.balancer.members().iter().filter(has).any(|member| !refused.contains(&member.facts.agent.id));
        assert_eq!(self.balancer.somebody_is_left(&refused, skill, labels), left);
        match self.balancer.choose_without(&refused, skill, labels, true, self.now) {
            Err(fell) => assert_eq!((fell, candidates), (rejected, vec![])),
            Ok(Choice { agent, explanation }) => {
                assert_eq!(self.balancer.facts(agent).agent, candidates[0].agent);
                assert!(!refused.contains(&candidates[0].agent.id));
                let strategy = self.balancer.strategy(skill).as_str().to_owned();
                assert_eq!(
                    explanation,
                    Explanation { strategy, candidates: candidates.into_iter().take(8).collect(), rejected, version: None }
                );
            }
        }
    }

    /// Asks the index and the scan, compares, and takes the slot.
    fn ask(&mut self) {
        let skill = self.any(&SKILLS);
        let labels: Vec<String> = (0..self.chance.bits() % 3).map(|_| self.any(&LABELS).to_owned()).collect();
        self.ask_without(skill, &labels);
        let (candidates, rejected) = full_scan::scan(&self.balancer, &BTreeSet::new(), skill, &labels, self.now);
        let choice = self.balancer.choose(skill, &labels, true, self.now, &self.chance);
        let Ok(choice) = choice else {
            assert_eq!((choice.unwrap_err(), candidates), (rejected, vec![]));
            return;
        };
        let best = &choice.explanation.candidates[0];
        assert_eq!(best.agent, self.balancer.facts(choice.agent).agent);
        if self.balancer.strategy(skill) == Strategy::Fastest {
            two_of(&choice.explanation, &candidates, &rejected);
        } else {
            let strategy = self.balancer.strategy(skill).as_str().to_owned();
            let candidates = candidates.into_iter().take(8).collect();
            assert_eq!(choice.explanation, Explanation { strategy, candidates, rejected, version: None });
        }
        assert!(self.balancer.busy(choice.agent) < self.balancer.facts(choice.agent).slots, "a slot is free");
        self.balancer.begin(choice.agent, self.now);
        self.held.push((choice.agent, skill.to_owned()));
    }
}

/// `fastest` shows the two that were drawn, the better one first, and counts the others as not drawn.
fn two_of(explanation: &Explanation, candidates: &[Candidate], rejected: &[Rejection]) {
    assert_eq!(explanation.candidates.len(), candidates.len().min(2));
    for drawn in &explanation.candidates {
        assert!(candidates.contains(drawn), "{drawn:?} is as the scan sees it");
    }
    if let [better, worse] = &explanation.candidates[..] {
        assert_ne!(better.agent.name, worse.agent.name);
        assert!(better.score >= worse.score);
    }
    let (left, others): (Vec<_>, Vec<_>) = explanation.rejected.iter().cloned().partition(|fell| fell.reason == "not_sampled");
    assert_eq!(others, rejected);
    assert_eq!(left.iter().map(|fell| fell.count as usize).sum::<usize>(), candidates.len().saturating_sub(2));
}

#[test]
fn on_five_hundred_fleets_the_choice_is_that_of_a_full_scan() {
    for seed in 0..500 {
        let strategy = Strategy::ALL[seed as usize % Strategy::ALL.len()];
        let mut fleet = Fleet::new(seed, strategy);
        for _ in 0..60 {
            fleet.do_something();
            fleet.ask();
        }
        // What is counted on the way agrees with a count from nothing.
        let free: u32 = fleet.balancer.members().iter().map(|member| member.free(fleet.balancer.options())).sum();
        assert_eq!(fleet.balancer.free_slots(), u64::from(free), "seed {seed}");
        let open = |skill: &str| {
            fleet
                .balancer
                .members()
                .iter()
                .any(|member| member.free(fleet.balancer.options()) > 0 && member.facts.skills.iter().any(|known| known == skill))
        };
        let listed: Vec<&str> = fleet.balancer.open_skills().collect();
        for skill in SKILLS {
            assert_eq!(listed.contains(&skill), open(skill), "seed {seed}, {skill}");
        }
    }
}

#[test]
fn more_sets_of_labels_than_are_kept_change_nothing_but_speed() {
    let labels: Vec<String> = (0..100).map(|number| format!("label-{number:03}")).collect();
    let agents =
        (0..100).map(|number| AgentFacts { labels: vec![labels[number].clone()], ..facts(&format!("agent-{number:03}")) }).collect();
    let mut balancer = Balancer::new(BalancerOptions::default(), agents);
    let chance = SeededChance::new(1);
    for turn in 0..4 {
        for label in &labels {
            let choice = balancer.choose("nlp.sentiment", std::slice::from_ref(label), true, at(0), &chance).unwrap();
            assert_eq!(balancer.facts(choice.agent).labels, std::slice::from_ref(label));
            assert_eq!(balancer.busy(choice.agent), turn);
            balancer.begin(choice.agent, at(0));
        }
    }
    let full = balancer.choose("nlp.sentiment", &labels[..1], true, at(0), &chance).unwrap_err();
    let fell: Vec<_> = full.iter().map(|fell| (fell.reason.as_str(), fell.count)).collect();
    assert_eq!(fell, [("labels", 99), ("no_slot", 1)]);
}

#[test]
fn every_agent_has_its_own_name_as_a_label() {
    let mut balancer = balancer_of(Strategy::LeastLoaded, &["one", "two"]);
    let chance = SeededChance::new(1);
    for _ in 0..2 {
        let choice = balancer.choose("nlp.sentiment", &["agent:two".to_owned()], true, at(0), &chance).unwrap();
        assert_eq!(balancer.facts(choice.agent).agent.name, "two");
        balancer.begin(choice.agent, at(0));
    }
    assert!(balancer.has_labels("nlp.sentiment", &["agent:one".to_owned()]));
    assert!(!balancer.has_labels("nlp.sentiment", &["agent:one".to_owned(), "agent:two".to_owned()]));
    assert!(balancer.choose("nlp.sentiment", &["agent:three".to_owned()], true, at(0), &chance).is_err());
}

fn balancer_of(strategy: Strategy, names: &[&str]) -> Balancer {
    Balancer::new(BalancerOptions { strategy, ..BalancerOptions::default() }, names.iter().map(|name| facts(name)).collect())
}

/// Gives out this many tasks and keeps them; says to whom.
fn give(balancer: &mut Balancer, count: usize, chance: &dyn Chance) -> Vec<String> {
    (0..count)
        .map(|_| {
            let choice = balancer.choose("nlp.sentiment", &[], true, at(0), chance).unwrap();
            balancer.begin(choice.agent, at(0));
            balancer.facts(choice.agent).agent.name.clone()
        })
        .collect()
}

#[test]
fn round_robin_goes_round() {
    let mut balancer = balancer_of(Strategy::RoundRobin, &["c", "a", "b"]);
    assert_eq!(give(&mut balancer, 7, &SeededChance::new(1)), ["a", "b", "c", "a", "b", "c", "a"]);
}

#[test]
fn the_least_loaded_wins_and_equals_take_turns() {
    let mut balancer = balancer_of(Strategy::LeastLoaded, &["a", "b"]);
    let large = balancer.find("b").unwrap();
    balancer.set_slots(large, 8);
    assert_eq!(give(&mut balancer, 6, &SeededChance::new(1)), ["a", "b", "b", "a", "b", "b"]);
}

#[test]
fn fastest_takes_the_better_of_the_two_drawn() {
    let mut balancer = balancer_of(Strategy::Fastest, &["slow", "quick"]);
    for (name, millis) in [("slow", 900), ("quick", 90)] {
        let agent = balancer.find(name).unwrap();
        balancer.record(agent, "nlp.sentiment", Ending::Completed, Duration::from_millis(millis), at(0));
    }
    // 90, 180, 270, 360 are all below 900; then its slots are taken.
    let names = give(&mut balancer, 5, &SeededChance::new(1));
    assert_eq!(names, ["quick", "quick", "quick", "quick", "slow"]);
}

#[test]
fn weighted_goes_by_its_weights() {
    let cheap = AgentFacts { cost_micros: 0, ..facts("cheap") };
    let dear = AgentFacts { cost_micros: 1_000_000, labels: vec![], ..facts("dear") };
    for (term, chosen) in [("cost", "cheap"), ("labels", "dear")] {
        let mut weights = Weights::default();
        for (name, _) in weights.named() {
            weights = weights.with(name, if name == term { 1.0 } else { 0.0 }).unwrap();
        }
        let options = BalancerOptions { strategy: Strategy::Weighted, weights, ..BalancerOptions::default() };
        let mut balancer = Balancer::new(options, vec![cheap.clone(), dear.clone()]);
        assert_eq!(give(&mut balancer, 1, &SeededChance::new(1)), [chosen], "{term}");
    }
}

#[test]
fn each_term_alone_decides_for_the_better_of_two() {
    type Spoil = fn(&mut AgentFacts);
    type Work = fn(&mut Balancer, AgentNumber);
    let nothing: (Spoil, Work) = (|_| {}, |_, _| {});
    let spoilt: [(&str, Spoil, Work); 8] = [
        ("skill", |facts| facts.skills.push("nlp.summarize".to_owned()), nothing.1),
        ("labels", |facts| facts.labels.push("gpu".to_owned()), nothing.1),
        ("cost", |facts| facts.cost_micros = 50_000, nothing.1),
        ("load", nothing.0, |balancer, agent| balancer.begin(agent, at(0))),
        ("fairness", nothing.0, |balancer, agent| balancer.begin(agent, at(0))),
        ("success", nothing.0, |balancer, agent| balancer.record(agent, "nlp.sentiment", Ending::Failed, Duration::ZERO, at(0))),
        ("p95", nothing.0, |balancer, agent| {
            balancer.record(agent, "nlp.sentiment", Ending::Completed, Duration::from_secs(5), at(0));
        }),
        (
            "record",
            |facts| facts.agent.id = AgentId::new(uuid::Uuid::from_u128(7)),
            |balancer, agent| {
                let id = balancer.facts(agent).agent.id;
                balancer.set_records(&judged(&[(id, 0.3)]));
            },
        ),
    ];
    for (term, spoil, work) in spoilt {
        let mut weights = Weights::default();
        for (name, _) in weights.named() {
            weights = weights.with(name, if name == term { 1.0 } else { 0.0 }).unwrap();
        }
        // Either way round, or the order of names could have decided.
        for (good, bad) in [("a", "b"), ("b", "a")] {
            let mut worse = facts(bad);
            spoil(&mut worse);
            let options = BalancerOptions { strategy: Strategy::Weighted, weights, ..BalancerOptions::default() };
            let mut balancer = Balancer::new(options, vec![facts(good), worse]);
            let agent = balancer.find(bad).unwrap();
            work(&mut balancer, agent);
            assert_eq!(give(&mut balancer, 1, &SeededChance::new(1)), [good], "{term}");
        }
    }
}

/// What is known of agents at the skill; one that is not named is taken for 0.5.
fn judged(agents: &[(AgentId, f64)]) -> AgentRecords {
    let records = SkillRecords { usual: 0.5, agents: agents.iter().copied().collect() };
    AgentRecords([("nlp.sentiment".to_owned(), records)].into())
}

#[test]
fn of_two_equal_agents_the_one_with_the_better_record_gets_more_and_the_explanation_says_so() {
    let agent = |name: &str, id: u128| {
        let id = AgentId::new(uuid::Uuid::from_u128(id));
        (id, AgentFacts { agent: AgentRef { id, name: name.to_owned() }, ..facts(name) })
    };
    // Either way round, or the order of names could have decided.
    for (good, bad) in [("a", "b"), ("b", "a")] {
        let ((right, better), (wrong, worse)) = (agent(good, 1), agent(bad, 2));
        let options = BalancerOptions { strategy: Strategy::Weighted, ..BalancerOptions::default() };
        let mut balancer = Balancer::new(options, vec![better, worse]);
        let (chance, mut got) = (SeededChance::new(1), 0);
        let one = |balancer: &mut Balancer| {
            let choice = balancer.choose("nlp.sentiment", &[], true, at(0), &chance).unwrap();
            balancer.begin(choice.agent, at(0));
            balancer.record(choice.agent, "nlp.sentiment", Ending::Completed, Duration::from_millis(100), at(0));
            balancer.give_back(choice.agent);
            choice
        };
        // Both have shown what they take.
        one(&mut balancer);
        one(&mut balancer);
        balancer.set_records(&judged(&[(right, 0.8), (wrong, 0.6)]));
        for _ in 0..20 {
            let choice = one(&mut balancer);
            let best = &choice.explanation.candidates[0];
            let record = best.terms.iter().find(|term| term.name == "record").unwrap();
            let known = if best.agent.id == right { 0.8 } else { 0.6 };
            assert_eq!((record.value, record.weight), (known, Weights::default().record));
            got += usize::from(best.agent.name == good);
        }
        assert!(got > 15, "{good} got {got} of 20");
        // What is known no longer counts no longer.
        balancer.set_records(&AgentRecords::default());
        let choice = one(&mut balancer);
        assert!(choice.explanation.candidates.iter().flat_map(|one| &one.terms).all(|term| term.name != "record" || term.value == 0.5));
    }
}

#[test]
fn a_record_that_is_no_share_is_none() {
    let mut balancer = balancer_of(Strategy::Weighted, &["a"]);
    let id = balancer.facts(0).agent.id;
    for (said, taken) in [(f64::NAN, 0.5), (f64::INFINITY, 0.5), (-1.0, 0.0), (7.0, 1.0)] {
        balancer.set_records(&judged(&[(id, said)]));
        assert_eq!(balancer.members()[0].record(0), taken, "{said}");
    }
}

#[test]
fn an_open_circuit_gets_no_work_until_its_time_or_a_reset() {
    let mut balancer = balancer_of(Strategy::LeastLoaded, &["a"]);
    let chance = SeededChance::new(1);
    let fail = |balancer: &mut Balancer| {
        (0..10).for_each(|_| balancer.record(0, "nlp.sentiment", Ending::Failed, Duration::ZERO, at(0)));
    };
    fail(&mut balancer);
    assert_eq!(balancer.free_slots(), 0);
    let fell = balancer.choose("nlp.sentiment", &[], true, at(4_999), &chance).unwrap_err();
    assert_eq!(fell, [Rejection { reason: "circuit_open".to_owned(), count: 1 }]);
    for _ in 0..2 {
        let choice = balancer.choose("nlp.sentiment", &[], true, at(5_000), &chance).unwrap();
        balancer.begin(choice.agent, at(5_000));
    }
    let fell = balancer.choose("nlp.sentiment", &[], true, at(5_000), &chance).unwrap_err();
    assert_eq!(fell[0].reason, "circuit_open", "half open it is tried with two at once");
    balancer.reset_circuit(0);
    assert!(balancer.choose("nlp.sentiment", &[], true, at(5_000), &chance).is_ok());
}

#[test]
fn what_is_nobodys_fault_opens_no_circuit() {
    let mut balancer = balancer_of(Strategy::LeastLoaded, &["a"]);
    (0..100).for_each(|_| balancer.record(0, "nlp.sentiment", Ending::Excused, Duration::ZERO, at(0)));
    assert_eq!(balancer.circuit(0).state, CircuitState::Closed);
    assert!((balancer.success_rate(0) - 0.5).abs() < 1e-9);
}

#[test]
fn an_agent_that_was_bad_is_forgiven_in_time() {
    let mut balancer = balancer_of(Strategy::Weighted, &["a"]);
    (0..9).for_each(|_| balancer.record(0, "nlp.sentiment", Ending::Failed, Duration::from_secs(1), at(0)));
    assert!(balancer.success_rate(0) < 0.2);
    let mut now = at(0);
    // Looks end by themselves once there is nothing left to forget.
    while let Some(due) = balancer.next_tick() {
        now = due;
        balancer.tick(now);
    }
    assert!(now.as_millis() > 60_000 && now.as_millis() < 1_200_000, "{now}");
    assert!((balancer.success_rate(0) - 0.5).abs() < 0.1);
    assert_eq!(balancer.p95_millis(0, "nlp.sentiment"), None);
}

#[test]
fn a_host_without_room_turns_every_candidate_away() {
    let mut balancer = balancer_of(Strategy::LeastLoaded, &["a", "b"]);
    let fell = balancer.choose("nlp.sentiment", &[], false, at(0), &SeededChance::new(1)).unwrap_err();
    assert_eq!(fell, [Rejection { reason: "no_capacity".to_owned(), count: 2 }]);
}
