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
    /// Microseconds for one task: choosing with explanation, beginning, recording, giving back; the median of the rounds.
    pub micros: f64,
}

/// Rounds, of which the median counts: machines are noisy.
const ROUNDS: usize = 21;
/// Tasks of a round.
const TASKS: u32 = 2_000;
/// Attempts that run at the same time, whatever the size of the fleet, as from a machine of that many slots.
const AT_ONCE: usize = 16;
const SKILL: &str = "measured.work";

/// Measures a strategy on fleets of these sizes, side by side. `elapsed` gives the time since some fixed moment: this crate
/// reads no clock.
#[must_use]
pub fn choice_cost(strategy: Strategy, sizes: &[u32], elapsed: &dyn Fn() -> Duration) -> Vec<ChoiceCost> {
    let mut fleets: Vec<(Bench, Vec<f64>)> = sizes.iter().map(|&size| (Bench::new(strategy, size), Vec::new())).collect();
    // Warm: every lane is made, every agent has worked.
    for (bench, _) in &mut fleets {
        bench.round(TASKS.max(bench.agents * 2));
    }
    for _ in 0..ROUNDS {
        for (bench, seen) in &mut fleets {
            let before = elapsed();
            bench.round(TASKS);
            seen.push(elapsed().saturating_sub(before).as_secs_f64() * 1e6 / f64::from(TASKS));
        }
    }
    let cost = |(bench, mut seen): (Bench, Vec<f64>)| {
        seen.sort_by(f64::total_cmp);
        ChoiceCost { strategy, agents: bench.agents, micros: seen[ROUNDS / 2] }
    };
    fleets.into_iter().map(cost).collect()
}

struct Bench {
    agents: u32,
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
        Self { agents, balancer: Balancer::new(options, (0..agents).map(facts).collect()), lots: Lots::new(1), now: 1_000 }
    }

    fn round(&mut self, tasks: u32) {
        let mut held = std::collections::VecDeque::with_capacity(AT_ONCE);
        for task in 0..tasks {
            // Ten tasks a millisecond.
            self.now += i64::from(task % 10 == 0);
            let now = Timestamp::from_millis(self.now);
            if held.len() == AT_ONCE {
                self.end(&mut held, now);
            }
            if let Ok(choice) = std::hint::black_box(self.balancer.choose(SKILL, &[], true, now, &self.lots)) {
                self.balancer.begin(choice.agent, now);
                held.push_back(choice.agent);
            }
        }
        while !held.is_empty() {
            self.end(&mut held, Timestamp::from_millis(self.now));
        }
    }

    fn end(&mut self, held: &mut std::collections::VecDeque<u32>, now: Timestamp) {
        if let Some(agent) = held.pop_front() {
            let run = Duration::from_micros(1_000 + (self.lots.next() * 1_000.0) as u64);
            self.balancer.record(agent, SKILL, Ending::Completed, run, now);
            self.balancer.give_back(agent);
        }
    }
}
