//! What does the balancer know of an agent?

use std::time::Duration;

use baton_domain::agent::AgentStatus;
use baton_domain::ports::AgentRecords;
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::CircuitView;
use baton_domain::wire::task::AgentRef;

use super::circuit::Circuit;
use super::latency::{Latency, kept};
use super::options::BalancerOptions;
use super::reason::RejectReason;

/// What the balancer is told of an agent at first.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentFacts {
    /// The agent.
    pub agent: AgentRef,
    /// Its skills.
    pub skills: Vec<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// What an attempt costs, in millionths of the installation's currency.
    pub cost_micros: u64,
    /// Whether it takes work.
    pub status: AgentStatus,
    /// How many attempts it takes at once.
    pub slots: u32,
    /// Attempts that completed, ever.
    pub completed: u64,
    /// Attempts that failed, ever.
    pub failed: u64,
}

/// How an attempt ended, as far as it says something about the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a result.
    Completed,
    /// By the agent's fault, or its host's.
    Failed,
    /// By nobody's fault, or the input's: cancelled, handed back, refused.
    Excused,
}

/// How long the balancer waits before it forgets, in its time constants (`memory`).
const FORGETS_AFTER: u32 = 6;
/// How often an agent that has something to forget is looked at, in time constants.
const LOOKS_EVERY: f64 = 0.5;
/// Recent attempts below which there is nothing to forget.
const HARDLY_ANY: f64 = 0.1;
/// What older outcomes still count when one comes: the latest fifty or so decide.
const FADES: f64 = 0.98;
/// The most that an agent's history of earlier lives counts, in attempts.
const HISTORY: f64 = 20.0;
/// What every agent is taken for at a skill at which none was judged.
const UNJUDGED: f64 = 0.5;

/// An agent with everything that a choice looks at. Changes only through its methods, and only at an event or a look.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) facts: AgentFacts,
    pub(super) busy: u32,
    pub(super) circuit: Circuit,
    /// Outcomes that count for the success rate, fading.
    completed: f64,
    failed: f64,
    outcome_at: Timestamp,
    /// Attempts begun lately, fading with the time constant.
    pub(super) recent: f64,
    recent_at: Timestamp,
    /// Which choice of the balancer it was when this one was last chosen; 0 is never.
    pub(super) last_turn: u64,
    /// By position in `facts.skills`.
    pub(super) latencies: Vec<Option<Latency>>,
    /// What decisions that people judged say of it, by position in `facts.skills`.
    records: Vec<f64>,
    /// The next look; earlier entries of the timers are stale.
    pub(super) look_at: Option<Timestamp>,
    /// Its skills as the balancer numbers them, in the order of `facts.skills`.
    pub(super) skills: Vec<u32>,
    /// Its seats in lanes.
    pub(super) seats: Vec<SeatRef>,
    /// The free slots of it that are counted in the balancer's sum.
    pub(super) counted: u32,
}

/// A seat of an agent in a lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeatRef {
    pub(super) skill: u32,
    pub(super) lane: u32,
    pub(super) seat: u32,
}

impl Member {
    #[expect(clippy::cast_precision_loss, reason = "counts of attempts stay far below 2^52")]
    pub(super) fn new(facts: AgentFacts) -> Self {
        let (completed, failed) = (facts.completed as f64, facts.failed as f64);
        let share = (HISTORY / (completed + failed).max(1.0)).min(1.0);
        let latencies = facts.skills.iter().map(|_| None).collect();
        let records = vec![UNJUDGED; facts.skills.len()];
        Self {
            facts,
            busy: 0,
            circuit: Circuit::new(),
            completed: completed * share,
            failed: failed * share,
            outcome_at: Timestamp::default(),
            recent: 0.0,
            recent_at: Timestamp::default(),
            last_turn: 0,
            latencies,
            records,
            look_at: None,
            skills: Vec::new(),
            seats: Vec::new(),
            counted: 0,
        }
    }

    /// What is against giving it work that it has the skill and the labels for.
    pub(super) fn reject(&self, options: &BalancerOptions) -> Option<RejectReason> {
        if self.facts.status != AgentStatus::Active {
            Some(RejectReason::Draining)
        } else if self.facts.slots == 0 {
            Some(RejectReason::Unhealthy)
        } else if self.busy >= self.circuit.lets_through(&options.breaker) {
            Some(RejectReason::CircuitOpen)
        } else if self.busy >= self.facts.slots {
            Some(RejectReason::NoSlot)
        } else {
            None
        }
    }

