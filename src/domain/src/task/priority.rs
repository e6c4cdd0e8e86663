//! In which order ready tasks are taken: priority first, then age, and age raises priority.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// After this long in the queue a task counts as one priority higher, so that nothing starves.
pub const AGING_STEP: Duration = Duration::from_secs(60);

/// How urgent a task is: 1 (critical) to 5 (background); 3 when nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = u8, minimum = 1, maximum = 5, default = 3))]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

/// A priority outside 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPriority(pub u8);

impl fmt::Display for InvalidPriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no priority: use 1 (critical) to 5 (background)", self.0)
    }
}

impl std::error::Error for InvalidPriority {}

impl Priority {
    /// The words that people see, from 1 to 5.
    pub const WORDS: [&'static str; 5] = ["critical", "high", "normal", "low", "background"];

    /// A priority from its number.
    ///
    /// # Errors
    /// [`InvalidPriority`] outside 1 to 5.
    pub const fn new(value: u8) -> Result<Self, InvalidPriority> {
        if value >= 1 && value <= 5 { Ok(Self(value)) } else { Err(InvalidPriority(value)) }
    }

    /// The number, 1 to 5.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The word that people see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        Self::WORDS[(self.0 - 1) as usize]
    }

    /// The place in the queue of a task that became ready at `ready`; lower goes first.
    ///
    /// Aging is linear: one step of waiting weighs as much as one priority. The key therefore never
    /// changes while a task waits, so an index holds the order and no sweep has to touch queued rows.
    #[must_use]
    pub fn rank(self, ready: Timestamp) -> i64 {
        ready.plus(AGING_STEP.saturating_mul(u32::from(self.0))).as_millis()
    }
}

impl Priority {
    /// Since when a task with this rank is ready: what [`rank`](Self::rank) was made of.
    #[must_use]
    pub fn ready_at(self, rank: i64) -> Timestamp {
        Timestamp::from_millis(rank).minus(AGING_STEP.saturating_mul(u32::from(self.0)))
    }

    /// The priority that a task counts as once it has been ready for `waited`: one higher for each step, at most the highest.
    #[must_use]
    pub fn aged(self, waited: Duration) -> Self {
        let steps = u8::try_from(waited.as_secs() / AGING_STEP.as_secs()).unwrap_or(u8::MAX);
        Self(self.0.saturating_sub(steps).max(1))
    }

    /// The next more urgent one; the most urgent stays what it is.
    #[must_use]
    pub const fn raised(self) -> Self {
        if self.0 > 1 { Self(self.0 - 1) } else { self }
    }

    /// All priorities, the most urgent first.
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];
}

impl Default for Priority {
    fn default() -> Self {
        Self(3)
    }
}

impl TryFrom<u8> for Priority {
    type Error = InvalidPriority;

    fn try_from(value: u8) -> Result<Self, InvalidPriority> {
        Self::new(value)
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_raised_above_the_most_urgent() {
        assert_eq!(Priority::ALL.map(|priority| priority.raised().get()), [1, 1, 2, 3, 4]);
    }

    proptest! {
        #[test]
        fn the_more_urgent_of_two_equally_old_goes_first(a in 1u8..=5, b in 1u8..=5, at in 0i64..4_000_000_000_000) {
            let ready = Timestamp::from_millis(at);
            let rank = |value| Priority::new(value).map(|p| p.rank(ready));
            prop_assert_eq!(a < b, rank(a)? < rank(b)?);
        }

        #[test]
        fn background_work_waits_at_most_four_steps_longer_than_critical(at in 0i64..4_000_000_000_000) {
            let old = Timestamp::from_millis(at);
            let late = old.plus(AGING_STEP * 4).plus(Duration::from_millis(1));
            prop_assert!(Priority::new(5)?.rank(old) < Priority::new(1)?.rank(late));
        }
    }
}
