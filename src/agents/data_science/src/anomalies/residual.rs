//! What trend and season of a series do not explain.

use crate::outliers::{NORMAL, median_deviation};

/// The widest window of the trend, in values.
const WIDEST: usize = 401;
/// The window of a series without a season: a share of it, within these bounds.
const NARROWEST: usize = 7;
const SHARE: usize = 12;
const UNSEASONAL: usize = 61;

/// How many robust deviations from what medians make expected a value does not count for the means: at first, and then.
const SET_ASIDE: [f64; 2] = [6.0, 4.0];

/// What is expected of a series.
pub(super) struct Expected {
    pub(super) values: Vec<f64>,
    /// By how much what is left understates the spread, since trend and season were fitted to it.
    pub(super) understated: f64,
}

/// What is expected at each place: the trend around it, and the mean of its place in the season. Medians first, so that what is unusual
/// does not pull its own expectation along; then means of what was not far out, because medians fit the middle values too well.
pub(super) fn expected<E>(values: &[f64], season: usize, mut step: impl FnMut() -> Result<(), E>) -> Result<Expected, E> {
    let width = if season > 1 { season.max(NARROWEST) } else { (values.len() / SHARE).clamp(NARROWEST, UNSEASONAL) };
    let width = width_of((width | 1).min(WIDEST), values.len());
    let half = width / 2;
    if season < 2 || values.len() < 3 * season.max(width) {
        let mut trend = moving_median(values, width, &mut step)?;
        extend(&mut trend, half, values.len() - half - 1, width);
        return Ok(Expected { values: trend, understated: 1.0 });
    }
    let mut seasonal = vec![0.0; season];
    let mut trend = Vec::new();
    // The second time the trend is taken of what the first season leaves.
    for _ in 0..2 {
        let left: Vec<f64> = values.iter().enumerate().map(|(place, value)| value - seasonal[place % season]).collect();
        trend = moving_median(&left, width, &mut step)?;
        // Over one season a mean takes away what the season puts on the medians.
        trend = season_trend(&trend, half, season);
        seasonal = season_of(values, &trend, season, |off| {
            off.sort_unstable_by(f64::total_cmp);
            crate::numbers::quantile(off, 0.5).unwrap_or_default()
        });
    }
    for bound in SET_ASIDE {
        step()?;
        let left: Vec<f64> = (0..values.len()).map(|place| values[place] - trend[place] - seasonal[place % season]).collect();
        let mut sorted = left.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let (middle, deviation) = median_deviation(&sorted).unwrap_or_default();
        let reach = bound * NORMAL * deviation;
        let kept: Vec<f64> = (0..values.len())
            .map(|place| if (left[place] - middle).abs() <= reach { values[place] } else { trend[place] + seasonal[place % season] })
            .collect();
        trend = season_trend(&kept, 0, season);
        seasonal = season_of(&kept, &trend, season, |off| off.iter().sum::<f64>() / off.len() as f64);
    }
    let values: Vec<f64> = trend.iter().enumerate().map(|(place, trend)| trend + seasonal[place % season]).collect();
    let fitted = season as f64 + values.len() as f64 / season as f64;
    let understated = (1.0 - fitted / values.len() as f64).max(0.5).sqrt();
    Ok(Expected { values, understated })
}

/// The moving mean over one season of values that are known but for so many at each end, extended to all of it.
fn season_trend(values: &[f64], unknown: usize, season: usize) -> Vec<f64> {
    let around = season / 2;
    let (first, last) = (unknown + around, values.len() - unknown - around - 1);
    let mut trend = vec![0.0; values.len()];
    for place in first..=last {
        trend[place] = season_mean(&values[place - around..=place + around], season);
    }
    extend(&mut trend, first, last, season);
    trend
}

/// What is typical of each place in the season, and sums to zero over one.
fn season_of(values: &[f64], trend: &[f64], season: usize, typical: impl Fn(&mut Vec<f64>) -> f64) -> Vec<f64> {
    let mut seasonal: Vec<f64> = (0..season)
        .map(|phase| typical(&mut (phase..values.len()).step_by(season).map(|place| values[place] - trend[place]).collect()))
        .collect();
    let mean = seasonal.iter().sum::<f64>() / season as f64;
    seasonal.iter_mut().for_each(|value| *value -= mean);
    seasonal
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
        window.remove(out.min(width - 1));
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
        let expected = expected::<()>(&values, 7, || Ok(())).unwrap().values;
        for (place, (expected, clean)) in expected.iter().zip(&clean).enumerate() {
            assert!((expected - clean).abs() < 1.0, "{place}: {expected}, not {clean}");
        }
    }
}
