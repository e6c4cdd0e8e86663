//! How well a way to continue a series would have done: forecasts from several origins in the past, held against what came.

use serde::Serialize;

use super::smoothing::{Fitted, Model, fit};
use crate::special::normal_upper_quantile;

/// From how many origins at most.
pub(crate) const MAXIMUM_FOLDS: usize = 20;
/// From how many errors on the width of intervals is judged.
const ENOUGH_ERRORS: usize = 20;

/// The origins: how many values each forecast knows, and how many steps it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folds {
    pub(crate) origins: Vec<usize>,
    pub(crate) horizon: usize,
}

impl Folds {
    /// Of a series: the newest origins whose forecasts can be held against values, the last of them just one horizon before the end.
    /// None where even one step cannot be tried.
    pub(crate) fn of(length: usize, least: usize, horizon: usize, wanted: usize) -> Option<Self> {
        let room = length.checked_sub(least).filter(|room| *room > 0)?;
        // A long horizon is tried as far as half of the room goes.
        let horizon = horizon.min((room / 2).max(1));
        let last = length - horizon;
        let between = ((last - least) / wanted.saturating_sub(1).max(1)).clamp(1, horizon);
        let mut origins: Vec<usize> =
            (0..wanted).map_while(|back| last.checked_sub(back * between)).take_while(|origin| *origin >= least).collect();
        origins.reverse();
        Some(Self { origins, horizon })
    }
}

/// How a model did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Score {
    pub(crate) model: &'static str,
    pub(crate) chosen: bool,
    pub(crate) mae: f64,
    pub(crate) rmse: f64,
    /// The mean absolute error in units of that of the seasonal naive rule within the known values; below 1 is better than it.
    pub(crate) mase: Option<f64>,
    /// In percent, 0 to 200.
    pub(crate) smape: f64,
    /// The share of values within their intervals.
    pub(crate) coverage: f64,
    pub(crate) forecasts: u64,
}

/// A model with its score and its errors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tried {
    pub(crate) model: Model,
    pub(crate) score: Score,
    /// The mean score of the intervals (Gneiting and Raftery): their width, and what they missed at the price of their confidence.
    pub(crate) intervals: f64,
    /// Each error over the deviation that the model expected.
    errors: Vec<f64>,
}

/// Of models whose errors differ by so small a part, the intervals decide.
const CLOSE: f64 = 1.02;

/// The place of the model that did best: the least error, and among those that are as good the sharpest intervals.
pub(crate) fn best(tried: &[Tried]) -> Option<usize> {
    let least = tried.iter().map(Tried::error).fold(f64::INFINITY, f64::min);
    let close = tried.iter().enumerate().filter(|(_, tried)| tried.error() <= least * CLOSE);
    close.min_by(|a, b| a.1.intervals.total_cmp(&b.1.intervals)).map(|(place, _)| place)
}

impl Tried {
    /// What models are compared by.
    pub(crate) fn error(&self) -> f64 {
        self.score.mase.unwrap_or(self.score.mae)
    }

    /// By how much intervals must be widened so that they would have held the wanted share of values. Never narrower.
    pub(crate) fn widening(&self, confidence: f64) -> f64 {
        if self.errors.len() < ENOUGH_ERRORS {
            return 1.0;
        }
        let mut sizes: Vec<f64> = self.errors.iter().map(|error| error.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        // The quantile with one value more, as conformal prediction takes it.
        let place = ((confidence * (sizes.len() as f64 + 1.0)).ceil() as usize).clamp(1, sizes.len());
        (sizes[place - 1] / normal_upper_quantile((1.0 - confidence) / 2.0)).max(1.0)
    }
}

/// Tries a model at every origin.
///
/// # Errors
/// What `step` answers.
pub(crate) fn run<E>(
    model: Model,
    values: &[f64],
    season: usize,
    folds: &Folds,
    confidence: f64,
    step: &mut dyn FnMut() -> Result<(), E>,
) -> Result<Option<Tried>, E> {
    let reach = normal_upper_quantile((1.0 - confidence) / 2.0);
    let (mut absolute, mut squared, mut relative, mut scaled, mut inside, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut scales, mut intervals, mut errors) = (0.0, 0.0, Vec::new());
    let mut before: Option<Fitted> = None;
    for origin in folds.origins.iter().copied().filter(|origin| *origin >= model.least(season)) {
        let known = &values[..origin];
        let fitted = fit(model, known, season, before.as_ref().and_then(|before| before.parameters.as_ref()), step)?;
        let lag = if origin > season { season } else { 1 };
        let naive = known[lag..].iter().zip(known).map(|(late, early)| (late - early).abs()).sum::<f64>() / (origin - lag) as f64;
        let (ahead, deviations) = (fitted.ahead(folds.horizon), fitted.deviations(folds.horizon));
        for ((expected, deviation), value) in ahead.iter().zip(&deviations).zip(&values[origin..]) {
            let error = value - expected;
            absolute += error.abs();
            squared += error * error;
            let size = value.abs() + expected.abs();
            relative += if size > 0.0 { 200.0 * error.abs() / size } else { 0.0 };
            if naive > 0.0 {
                scaled += error.abs() / naive;
                scales += 1.0;
            }
            let half = reach * deviation;
            intervals += 2.0 * half + 2.0 / (1.0 - confidence) * (error.abs() - half).max(0.0);
            inside += f64::from(u8::from(error.abs() <= half));
            if *deviation > 0.0 {
                errors.push(error / deviation);
            }
            count += 1.0;
        }
        before = Some(fitted);
    }
    if count == 0.0 || !f64::is_finite(squared) {
        return Ok(None);
    }
    let score = Score {
        model: model.name(),
        chosen: false,
        mae: absolute / count,
        rmse: (squared / count).sqrt(),
        mase: (scales > 0.0).then_some(scaled / scales),
        smape: relative / count,
        coverage: inside / count,
        forecasts: count as u64,
    };
    Ok(Some(Tried { model, score, intervals: intervals / count, errors }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn origins_know_enough_and_are_held_against_values(length in 1usize..500, least in 1usize..60, horizon in 1usize..80, wanted in 1usize..=MAXIMUM_FOLDS) {
            match Folds::of(length, least, horizon, wanted) {
                None => prop_assert!(length <= least),
                Some(folds) => {
                    prop_assert!(!folds.origins.is_empty() && folds.origins.len() <= wanted && folds.horizon <= horizon);
                    prop_assert!(folds.origins.iter().all(|origin| *origin >= least && origin + folds.horizon <= length));
                    prop_assert!(folds.origins.is_sorted_by(|a, b| a < b));
                    prop_assert_eq!(folds.origins.last().copied(), Some(length - folds.horizon));
                }
            }
        }
    }

    #[test]
    fn intervals_are_widened_to_what_the_past_needed_and_never_narrowed() {
        let tried = |size: f64| Tried {
            model: Model::Naive,
            score: Score { model: "naive", chosen: false, mae: 0.0, rmse: 0.0, mase: None, smape: 0.0, coverage: 0.0, forecasts: 100 },
            intervals: 0.0,
            errors: (0..100).map(|place| size * (f64::from(place) - 49.5) / 10.0).collect(),
        };
        assert_eq!(tried(0.1).widening(0.95), 1.0);
        let wide = tried(1.0).widening(0.95) * normal_upper_quantile(0.025);
        assert!((wide - 4.75).abs() < 1e-9, "{wide}");
    }
}
