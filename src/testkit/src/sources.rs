//! Where do time, identifiers and chance come from in a test? From the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::time::Timestamp;
use uuid::{NoContext, Timestamp as UuidTime, Uuid};

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct TestClock {
    millis: AtomicI64,
}

impl TestClock {
    /// A clock that shows this instant.
    #[must_use]
    pub const fn at(instant: Timestamp) -> Self {
        Self { millis: AtomicI64::new(instant.as_millis()) }
    }

    /// Moves the clock on.
    pub fn advance(&self, span: Duration) {
        self.millis.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

/// A small generator (SplitMix64, Steele, Lea and Flood 2014) whose seed decides everything.
#[derive(Debug)]
pub struct SeededChance {
    state: AtomicU64,
}

impl SeededChance {
    /// The generator of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// The next 64 bits.
    pub fn bits(&self) -> u64 {
        let mut z = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Chance for SeededChance {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    fn next(&self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Identifiers that sort in the order they were made.
#[derive(Debug, Default)]
pub struct SeededIds {
    made: AtomicU64,
}

impl IdSource for SeededIds {
    fn next(&self) -> Uuid {
        let made = self.made.fetch_add(1, Ordering::SeqCst);
        // One millisecond each, so that the order does not hang on random bits.
        let seconds = 1_700_000_000 + made / 1_000;
        let nanos = u32::try_from(made % 1_000).unwrap_or(0) * 1_000_000;
        Uuid::new_v7(UuidTime::from_unix(NoContext, seconds, nanos))
    }
}

/// Sources for a test, and the clock to move. It shows 2026-01-01T00:00:00Z at first.
#[must_use]
pub fn test_sources(seed: u64) -> (Sources, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at(Timestamp::from_millis(1_767_225_600_000)));
    let shown: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    (Sources { clock: shown, ids: Arc::new(SeededIds::default()), chance: Arc::new(SeededChance::new(seed)) }, clock)
}