    /// How many more attempts it takes now.
    pub(super) fn free(&self, options: &BalancerOptions) -> u32 {
        if self.reject(options).is_some() {
            return 0;
        }
        self.facts.slots.min(self.circuit.lets_through(&options.breaker)).saturating_sub(self.busy)
    }

    /// The share of its latest attempts that succeeded, by Laplace's rule of succession: an agent without a history is
    /// believed to succeed half of the time.
    pub(super) fn success_rate(&self) -> f64 {
        (self.completed + 1.0) / (self.completed + self.failed + 2.0)
    }

    /// How good it was at the skill at this position.
    pub(super) fn record(&self, at: usize) -> f64 {
        self.records.get(at).copied().unwrap_or(UNJUDGED)
    }

    /// Takes in what is known of agents. Gives whether that changes anything.
    pub(super) fn set_records(&mut self, known: &AgentRecords) -> bool {
        let mut changed = false;
        for (skill, record) in self.facts.skills.iter().zip(&mut self.records) {
            let new = known.of(skill, self.facts.agent.id).filter(|new| new.is_finite()).map_or(UNJUDGED, |new| new.clamp(0.0, 1.0));
            changed |= new.to_bits() != record.to_bits();
            *record = new;
        }
        changed
    }

    pub(super) fn circuit_view(&self) -> CircuitView {
        self.circuit.view()
    }

    /// It begins an attempt.
    pub(super) fn begin(&mut self, turn: u64, now: Timestamp, memory: Duration) {
        self.busy += 1;
        self.last_turn = turn;
        self.fade(now, memory);
        self.recent += 1.0;
    }

    /// An attempt at the skill at this position ended.
    pub(super) fn end(&mut self, at: Option<usize>, ending: Ending, run: Duration, now: Timestamp, options: &BalancerOptions) {
        if ending == Ending::Excused {
            return;
        }
        self.completed *= FADES;
        self.failed *= FADES;
        self.outcome_at = now;
        let run = run.as_secs_f64() * 1_000.0;
        let counted = if ending == Ending::Completed {
            self.completed += 1.0;
            self.circuit.succeeded(&options.breaker);
            run
        } else {
            self.failed += 1.0;
            self.circuit.failed(&options.breaker, now);
            run + options.failure_penalty.as_secs_f64() * 1_000.0
        };
        match at.and_then(|at| self.latencies.get_mut(at)) {
            Some(Some(latency)) => latency.observe(run, counted, now, options.memory),
            Some(unknown) => *unknown = Some(Latency::first(run, counted, now)),
            None => {}
        }
    }

    fn fade(&mut self, now: Timestamp, memory: Duration) {
        self.recent *= kept(now.since(self.recent_at), memory);
        self.recent_at = now;
    }

    /// Lets time pass: circuits half open, old news is forgotten. Says when to look again.
    pub(super) fn look(&mut self, now: Timestamp, options: &BalancerOptions) -> Option<Timestamp> {
        self.circuit.tick(now);
        self.fade(now, options.memory);
        if self.recent < HARDLY_ANY {
            self.recent = 0.0;
        }
        let forgets = options.memory * FORGETS_AFTER;
        for latency in &mut self.latencies {
            if latency.as_ref().is_some_and(|latency| now.since(latency.heard_at) >= forgets) {
                *latency = None;
            }
        }
        if self.failed > 0.0 && now.since(self.outcome_at) >= forgets {
            // Or an agent that failed once would never be asked again, and never show that it works.
            self.completed /= 2.0;
            self.failed = if self.failed < HARDLY_ANY { 0.0 } else { self.failed / 2.0 };
            self.outcome_at = now;
        }
        self.wakes_at(now, options)
    }

    /// When it should be looked at next.
    pub(super) fn wakes_at(&self, now: Timestamp, options: &BalancerOptions) -> Option<Timestamp> {
        let remembers = self.recent > 0.0 || self.failed > 0.0 || self.latencies.iter().any(Option::is_some);
        let fades = remembers.then(|| now.plus(options.memory.mul_f64(LOOKS_EVERY).max(Duration::from_millis(1))));
        [self.circuit.wakes_at(), fades].into_iter().flatten().min()
    }

    pub(super) fn reset_circuit(&mut self) {
        self.circuit = Circuit::new();
    }
}
