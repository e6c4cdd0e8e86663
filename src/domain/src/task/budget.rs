//! What a task may use up: tokens of language models, and money.

use serde::{Deserialize, Serialize};

/// The most that a task may use, all its attempts together; an absent part has no limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Tokens of language models, read and written together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000_000_000_u64))]
    pub tokens: Option<u64>,
    /// Money, in the currency of the installation's prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(exclusive_minimum = 0.0, maximum = 1_000_000.0))]
    pub cost: Option<f64>,
}

impl Budget {
    /// The most tokens that can be asked for.
    pub const MAXIMUM_TOKENS: u64 = 1_000_000_000_000;
    /// The most money that can be asked for.
    pub const MAXIMUM_COST: f64 = 1_000_000.0;

    /// The first part that is not above zero or is larger than it may be, by its name.
    #[must_use]
    pub fn invalid_field(&self) -> Option<&'static str> {
        if self.tokens.is_some_and(|tokens| tokens == 0 || tokens > Self::MAXIMUM_TOKENS) {
            return Some("tokens");
        }
        // Not a number is out of every range.
        let fits = |cost: f64| cost > 0.0 && cost <= Self::MAXIMUM_COST;
        self.cost.is_some_and(|cost| !fits(cost)).then_some("cost")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_above_zero_and_finite() {
        for (tokens, cost, wrong) in [
            (None, None, None),
            (Some(1), Some(0.001), None),
            (Some(0), None, Some("tokens")),
            (Some(u64::MAX), None, Some("tokens")),
            (None, Some(0.0), Some("cost")),
            (None, Some(-1.0), Some("cost")),
            (None, Some(f64::NAN), Some("cost")),
            (None, Some(f64::INFINITY), Some("cost")),
        ] {
            assert_eq!(Budget { tokens, cost }.invalid_field(), wrong, "{tokens:?} {cost:?}");
        }
    }
}
