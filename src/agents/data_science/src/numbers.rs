//! What is said of a list of numbers: moments, quantiles and a histogram, whatever their size.

use serde::Serialize;

use crate::double_double::Double;

/// A power of two that brings the largest magnitude near 1, so that squares of huge and of tiny numbers stay
/// numbers. Scaling by a power of two loses no digit.
pub(crate) fn scale_of(largest: f64) -> f64 {
    if largest == 0.0 || !largest.is_finite() {
        return 1.0;
    }
    // Beyond 2^1000 the factor itself would be infinite or zero; what is left is harmless.
    2f64.powi((-largest.log2().floor()).clamp(-1000.0, 1000.0) as i32)
}

/// The largest magnitude among the numbers.
pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().filter(|value| value.is_finite()).fold(0.0, |most, value| value.abs().max(most))
}

/// Mean, sample standard deviation, skewness and excess kurtosis; what does not exist or has no finite value is absent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Moments {
    pub(crate) mean: Option<f64>,
    pub(crate) sd: Option<f64>,
    /// The third standardized moment (of the population, as SciPy's default is).
    pub(crate) skewness: Option<f64>,
    /// The fourth one less 3, which is that of a normal distribution.
    pub(crate) kurtosis: Option<f64>,
}

impl Moments {
    /// Of finite numbers, in two passes: the mean in twice the precision, then the powers of what is left.
    pub(crate) fn of(values: &[f64]) -> Self {
        let scale = scale_of(largest(values));
        let count = values.len() as f64;
        if values.is_empty() {
            return Self::default();
        }
        let mean = values.iter().map(|value| Double::from(value * scale)).sum::<Double>() / Double::from(count);
        let (mut second, mut third, mut fourth) = (Double::ZERO, Double::ZERO, 0.0);
        for value in values {
            let delta = (Double::from(value * scale) - mean).value();
            let square = delta * delta;
            second += Double::from(square);
            third += Double::from(square * delta);
            fourth += square * square;
        }
        let (second, third) = (second.value(), third.value());
        let finite = |value: f64| value.is_finite().then_some(value);
        let variance = (count > 1.0).then(|| second / (count - 1.0));
        let skewness = (count > 2.0 && second > 0.0).then(|| count.sqrt() * third / second.powf(1.5));
        let kurtosis = (count > 3.0 && second > 0.0).then(|| count * fourth / (second * second) - 3.0);
        Self {
            mean: finite(mean.value() / scale),
            sd: variance.map(|variance| variance.sqrt() / scale).and_then(finite),
            skewness: skewness.and_then(finite),
            kurtosis: kurtosis.and_then(finite),
        }
    }
}

/// How strongly values go with those so many places before (the estimate of time series: over the mean and the squares of all). None
/// where there are too few, or all are equal.
pub(crate) fn autocorrelation(values: &[f64], lag: usize) -> Option<f64> {
    let scale = scale_of(largest(values));
    let count = values.len();
    if lag == 0 || count <= lag {
        return None;
    }
    let mean = values.iter().map(|value| Double::from(value * scale)).sum::<Double>() / Double::from(count as f64);
    let left: Vec<f64> = values.iter().map(|value| (Double::from(value * scale) - mean).value()).collect();
    let whole: Double = left.iter().map(|delta| Double::from(delta * delta)).sum();
    let shared: Double = left[lag..].iter().zip(&left).map(|(late, early)| Double::from(late * early)).sum();
    let coefficient = shared.value() / whole.value();
    coefficient.is_finite().then_some(coefficient)
}

/// A quantile of sorted finite numbers, linear between the two nearest ones (type 7 of Hyndman and Fan, the default
/// of NumPy and R). None of an empty list.
pub(crate) fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = last as f64 * fraction.clamp(0.0, 1.0);
    let below = place.floor() as usize;
    let (low, high) = (sorted[below.min(last)], sorted[(below + 1).min(last)]);
    let part = place - below as f64;
    // Of two huge numbers of different sign the difference may be infinite; the weighted sum never is.
    let span = high - low;
    let value = if span.is_finite() { low + span * part } else { low * (1.0 - part) + high * part };
    Some(value.clamp(low, high))
}

/// The five quantiles that a profile names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) p05: f64,
    pub(crate) p25: f64,
    pub(crate) p50: f64,
    pub(crate) p75: f64,
    pub(crate) p95: f64,
}

impl Quantiles {
    /// Of sorted finite numbers.
    pub(crate) fn of(sorted: &[f64]) -> Option<Self> {
        Some(Self {
            p05: quantile(sorted, 0.05)?,
            p25: quantile(sorted, 0.25)?,
            p50: quantile(sorted, 0.5)?,
            p75: quantile(sorted, 0.75)?,
            p95: quantile(sorted, 0.95)?,
        })
    }
}

/// How many numbers lie in each of several equally wide bins. A bin has its lower edge and not its upper one; the
/// last has both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Histogram {
    /// One more than there are bins.
    pub(crate) edges: Vec<f64>,
    /// How many lie in each bin.
    pub(crate) counts: Vec<u64>,
}

/// The fewest and the most bins.
const BINS: std::ops::RangeInclusive<usize> = 5..=50;

impl Histogram {
    /// Of sorted finite numbers, with bins as wide as Freedman and Diaconis say, 5 to 50 of them. None when all
    /// numbers are equal.
    pub(crate) fn of(sorted: &[f64]) -> Option<Self> {
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        if low >= high {
            return None;
        }
        // Halves, because the difference of two huge numbers may be infinite.
        let range = high / 2.0 - low / 2.0;
        let middle = quantile(sorted, 0.75)? / 2.0 - quantile(sorted, 0.25)? / 2.0;
        let count = sorted.len() as f64;
        let width = 2.0 * middle / count.cbrt();
        // Without a spread in the middle half Sturges' formula has to do.
        let wanted = if width > 0.0 { (range / width).ceil() } else { count.log2().ceil() + 1.0 };
        let bins = (wanted.clamp(*BINS.start() as f64, *BINS.end() as f64)) as usize;
        let edges: Vec<f64> = (0..=bins)
            .map(|edge| match edge {
                0 => low,
                edge if edge == bins => high,
                edge => {
                    let part = edge as f64 / bins as f64;
                    low * (1.0 - part) + high * part
                }
            })
            .collect();
        let mut counts = Vec::with_capacity(bins);
        let mut begin = 0;
        for upper in &edges[1..bins] {
            let end = begin + sorted[begin..].partition_point(|value| value < upper);
            counts.push((end - begin) as u64);
            begin = end;
        }
        counts.push((sorted.len() - begin) as u64);
        Some(Self { edges, counts })
    }
}

/// A number as people write it: no fraction where there is none, else six significant digits.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..15.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (5.0 - magnitude).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
#[path = "numbers_tests.rs"]
mod tests;
