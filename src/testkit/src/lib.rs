//! What do Baton's tests share? A clock that is moved by hand, and identifiers and chance that a seed decides.

mod scale;
mod sources;

pub use scale::{Scale, scale};
pub use sources::{SeededChance, SeededIds, TestClock, test_sources};
