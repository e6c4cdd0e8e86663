//! Does the sketch keep its promises? The error bound, merging, the encoding.

use proptest::prelude::*;

use super::*;

fn sketch(values: &[f64]) -> Sketch {
    let mut sketch = Sketch::default();
    for value in values {
        sketch.record(*value);
    }
    sketch
}

/// Values over the whole range that is told apart, each magnitude as likely.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![9 => (-2.9f64..14.9).prop_map(|power| 10f64.powf(power)), 1 => Just(0.0)]
}

#[test]
fn the_constants_belong_together() {
    assert!((GAMMA.ln() - LN_GAMMA).abs() < 1e-15);
    for edge in [SMALLEST, LARGEST] {
        let bin = (edge.ln() / LN_GAMMA).ceil() as i32;
        assert!((LOWEST_BIN..=HIGHEST_BIN).contains(&bin), "{edge} falls into {bin}");
    }
}

#[test]
fn nothing_counted_has_no_quantile() {
    assert_eq!(Sketch::default().quantile(0.5), None);
    assert_eq!(sketch(&[f64::NAN]).count(), 0);
}

#[test]
fn values_out_of_range_count_at_its_edges() {
    let extremes = sketch(&[-5.0, 0.0, 1e-9, f64::INFINITY, f64::MAX]);
    assert_eq!(extremes.count(), 5);
    assert_eq!(extremes.quantile(0.0), Some(0.0));
    assert!(extremes.quantile(1.0).is_some_and(|value| (value / LARGEST - 1.0).abs() <= RELATIVE_ERROR));
}

#[test]
fn too_many_bins_cost_only_the_lowest_quantiles() {
    let values: Vec<f64> = (LOWEST_BIN + 1..HIGHEST_BIN).map(middle).collect();
    assert!(values.len() > MAXIMUM_BINS);
    let full = sketch(&values);
    assert_eq!(full.bins(), MAXIMUM_BINS);
    assert_eq!(full.count(), values.len() as u64);
    let exact = values[(0.5 * (values.len() - 1) as f64) as usize];
    assert!(full.quantile(0.5).is_some_and(|value| (value / exact - 1.0).abs() <= RELATIVE_ERROR + 1e-9));
    let mut backwards = values.clone();
    backwards.reverse();
    assert_eq!(sketch(&backwards), full);
}

#[test]
fn bytes_are_compact() {
    let values: Vec<f64> = (0..1_000).map(|index| 100.0 + f64::from(index) / 10.0).collect();
    assert!(sketch(&values).to_bytes().len() < 120, "{}", sketch(&values).to_bytes().len());
    assert_eq!(Sketch::from_bytes(&[]), Ok(Sketch::default()));
    assert_eq!(Sketch::from_bytes(&[9]), Err(Error::Version(9)));
}

proptest! {
    #[test]
    fn a_quantile_is_within_the_relative_error(mut values in prop::collection::vec(value(), 1..400), share in 0.0f64..=1.0) {
        let found = sketch(&values).quantile(share).unwrap();
        values.sort_by(f64::total_cmp);
        let exact = values[(share * (values.len() - 1) as f64).floor() as usize];
        prop_assert!((found - exact).abs() <= RELATIVE_ERROR * exact + 1e-9 * exact, "{found} for {exact}");
    }

    #[test]
    fn merging_gives_the_sketch_of_all_values(left in prop::collection::vec(value(), 0..300), right in prop::collection::vec(value(), 0..300)) {
        let mut merged = sketch(&left);
        merged.merge(&sketch(&right));
        prop_assert_eq!(merged, sketch(&[left, right].concat()));
    }

    #[test]
    fn merging_full_sketches_gives_the_sketch_of_all_values(order in Just((LOWEST_BIN + 1..HIGHEST_BIN).collect::<Vec<_>>()).prop_shuffle(), cut in 0usize..2_000) {
        let values: Vec<f64> = order.into_iter().map(middle).collect();
        let (left, right) = values.split_at(cut);
        let mut merged = sketch(left);
        merged.merge(&sketch(right));
        prop_assert_eq!(merged, sketch(&values));
    }

    #[test]
    fn a_sketch_survives_its_bytes(values in prop::collection::vec(value(), 0..400)) {
        let before = sketch(&values);
        prop_assert_eq!(Sketch::from_bytes(&before.to_bytes()), Ok(before));
    }

    #[test]
    fn arbitrary_bytes_are_read_back_exactly_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), version in any::<bool>()) {
        let mut bytes = bytes;
        if let (true, Some(first)) = (version, bytes.first_mut()) {
            *first = VERSION;
        }
        if let Ok(read) = Sketch::from_bytes(&bytes) {
            prop_assert!(bytes.is_empty() || read.to_bytes() == bytes);
            let _ = read.quantile(0.5);
        }
    }

    #[test]
    fn damaged_bytes_never_panic(values in prop::collection::vec(value(), 0..50), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = sketch(&values).to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(mut read) = Sketch::from_bytes(&bytes) {
            read.merge(&read.clone());
            let _ = read.quantile(0.99);
        }
        let _ = Sketch::from_bytes(&bytes[..at]);
    }
}
