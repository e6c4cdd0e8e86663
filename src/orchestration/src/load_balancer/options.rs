//! What can the balancer be told?

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::agent::Strategy;

use super::circuit::BreakerOptions;

/// How agents are chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct BalancerOptions {
    /// The strategy of skills that are given none of their own.
    pub strategy: Strategy,
    /// The strategies of single skills.
    pub per_skill: BTreeMap<String, Strategy>,
    /// What the terms of `weighted` count.
    pub weights: Weights,
    /// When agents that fail are left alone.
    pub breaker: BreakerOptions,
    /// The time constant of what is remembered: latencies of `fastest`, recent work of `weighted`.
    pub memory: Duration,
    /// What a failed attempt counts beyond its run, for `fastest`: about what its task waits before the next attempt.
    pub failure_penalty: Duration,
}

impl Default for BalancerOptions {
    fn default() -> Self {
        Self {
            strategy: Strategy::LeastLoaded,
            per_skill: BTreeMap::new(),
            weights: Weights::default(),
            breaker: BreakerOptions::default(),
            memory: Duration::from_secs(10),
            failure_penalty: Duration::from_secs(1),
        }
    }
}

impl BalancerOptions {
    /// The strategy of a skill.
    #[must_use]
    pub fn strategy_of(&self, skill: &str) -> Strategy {
        self.per_skill.get(skill).copied().unwrap_or(self.strategy)
    }
}

/// What the terms of the strategy `weighted` count. Every term is between 0 and 1, so weights compare directly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// How much of a specialist the agent is for the skill.
    pub skill: f64,
    /// How few labels the agent has that the task does not ask for.
    pub labels: f64,
    /// The share of free slots.
    pub load: f64,
    /// The share of attempts that succeeded lately.
    pub success: f64,
    /// How short the 95th percentile of its attempts at the skill is.
    pub p95: f64,
    /// How cheap an attempt is.
    pub cost: f64,
    /// How little work it got lately.
    pub fairness: f64,
    /// How good it was at the skill by decisions that people judged.
    pub record: f64,
}

impl Default for Weights {
    /// Found with the simulation of `docs/load-balancing.md`, but for `record`, of which that knows nothing: half of what success counts.
    fn default() -> Self {
        Self { skill: 0.2, labels: 0.2, load: 1.0, success: 4.0, p95: 8.0, cost: 1.0, fairness: 0.2, record: 2.0 }
    }
}

impl Weights {
    /// The largest weight; a larger one would only make the others vanish.
    pub const LARGEST: f64 = 1_000.0;

    /// The names and weights, in the order of explanations.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, f64); 8] {
        [
            ("skill", self.skill),
            ("labels", self.labels),
            ("load", self.load),
            ("success", self.success),
            ("p95", self.p95),
            ("cost", self.cost),
            ("fairness", self.fairness),
            ("record", self.record),
        ]
    }

    /// These weights with one of them changed.
    ///
    /// # Errors
    /// If there is no such term, or the weight is not between 0 and [`LARGEST`](Self::LARGEST).
    pub fn with(mut self, term: &str, weight: f64) -> Result<Self, String> {
        let place = match term {
            "skill" => &mut self.skill,
            "labels" => &mut self.labels,
            "load" => &mut self.load,
            "success" => &mut self.success,
            "p95" => &mut self.p95,
            "cost" => &mut self.cost,
            "fairness" => &mut self.fairness,
            "record" => &mut self.record,
            _ => return Err(format!("{term:?} is no term: expected one of skill, labels, load, success, p95, cost, fairness, record")),
        };
        if !(0.0..=Self::LARGEST).contains(&weight) {
            return Err(format!("{term}={weight}: a weight is between 0 and {}", Self::LARGEST));
        }
        *place = weight;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_take_their_own_terms_and_sane_numbers_only() {
        let changed = Weights::default().with("load", 3.0).unwrap();
        assert_eq!(changed, Weights { load: 3.0, ..Weights::default() });
        for (term, weight) in [("speed", 1.0), ("load", -0.1), ("load", f64::NAN), ("load", f64::INFINITY), ("load", 1_000.1)] {
            assert!(Weights::default().with(term, weight).is_err(), "{term}={weight}");
        }
        for (term, _) in Weights::default().named() {
            assert!(Weights::default().with(term, 0.0).is_ok_and(|weights| weights.named().contains(&(term, 0.0))));
        }
    }
}
