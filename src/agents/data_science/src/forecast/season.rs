//! Whether a series repeats itself, and after how many steps.

use crate::numbers::autocorrelation;

/// The longest season: work grows with it.
pub(crate) const LONGEST: usize = 400;
/// Of how many values, the newest, it is looked for.
const NEWEST: usize = 20_000;
/// How many whole seasons a series must hold.
const FEWEST: usize = 3;
/// The one-sided bound of an autocorrelation, in standard errors: 95 %.
const BOUND: f64 = 1.645;

/// The season: among those that the calendar suggests, or else among all lengths. Of several that show, the shortest that is nearly as
/// strong as the strongest.
pub(crate) fn detect(values: &[f64], usual: &[usize]) -> Option<usize> {
    let values = &values[values.len().saturating_sub(NEWEST)..];
    let left = without_trend(values);
    let longest = (values.len() / FEWEST).min(LONGEST);
    let mut correlations = vec![1.0];
    for lag in 1..=longest {
        correlations.push(autocorrelation(&left, lag)?);
    }
    let shows = |lag: usize| {
        let before: f64 = correlations[1..lag].iter().map(|value| value * value).sum();
        // Bartlett's standard error.
        correlations[lag] > BOUND * ((1.0 + 2.0 * before) / values.len() as f64).sqrt()
    };
    let peak =
        |lag: usize| correlations[lag] >= correlations[lag - 1] && correlations.get(lag + 1).is_none_or(|next| correlations[lag] >= *next);
    let found: Vec<usize> = if usual.is_empty() {
        (2..=longest).filter(|lag| peak(*lag) && shows(*lag) && correlations[*lag] > 0.2).collect()
    } else {
        usual.iter().copied().filter(|lag| (2..=longest).contains(lag) && shows(*lag)).collect()
    };
    let strongest = found.iter().map(|lag| correlations[*lag]).fold(f64::NEG_INFINITY, f64::max);
    found.into_iter().find(|lag| correlations[*lag] >= 0.9 * strongest)
}

/// The values less a straight line through them.
pub(crate) fn without_trend(values: &[f64]) -> Vec<f64> {
    let count = values.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / count;
    let (mut product, mut square) = (0.0, 0.0);
    for (place, value) in values.iter().enumerate() {
        let offset = place as f64 - middle;
        product += offset * (value - mean);
        square += offset * offset;
    }
    let slope = if square > 0.0 { product / square } else { 0.0 };
    values.iter().enumerate().map(|(place, value)| value - mean - slope * (place as f64 - middle)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_season_is_found_beneath_trend_and_noise_and_none_in_noise_alone() {
        let mut random = Random::new(3);
        let wave = |place: usize| (place as f64 * std::f64::consts::TAU / 12.0).sin() * 5.0;
        let season: Vec<f64> = (0..144).map(|place| wave(place) + place as f64 * 0.3 + random.normal()).collect();
        assert_eq!(detect(&season, &[]), Some(12));
        assert_eq!(detect(&season, &[12]), Some(12));
        assert_eq!(detect(&season, &[7]), None);
        let mut found = 0;
        for seed in 0..40 {
            let mut random = Random::new(seed);
            let noise: Vec<f64> = (0..120).map(|_| random.normal()).collect();
            found += usize::from(detect(&noise, &[12]).is_some());
        }
        assert!(found <= 6, "a season in {found} of 40 series of noise");
        assert_eq!(detect(&[4.0; 50], &[12]), None);
    }
}
