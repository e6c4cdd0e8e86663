//! How a series is continued: exponential smoothing after Holt and Winters, and the simple rules that it must beat.
//!
//! The recurrences are those of Hyndman, Koehler, Ord and Snyder (Forecasting with Exponential Smoothing, 2008) with additive errors.

use super::optimize::minimize;

/// How the slope goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trend {
    None,
    Additive,
    Damped,
}

/// How the season is put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seasonal {
    None,
    Additive,
    Multiplicative,
}

/// A way to continue a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    Naive,
    SeasonalNaive,
    Smoothing(Trend, Seasonal),
}

impl Model {
    /// As inputs and results name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::SeasonalNaive => "seasonal_naive",
            Self::Smoothing(Trend::None, Seasonal::None) => "simple",
            Self::Smoothing(Trend::Additive, Seasonal::None) => "holt",
            Self::Smoothing(Trend::Damped, Seasonal::None) => "holt_damped",
            Self::Smoothing(Trend::None, Seasonal::Additive) => "seasonal_additive",
            Self::Smoothing(Trend::None, Seasonal::Multiplicative) => "seasonal_multiplicative",
            Self::Smoothing(Trend::Additive, Seasonal::Additive) => "holt_winters_additive",
            Self::Smoothing(Trend::Damped, Seasonal::Additive) => "holt_winters_additive_damped",
            Self::Smoothing(Trend::Additive, Seasonal::Multiplicative) => "holt_winters_multiplicative",
            Self::Smoothing(Trend::Damped, Seasonal::Multiplicative) => "holt_winters_multiplicative_damped",
        }
    }

    /// All of them, the simplest first.
    pub(crate) const ALL: [Self; 11] = [
        Self::Naive,
        Self::SeasonalNaive,
        Self::Smoothing(Trend::None, Seasonal::None),
        Self::Smoothing(Trend::Damped, Seasonal::None),
        Self::Smoothing(Trend::Additive, Seasonal::None),
        Self::Smoothing(Trend::None, Seasonal::Additive),
        Self::Smoothing(Trend::None, Seasonal::Multiplicative),
        Self::Smoothing(Trend::Damped, Seasonal::Additive),
        Self::Smoothing(Trend::Additive, Seasonal::Additive),
        Self::Smoothing(Trend::Damped, Seasonal::Multiplicative),
        Self::Smoothing(Trend::Additive, Seasonal::Multiplicative),
    ];

    /// Whether it needs a season.
    pub(crate) fn is_seasonal(self) -> bool {
        match self {
            Self::SeasonalNaive => true,
            Self::Naive => false,
            Self::Smoothing(_, seasonal) => seasonal != Seasonal::None,
        }
    }

    /// Whether it needs values above zero.
    pub(crate) fn is_multiplicative(self) -> bool {
        matches!(self, Self::Smoothing(_, Seasonal::Multiplicative))
    }

    /// The fewest values that it can be fitted to, with a season of so many steps.
    pub(crate) fn least(self, season: usize) -> usize {
        match self {
            Self::Naive => 2,
            Self::SeasonalNaive => season + 1,
            Self::Smoothing(trend, seasonal) => {
                let free = 2 + 2 * usize::from(trend != Trend::None) + usize::from(trend == Trend::Damped);
                if seasonal == Seasonal::None { free + 4 } else { 2 * season + free }
            }
        }
    }
}

/// The numbers of a smoothing: its weights, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) alpha: f64,
    /// Of the slope; the weight of a new slope against the old one.
    pub(crate) beta: f64,
    pub(crate) gamma: f64,
    pub(crate) phi: f64,
    pub(crate) level: f64,
    pub(crate) slope: f64,
    /// The first season.
    pub(crate) season: Vec<f64>,
}

/// Where a smoothing has come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) level: f64,
    pub(crate) slope: f64,
    /// The last season, the oldest first.
    pub(crate) season: Vec<f64>,
}

impl Parameters {
    /// Goes through the values; gives where it comes to and the sum of squared errors. `each` sees every error.
    pub(crate) fn run(&self, trend: Trend, seasonal: Seasonal, values: &[f64], mut each: impl FnMut(f64)) -> (State, f64) {
        let (mut level, mut slope) = (self.level, if trend == Trend::None { 0.0 } else { self.slope });
        let mut season = self.season.clone();
        let length = season.len().max(1);
        let mut place = 0;
        let phi = if trend == Trend::Damped { self.phi } else { 1.0 };
        let mut sum = 0.0;
        for value in values {
            let base = level + phi * slope;
            let (expected, without) = match seasonal {
                Seasonal::None => (base, *value),
                Seasonal::Additive => (base + season[place], value - season[place]),
                Seasonal::Multiplicative => (base * season[place], value / season[place]),
            };
            let error = value - expected;
            each(error);
            sum += error * error;
            let before = level;
            level = self.alpha * without + (1.0 - self.alpha) * base;
            if trend != Trend::None {
                slope = self.beta * (level - before) + (1.0 - self.beta) * phi * slope;
            }
            match seasonal {
                Seasonal::None => {}
                Seasonal::Additive => season[place] = self.gamma * (value - base) + (1.0 - self.gamma) * season[place],
                Seasonal::Multiplicative => season[place] = self.gamma * (value / base) + (1.0 - self.gamma) * season[place],
            }
            place += 1;
            if place == length {
                place = 0;
            }
        }
        if seasonal != Seasonal::None {
            season.rotate_left(place);
        }
        (State { level, slope, season }, sum)
    }

