//! What does a choice cost, among few agents and among many?

use std::time::Duration;

use baton_domain::agent::{AgentStatus, Strategy};
use baton_domain::id::{AgentId, DEFAULT_PROJECT};
use baton_domain::ports::Chance;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::AgentRef;

use super::simulation::lots::Lots;
use super::{AgentFacts, Balancer, BalancerOptions, Ending};

/// What was measured for one strategy and size of fleet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChoiceCost {
    /// The strategy.
    pub strategy: Strategy,
    /// How many agents there were.
    pub agents: u32,
    /// Microseconds to choose an agent and explain it, after the changes since the last choice; of the quietest round.
    pub micros: f64,
    /// Microseconds for one task in all: choosing, beginning, recording, giving back; of the quietest round.
    pub task_micros: f64,
}

/// Rounds, of which the quietest counts: what a machine does beside it can only make a round longer.
const ROUNDS: usize = 40;
/// Tasks of a round.
const TASKS: u32 = 1_000;
/// Attempts that run at the same time, whatever the size of the fleet, as from a machine of that many slots.
const AT_ONCE: usize = 16;
const SKILL: &str = "measured.work";

/// The sizes of the two fleets that are compared.
const FEW: u32 = 10;
const MANY: u32 = 10_000;

/// What a choice costs by each strategy, among 10 agents and among 10,000. `elapsed` is that of [`choice_cost`].
#[must_use]
pub fn few_and_many(elapsed: &dyn Fn() -> Duration) -> Vec<(ChoiceCost, ChoiceCost)> {
    let pair = |strategy| match choice_cost(strategy, &[FEW, MANY], elapsed)[..] {
        [few, many] => Some((few, many)),
        _ => None,
    };
    Strategy::ALL.iter().copied().filter_map(pair).collect()
}

/// Measures a strategy on fleets of these sizes, side by side. `elapsed` gives the time since some fixed moment: this crate
/// reads no clock.
#[must_use]
pub fn choice_cost(strategy: Strategy, sizes: &[u32], elapsed: &dyn Fn() -> Duration) -> Vec<ChoiceCost> {
    let mut fleets: Vec<(Bench, ChoiceCost)> = sizes
        .iter()
        .map(|&agents| (Bench::new(strategy, agents), ChoiceCost { strategy, agents, micros: f64::MAX, task_micros: f64::MAX }))
        .collect();
    // Warm: every lane is made, every agent has worked.
    for (bench, cost) in &mut fleets {
        bench.round(TASKS.max(cost.agents * 2), &|| Duration::ZERO);
    }
    for _ in 0..ROUNDS {
        for (bench, cost) in &mut fleets {
            let choosing = bench.round(TASKS, elapsed);
            let before = elapsed();
            bench.round(TASKS, &|| Duration::ZERO);
            let all = elapsed().saturating_sub(before);
            let a_task = |span: Duration| span.as_secs_f64() * 1e6 / f64::from(TASKS);
            cost.micros = cost.micros.min(a_task(choosing));
            cost.task_micros = cost.task_micros.min(a_task(all));
        }
    }
    fleets.into_iter().map(|(_, cost)| cost).collect()
}

struct Bench {
    balancer: Balancer,
    lots: Lots,
    now: i64,
}

impl Bench {
    fn new(strategy: Strategy, agents: u32) -> Self {
        let facts = |number: u32| AgentFacts {
            agent: AgentRef { id: AgentId::new(*DEFAULT_PROJECT.as_uuid()), name: format!("agent-{number:05}") },
            skills: vec![SKILL.to_owned()],
            labels: vec!["native".to_owned()],
            cost_micros: 0,
            status: AgentStatus::Active,
            slots: 4,
            completed: 0,
            failed: 0,
        };
        let options = BalancerOptions { strategy, ..BalancerOptions::default() };
        Self { balancer: Balancer::new(options, (0..agents).map(facts).collect()), lots: Lots::new(1), now: 1_000 }
    }

    /// Gives out this many tasks; says how long the choices took.
    fn round(&mut self, tasks: u32, elapsed: &dyn Fn() -> Duration) -> Duration {
        let mut choosing = Duration::ZERO;
        let mut held = std::collections::VecDeque::with_capacity(AT_ONCE);
        for task in 0..tasks {
            // Ten tasks a millisecond.
            self.now += i64::from(task % 10 == 0);
            let now = Timestamp::from_millis(self.now);
            if held.len() == AT_ONCE {
                self.end(&mut held, now);
            }
            let before = elapsed();
            let choice = std::hint::black_box(self.balancer.choose(SKILL, &[], true, now, &self.lots));
            choosing += elapsed().saturating_sub(before);
            if let Ok(choice) = choice {
                self.balancer.begin(choice.agent, now);
                held.push_back(choice.agent);
            }
        }
        while !held.is_empty() {
            self.end(&mut held, Timestamp::from_millis(self.now));
        }
        choosing
    }

    fn end(&mut self, held: &mut std::collections::VecDeque<u32>, now: Timestamp) {
        if let Some(agent) = held.pop_front() {
            let run = Duration::from_micros(1_000 + (self.lots.next() * 1_000.0) as u64);
            self.balancer.record(agent, SKILL, Ending::Completed, run, now);
            self.balancer.give_back(agent);
        }
    }
}
