//! What tests need to know of a sample: its moments and its ranks among others.

use crate::double_double::{Double, mean_and_squares};

/// A sample's size, mean and spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    pub(crate) count: f64,
    pub(crate) mean: f64,
    /// With one less than the count below; NaN of fewer than two values.
    pub(crate) variance: f64,
    pub(crate) exact_mean: Double,
    pub(crate) squares: Double,
}

impl Sample {
    /// Of finite numbers.
    pub(crate) fn of(values: &[f64]) -> Self {
        let (mean, squares) = mean_and_squares(values);
        let count = values.len() as f64;
        let variance = if count > 1.0 { squares.value() / (count - 1.0) } else { f64::NAN };
        Self { count, mean: mean.value(), variance, exact_mean: mean, squares }
    }

    /// The standard deviation.
    pub(crate) fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Whether all values are the same.
    pub(crate) fn is_constant(&self) -> bool {
        self.squares.value() <= 0.0
    }
}

/// The ranks of values, 1 for the smallest; equal ones share the mean of theirs. And the sizes of the groups of equal ones.
pub(crate) fn ranks(values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut ties = Vec::new();
    let mut before = 0;
    for run in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = before as f64 + (run.len() as f64 + 1.0) / 2.0;
        for place in run {
            ranks[*place] = rank;
        }
        before += run.len();
        if run.len() > 1 {
            ties.push(run.len() as f64);
        }
    }
    (ranks, ties)
}

/// The median of sorted numbers; NaN of none.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    crate::numbers::quantile(sorted, 0.5).unwrap_or(f64::NAN)
}

/// The numbers in ascending order.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}
