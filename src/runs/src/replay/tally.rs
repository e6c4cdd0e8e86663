//! What has a replay come through so far, and may it go on?

use std::time::Duration;

use baton_domain::ports::Clock;
use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use baton_domain::wire::replay::{MAXIMUM_TAKEN, Taken, TakenKind};

/// What a replay may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayBounds {
    /// Steps and items, those of runs that steps began included.
    pub steps: u64,
    /// Bytes of inputs, results and answers, as JSON.
    pub bytes: usize,
    /// From its beginning to its end. A task that has begun is given up when its own time is over.
    pub time: Duration,
}

impl Default for ReplayBounds {
    fn default() -> Self {
        Self { steps: 100_000, bytes: 1 << 30, time: Duration::from_secs(4 * 3_600) }
    }
}

/// A replay's books.
pub(crate) struct Tally<'a> {
    pub steps: u64,
    pub rehearsed: u64,
    pub calls: u64,
    pub taken: Vec<Taken>,
    pub taken_count: u64,
    bytes: usize,
    bounds: ReplayBounds,
    clock: &'a dyn Clock,
    began: Timestamp,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(bounds: ReplayBounds, clock: &'a dyn Clock) -> Self {
        let (taken, began) = (Vec::new(), clock.now());
        Self { steps: 0, rehearsed: 0, calls: 0, taken, taken_count: 0, bytes: 0, bounds, clock, began }
    }

    /// How long it has taken.
    pub(crate) fn took(&self) -> Duration {
        self.clock.now().since(self.began)
    }

    /// What is left of its time.
    pub(crate) fn left(&self) -> Duration {
        self.bounds.time.saturating_sub(self.took())
    }

    /// Counts a step or an item with so many bytes.
    ///
    /// # Errors
    /// `REPLAY-010` beyond a bound.
    pub(crate) fn step(&mut self, bytes: usize) -> Result<(), Problem> {
        self.steps += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let ReplayBounds { steps, bytes, time } = self.bounds;
        let over = |what: String| Err(Problem::new(Code::ReplayStopped, format!("It was stopped after {what}.")));
        if self.steps > steps {
            return over(format!("{steps} steps"));
        }
        if self.bytes > bytes {
            return over(format!("{bytes} bytes"));
        }
        if self.took() > time {
            return over(format!("{} seconds", time.as_secs()));
        }
        Ok(())
    }

    /// Notes what is taken from the recording.
    pub(crate) fn take(&mut self, step: &str, kind: TakenKind, why: impl Into<String>) {
        self.taken_count += 1;
        if self.taken.len() < MAXIMUM_TAKEN {
            self.taken.push(Taken { step: step.to_owned(), kind, why: why.into() });
        }
    }
}
