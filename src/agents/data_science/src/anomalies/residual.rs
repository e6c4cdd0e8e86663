//! What trend and season of a series do not explain.

/// The widest window of the trend, in values.
const WIDEST: usize = 401;
/// The window of a series without a season: a share of it, within these bounds.
const NARROWEST: usize = 7;
const SHARE: usize = 12;
const UNSEASONAL: usize = 61;

/// How often trend and season are taken in turn.
const PASSES: usize = 2;

/// What is expected at each place: the median around it, and the median of its place in the season. Medians, so that what is unusual does
/// not pull its own expectation along.
pub(super) fn expected<E>(values: &[f64], season: usize, mut step: impl FnMut() -> Result<(), E>) -> Result<Vec<f64>, E> {
    let width = if season > 1 { season.max(NARROWEST) } else { (values.len() / SHARE).clamp(NARROWEST, UNSEASONAL) };
    let width = (width | 1).min(WIDEST);
    let mut seasonal = vec![0.0; season.max(1)];
    let mut trend = Vec::new();
    // The second time the trend is taken of what the first season leaves.
    for _ in 0..PASSES {
        step()?;
        let left: Vec<f64> = values.iter().enumerate().map(|(place, value)| value - seasonal[place % seasonal.len()]).collect();
        let half = width_of(width, left.len()) / 2;
        trend = moving_median(&left, width, &mut step)?;
        let (mut first, mut last) = (half, left.len() - half - 1);
        // Over one season a mean takes away what the season puts on the medians; where there is room for it.
        if season > 1 && last - first > 2 * season {
            let around = season / 2;
            let mean: Vec<f64> =
                (first + around..=last - around).map(|place| season_mean(&trend[place - around..=place + around], season)).collect();
            (first, last) = (first + around, last - around);
            trend[first..=last].copy_from_slice(&mean);
        }
        extend(&mut trend, first, last, if season > 1 { season } else { width });
        if season < 2 {
            break;
        }
        for (phase, median) in seasonal.iter_mut().enumerate() {
            let mut off: Vec<f64> = (phase..values.len()).step_by(season).map(|place| values[place] - trend[place]).collect();
            off.sort_unstable_by(f64::total_cmp);
            *median = crate::numbers::quantile(&off, 0.5).unwrap_or_default();
        }
        let mean = seasonal.iter().sum::<f64>() / season as f64;
        seasonal.iter_mut().for_each(|value| *value -= mean);
        trend.iter_mut().for_each(|value| *value += mean);
    }
    Ok(trend.iter().enumerate().map(|(place, trend)| trend + seasonal[place % seasonal.len()]).collect())
}

/// The mean over one season of a window that is one wider where the season is even: half of each end counts.
fn season_mean(window: &[f64], season: usize) -> f64 {
    let mut sum: f64 = window.iter().sum();
    if season.is_multiple_of(2) {
        sum -= (window[0] + window[window.len() - 1]) / 2.0;
    }
    sum / season as f64
}

/// The width that fits: odd, and no more than there are values.
fn width_of(width: usize, values: usize) -> usize {
    if width <= values {
        width
    } else if values.is_multiple_of(2) {
        values.saturating_sub(1).max(1)
    } else {
        values
    }
}

/// The median of the window around each place, where there is a whole one; elsewhere any number.
fn moving_median<E>(values: &[f64], width: usize, step: &mut impl FnMut() -> Result<(), E>) -> Result<Vec<f64>, E> {
    let width = width_of(width, values.len());
    let half = width / 2;
    let mut window: Vec<f64> = values[..width].to_vec();
    window.sort_unstable_by(f64::total_cmp);
    let mut medians = vec![window[half]; values.len()];
    for place in half + 1..values.len() - half {
        if place.is_multiple_of(4_096) {
            step()?;
        }
        let (old, new) = (values[place - half - 1], values[place + half]);
        let out = window.partition_point(|value| *value < old);
        window.remove(out);
        let into = window.partition_point(|value| *value < new);
        window.insert(into, new);
        medians[place] = window[half];
    }
    Ok(medians)
}

/// Goes on beyond the first and the last known place as the values rise over so many steps towards it.
fn extend(values: &mut [f64], first: usize, last: usize, reach: usize) {
    let reach = reach.min(last - first);
    let slope = |from: usize, to: usize| if to > from { (values[to] - values[from]) / (to - from) as f64 } else { 0.0 };
    let (rise, fall) = (slope(first, first + reach), slope(last - reach, last));
    let (begin, end) = (values[first], values[last]);
    for (place, value) in values[..first].iter_mut().enumerate() {
        *value = begin - rise * (first - place) as f64;
    }
    for (place, value) in values[last + 1..].iter_mut().enumerate() {
        *value = end + fall * (place + 1) as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_moving_median_is_the_median_of_its_window(values in prop::collection::vec(-50i32..50, 1..80), half in 0usize..6) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let found = moving_median::<()>(&values, 2 * half + 1, &mut || Ok(())).unwrap();
            prop_assert_eq!(found.len(), values.len());
            if values.len() > 2 * half {
                for place in half..values.len() - half {
                    let mut window = values[place - half..=place + half].to_vec();
                    window.sort_unstable_by(f64::total_cmp);
                    prop_assert_eq!(found[place], window[half]);
                }
            }
        }
    }

    #[test]
    fn trend_and_season_are_expected_and_a_spike_is_not() {
        let clean: Vec<f64> =
            (0..140).map(|place| 10.0 + 0.2 * f64::from(place) + [3.0, -1.0, 0.0, 2.0, -4.0, 1.0, -1.0][place as usize % 7]).collect();
        let mut values = clean.clone();
        values[77] += 50.0;
        let expected = expected::<()>(&values, 7, || Ok(())).unwrap();
        for (place, (expected, clean)) in expected.iter().zip(&clean).enumerate() {
            assert!((expected - clean).abs() < 1.0, "{place}: {expected}, not {clean}");
        }
    }
}
