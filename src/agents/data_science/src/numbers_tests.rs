//! Whether numbers are described as NumPy describes them, huge, tiny and odd ones included.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

#[test]
fn quantiles_are_those_of_numpy() {
    // numpy.quantile([15, 20, 35, 40, 50], [0.05, 0.25, 0.4, 0.95])
    let values = [15.0, 20.0, 35.0, 40.0, 50.0];
    let of = |fraction| quantile(&values, fraction).unwrap();
    assert_eq!([of(0.05), of(0.25), of(0.4), of(0.95)], [16.0, 20.0, 29.0, 48.0]);
    assert_eq!(quantile(&[], 0.5), None);
    assert_eq!(quantile(&[7.0], 0.95), Some(7.0));
}

#[test]
fn a_large_mean_does_not_drown_the_spread() {
    // NIST StRD NumAcc4: mean 10000000.2, standard deviation 0.1.
    let values: Vec<f64> =
        std::iter::once(10_000_000.2).chain((0..1_000).map(|i| if i % 2 == 0 { 10_000_000.1 } else { 10_000_000.3 })).collect();
    let moments = Moments::of(&values);
    assert!((moments.mean.unwrap() - 10_000_000.2).abs() < 1e-8);
    assert!((moments.sd.unwrap() - 0.1).abs() < 1e-9, "{:?}", moments.sd);
}

#[test]
fn huge_and_tiny_numbers_stay_numbers() {
    let huge = Moments::of(&[1e308, 1e308, -1e308, 1.5e308]);
    assert!(huge.mean.unwrap().is_finite() && huge.sd.unwrap() > 1e308);
    let tiny = Moments::of(&[1e-300, 3e-300]);
    assert!((tiny.sd.unwrap() / 1.414_213_562_373_095e-300 - 1.0).abs() < 1e-12);
    // The spread is beyond what a number holds: it is absent, not infinite.
    assert_eq!(Moments::of(&[f64::MAX, f64::MIN]).sd, None);
    let histogram = Histogram::of(&[f64::MIN, 0.0, f64::MAX]).unwrap();
    assert!(histogram.edges.iter().all(|edge| edge.is_finite()));
    assert_eq!(histogram.counts.iter().sum::<u64>(), 3);
    assert_eq!(quantile(&[f64::MIN, f64::MAX], 0.5), Some(0.0));
}

#[test]
fn short_numbers_read_as_people_write_them() {
    for (value, text) in [
        (0.0, "0"),
        (12.0, "12"),
        (39.123_456_789, "39.1235"),
        (-0.5, "-0.5"),
        (1e300, "1.000e300"),
        (1_234_567.0, "1234567"),
        (100.0, "100"),
    ] {
        assert_eq!(short(value), text);
    }
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |value| value.is_finite())
}

proptest! {
    #[test]
    fn quantiles_lie_between_their_neighbours_and_rise(values in proptest::collection::vec(finite(), 1..60), a in 0.0f64..=1.0, b in 0.0f64..=1.0) {
        let values = sorted(values);
        let (low, high) = (a.min(b), a.max(b));
        let (first, second) = (quantile(&values, low).unwrap(), quantile(&values, high).unwrap());
        prop_assert!(first <= second || (first - second).abs() <= 1e-9 * first.abs());
        prop_assert!(first >= values[0] && second <= values[values.len() - 1]);
        prop_assert_eq!(quantile(&values, 0.0).unwrap(), values[0]);
        prop_assert_eq!(quantile(&values, 1.0).unwrap(), values[values.len() - 1]);
    }

    #[test]
    fn every_number_is_in_exactly_one_bin(values in proptest::collection::vec(finite(), 1..200)) {
        let values = sorted(values);
        if let Some(histogram) = Histogram::of(&values) {
            prop_assert_eq!(histogram.counts.iter().sum::<u64>(), values.len() as u64);
            prop_assert!((5..=50).contains(&histogram.counts.len()));
            prop_assert_eq!(histogram.edges.len(), histogram.counts.len() + 1);
            prop_assert!(histogram.edges.windows(2).all(|edges| edges[0] <= edges[1]));
            prop_assert!(histogram.edges.iter().all(|edge| edge.is_finite()));
        } else {
            prop_assert_eq!(values[0], values[values.len() - 1]);
        }
    }

    #[test]
    fn the_mean_lies_between_the_extremes(values in proptest::collection::vec(finite(), 1..60)) {
        let moments = Moments::of(&values);
        let values = sorted(values);
        let mean = moments.mean.unwrap();
        let slack = 1e-9 * largest(&values);
        prop_assert!(mean >= values[0] - slack && mean <= values[values.len() - 1] + slack);
        prop_assert!(moments.sd.is_none_or(|sd| sd >= 0.0));
    }
}

/// How many digits are right.
fn digits(found: f64, certified: f64) -> f64 {
    if found == certified { 16.0 } else { -((found - certified) / certified).abs().log10() }
}

#[test]
fn univariate_sets_of_nist_have_their_certified_values() {
    let sets: serde_json::Value = serde_json::from_str(include_str!("../tests/reference/nist/univariate.json")).unwrap();
    let mut all: Vec<(String, Vec<f64>, [f64; 3], f64)> = sets
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, set)| {
            let values = set["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
            (name.clone(), values, ["mean", "sd", "autocorrelation"].map(|key| set[key].as_f64().unwrap()), 9.0)
        })
        .collect();
    // The sets that are defined by a formula: one value, then two in turn, a thousand and one in all.
    let alternating = |middle: f64, low: f64, high: f64| -> Vec<f64> {
        std::iter::once(middle).chain((0..1_000).map(|place| if place % 2 == 0 { low } else { high })).collect()
    };
    all.push(("numacc1".into(), vec![10_000_001.0, 10_000_003.0, 10_000_002.0], [10_000_002.0, 1.0, -0.5], 9.0));
    all.push(("numacc2".into(), alternating(1.2, 1.1, 1.3), [1.2, 0.1, -0.999], 9.0));
    all.push(("numacc3".into(), alternating(1_000_000.2, 1_000_000.1, 1_000_000.3), [1_000_000.2, 0.1, -0.999], 9.0));
    all.push(("numacc4".into(), alternating(10_000_000.2, 10_000_000.1, 10_000_000.3), [10_000_000.2, 0.1, -0.999], 8.0));
    for (name, values, [mean, sd, lag], bar) in all {
        let moments = Moments::of(&values);
        let found =
            [digits(moments.mean.unwrap(), mean), digits(moments.sd.unwrap(), sd), digits(autocorrelation(&values, 1).unwrap(), lag)];
        println!("{name}: {:.1} digits of the mean, {:.1} of the deviation, {:.1} of the autocorrelation", found[0], found[1], found[2]);
        assert!(found.iter().all(|digits| *digits >= bar), "{name}: {found:?}");
    }
}
