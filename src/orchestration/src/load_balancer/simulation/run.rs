//! How does one simulated run go?

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use baton_domain::agent::{AgentStatus, Strategy};
use baton_domain::id::{AgentId, DEFAULT_PROJECT};
use baton_domain::task::RetryPolicy;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::AgentRef;

use super::super::{AgentFacts, AgentNumber, Balancer, BalancerOptions, Ending};
use super::fleet::Fleet;
use super::lots::Lots;
use baton_domain::ports::Chance;

/// What a run showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Tasks that ended.
    pub tasks: usize,
    /// Half of the tasks ended within so many milliseconds of their arrival.
    pub p50_ms: f64,
    /// 99 of 100 did.
    pub p99_ms: f64,
    /// 999 of 1,000 did.
    pub p999_ms: f64,
    /// The share of tasks that completed.
    pub success: f64,
    /// Attempts for each task.
    pub attempts: f64,
    /// By how much an agent ever had more attempts than slots; 0 unless the balancer is wrong.
    pub over_slots: u32,
}

/// The skill that the simulated agents have.
const SKILL: &str = "simulated.work";
/// What a stalled agent takes longer, in microseconds.
const STALL: f64 = 2_000_000.0;
/// An attempt that fails at once takes so long, in microseconds.
const AT_ONCE: f64 = 200.0;
const SECOND: f64 = 1_000_000.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    Ends {
        agent: AgentNumber,
        task: usize,
        failed: bool,
        began: u64,
    },
    Again {
        task: usize,
    },
    /// The balancer wants to be told the time.
    Wakes,
}

#[derive(Debug, Clone, Copy)]
struct Task {
    arrived: u64,
    attempt: u32,
}

struct Run<'a> {
    fleet: &'a Fleet,
    balancer: Balancer,
    lots: Lots,
    retry: RetryPolicy,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    order: u64,
    now: u64,
    tasks: Vec<Task>,
    waiting: VecDeque<usize>,
    in_hand: Vec<u32>,
    wakes_at: Option<u64>,
    latencies: Vec<u64>,
    completed: usize,
    attempts: usize,
    over_slots: u32,
}

/// Runs a fleet with a strategy until this many tasks have ended.
#[must_use]
pub fn simulate(fleet: &Fleet, strategy: Strategy, tasks: usize, seed: u64) -> Figures {
    let agents = fleet.agents.iter().enumerate().map(|(number, model)| AgentFacts {
        agent: AgentRef { id: AgentId::new(*DEFAULT_PROJECT.as_uuid()), name: format!("agent-{number:03}") },
        skills: vec![SKILL.to_owned()],
        labels: Vec::new(),
        cost_micros: 0,
        status: AgentStatus::Active,
        slots: model.slots,
        completed: 0,
        failed: 0,
    });
    let options = BalancerOptions { strategy, ..BalancerOptions::default() };
    let run = Run {
        fleet,
        balancer: Balancer::new(options, agents.collect()),
        lots: Lots::new(seed),
        retry: RetryPolicy::default(),
        events: BinaryHeap::new(),
        order: 0,
        now: 0,
        tasks: Vec::with_capacity(tasks),
        waiting: VecDeque::new(),
        in_hand: vec![0; fleet.agents.len()],
        wakes_at: None,
        latencies: Vec::with_capacity(tasks),
        completed: 0,
        attempts: 0,
        over_slots: 0,
    };
    run.go(tasks)
}

impl Run<'_> {
    fn go(mut self, tasks: usize) -> Figures {
        self.after(0.0, Event::Arrives);
        while self.latencies.len() < tasks {
            let Some(Reverse((at, _, event))) = self.events.pop() else { break };
            self.now = at;
            match event {
                Event::Arrives => {
                    self.waiting.push_back(self.tasks.len());
                    self.tasks.push(Task { arrived: at, attempt: 1 });
                    if self.tasks.len() < tasks {
                        let gap = self.lots.exponential(SECOND / self.fleet.arrivals);
                        self.after(gap, Event::Arrives);
                    }
                }
                Event::Again { task } => self.waiting.push_back(task),
                Event::Ends { agent, task, failed, began } => self.ends(agent, task, failed, began),
                Event::Wakes => {
                    self.wakes_at = None;
                    self.balancer.tick(self.instant());
                }
            }
            self.give_out();
        }
        self.figures()
    }

    fn instant(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.now / 1_000).unwrap_or(i64::MAX))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "spans are positive and short")]
    fn after(&mut self, micros: f64, event: Event) {
        self.order += 1;
        self.events.push(Reverse((self.now + micros as u64, self.order, event)));
    }

    fn ends(&mut self, agent: AgentNumber, task: usize, failed: bool, began: u64) {
        let ending = if failed { Ending::Failed } else { Ending::Completed };
        self.balancer.record(agent, SKILL, ending, Duration::from_micros(self.now - began), self.instant());
        self.balancer.give_back(agent);
        self.in_hand[agent as usize] -= 1;
        if failed && self.tasks[task].attempt < self.retry.maximum_attempts {
            let delay = self.retry.delay(self.tasks[task].attempt, self.lots.next());
            self.tasks[task].attempt += 1;
            self.after(delay.as_secs_f64() * SECOND, Event::Again { task });
            return;
        }
        self.completed += usize::from(!failed);
        self.latencies.push(self.now - self.tasks[task].arrived);
    }

    fn give_out(&mut self) {
        while let Some(&task) = self.waiting.front() {
            let now = self.instant();
            let Ok(choice) = self.balancer.choose(SKILL, &[], true, now, &self.lots) else { break };
            self.waiting.pop_front();
            self.balancer.begin(choice.agent, now);
            self.begin(choice.agent, task);
        }
        // If nobody takes work, only the balancer's time can change that.
        if !self.waiting.is_empty()
            && let Some(due) = self.balancer.next_tick()
        {
            let due = u64::try_from(due.as_millis()).unwrap_or(0) * 1_000;
            let due = due.max(self.now + 1_000);
            if self.wakes_at.is_none_or(|planned| due < planned) {
                self.wakes_at = Some(due);
                self.order += 1;
                self.events.push(Reverse((due, self.order, Event::Wakes)));
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a run is minutes long")]
    fn begin(&mut self, agent: AgentNumber, task: usize) {
        let model = self.fleet.agents[agent as usize];
        let hand = &mut self.in_hand[agent as usize];
        *hand += 1;
        self.over_slots = self.over_slots.max(hand.saturating_sub(model.slots));
        self.attempts += 1;
        let failed = self.lots.next() < model.failing;
        let mut takes = self.lots.span(model.mean_ms * 1_000.0);
        if failed && model.fails_at_once {
            takes = AT_ONCE;
        }
        let second = self.now as f64 / SECOND;
        if model.stalls.is_some_and(|(from, until)| (from..until).contains(&second)) {
            takes += STALL;
        }
        self.after(takes, Event::Ends { agent, task, failed, began: self.now });
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of tasks are small")]
    fn figures(mut self) -> Figures {
        self.latencies.sort_unstable();
        let rank = |per_mille: usize| {
            let index = (self.latencies.len() * per_mille).div_ceil(1_000).saturating_sub(1);
            self.latencies.get(index).map_or(0.0, |micros| *micros as f64 / 1_000.0)
        };
        let tasks = self.latencies.len();
        let share = |count: usize| count as f64 / tasks.max(1) as f64;
        Figures {
            tasks,
            p50_ms: rank(500),
            p99_ms: rank(990),
            p999_ms: rank(999),
            success: share(self.completed),
            attempts: share(self.attempts),
            over_slots: self.over_slots,
        }
    }
}
