//! Which of many texts could be near duplicates, without comparing each with each? MinHash signatures (Broder, 1997), and bands of
//! them as keys (Indyk and Motwani, 1998): texts that agree in one band are looked at.

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};

use super::shingles::{jaccard, mix};

/// The numbers of a signature. More find more of the pairs near the threshold, at more cost.
pub(crate) const NUMBERS: usize = 128;
/// The most texts of one key that are compared with one another; of a fuller one each is compared with the first ones only, which
/// is enough to bring equal texts together.
const CROWD: usize = 64;

/// Rows of a band: as many as still find a pair at the threshold in more than 99 of 100 cases.
pub(crate) fn rows(threshold: f64) -> usize {
    let misses = |rows: usize| (1.0 - threshold.powi(i32::try_from(rows).unwrap_or(1))).powi(i32::try_from(NUMBERS / rows).unwrap_or(1));
    [16, 8, 4, 2].into_iter().find(|rows| misses(*rows) < 0.01).unwrap_or(1)
}

fn signature(shingles: &[u64]) -> [u64; NUMBERS] {
    let mut least = [u64::MAX; NUMBERS];
    for shingle in shingles {
        for (number, value) in least.iter_mut().enumerate() {
            *value = (*value).min(mix(shingle ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        }
    }
    least
}

/// The pairs of texts whose shingles agree at least so much, each with how much. Texts without shingles are like none.
pub(crate) fn pairs(context: &Context, texts: &[Vec<u64>], threshold: f64) -> Result<Vec<(usize, usize, f64)>, SkillError> {
    let rows = rows(threshold);
    let mut signatures = Vec::with_capacity(texts.len());
    for (place, shingles) in texts.iter().enumerate() {
        if place.is_multiple_of(256) {
            context.check()?;
            context.progress(0.3 + 0.4 * place as f64 / texts.len() as f64, "making signatures");
        }
        // A long text's signature takes long: look up in between.
        signatures.push(if shingles.is_empty() { None } else { Some(signature(shingles)) });
    }
    let mut found: HashMap<(usize, usize), f64> = HashMap::new();
    let mut compared: usize = 0;
    for band in 0..NUMBERS / rows {
        context.check()?;
        context.progress(0.7 + 0.25 * band as f64 / (NUMBERS / rows) as f64, "comparing");
        let mut crowds: HashMap<u64, Vec<usize>> = HashMap::new();
        for (place, signature) in signatures.iter().enumerate() {
            if let Some(signature) = signature {
                let key = signature[band * rows..(band + 1) * rows].iter().fold(0, |key: u64, value| mix(key.rotate_left(7) ^ value));
                crowds.entry(key).or_default().push(place);
            }
        }
        let mut crowds: Vec<Vec<usize>> = crowds.into_values().filter(|crowd| crowd.len() > 1).collect();
        crowds.sort_unstable();
        for crowd in crowds {
            for (at, second) in crowd.iter().enumerate().skip(1) {
                for first in &crowd[..at.min(if crowd.len() > CROWD { 4 } else { CROWD })] {
                    compared += 1;
                    if compared.is_multiple_of(1_024) {
                        context.check()?;
                    }
                    found.entry((*first, *second)).or_insert_with(|| jaccard(&texts[*first], &texts[*second]));
                }
            }
        }
    }
    let mut pairs: Vec<(usize, usize, f64)> =
        found.into_iter().filter(|(_, alike)| *alike >= threshold).map(|((first, second), alike)| (first, second, alike)).collect();
    pairs.sort_unstable_by_key(|(first, second, _)| (*first, *second));
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_find_what_lies_at_the_threshold() {
        for threshold in [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0] {
            let rows = rows(threshold);
            let found = 1.0 - (1.0 - f64::powi(threshold, rows as i32)).powi((NUMBERS / rows) as i32);
            assert!(found > 0.99, "{threshold}: {rows} rows find {found}");
        }
    }

    #[test]
    fn signatures_estimate_the_share_in_common() {
        let of = |range: std::ops::Range<u64>| range.map(mix).collect::<Vec<u64>>();
        for (common, all) in [(500, 1_000), (900, 1_000), (100, 1_000)] {
            let (left, right) = (signature(&of(0..(all + common) / 2)), signature(&of((all - common) / 2..all)));
            let equal = left.iter().zip(&right).filter(|(a, b)| a == b).count() as f64 / NUMBERS as f64;
            let expected = common as f64 / all as f64;
            // Three standard deviations.
            let allowed = 3.0 * (expected * (1.0 - expected) / NUMBERS as f64).sqrt();
            assert!((equal - expected).abs() <= allowed, "{equal} for {expected}");
        }
    }
}
