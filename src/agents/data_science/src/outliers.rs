//! Which values lie far out: Tukey's fences about the quartiles, and robust distances from the median.

use serde::Serialize;

use crate::numbers::quantile;

/// How many interquartile ranges beyond the quartiles a value is far out (Tukey).
pub(crate) const RANGES: f64 = 1.5;
/// From which robust distance on a value is far out (Iglewicz and Hoaglin).
pub(crate) const DISTANCES: f64 = 3.5;
/// The median absolute deviation of a normal distribution, in standard deviations, inverted.
pub(crate) const NORMAL: f64 = 1.482_602_218_505_602;

/// Between which values a column lies, and how many lie outside.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Fence {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) count: u64,
}

impl Fence {
    fn of(sorted: &[f64], low: f64, high: f64) -> Self {
        let below = sorted.partition_point(|value| *value < low);
        let above = sorted.len() - sorted.partition_point(|value| *value <= high);
        Self { low, high, count: (below + above) as u64 }
    }
}

/// Both fences of a column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Outliers {
    pub(crate) iqr: Fence,
    /// None where more than half of the values are equal: every other one would be far out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mad: Option<Fence>,
}

impl Outliers {
    /// Of sorted finite numbers; none of fewer than four.
    pub(crate) fn of(sorted: &[f64]) -> Option<Self> {
        if sorted.len() < 4 {
            return None;
        }
        let (low, high) = (quantile(sorted, 0.25)?, quantile(sorted, 0.75)?);
        let reach = RANGES * (high - low);
        let iqr = Fence::of(sorted, low - reach, high + reach);
        let (middle, deviation) = median_deviation(sorted)?;
        let mad = (deviation > 0.0).then(|| {
            let reach = DISTANCES * NORMAL * deviation;
            Fence::of(sorted, middle - reach, middle + reach)
        });
        Some(Self { iqr, mad })
    }
}

/// The median of sorted finite numbers, and the median of the distances from it.
pub(crate) fn median_deviation(sorted: &[f64]) -> Option<(f64, f64)> {
    let middle = quantile(sorted, 0.5)?;
    // Distances fall towards the median and rise behind it: two sorted runs, merged as far as their middle.
    let split = sorted.partition_point(|value| *value < middle);
    let (mut left, mut right) = (split, split);
    let wanted = sorted.len() / 2;
    let (mut before, mut last) = (0.0, 0.0);
    for _ in 0..=wanted {
        let below = left.checked_sub(1).map(|place| middle - sorted[place]);
        let above = sorted.get(right).map(|value| value - middle);
        before = last;
        last = match (below, above) {
            (Some(below), Some(above)) if below <= above => {
                left -= 1;
                below
            }
            (_, Some(above)) => {
                right += 1;
                above
            }
            (Some(below), None) => {
                left -= 1;
                below
            }
            (None, None) => last,
        };
    }
    let deviation = if sorted.len().is_multiple_of(2) { before / 2.0 + last / 2.0 } else { last };
    Some((middle, deviation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_median_distance_is_the_median_of_the_distances(mut values in prop::collection::vec(-100i32..100, 1..60)) {
            values.sort_unstable();
            let sorted: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            let (middle, found) = median_deviation(&sorted).unwrap();
            let mut distances: Vec<f64> = sorted.iter().map(|value| (value - middle).abs()).collect();
            distances.sort_unstable_by(f64::total_cmp);
            prop_assert_eq!(found, quantile(&distances, 0.5).unwrap());
        }
    }

    #[test]
    fn both_fences_find_the_far_value_and_huge_ones_do_no_harm() {
        let outliers = Outliers::of(&[1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 90.0]).unwrap();
        assert_eq!((outliers.iqr.count, outliers.mad.unwrap().count), (1, 1));
        let outliers = Outliers::of(&[-1e308, -1.0, 0.0, 1.0, 1e308]).unwrap();
        assert_eq!(outliers.iqr.count, 2);
        assert_eq!(Outliers::of(&[5.0, 5.0, 5.0, 5.0, 6.0]).unwrap().mad, None);
    }
}
