//! Whether coefficients are those of SciPy, and stay between -1 and 1.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

fn of(left: &[f64], right: &[f64]) -> (Option<f64>, Option<f64>) {
    let correlations = Correlations::of(&[("left", left), ("right", right)], |_| Ok(())).unwrap();
    (correlations.pearson[0][1], correlations.spearman[0][1])
}

#[test]
fn ties_take_their_average_rank() {
    // scipy.stats.spearmanr([1, 2, 2, 3, 5], [2, 1, 4, 4, 9]) and pearsonr of the same.
    let (pearson, spearman) = of(&[1.0, 2.0, 2.0, 3.0, 5.0], &[2.0, 1.0, 4.0, 4.0, 9.0]);
    assert!((pearson.unwrap() - 0.909_207_918_411_186).abs() < 1e-12);
    assert!((spearman.unwrap() - 0.763_157_894_736_842_1).abs() < 1e-12, "{spearman:?}");
}

#[test]
fn pairs_are_complete_and_ranked_among_themselves() {
    let nan = f64::NAN;
    let whole = of(&[1.0, 4.0, 9.0, 2.0], &[2.0, 3.0, 1.0, 7.0]);
    let gaps = of(&[1.0, nan, 4.0, 9.0, 5.0, 2.0], &[2.0, 100.0, 3.0, 1.0, nan, 7.0]);
    assert_eq!(whole, gaps);
}

#[test]
fn a_constant_side_has_no_coefficient() {
    assert_eq!(of(&[3.3, 3.3, 3.3], &[1.0, 2.0, 3.0]), (None, None));
    assert_eq!(of(&[1.0, f64::NAN], &[2.0, 3.0]), (None, None));
}

#[test]
fn huge_values_do_not_overflow() {
    let (pearson, spearman) = of(&[1e308, -1e308, 5e307], &[1.0, -1.0, 0.5]);
    assert!((pearson.unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(spearman, Some(1.0));
}

proptest! {
    #[test]
    fn coefficients_are_bounded_and_symmetric(
        pairs in proptest::collection::vec((proptest::option::of(any::<f64>()), proptest::option::of(-3i8..3)), 0..60),
    ) {
        let left: Vec<f64> = pairs.iter().map(|(left, _)| left.filter(|left| left.is_finite()).unwrap_or(f64::NAN)).collect();
        let right: Vec<f64> = pairs.iter().map(|(_, right)| right.map_or(f64::NAN, f64::from)).collect();
        let (pearson, spearman) = of(&left, &right);
        prop_assert_eq!((pearson, spearman), of(&right, &left));
        for value in [pearson, spearman].into_iter().flatten() {
            prop_assert!((-1.0..=1.0).contains(&value));
        }
    }
}
