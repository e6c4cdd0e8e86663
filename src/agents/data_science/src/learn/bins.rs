//! How values become few ordered codes, between which trees divide: what makes a forest of many rows grow in seconds.

use baton_agents_runtime::SkillError;

use super::Check;
use super::matrix::Matrix;

/// The most codes of a column. With no more different values than that, every division is one that exact search would see.
const CODES: usize = 255;

/// The codes of all cells, column by column.
pub(super) struct Binned {
    pub(super) rows: usize,
    /// For each column the values that divide it, in rising order: a value up to the first has code 0.
    pub(super) dividers: Vec<Vec<f64>>,
    codes: Vec<u8>,
}

impl Binned {
    pub(super) fn of(matrix: &Matrix, check: Check<'_>) -> Result<Self, SkillError> {
        let mut dividers = Vec::with_capacity(matrix.width);
        let mut codes = Vec::with_capacity(matrix.rows * matrix.width);
        for column in 0..matrix.width {
            check()?;
            let values = matrix.column(column);
            let cuts = cuts(values.clone());
            codes.extend(values.iter().map(|value| cuts.partition_point(|cut| cut < value) as u8));
            dividers.push(cuts);
        }
        Ok(Self { rows: matrix.rows, dividers, codes })
    }

    pub(super) fn column(&self, column: usize) -> &[u8] {
        &self.codes[column * self.rows..(column + 1) * self.rows]
    }
}

/// Values that divide the column into parts of about as many rows.
fn cuts(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let rows = values.len();
    let mut different: Vec<(f64, usize)> = Vec::new();
    for value in values {
        match different.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => different.push((value, 1)),
        }
    }
    let mut cuts = Vec::new();
    if different.len() <= CODES {
        cuts.extend(different.windows(2).map(|pair| between(pair[0].0, pair[1].0)));
        return cuts;
    }
    let mut seen = 0;
    for pair in different.windows(2) {
        seen += pair[0].1;
        if seen * CODES >= rows * (cuts.len() + 1) && cuts.len() + 1 < CODES {
            cuts.push(between(pair[0].0, pair[1].0));
        }
    }
    cuts
}

/// A number near the middle of two, with as few digits as lie between them: it is written into the model as often as trees divide there.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    for digits in 0..17 {
        if let Ok(rounded) = format!("{middle:.digits$e}").parse::<f64>()
            && low <= rounded
            && rounded < high
            // Not at an edge, where a value that is written otherwise would fall on the wrong side.
            && (rounded - low).min(high - rounded) >= 0.25 * (high - low)
        {
            return rounded;
        }
    }
    if middle < high { middle.max(low) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn codes_keep_the_order_and_few_values_keep_their_own(values in prop::collection::vec(-1e3..1e3f64, 1..900), coarse in any::<bool>()) {
            let values: Vec<f64> = values.into_iter().map(|value| if coarse { (value / 50.0).round() } else { value }).collect();
            let matrix = Matrix { rows: values.len(), width: 1, cells: values.clone() };
            let binned = Binned::of(&matrix, &|| Ok(())).unwrap();
            let codes = binned.column(0);
            for (a, first) in values.iter().zip(codes) {
                for (b, second) in values.iter().zip(codes) {
                    let in_order = if a <= b { first <= second } else { first >= second };
                    prop_assert!(in_order);
                    if coarse { prop_assert_eq!(a == b, first == second); }
                }
            }
            prop_assert!(binned.dividers[0].len() < CODES);
        }

        #[test]
        fn what_divides_lies_between(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(a.is_finite() && b.is_finite() && a != b);
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            let divider = between(low, high);
            prop_assert!(low <= divider && divider < high, "{} {} {}", low, divider, high);
        }
    }
}
