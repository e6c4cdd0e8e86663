//! When a failed attempt is tried again. Field names are Temporal's.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::problem::Code;

/// How the computed delay is spread, so that many retries do not come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Exactly the computed delay.
    None,
    /// Anything from zero to the computed delay, evenly.
    Full,
}

/// What happens when an attempt fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// Milliseconds before the second attempt.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 86_400_000))]
    pub initial_interval_ms: u64,
    /// Each further delay is this many times the one before; at least 1.
    pub backoff_coefficient: f64,
    /// The longest delay in milliseconds.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 86_400_000))]
    pub maximum_interval_ms: u64,
    /// Attempts in all, the first included; 1 means no retry.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub maximum_attempts: u32,
    /// How delays are spread.
    pub jitter: Jitter,
    /// Error codes that are never tried again, beside those of [`is_final`].
    pub non_retryable: Vec<String>,
    /// After this many attempts in a row whose worker died the task is taken for their cause and set aside: it fails with
    /// `ATTEMPT-010`, however many attempts are left.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub quarantine_after: u32,
}

/// The longest that another side may ask to be left alone before the next attempt, as with `Retry-After`.
pub const MAXIMUM_RETRY_AFTER: Duration = Duration::from_secs(86_400);

/// Kinds of failures that another attempt cannot mend, whatever a policy says: the same request would get the same answer.
const FINAL: [&str; 9] =
    ["http_400", "http_401", "http_403", "http_404", "http_422", "schema_invalid", "budget_exceeded", "rejected", "dependency_failed"];

/// Whether a failure with this code is never tried again: the kinds of `docs/api-design.md`, and our own codes that answer a
/// request with 400, 401, 403, 404 or 422.
#[must_use]
pub fn is_final(code: &str) -> bool {
    FINAL.contains(&code) || Code::parse(code).is_some_and(|code| matches!(code.status(), 400 | 401 | 403 | 404 | 422))
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            initial_interval_ms: 1_000,
            backoff_coefficient: 2.0,
            maximum_interval_ms: 60_000,
            maximum_attempts: 4,
            jitter: Jitter::Full,
            non_retryable: Vec::new(),
            quarantine_after: 3,
        }
    }
}

impl RetryPolicy {
    /// The delay before the attempt that follows `attempt` (1 is the first). `spread` is a random number
    /// in [0, 1) that the caller draws; the source of the formula is Temporal's `RetryPolicy`, that of full
    /// jitter Brooker, "Exponential Backoff and Jitter" (AWS, 2015).
    #[must_use]
    pub fn delay(&self, attempt: u32, spread: f64) -> Duration {
        let exponent = f64::from(attempt.saturating_sub(1));
        let initial = Duration::from_millis(self.initial_interval_ms).as_secs_f64();
        let longest = Duration::from_millis(self.maximum_interval_ms).as_secs_f64();
        let full = (initial * self.backoff_coefficient.max(1.0).powf(exponent)).min(longest);
        let seconds = match self.jitter {
            Jitter::None => full,
            Jitter::Full => full * spread.clamp(0.0, 1.0),
        };
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    /// Whether an attempt that failed with this code may be followed by another.
    #[must_use]
    pub fn allows(&self, attempt: u32, code: &str) -> bool {
        attempt < self.maximum_attempts && !is_final(code) && !self.non_retryable.iter().any(|fatal| fatal == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let policy = RetryPolicy { jitter: Jitter::None, ..RetryPolicy::default() };
        let seconds: Vec<u64> = (1..=8).map(|attempt| policy.delay(attempt, 0.5).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn what_another_attempt_cannot_mend_is_not_tried_again() {
        let policy = RetryPolicy { non_retryable: vec!["mine".to_owned()], ..RetryPolicy::default() };
        for code in FINAL.into_iter().chain(["TASK-003", "AUTH-001", "AUTH-005", "ARTIFACT-001", "REQUEST-001", "mine"]) {
            assert!(!policy.allows(1, code), "{code}");
        }
        for code in ["http_429", "http_503", "ATTEMPT-001", "STORAGE-001", "something"] {
            assert!(policy.allows(1, code) && !policy.allows(4, code), "{code}");
        }
    }

    proptest! {
        #[test]
        fn no_delay_is_longer_than_the_longest(attempt in 1u32..10_000, spread in 0.0f64..1.0, coefficient in 1.0f64..1e9) {
            let policy = RetryPolicy { backoff_coefficient: coefficient, ..RetryPolicy::default() };
            prop_assert!(policy.delay(attempt, spread) <= Duration::from_millis(policy.maximum_interval_ms));
        }
    }
}
