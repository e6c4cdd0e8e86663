//! What the pure rules and the services need from outside, as traits: the clock and the source of identifiers.

use std::sync::Arc;

use uuid::Uuid;

use crate::time::Timestamp;

/// Tells the time. Tests give one that they move by hand.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers: UUID version 7, so that they sort by age.
pub trait IdSource: Send + Sync {
    /// A new, unique identifier.
    fn next(&self) -> Uuid;
}

/// A random number in [0, 1), for jitter and sampling.
pub trait Chance: Send + Sync {
    /// The next number.
    fn next(&self) -> f64;
}

/// The three sources of what cannot be computed, handed around together.
#[derive(Clone)]
pub struct Sources {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Identifiers.
    pub ids: Arc<dyn IdSource>,
    /// Random numbers.
    pub chance: Arc<dyn Chance>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sources")
    }
}