    /// Where it begins: a line through the first values without their season, which is the mean deviation from a moving average.
    fn start(trend: Trend, seasonal: Seasonal, values: &[f64], length: usize) -> Self {
        let mut season = Vec::new();
        let mut without: Vec<f64> = values.iter().take(10.max(2 * length)).copied().collect();
        if seasonal != Seasonal::None {
            let head = &values[..values.len().min(5 * length)];
            season = first_season(head, length, seasonal);
            for (place, value) in without.iter_mut().enumerate() {
                match seasonal {
                    Seasonal::Multiplicative => *value /= season[place % length],
                    _ => *value -= season[place % length],
                }
            }
        }
        let count = without.len() as f64;
        let mean = without.iter().sum::<f64>() / count;
        let middle = (count - 1.0) / 2.0;
        let (mut product, mut square) = (0.0, 0.0);
        for (place, value) in without.iter().enumerate() {
            product += (place as f64 - middle) * (value - mean);
            square += (place as f64 - middle).powi(2);
        }
        let slope = if square > 0.0 { product / square } else { 0.0 };
        // One step before the first value; without a slope, the mean.
        let (level, slope) = if trend == Trend::None { (mean, 0.0) } else { (mean - slope * (middle + 1.0), slope) };
        Self { alpha: 0.3, beta: 0.1, gamma: 0.1, phi: 0.95, level, slope, season }
    }
}

/// The mean deviation, or ratio, of each place in the season from the moving average over one.
fn first_season(head: &[f64], length: usize, seasonal: Seasonal) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; length], vec![0.0; length]);
    let half = length / 2;
    for place in half..head.len().saturating_sub(half) {
        let window = &head[place - half..=place + half];
        let mut sum: f64 = window.iter().sum();
        if length.is_multiple_of(2) {
            // Half of each end, so that the window is one season wide.
            sum -= (window[0] + window[window.len() - 1]) / 2.0;
        }
        let average = sum / length as f64;
        let deviation = if seasonal == Seasonal::Multiplicative { head[place] / average } else { head[place] - average };
        if deviation.is_finite() {
            sums[place % length] += deviation;
            counts[place % length] += 1.0;
        }
    }
    let neutral = if seasonal == Seasonal::Multiplicative { 1.0 } else { 0.0 };
    let mut season: Vec<f64> = sums.iter().zip(&counts).map(|(sum, count)| if *count > 0.0 { sum / count } else { neutral }).collect();
    let mean = season.iter().sum::<f64>() / length as f64;
    for value in &mut season {
        if seasonal == Seasonal::Multiplicative { *value /= mean } else { *value -= mean }
    }
    season
}

/// A fitted model, ready to go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub(crate) model: Model,
    pub(crate) season: usize,
    pub(crate) parameters: Option<Parameters>,
    pub(crate) state: State,
    /// The standard deviation of the errors of one step.
    pub(crate) deviation: f64,
}

/// The most evaluations of one fit.
const MAXIMUM_EVALUATIONS: usize = 600;

fn squash(free: f64, low: f64, high: f64) -> f64 {
    low + (high - low) / (1.0 + (-free).exp())
}

fn stretch(value: f64, low: f64, high: f64) -> f64 {
    let part = ((value - low) / (high - low)).clamp(1e-6, 1.0 - 1e-6);
    (part / (1.0 - part)).ln()
}

