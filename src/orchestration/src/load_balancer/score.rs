//! How good would an agent be for a task?
//!
//! A score is a sum of terms, the highest wins. All strategies but `fastest` give scores that change only when something
//! happens to the agent, so that an order of them can be kept; what passes with time is brought in when the agent is looked at.

use baton_domain::agent::Strategy;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{AgentRef, Candidate, ScoreTerm};

use super::latency::PeakEwma;
use super::member::Member;
use super::options::BalancerOptions;

/// What a choice is made for and by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) strategy: Strategy,
    pub(super) options: &'a BalancerOptions,
    /// How many labels the task requires.
    pub(super) labels: usize,
    /// How many choices there were before.
    pub(super) turn: u64,
    pub(super) now: Timestamp,
}

/// What an agent without news is expected to take if it has work in hand already: longer than any that are known, so that an
/// unknown agent gets one attempt and proves itself with it (Finagle does the same).
const UNKNOWN_MILLIS: f64 = 1e9;
/// The logarithm of the longest p95 that still counts, in microseconds: 72 minutes.
const SLOWEST: f64 = 32.0;
/// The logarithm of the highest cost that still counts, in micros: about a million.
const DEAREST: f64 = 40.0;
/// The logarithm of the most recent work that still counts, in attempts: 16 million.
const BUSIEST: f64 = 24.0;

/// The most terms of a score.
const TERMS: usize = 8;

/// The terms of a score: name, value, weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    list: [(&'static str, f64, f64); TERMS],
    len: usize,
}

impl Terms {
    const fn one(name: &'static str, value: f64, weight: f64) -> Self {
        Self { list: [(name, value, weight); TERMS], len: 1 }
    }

    fn all(&self) -> &[(&'static str, f64, f64)] {
        &self.list[..self.len]
    }

    /// Their sum.
    pub(super) fn score(&self) -> f64 {
        self.all().iter().map(|(_, value, weight)| value * weight).sum()
    }

    /// As it stands in an explanation.
    pub(super) fn candidate(&self, agent: &AgentRef) -> Candidate {
        let terms = self.all().iter().map(|&(name, value, weight)| ScoreTerm { name: name.to_owned(), value, weight }).collect();
        Candidate { agent: agent.clone(), score: self.score(), terms }
    }
}

/// The terms of an agent; `at` is the skill's position among its skills.
#[expect(clippy::cast_precision_loss, reason = "turns and counts stay far below 2^52")]
pub(super) fn terms(question: &Question<'_>, member: &Member, at: usize) -> Terms {
    match question.strategy {
        Strategy::RoundRobin => Terms::one("turns_since", question.turn.saturating_sub(member.last_turn) as f64, 1.0),
        Strategy::LeastLoaded => Terms::one("free_slots", free_share(member), 1.0),
        Strategy::Fastest => fastest(question, &pending(member, at)),
        Strategy::Weighted => weighted(question, member, at),
    }
}

/// The score as the kept order has it: the same order as that of [`terms`], without what all agents share.
#[expect(clippy::cast_precision_loss, reason = "turns stay far below 2^52")]
pub(super) fn kept_score(question: &Question<'_>, member: &Member, at: usize) -> f64 {
    match question.strategy {
        Strategy::RoundRobin => -(member.last_turn as f64),
        _ => terms(question, member, at).score(),
    }
}

fn free_share(member: &Member) -> f64 {
    let slots = member.facts.slots.max(1);
    f64::from(slots.saturating_sub(member.busy)) / f64::from(slots)
}

/// Peak EWMA of latency times what would be pending: Finagle's measure of load.
pub(super) fn pending(member: &Member, at: usize) -> PeakEwma {
    match member.latencies.get(at).and_then(Option::as_ref) {
        Some(latency) => latency.expected.times(member.busy + 1),
        None => PeakEwma::lasting(UNKNOWN_MILLIS * f64::from(member.busy)),
    }
}

/// What is pending with an agent by now.
pub(super) fn fastest(question: &Question<'_>, pending: &PeakEwma) -> Terms {
    Terms::one("expected_ms", pending.now(question.now, question.options.memory), -1.0)
}

/// 1 for nothing, falling with the logarithm, 0 from 2^`most` on. Ratios count alike everywhere on the scale.
fn falling(value: f64, most: f64) -> f64 {
    (1.0 - value.ln_1p() / std::f64::consts::LN_2 / most).clamp(0.0, 1.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of skills, labels and micros stay far below 2^52")]
fn weighted(question: &Question<'_>, member: &Member, at: usize) -> Terms {
    let facts = &member.facts;
    let p95 = match member.latencies.get(at).and_then(Option::as_ref).and_then(|latency| latency.runs.p95()) {
        Some(millis) => falling(millis * 1_000.0, SLOWEST),
        // One attempt shows what an unknown agent is worth; until then it gets no second.
        None if member.busy == 0 => 1.0,
        None => 0.5,
    };
    let values = [
        // A specialist first: it leaves the others free for what only they can do.
        1.0 / facts.skills.len().max(1) as f64,
        // So do labels that nobody asked for.
        (question.labels + 1) as f64 / (facts.labels.len() + 1).max(question.labels + 1) as f64,
        free_share(member),
        member.success_rate(),
        p95,
        falling(facts.cost_micros as f64, DEAREST),
        falling(member.recent, BUSIEST),
        member.record(at),
    ];
    let mut list = [("", 0.0, 0.0); TERMS];
    for ((place, (name, weight)), value) in list.iter_mut().zip(question.options.weights.named()).zip(values) {
        *place = (name, value, weight);
    }
    Terms { list, len: TERMS }
}
