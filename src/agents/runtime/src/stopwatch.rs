//! How much time has passed since a piece of work began?

use std::time::{Duration, Instant};

/// A clock that runs from when it was made. It only moves forward. Agents use it to bound the time that one part of their work may
/// take, so that the rest is not lost with it.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    began: Instant,
}

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "only how long work takes is measured, where it is done; nothing is dated by it")]
    pub(crate) fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// The time since it was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
