//! Which directions the columns vary in most: principal components (Pearson, 1901; Hotelling, 1933).

use baton_agents_runtime::SkillError;

use super::Check;
use super::matrix::{Matrix, eigen};

/// Directions, most of the variance first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Components {
    pub(crate) means: Vec<f64>,
    /// One line each, of length one; its largest weight is positive.
    pub(crate) directions: Vec<Vec<f64>>,
    /// Of each direction, over the rows less one.
    pub(crate) variances: Vec<f64>,
    /// Of all columns together.
    pub(crate) total: f64,
}

/// All components there are: no more than columns, and than rows less one.
pub(crate) fn fit(matrix: &Matrix, check: Check<'_>) -> Result<Components, SkillError> {
    let (means, _) = matrix.moments();
    let degrees = matrix.rows.saturating_sub(1).max(1) as f64;
    let mut square = matrix.products(&means, check)?;
    square.iter_mut().for_each(|sum| *sum /= degrees);
    let total = (0..matrix.width).map(|place| square[place * matrix.width + place]).sum();
    let (mut variances, mut directions) = eigen(square, matrix.width, check)?;
    let count = matrix.width.min(matrix.rows.saturating_sub(1));
    variances.truncate(count);
    directions.truncate(count);
    for direction in &mut directions {
        let largest =
            direction.iter().copied().fold(0.0, |largest: f64, weight| if weight.abs() > largest.abs() { weight } else { largest });
        if largest < 0.0 {
            direction.iter_mut().for_each(|weight| *weight = -*weight);
        }
    }
    Ok(Components { means, directions, variances, total })
}

/// Where a row lies along a direction.
pub(crate) fn along(means: &[f64], direction: &[f64], row: &[f64]) -> f64 {
    row.iter().zip(means).zip(direction).map(|((value, mean), weight)| (value - mean) * weight).sum()
}
