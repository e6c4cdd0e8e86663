//! How long do an agent's attempts at a skill take?

use std::time::Duration;

use baton_domain::time::Timestamp;

/// The moving average of latency that jumps to a peak at once and forgets it slowly, as in Finagle's peak EWMA
/// (`com.twitter.finagle.loadbalancer.PeakEwma`): an agent that turned slow is noticed with its first slow answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PeakEwma {
    millis: f64,
    at: Timestamp,
}

impl PeakEwma {
    pub(super) fn first(millis: f64, at: Timestamp) -> Self {
        Self { millis, at }
    }

    /// One that does not sink.
    pub(super) const fn lasting(millis: f64) -> Self {
        Self { millis, at: Timestamp::from_millis(i64::MAX) }
    }

    /// So many times as much, sinking alike.
    pub(super) fn times(&self, count: u32) -> Self {
        Self { millis: self.millis * f64::from(count), at: self.at }
    }

    pub(super) fn observe(&mut self, millis: f64, at: Timestamp, memory: Duration) {
        let keeps = kept(at.since(self.at), memory);
        self.millis = if millis > self.millis { millis } else { self.millis * keeps + millis * (1.0 - keeps) };
        self.at = self.at.max(at);
    }

    /// What is expected now: without news it sinks, so that an agent that was slow is tried again.
    pub(super) fn now(&self, at: Timestamp, memory: Duration) -> f64 {
        self.millis * kept(at.since(self.at), memory)
    }
}

/// What is left of a value after this time.
pub(super) fn kept(span: Duration, memory: Duration) -> f64 {
    if span.is_zero() { 1.0 } else { (-span.as_secs_f64() / memory.as_secs_f64().max(0.001)).exp() }
}

/// How many runs are remembered.
const RUNS: usize = 32;

/// The latest runs and their 95th percentile.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LatestRuns {
    millis: [f32; RUNS],
    seen: usize,
    next: usize,
    p95: f64,
}

impl LatestRuns {
    pub(super) const fn new() -> Self {
        Self { millis: [0.0; RUNS], seen: 0, next: 0, p95: 0.0 }
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a latency are plenty")]
    pub(super) fn observe(&mut self, millis: f64) {
        self.millis[self.next] = millis as f32;
        self.next = (self.next + 1) % RUNS;
        self.seen = (self.seen + 1).min(RUNS);
        let mut sorted = self.millis;
        let sorted = &mut sorted[..self.seen];
        // The nearest rank: the smallest run that 95 % of the runs do not exceed.
        let rank = (self.seen * 95).div_ceil(100) - 1;
        let (_, p95, _) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
        self.p95 = f64::from(*p95);
    }

    /// The percentile in milliseconds; nothing without runs.
    pub(super) fn p95(&self) -> Option<f64> {
        (self.seen > 0).then_some(self.p95)
    }
}

/// What is known of an agent's attempts at one skill.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Latency {
    pub(super) runs: LatestRuns,
    pub(super) expected: PeakEwma,
    pub(super) heard_at: Timestamp,
}

impl Latency {
    pub(super) fn first(run_millis: f64, counted_millis: f64, at: Timestamp) -> Self {
        let mut runs = LatestRuns::new();
        runs.observe(run_millis);
        Self { runs, expected: PeakEwma::first(counted_millis, at), heard_at: at }
    }

    /// A run, and what it counts for whoever waits for a result.
    pub(super) fn observe(&mut self, run_millis: f64, counted_millis: f64, at: Timestamp, memory: Duration) {
        self.runs.observe(run_millis);
        self.expected.observe(counted_millis, at, memory);
        self.heard_at = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: Duration = Duration::from_secs(10);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_peak_is_believed_at_once_and_forgotten_slowly() {
        let mut latency = PeakEwma::first(10.0, at(0));
        latency.observe(500.0, at(1), MEMORY);
        assert!((latency.now(at(1), MEMORY) - 500.0).abs() < 1e-9);
        latency.observe(10.0, at(2), MEMORY);
        assert!(latency.now(at(2), MEMORY) > 400.0, "one good run does not make up for it");
        for second in 3..63 {
            latency.observe(10.0, at(second), MEMORY);
        }
        assert!(latency.now(at(62), MEMORY) < 12.0);
        assert!(latency.now(at(100), MEMORY) < latency.now(at(62), MEMORY), "without news it sinks");
    }

    #[test]
    fn the_percentile_is_that_of_the_latest_runs() {
        let mut runs = LatestRuns::new();
        assert_eq!(runs.p95(), None);
        (1..=20).for_each(|millis| runs.observe(f64::from(millis)));
        assert_eq!(runs.p95(), Some(19.0));
        (0..RUNS).for_each(|_| runs.observe(5.0));
        assert_eq!(runs.p95(), Some(5.0), "the old ones are forgotten");
    }
}
