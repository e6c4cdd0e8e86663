//! Where do time, identifiers and chance come from in production?

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::time::Timestamp;
use uuid::Uuid;

/// The system's clock.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is broken; then the epoch is as good as anything.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// UUID version 7, in order within this process even inside a millisecond.
struct V7Ids;

impl IdSource for V7Ids {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes identifiers")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The operating system's generator.
struct OsChance;

impl Chance for OsChance {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    fn next(&self) -> f64 {
        // Without a source of chance, jitter falls away; retries then come at the longest delay.
        let bits = getrandom::u64().unwrap_or(u64::MAX);
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The sources of a running server.
pub(crate) fn system() -> Sources {
    Sources { clock: Arc::new(SystemClock), ids: Arc::new(V7Ids), chance: Arc::new(OsChance) }
}
