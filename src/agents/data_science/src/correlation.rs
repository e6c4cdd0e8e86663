//! How strongly numeric columns go together: Pearson and Spearman over the rows where both have a value.

use baton_agents_runtime::SkillError;
use serde::Serialize;

use crate::numbers::{largest, scale_of};

/// Two symmetric matrices over the same columns. A pair without a coefficient (too few common rows, or one side
/// constant) is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Correlations {
    pub(crate) columns: Vec<String>,
    pub(crate) pearson: Vec<Vec<Option<f64>>>,
    pub(crate) spearman: Vec<Vec<Option<f64>>>,
}

impl Correlations {
    /// Of columns that are equally long; a missing value is NaN. `step` hears how much is done, 0 to 1, and may stop it.
    pub(crate) fn of(columns: &[(&str, &[f64])], step: impl Fn(f64) -> Result<(), SkillError>) -> Result<Self, SkillError> {
        let mut sides = Vec::with_capacity(columns.len());
        for (_, values) in columns {
            step(0.0)?;
            sides.push(Side::of(values));
        }
        let size = columns.len();
        let mut pearson = vec![vec![None; size]; size];
        let mut spearman = pearson.clone();
        for first in 0..size {
            step(first as f64 / size as f64)?;
            for second in first..size {
                let (left, right) = (&sides[first], &sides[second]);
                let linear = linear(left.scaled(), right.scaled());
                let ranked = if left.gaps == right.gaps {
                    linear_ranks(&left.ranks, &right.ranks)
                } else {
                    let (left_ranks, right_ranks) = (left.ranks_with(right), right.ranks_with(left));
                    linear_ranks(&left_ranks, &right_ranks)
                };
                (pearson[first][second], pearson[second][first]) = (linear, linear);
                (spearman[first][second], spearman[second][first]) = (ranked, ranked);
            }
        }
        Ok(Self { columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(), pearson, spearman })
    }
}

/// A column made ready for its pairs.
struct Side<'a> {
    values: &'a [f64],
    scale: f64,
    /// Rows with a value, in ascending order of value.
    order: Vec<u32>,
    /// The average rank of each row among the rows with a value; NaN without one. Ranks of eight million rows and
    /// their halves are exact in 24 bits; of more they are so to a part in ten million.
    ranks: Vec<f32>,
    /// Rows without a value.
    gaps: Vec<u32>,
}

impl<'a> Side<'a> {
    fn of(values: &'a [f64]) -> Self {
        let mut order = Vec::with_capacity(values.len());
        let mut gaps = Vec::new();
        for (row, value) in values.iter().enumerate() {
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            if value.is_nan() { gaps.push(row) } else { order.push(row) }
        }
        order.sort_unstable_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
        let mut side = Self { values, scale: scale_of(largest(values)), order, ranks: Vec::new(), gaps };
        side.ranks = side.ranks_among(|_| true);
        side
    }

    fn scaled(&self) -> impl Iterator<Item = f64> + Clone + '_ {
        self.values.iter().map(|value| value * self.scale)
    }

    /// The ranks among the rows where the other column has a value too.
    fn ranks_with(&self, other: &Self) -> Vec<f32> {
        self.ranks_among(|row| !other.values[row].is_nan())
    }

    fn ranks_among(&self, admit: impl Fn(usize) -> bool) -> Vec<f32> {
        let mut ranks = vec![f32::NAN; self.values.len()];
        let mut tied: Vec<u32> = Vec::new();
        let mut ranked = 0usize;
        let mut close = |tied: &mut Vec<u32>, ranked: &mut usize| {
            // Ties share the mean of the ranks they take together.
            let rank = *ranked as f64 + (tied.len() as f64 + 1.0) / 2.0;
            *ranked += tied.len();
            for row in tied.drain(..) {
                ranks[row as usize] = rank as f32;
            }
        };
        let mut last = f64::NAN;
        for row in self.order.iter().copied().filter(|row| admit(*row as usize)) {
            let value = self.values[row as usize];
            if value != last {
                close(&mut tied, &mut ranked);
                last = value;
            }
            tied.push(row);
        }
        close(&mut tied, &mut ranked);
        ranks
    }
}

fn linear_ranks(left: &[f32], right: &[f32]) -> Option<f64> {
    linear(left.iter().map(|rank| f64::from(*rank)), right.iter().map(|rank| f64::from(*rank)))
}

/// Pearson's coefficient over the pairs without NaN: means first, then products of what is left of each.
fn linear(left: impl Iterator<Item = f64> + Clone, right: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let pairs = left.zip(right).filter(|(left, right)| !left.is_nan() && !right.is_nan());
    let (mut count, mut left_sum, mut right_sum) = (0u64, 0.0, 0.0);
    for (left, right) in pairs.clone() {
        count += 1;
        left_sum += left;
        right_sum += right;
    }
    if count < 2 {
        return None;
    }
    let (left_mean, right_mean) = (left_sum / count as f64, right_sum / count as f64);
    let (mut product, mut left_square, mut right_square) = (0.0, 0.0, 0.0);
    let (mut left_span, mut right_span) = (0.0f64, 0.0f64);
    for (left, right) in pairs {
        let (x, y) = (left - left_mean, right - right_mean);
        product += x * y;
        left_square += x * x;
        right_square += y * y;
        left_span = left_span.max(x.abs());
        right_span = right_span.max(y.abs());
    }
    // What rounding leaves of a constant column is no spread.
    if left_span <= left_mean.abs() * 1e-15 || right_span <= right_mean.abs() * 1e-15 {
        return None;
    }
    let coefficient = product / (left_square * right_square).sqrt();
    coefficient.is_finite().then(|| coefficient.clamp(-1.0, 1.0))
}

#[cfg(test)]
#[path = "correlation_tests.rs"]
mod tests;
