//! How messages are kept and delivered: the settings of a topic and of a durable subscription, with their bounds.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::problem::FieldError;

/// How long a durable topic keeps its messages; whichever bound is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Messages older than this go, in seconds: 60 to 31,536,000 (a year). Default: 604,800 (a week).
    pub maximum_age_seconds: u64,
    /// Messages beyond this many go, the oldest first: 1 to 10,000,000. Default: 1,000,000.
    pub maximum_messages: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { maximum_age_seconds: 7 * 86_400, maximum_messages: 1_000_000 }
    }
}

impl Retention {
    /// What is out of bounds, with fields below `prefix`.
    #[must_use]
    pub fn errors(&self, prefix: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        bounded(&mut errors, prefix, "maximum_age_seconds", self.maximum_age_seconds, 60, 31_536_000);
        bounded(&mut errors, prefix, "maximum_messages", self.maximum_messages, 1, 10_000_000);
        errors
    }
}

/// How a durable subscription is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryPolicy {
    /// How long a consumer has for a message before it is delivered again, in milliseconds: 100 to 3,600,000. Default: 30,000.
    pub ack_deadline_ms: u64,
    /// How often a message is delivered before it becomes a dead letter: 1 to 100. Default: 5.
    pub maximum_deliveries: u32,
    /// The most messages that are delivered and not acknowledged, those that wait for their next delivery included: 1 to
    /// 10,000. Default: 1,000. A consumer that never acknowledges gets no more than these.
    pub maximum_in_flight: u32,
    /// The wait after the first delivery that failed, in milliseconds, doubled each time: 0 to 3,600,000. Default: 1,000.
    pub backoff_initial_ms: u64,
    /// The longest wait, in milliseconds: 0 to 86,400,000. Default: 60,000.
    pub backoff_maximum_ms: u64,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self {
            ack_deadline_ms: 30_000,
            maximum_deliveries: 5,
            maximum_in_flight: 1_000,
            backoff_initial_ms: 1_000,
            backoff_maximum_ms: 60_000,
        }
    }
}

impl DeliveryPolicy {
    /// What is out of bounds, with fields below `prefix`.
    #[must_use]
    pub fn errors(&self, prefix: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        bounded(&mut errors, prefix, "ack_deadline_ms", self.ack_deadline_ms, 100, 3_600_000);
        bounded(&mut errors, prefix, "maximum_deliveries", self.maximum_deliveries.into(), 1, 100);
        bounded(&mut errors, prefix, "maximum_in_flight", self.maximum_in_flight.into(), 1, 10_000);
        bounded(&mut errors, prefix, "backoff_initial_ms", self.backoff_initial_ms, 0, 3_600_000);
        bounded(&mut errors, prefix, "backoff_maximum_ms", self.backoff_maximum_ms, 0, 86_400_000);
        errors
    }

    /// How long a consumer has.
    #[must_use]
    pub const fn ack_deadline(&self) -> Duration {
        Duration::from_millis(self.ack_deadline_ms)
    }

    /// How long a message waits after this many deliveries that failed: the initial wait, doubled with each, up to the longest.
    #[must_use]
    pub fn backoff(&self, deliveries: u32) -> Duration {
        let doublings = deliveries.saturating_sub(1).min(32);
        let wait = self.backoff_initial_ms.saturating_mul(1 << doublings);
        Duration::from_millis(wait.min(self.backoff_maximum_ms))
    }
}

fn bounded(errors: &mut Vec<FieldError>, prefix: &str, field: &str, value: u64, least: u64, most: u64) {
    if !(least..=most).contains(&value) {
        errors.push(FieldError { field: format!("{prefix}/{field}"), message: format!("Use {least} to {most}.") });
    }
}

/// The name of a durable subscription: 1 to 64 of a-z, 0-9, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 64, pattern = "^[a-z0-9_-]+$"))]
#[serde(try_from = "String", into = "String")]
pub struct SubscriptionName(String);

impl SubscriptionName {
    /// From text; `None` if it is no such name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
        ((1..=64).contains(&text.len()) && text.chars().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SubscriptionName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("use 1 to 64 of a-z, 0-9, _ and - as the subscription's name")
    }
}

impl From<SubscriptionName> for String {
    fn from(name: SubscriptionName) -> Self {
        name.0
    }
}

impl fmt::Display for SubscriptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_longest() {
        let policy = DeliveryPolicy { backoff_initial_ms: 100, backoff_maximum_ms: 1_000, ..DeliveryPolicy::default() };
        let waits: Vec<u128> = [1, 2, 3, 4, 5, 100].map(|deliveries| policy.backoff(deliveries).as_millis()).to_vec();
        assert_eq!(waits, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(DeliveryPolicy { backoff_initial_ms: u64::MAX, ..policy }.backoff(9).as_millis(), 1_000);
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        assert_eq!(DeliveryPolicy::default().errors(""), []);
        assert_eq!(Retention::default().errors(""), []);
        let zero = DeliveryPolicy {
            ack_deadline_ms: 0,
            maximum_deliveries: 0,
            maximum_in_flight: 0,
            backoff_initial_ms: u64::MAX,
            backoff_maximum_ms: u64::MAX,
        };
        assert_eq!(zero.errors("/policy").len(), 5);
        let errors = Retention { maximum_age_seconds: 0, maximum_messages: 0 }.errors("/retention");
        assert_eq!(
            errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(),
            ["/retention/maximum_age_seconds", "/retention/maximum_messages"]
        );
    }

    #[test]
    fn a_subscription_is_named_plainly() {
        assert!(SubscriptionName::parse("billing-2").is_some());
        for text in ["", "a.b", "Billing", "a b", &"a".repeat(65)] {
            assert_eq!(SubscriptionName::parse(text), None, "{text}");
        }
    }
}