/// Fits a model to at least [`Model::least`] values: the weights and the beginning that make the squared errors least, from several
/// starts. `begin` is where an earlier fit to a part of the same series ended, which saves the search.
///
/// # Errors
/// What `step` answers, which is called for each evaluation.
pub(crate) fn fit<E>(
    model: Model,
    values: &[f64],
    season: usize,
    begin: Option<&Parameters>,
    step: &mut dyn FnMut() -> Result<(), E>,
) -> Result<Fitted, E> {
    let Model::Smoothing(trend, seasonal) = model else {
        let lag = if model == Model::Naive { 1 } else { season };
        let squares: f64 = values[lag..].iter().zip(values).map(|(late, early)| (late - early).powi(2)).sum();
        let state = State { level: values[values.len() - 1], slope: 0.0, season: values[values.len() - lag..].to_vec() };
        let deviation = (squares / (values.len() - lag) as f64).sqrt();
        return Ok(Fitted { model, season, parameters: None, state, deviation });
    };
    let start = Parameters::start(trend, seasonal, values, season);
    let spread = {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt().max(f64::MIN_POSITIVE)
    };
    let unpack = |free: &[f64]| {
        let mut next = free.iter().copied();
        let mut take = || next.next().unwrap_or_default();
        let mut parameters = start.clone();
        parameters.alpha = squash(take(), 0.0, 1.0);
        parameters.level = start.level + take() * spread;
        if trend != Trend::None {
            parameters.beta = squash(take(), 0.0, 1.0);
            parameters.slope = start.slope + take() * spread * 0.1;
        }
        if trend == Trend::Damped {
            parameters.phi = squash(take(), 0.8, 0.995);
        }
        if seasonal != Seasonal::None {
            // Above 1 − α the season would take more than what the level leaves.
            parameters.gamma = squash(take(), 0.0, 1.0) * (1.0 - parameters.alpha);
        }
        parameters
    };
    let pack = |from: &Parameters| {
        let mut free = vec![stretch(from.alpha, 0.0, 1.0), (from.level - start.level) / spread];
        if trend != Trend::None {
            free.extend([stretch(from.beta, 0.0, 1.0), (from.slope - start.slope) / (spread * 0.1)]);
        }
        if trend == Trend::Damped {
            free.push(stretch(from.phi, 0.8, 0.995));
        }
        if seasonal != Seasonal::None {
            free.push(stretch(from.gamma / (1.0 - from.alpha).max(1e-9), 0.0, 1.0));
        }
        free
    };
    let starts: Vec<Parameters> = match begin {
        Some(begin) => vec![begin.clone()],
        None => [(0.3, 0.1, 0.1), (0.8, 0.05, 0.05), (0.05, 0.02, 0.3), (0.9, 0.8, 0.05)]
            .into_iter()
            .map(|(alpha, beta, gamma)| Parameters { alpha, beta, gamma, ..start.clone() })
            .collect(),
    };
    let mut best: Option<(f64, Vec<f64>)> = None;
    for begin in starts {
        let found = minimize(&pack(&begin), MAXIMUM_EVALUATIONS, |free| {
            step()?;
            let sum = unpack(free).run(trend, seasonal, values, |_| {}).1;
            Ok(if sum.is_finite() { sum } else { f64::MAX })
        })?;
        if best.as_ref().is_none_or(|best| found.0 < best.0) {
            best = Some(found);
        }
    }
    let parameters = best.map_or_else(|| start.clone(), |(_, free)| unpack(&free));
    let (state, sum) = parameters.run(trend, seasonal, values, |_| {});
    let free = pack(&parameters).len() as f64;
    let deviation = (sum / (values.len() as f64 - free).max(1.0)).sqrt();
    Ok(Fitted { model, season, parameters: Some(parameters), state, deviation })
}

impl Fitted {
    /// The expected values of so many steps.
    pub(crate) fn ahead(&self, horizon: usize) -> Vec<f64> {
        let Model::Smoothing(trend, seasonal) = self.model else {
            let last = &self.state.season;
            return (0..horizon).map(|step| last[step % last.len()]).collect();
        };
        let phi = if trend == Trend::Damped { self.parameters.as_ref().map_or(1.0, |parameters| parameters.phi) } else { 1.0 };
        let (mut damping, mut slopes) = (1.0, 0.0);
        (0..horizon)
            .map(|step| {
                damping *= phi;
                slopes += damping;
                let base = self.state.level + slopes * self.state.slope;
                match seasonal {
                    Seasonal::None => base,
                    Seasonal::Additive => base + self.state.season[step % self.season],
                    Seasonal::Multiplicative => base * self.state.season[step % self.season],
                }
            })
            .collect()
    }

    /// The standard deviation of the error of each step ahead. With a multiplicative season that of the series without it, put on
    /// again, which is right to the first order.
    pub(crate) fn deviations(&self, horizon: usize) -> Vec<f64> {
        let Model::Smoothing(trend, seasonal) = self.model else {
            let lag = self.state.season.len();
            return (0..horizon).map(|step| self.deviation * ((step / lag + 1) as f64).sqrt()).collect();
        };
        let Some(parameters) = &self.parameters else { return vec![self.deviation; horizon] };
        let phi = if trend == Trend::Damped { parameters.phi } else { 1.0 };
        let beta = if trend == Trend::None { 0.0 } else { parameters.beta };
        let (mut damping, mut slopes, mut sum) = (1.0, 0.0, 1.0);
        let mean_season = match seasonal {
            Seasonal::Multiplicative => self.state.season.iter().map(|value| value.abs()).sum::<f64>() / self.season as f64,
            _ => 1.0,
        };
        (1..=horizon)
            .map(|step| {
                let factor = match seasonal {
                    Seasonal::Multiplicative => self.state.season[(step - 1) % self.season].abs() / mean_season,
                    _ => 1.0,
                };
                let deviation = self.deviation * f64::sqrt(sum) * factor;
                damping *= phi;
                slopes += damping;
                let seasonal_part = if seasonal != Seasonal::None && step % self.season == 0 { parameters.gamma } else { 0.0 };
                let weight = parameters.alpha * (1.0 + beta * slopes) + seasonal_part;
                sum += weight * weight;
                deviation
            })
            .collect()
    }
}

#[cfg(test)]
#[path = "smoothing_tests.rs"]
mod tests;
