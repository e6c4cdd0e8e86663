//! When is an agent that fails left alone, and when is it tried again?
//!
//! A circuit breaker (Nygard, *Release It!*, 2007): closed, it counts; after too many failures it opens and the agent gets no
//! work; after a while it is half open and the agent gets a few attempts, whose success closes it and whose failure opens it
//! again, for twice as long. Time is what the caller says it is.

use std::time::Duration;

use baton_domain::agent::CircuitState;
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::CircuitView;

/// When circuits open and close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerOptions {
    /// Failures one after another that open it.
    pub consecutive_failures: u32,
    /// The share of failures among the latest attempts that opens it, 0 to 1.
    pub failure_rate: f64,
    /// How many attempts that share is taken of; before there are so many it opens nothing. At most 64.
    pub window: u32,
    /// How long it stays open at first; each further time twice as long.
    pub open_for: Duration,
    /// How long it stays open at most.
    pub longest: Duration,
    /// Attempts at once while it is half open, and how many must succeed to close it.
    pub probes: u32,
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self {
            consecutive_failures: 10,
            failure_rate: 0.6,
            window: 64,
            open_for: Duration::from_secs(5),
            longest: Duration::from_secs(60),
            probes: 2,
        }
    }
}

/// The largest window: outcomes are kept as bits.
const LARGEST_WINDOW: u32 = 64;
/// Doublings of `open_for` beyond which the span is the longest one anyhow.
const MOST_DOUBLINGS: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Timestamp },
    HalfOpen { succeeded: u32 },
}

/// The circuit of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Circuit {
    state: State,
    consecutive: u32,
    /// The latest outcomes, the newest in the lowest bit; 1 is a failure.
    outcomes: u64,
    seen: u32,
    /// How often it opened since it was last closed.
    opened: u32,
}

impl Circuit {
    pub(super) const fn new() -> Self {
        Self { state: State::Closed, consecutive: 0, outcomes: 0, seen: 0, opened: 0 }
    }

    /// How many attempts at once it lets through.
    pub(super) const fn lets_through(&self, options: &BreakerOptions) -> u32 {
        match self.state {
            State::Closed => u32::MAX,
            State::Open { .. } => 0,
            State::HalfOpen { .. } => options.probes,
        }
    }

    /// When it changes by itself.
    pub(super) const fn wakes_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Open { until } => Some(until),
            State::Closed | State::HalfOpen { .. } => None,
        }
    }

    /// Half opens it if its time is over.
    pub(super) fn tick(&mut self, now: Timestamp) {
        if matches!(self.state, State::Open { until } if until <= now) {
            self.state = State::HalfOpen { succeeded: 0 };
        }
    }

    /// An attempt succeeded. What began before the circuit opened proves nothing while it is open.
    pub(super) fn succeeded(&mut self, options: &BreakerOptions) {
        match &mut self.state {
            State::Closed => self.count(false, options),
            State::Open { .. } => {}
            State::HalfOpen { succeeded } => {
                *succeeded += 1;
                if *succeeded >= options.probes {
                    *self = Self::new();
                }
            }
        }
    }

    /// An attempt failed by the agent's fault.
    pub(super) fn failed(&mut self, options: &BreakerOptions, now: Timestamp) {
        match self.state {
            State::Closed => {
                self.count(true, options);
                if self.consecutive >= options.consecutive_failures
                    || (self.seen >= window(options) && self.failure_rate() >= options.failure_rate)
                {
                    self.open(options, now);
                }
            }
            State::Open { .. } => {}
            State::HalfOpen { .. } => {
                self.count(true, options);
                self.open(options, now);
            }
        }
    }

    fn count(&mut self, failed: bool, options: &BreakerOptions) {
        let window = window(options);
        self.consecutive = if failed { self.consecutive.saturating_add(1) } else { 0 };
        self.outcomes = ((self.outcomes << 1) | u64::from(failed)) & (u64::MAX >> (LARGEST_WINDOW - window));
        self.seen = (self.seen + 1).min(window);
    }

    fn open(&mut self, options: &BreakerOptions, now: Timestamp) {
        let span = options.open_for.saturating_mul(1 << self.opened.min(MOST_DOUBLINGS)).min(options.longest);
        self.opened = self.opened.saturating_add(1);
        self.state = State::Open { until: now.plus(span) };
    }

    fn failure_rate(&self) -> f64 {
        if self.seen == 0 { 0.0 } else { f64::from(self.outcomes.count_ones()) / f64::from(self.seen) }
    }

    pub(super) fn view(&self) -> CircuitView {
        let (state, open_until) = match self.state {
            State::Closed => (CircuitState::Closed, None),
            State::Open { until } => (CircuitState::Open, Some(until)),
            State::HalfOpen { .. } => (CircuitState::HalfOpen, None),
        };
        CircuitView { state, consecutive_failures: self.consecutive, failure_rate: self.failure_rate(), open_until }
    }
}

