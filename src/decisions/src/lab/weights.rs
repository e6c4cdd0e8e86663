//! How much should a voter count, and whom should one ask?

use baton_voting::Weight;
use serde::{Deserialize, Serialize};

use super::{Prior, Record};

/// Accuracies are believed from here to one less that.
const LEAST_ACCURACY: f64 = 0.01;
/// The least weight, of the mean: who is no better than chance still votes, and changes next to nothing.
const LEAST_SHARE: f64 = 0.01;

/// Weights in millionths from accuracies, 1 on average. The log-odds of being right are the best weights of independent voters (Nitzan and Paroush, 1982;
/// Shapley and Grofman, 1984); with more than two options and errors that fall on each alike, chance is right less often, and the odds are times the
/// number of wrong ones. Who is not known has the mean of those who are. Nobody gets half of all or more; two voters count alike.
#[must_use]
pub fn log_odds_weights(accuracies: &[Option<f64>], options: usize) -> Vec<u64> {
    let alike = || vec![Weight::ONE.millionths(); accuracies.len()];
    let known: Vec<f64> = accuracies.iter().flatten().copied().filter(|accuracy| (0.0..=1.0).contains(accuracy)).collect();
    if accuracies.len() < 3 || known.is_empty() {
        return alike();
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let wrong = options.max(2) as f64 - 1.0;
    let odds = |accuracy: &Option<f64>| {
        let believed = accuracy.filter(|accuracy| (0.0..=1.0).contains(accuracy)).unwrap_or(mean);
        let believed = believed.clamp(LEAST_ACCURACY, 1.0 - LEAST_ACCURACY);
        (wrong * believed / (1.0 - believed)).ln().max(0.0)
    };
    let mut weights: Vec<f64> = accuracies.iter().map(odds).collect();
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return alike();
    }
    let average = sum / weights.len() as f64;
    weights.iter_mut().for_each(|weight| *weight = (*weight / average).max(LEAST_SHARE));
    let mut parts: Vec<u64> = weights.iter().map(|weight| (weight * 1_000_000.0).round() as u64).collect();
    let total: u64 = parts.iter().sum();
    // At most one has half of all.
    if let Some(most) = parts.iter_mut().max() {
        let others = total - *most;
        *most = (*most).min(others - 1);
    }
    parts
}

/// Whether it is worth asking somebody.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Routing {
    /// How often it is right at least, most likely: its believed accuracy less one standard deviation.
    pub quality: f64,
    /// What an answer costs, in the currency of the installation's prices.
    pub cost: f64,
    /// Both in one number, the more the better.
    pub score: f64,
}

/// Quality against cost. `usual_cost` is what an answer costs among those who could be asked; `thrift` says how much cost matters: with 1, twice the
/// usual cost must be made good by half as much quality again; with 0 only quality counts.
#[must_use]
pub fn routing(record: &Record, prior: Prior, usual_cost: f64, thrift: f64) -> Routing {
    let right = record.right as f64 + prior.mean * prior.strength;
    let wrong = record.answers.saturating_sub(record.right) as f64 + (1.0 - prior.mean) * prior.strength;
    let all = right + wrong;
    let quality = if all > 0.0 { (right / all - (right * wrong / (all * all * (all + 1.0))).sqrt()).max(0.0) } else { 0.0 };
    let cost = if record.answers == 0 { usual_cost } else { record.spent.cost() / record.answers as f64 };
    let dear = if usual_cost > 0.0 { cost / usual_cost } else { 1.0 };
    Routing { quality, cost, score: quality / (1.0 + thrift.max(0.0) * dear) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::Spent;

    proptest! {
        #[test]
        fn nobody_decides_alone_and_the_better_never_count_less(
            accuracies in prop::collection::vec(prop::option::weighted(0.9, 0.0_f64..=1.0), 3..12), options in 2_usize..6,
        ) {
            let weights = log_odds_weights(&accuracies, options);
            let total: u64 = weights.iter().sum();
            for weight in &weights {
                prop_assert!(*weight > 0 && weight * 2 < total, "{weights:?}");
            }
            for (one, first) in accuracies.iter().zip(&weights) {
                for (other, second) in accuracies.iter().zip(&weights) {
                    if let (Some(one), Some(other)) = (one, other) && one > other {
                        prop_assert!(first + 1 >= *second, "{accuracies:?} {weights:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn weights_are_log_odds() {
        // ln(0.9/0.1) = 2.197, ln(0.6/0.4) = 0.405; mean over four 0.853.
        let weights = log_odds_weights(&[Some(0.9), Some(0.6), Some(0.6), Some(0.6)], 2);
        // The first would have 2.5747 of 4: it is held below the others' sum.
        assert_eq!(weights, [1_425_344, 475_115, 475_115, 475_115]);
        let weights = log_odds_weights(&[Some(0.8), Some(0.7), Some(0.7), Some(0.7), None], 2);
        let ratio = weights[0] as f64 / weights[1] as f64;
        assert!((ratio - 4.0_f64.ln() / (7.0_f64 / 3.0).ln()).abs() < 1e-5, "{weights:?}");
        assert!(weights[4] > weights[1] && weights[4] < weights[0], "who is not known has the mean");
        assert_eq!(log_odds_weights(&[Some(0.9), Some(0.1)], 2), [1_000_000, 1_000_000]);
        assert_eq!(log_odds_weights(&[None, None, None], 2), [1_000_000; 3]);
        assert_eq!(log_odds_weights(&[Some(0.5), Some(0.4), Some(0.2)], 2), [1_000_000; 3], "all no better than chance");
        let of_four = log_odds_weights(&[Some(0.4), Some(0.6), Some(0.5)], 4);
        assert!(of_four[0] > 300_000, "0.4 is good where chance is right one time in four: {of_four:?}");
    }

    #[test]
    fn the_better_the_surer_and_the_cheaper_come_first() {
        let record = |answers, right, cost| Record { answers, right, spent: Spent { tokens: 0, cost_millionths: cost }, bins: vec![] };
        let score = |record: &Record, thrift| routing(record, Prior::default(), 0.01, thrift).score;
        assert!(score(&record(100, 90, 1_000_000), 0.0) > score(&record(100, 80, 1_000_000), 0.0));
        assert!(score(&record(1_000, 800, 0), 0.0) > score(&record(10, 8, 0), 0.0), "few answers say less");
        let (dear, cheap) = (record(100, 90, 10_000_000), record(100, 85, 100_000));
        assert!(score(&dear, 0.0) > score(&cheap, 0.0) && score(&dear, 1.0) < score(&cheap, 1.0));
        let nothing = routing(&Record::default(), Prior { mean: 0.5, strength: 0.0 }, 0.0, 1.0);
        assert_eq!((nothing.quality, nothing.cost), (0.0, 0.0));
    }
}
