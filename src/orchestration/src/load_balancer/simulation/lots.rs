//! Where do the lots of a simulation come from? From its seed.

use std::sync::atomic::{AtomicU64, Ordering};

use baton_domain::ports::Chance;

/// SplitMix64 (Steele, Lea and Flood 2014). Atomic only because [`Chance`] is shared.
#[derive(Debug)]
pub(crate) struct Lots(AtomicU64);

impl Lots {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A span with this mean: half of it fixed, half exponential, as work that has a least time.
    pub(super) fn span(&self, mean: f64) -> f64 {
        mean.mul_add(0.5, self.exponential(mean * 0.5))
    }

    /// The time to the next of events that come independently, this far apart on average.
    pub(super) fn exponential(&self, mean: f64) -> f64 {
        -(1.0 - self.next()).ln() * mean
    }
}

impl Chance for Lots {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    fn next(&self) -> f64 {
        let mut bits = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
