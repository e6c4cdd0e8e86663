//! Where do time and identifiers come from in the simulation? From its own clock, and from a count.

use std::sync::atomic::{AtomicU64, Ordering};

use baton_domain::ports::{Clock, IdSource};
use baton_domain::time::Timestamp;
use tokio::time::Instant;
use uuid::{Builder, Uuid};

/// What the simulated clock shows at the beginning: 2026-01-01T00:00:00Z.
const EPOCH_MS: i64 = 1_767_225_600_000;

/// The simulated time as one server's clock shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatedClock {
    pub(crate) began: Instant,
    /// How far the clock is ahead, in milliseconds.
    pub(crate) skew_ms: i64,
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(EPOCH_MS.saturating_add(elapsed).saturating_add(self.skew_ms))
    }
}

/// Identifiers in the order they are made, without a random bit in them.
#[derive(Debug, Default)]
pub(crate) struct SimulatedIds {
    made: AtomicU64,
}

impl IdSource for SimulatedIds {
    fn next(&self) -> Uuid {
        let made = self.made.fetch_add(1, Ordering::SeqCst);
        Builder::from_unix_timestamp_millis(EPOCH_MS.unsigned_abs() + made, &[0; 10]).into_uuid()
    }
}
