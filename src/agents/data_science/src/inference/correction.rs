//! How probabilities are corrected when several hypotheses are tested at once.

use serde::Deserialize;

/// A correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Correction {
    /// None.
    None,
    /// Each times their number.
    Bonferroni,
    /// Step by step from the smallest; never weaker than Bonferroni's.
    #[default]
    Holm,
    /// The rate of false discoveries.
    BenjaminiHochberg,
}

impl Correction {
    /// The corrected probabilities, in the given order. What is no number stays so and does not count.
    pub(crate) fn of(self, probabilities: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..probabilities.len()).filter(|place| !probabilities[*place].is_nan()).collect();
        order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
        let count = order.len() as f64;
        let mut corrected = probabilities.to_vec();
        match self {
            Self::None => {}
            Self::Bonferroni => corrected.iter_mut().for_each(|p| *p = (*p * count).min(1.0)),
            Self::Holm => {
                let mut highest = 0.0f64;
                for (rank, place) in order.iter().enumerate() {
                    highest = highest.max((probabilities[*place] * (count - rank as f64)).min(1.0));
                    corrected[*place] = highest;
                }
            }
            Self::BenjaminiHochberg => {
                let mut lowest = 1.0f64;
                for (rank, place) in order.iter().enumerate().rev() {
                    lowest = lowest.min(probabilities[*place] * count / (rank as f64 + 1.0));
                    // Rounding may bring it a digit below.
                    corrected[*place] = lowest.max(probabilities[*place]);
                }
            }
        }
        corrected
    }

    /// As sentences name it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::None => "no correction",
            Self::Bonferroni => "Bonferroni's correction",
            Self::Holm => "Holm's correction",
            Self::BenjaminiHochberg => "Benjamini and Hochberg's correction",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn corrections_keep_the_order_and_only_raise(p in prop::collection::vec(0.0..=1.0f64, 1..40)) {
            for correction in [Correction::Bonferroni, Correction::Holm, Correction::BenjaminiHochberg] {
                let corrected = correction.of(&p);
                for (raw, corrected) in p.iter().zip(&corrected) {
                    prop_assert!(*corrected >= *raw && *corrected <= 1.0);
                }
                for first in 0..p.len() {
                    for second in 0..p.len() {
                        prop_assert!(p[first] > p[second] || corrected[first] <= corrected[second]);
                    }
                }
            }
            let (bonferroni, holm) = (Correction::Bonferroni.of(&p), Correction::Holm.of(&p));
            prop_assert!(holm.iter().zip(&bonferroni).all(|(holm, bonferroni)| holm <= bonferroni));
        }
    }
}
