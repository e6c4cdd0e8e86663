//! Whether any of several groups differs: analysis of variance, Welch's form of it, Brown and Forsythe's test of equal spread, and
//! Tukey's comparison of all pairs.

use super::sample::{Sample, median, sorted};
use crate::distribution::{f_above, studentized_range_above, studentized_range_upper_quantile};
use crate::double_double::Double;

/// An analysis of variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Analysis {
    pub(crate) f: f64,
    pub(crate) between_degrees: f64,
    pub(crate) within_degrees: f64,
    pub(crate) p: f64,
    pub(crate) between_squares: f64,
    pub(crate) within_squares: f64,
    /// The share of the variance that the groups explain, in the sample and, without its bias, beyond it.
    pub(crate) eta_squared: f64,
    pub(crate) omega_squared: f64,
}

/// One-way analysis of variance. Sums are kept in twice the precision: groups whose means differ in the twelfth digit still do.
pub(crate) fn one_way(samples: &[Sample]) -> Analysis {
    let count: f64 = samples.iter().map(|sample| sample.count).sum();
    let total: Double = samples.iter().map(|sample| sample.exact_mean * Double::from(sample.count)).sum();
    let grand = total / Double::from(count);
    let between: Double = samples.iter().map(|sample| (sample.exact_mean - grand).squared() * Double::from(sample.count)).sum();
    let within: Double = samples.iter().map(|sample| sample.squares).sum();
    let (between, within) = (between.value(), within.value());
    let (between_degrees, within_degrees) = (samples.len() as f64 - 1.0, count - samples.len() as f64);
    let within_mean = within / within_degrees;
    let f = between / between_degrees / within_mean;
    Analysis {
        f,
        between_degrees,
        within_degrees,
        p: f_above(f, between_degrees, within_degrees),
        between_squares: between,
        within_squares: within,
        eta_squared: between / (between + within),
        omega_squared: (between - between_degrees * within_mean) / (between + within + within_mean),
    }
}

/// Welch's analysis, which does not take the groups to be equally spread: F, its two degrees of freedom, p.
pub(crate) fn welch(samples: &[Sample]) -> (f64, f64, f64, f64) {
    let groups = samples.len() as f64;
    let weight = |sample: &Sample| sample.count / sample.variance;
    let weights: f64 = samples.iter().map(weight).sum();
    // About the first mean, so that a large common part does no harm.
    let base = samples[0].exact_mean;
    let offset = |sample: &Sample| (sample.exact_mean - base).value();
    let mean = samples.iter().map(|sample| weight(sample) * offset(sample)).sum::<f64>() / weights;
    let between = samples.iter().map(|sample| weight(sample) * (offset(sample) - mean).powi(2)).sum::<f64>() / (groups - 1.0);
    let lack: f64 = samples.iter().map(|sample| (1.0 - weight(sample) / weights).powi(2) / (sample.count - 1.0)).sum();
    let f = between / (1.0 + 2.0 * (groups - 2.0) / (groups * groups - 1.0) * lack);
    let degrees = (groups * groups - 1.0) / (3.0 * lack);
    (f, groups - 1.0, degrees, f_above(f, groups - 1.0, degrees))
}

/// Brown and Forsythe's form of Levene's test: an analysis of the distances from each group's median.
pub(crate) fn equal_spread(groups: &[Vec<f64>]) -> Analysis {
    let distances: Vec<Sample> = groups
        .iter()
        .map(|values| {
            let middle = median(&sorted(values));
            Sample::of(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<f64>>())
        })
        .collect();
    one_way(&distances)
}

/// A pair of groups by Tukey and Kramer: difference, its simultaneous interval, and p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) difference: f64,
    pub(crate) statistic: f64,
    pub(crate) p: f64,
    pub(crate) interval: (f64, f64),
}

/// All pairs of groups.
///
/// # Errors
/// What `step` answers, which is called for each pair.
pub(crate) fn tukey<E>(samples: &[Sample], confidence: f64, step: impl Fn() -> Result<(), E>) -> Result<Vec<Pair>, E> {
    let analysis = one_way(samples);
    let variance = analysis.within_squares / analysis.within_degrees;
    let reach = studentized_range_upper_quantile(1.0 - confidence, samples.len(), analysis.within_degrees);
    let mut pairs = Vec::new();
    for first in 0..samples.len() {
        for second in first + 1..samples.len() {
            step()?;
            let (left, right) = (&samples[first], &samples[second]);
            let difference = (left.exact_mean - right.exact_mean).value();
            let error = (variance / 2.0 * (1.0 / left.count + 1.0 / right.count)).sqrt();
            let statistic = difference.abs() / error;
            pairs.push(Pair {
                first,
                second,
                difference,
                statistic,
                p: studentized_range_above(statistic, samples.len(), analysis.within_degrees),
                interval: (difference - reach * error, difference + reach * error),
            });
        }
    }
    Ok(pairs)
}

#[cfg(test)]
#[path = "variance_tests.rs"]
mod tests;
