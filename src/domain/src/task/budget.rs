//! What a task may use up: tokens of language models, and money.

use serde::{Deserialize, Serialize};

use crate::id::DecisionId;

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

/// What all tasks of a decision may use up together: voters, judge, debate and synthesis are paid from one purse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SharedBudget {
    /// The decision.
    pub decision: DecisionId,
    /// What it may use.
    pub budget: Budget,
}

/// What a task may use up, as it is stored: by itself, and together with others.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskBudget {
    /// Tokens of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// What it shares with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedBudget>,
}

impl TaskBudget {
    /// The budgets of a task; none where nothing is bounded.
    #[must_use]
    pub fn of(own: Option<Budget>, shared: Option<SharedBudget>) -> Option<Self> {
        let Budget { tokens, cost } = own.unwrap_or_default();
        (own.is_some() || shared.is_some()).then_some(Self { tokens, cost, shared })
    }

    /// What it may use by itself, if that is bounded.
    #[must_use]
    pub fn own(&self) -> Option<Budget> {
        let own = Budget { tokens: self.tokens, cost: self.cost };
        (own != Budget::default()).then_some(own)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_stored_budget_reads_back_with_what_is_shared_and_without() {
        let own = Budget { tokens: Some(5), cost: None };
        let shared = SharedBudget { decision: DecisionId::new(Uuid::from_u128(1)), budget: Budget { tokens: Some(9), cost: Some(0.5) } };
        for stored in [TaskBudget::of(Some(own), None), TaskBudget::of(Some(own), Some(shared)), TaskBudget::of(None, Some(shared))] {
            let read: Option<TaskBudget> = serde_json::from_value(serde_json::to_value(stored).unwrap()).unwrap();
            assert_eq!(read, stored);
        }
        let before: TaskBudget = serde_json::from_value(json!({"tokens": 5})).unwrap();
        assert_eq!((before.own(), before.shared), (Some(own), None), "as tasks were stored that share nothing");
        assert_eq!((TaskBudget::of(None, None), TaskBudget::default().own()), (None, None));
    }

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