fn window(options: &BreakerOptions) -> u32 {
    options.window.clamp(1, LARGEST_WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPTIONS: BreakerOptions = BreakerOptions {
        consecutive_failures: 3,
        failure_rate: 0.5,
        window: 8,
        open_for: Duration::from_secs(5),
        longest: Duration::from_secs(12),
        probes: 2,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn opened() -> Circuit {
        let mut circuit = Circuit::new();
        (0..3).for_each(|_| circuit.failed(&OPTIONS, at(0)));
        circuit
    }

    #[test]
    fn failures_one_after_another_open_it_and_a_success_between_them_does_not() {
        let mut circuit = Circuit::new();
        for _ in 0..2 {
            circuit.failed(&OPTIONS, at(0));
            circuit.failed(&OPTIONS, at(0));
            circuit.succeeded(&OPTIONS);
        }
        assert_eq!(circuit.lets_through(&OPTIONS), u32::MAX);
        assert_eq!(opened().view().state, CircuitState::Open);
        assert_eq!(opened().lets_through(&OPTIONS), 0);
    }

    #[test]
    fn a_share_of_failures_opens_it_once_the_window_is_full() {
        let mut circuit = Circuit::new();
        for turn in 0..8 {
            assert_eq!(circuit.view().state, CircuitState::Closed, "{turn}");
            if turn % 2 == 0 { circuit.succeeded(&OPTIONS) } else { circuit.failed(&OPTIONS, at(0)) }
        }
        assert_eq!(circuit.view().state, CircuitState::Open);
    }

    #[test]
    fn it_half_opens_when_its_time_is_over_and_enough_probes_close_it() {
        let mut circuit = opened();
        circuit.succeeded(&OPTIONS);
        circuit.tick(at(4));
        assert_eq!(circuit.view().state, CircuitState::Open, "a late success proves nothing");
        circuit.tick(at(5));
        assert_eq!((circuit.view().state, circuit.lets_through(&OPTIONS)), (CircuitState::HalfOpen, 2));
        circuit.succeeded(&OPTIONS);
        assert_eq!(circuit.view().state, CircuitState::HalfOpen);
        circuit.succeeded(&OPTIONS);
        assert_eq!(circuit, Circuit::new());
    }

    #[test]
    fn each_failed_probe_doubles_the_time_up_to_the_longest() {
        let mut circuit = opened();
        let mut now = at(0);
        for seconds in [5, 10, 12, 12] {
            assert_eq!(circuit.wakes_at(), Some(now.plus(Duration::from_secs(seconds))));
            now = now.plus(Duration::from_secs(seconds));
            circuit.tick(now);
            circuit.failed(&OPTIONS, now);
        }
    }

    proptest! {
        #[test]
        fn it_lets_no_more_through_than_its_state_allows(events in proptest::collection::vec(0u8..3, 0..200)) {
            let mut circuit = Circuit::new();
            let mut now = at(0);
            for event in events {
                match event {
                    0 => circuit.succeeded(&OPTIONS),
                    1 => circuit.failed(&OPTIONS, now),
                    _ => {
                        now = now.plus(Duration::from_secs(3));
                        circuit.tick(now);
                    }
                }
                let view = circuit.view();
                prop_assert!((0.0..=1.0).contains(&view.failure_rate));
                prop_assert_eq!(view.open_until.is_some(), view.state == CircuitState::Open);
                prop_assert!(view.open_until.is_none_or(|until| until <= now.plus(OPTIONS.longest)));
                let through = match view.state {
                    CircuitState::Closed => u32::MAX,
                    CircuitState::Open => 0,
                    CircuitState::HalfOpen => 2,
                };
                prop_assert_eq!(circuit.lets_through(&OPTIONS), through);
            }
        }
    }
}
