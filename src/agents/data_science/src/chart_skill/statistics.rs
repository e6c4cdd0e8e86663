//! What stands for many values: their mean, their quartiles, their bins?

use super::Aggregate;

/// Values of rows that share a place.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    pub(super) count: u64,
    sum: f64,
    /// What the sum lost to rounding (Neumaier).
    lost: f64,
    min: f64,
    max: f64,
    /// Kept for medians and boxes only.
    pub(super) values: Vec<f64>,
}

impl Cell {
    /// Adds a value, and keeps it if asked to.
    pub(super) fn add(&mut self, value: f64, keep: bool) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        self.sum = sum;
        (self.min, self.max) = if self.count == 0 { (value, value) } else { (self.min.min(value), self.max.max(value)) };
        self.count += 1;
        if keep {
            self.values.push(value);
        }
    }

    /// What stands for the values; nothing for none.
    pub(super) fn value(&self, aggregate: Aggregate) -> Option<f64> {
        let sum = self.sum + self.lost;
        let value = match aggregate {
            Aggregate::Count => return Some(self.count as f64),
            _ if self.count == 0 => return None,
            Aggregate::Sum => sum,
            Aggregate::Mean => sum / self.count as f64,
            Aggregate::Min => self.min,
            Aggregate::Max => self.max,
            Aggregate::Median => {
                let mut sorted = self.values.clone();
                sorted.sort_by(f64::total_cmp);
                quantile(&sorted, 0.5)
            }
        };
        value.is_finite().then_some(value)
    }

    /// Puts another cell's values into this one.
    pub(super) fn merge(&mut self, other: &Self) {
        (self.min, self.max) = match (self.count, other.count) {
            (_, 0) => (self.min, self.max),
            (0, _) => (other.min, other.max),
            _ => (self.min.min(other.min), self.max.max(other.max)),
        };
        self.count += other.count;
        self.sum += other.sum;
        self.lost += other.lost;
        self.values.extend_from_slice(&other.values);
    }
}

/// The quantile of sorted values, linear between the nearest two (type 7, NumPy's default).
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let next = sorted[(low + 1).min(last)];
    sorted[low] + (next - sorted[low]) * part
}

/// A box: the ends of the whiskers, within one and a half times the box's height, and the quartiles; and how many values lie beyond.
pub(super) fn tukey(values: &mut [f64]) -> Option<([f64; 5], usize)> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let [first, median, third] = [0.25, 0.5, 0.75].map(|share| quantile(values, share));
    let reach = 1.5 * (third - first);
    let within: Vec<f64> = values.iter().copied().filter(|value| *value >= first - reach && *value <= third + reach).collect();
    // A quartile lies between values: the nearest one within reach may be on its other side, and then there is no whisker.
    let (least, most) = (within.first().map_or(first, |value| value.min(first)), within.last().map_or(third, |value| value.max(third)));
    Some(([least, first, median, third, most], values.len() - within.len()))
}

/// Edges of bins of equal width over sorted values; by Freedman and Diaconis' rule when no count is asked for.
pub(super) fn edges(sorted: &[f64], wanted: Option<usize>) -> Vec<f64> {
    let (Some(low), Some(high)) = (sorted.first().copied(), sorted.last().copied()) else { return Vec::new() };
    if high <= low {
        return vec![low - 0.5, low + 0.5];
    }
    let bins = wanted.unwrap_or_else(|| {
        let spread = quantile(sorted, 0.75) - quantile(sorted, 0.25);
        let width = 2.0 * spread / (sorted.len() as f64).cbrt();
        let bins = if width > 0.0 { ((high - low) / width).ceil() } else { (sorted.len() as f64).log2().ceil() + 1.0 };
        bins.clamp(1.0, 60.0) as usize
    });
    (0..=bins).map(|place| if place == bins { high } else { low + (high - low) * (place as f64 / bins as f64) }).collect()
}

/// How many sorted values lie between each two edges; the last bin has its upper edge.
pub(super) fn counts(sorted: &[f64], edges: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len().saturating_sub(1)];
    let mut bin = 0;
    for value in sorted {
        while bin + 1 < counts.len() && *value >= edges[bin + 1] {
            bin += 1;
        }
        if let Some(count) = counts.get_mut(bin) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_are_numpys() {
        // numpy.quantile([1, 2, 4, 8], [0.25, 0.5, 0.75])
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.25, 0.5, 0.75].map(|share| quantile(&values, share)), [1.75, 3.0, 5.0]);
    }

    #[test]
    fn sums_lose_nothing_to_rounding() {
        let mut cell = Cell::default();
        for value in [1e16, 1.0, 1.0, -1e16] {
            cell.add(value, false);
        }
        assert_eq!(cell.value(Aggregate::Sum), Some(2.0));
    }

    proptest! {
        #[test]
        fn every_value_falls_into_one_bin(mut values in prop::collection::vec(-1e6f64..1e6, 1..200), bins in prop::option::of(1usize..50)) {
            values.sort_by(f64::total_cmp);
            let edges = edges(&values, bins);
            prop_assert_eq!(counts(&values, &edges).iter().sum::<u64>(), values.len() as u64);
            prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1] || values.first() == values.last()));
        }

        #[test]
        fn a_box_is_in_order(mut values in prop::collection::vec(-1e3f64..1e3, 1..50)) {
            let (five, beyond) = tukey(&mut values).unwrap();
            prop_assert!(five.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9) && beyond < values.len());
        }
    }
}
