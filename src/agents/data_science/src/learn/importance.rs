//! How much each column matters: what predictions lose when its cells are shuffled (Breiman, 2001; Fisher, Rudin and Dominici, 2019).

use baton_agents_runtime::{Context, SkillError};

use super::encode::Encoded;
use super::fit::{Learned, Target, score};
use super::frame::RawColumn;
use super::outcome::Importance;
use super::split::shuffle;
use crate::random::Random;

/// How often each column is shuffled.
const REPEATS: usize = 5;
/// The most rows that are predicted anew each time, and the fewest that say something.
const ROWS: usize = 2_000;
const FEWEST: usize = 20;
/// Steps that all of it may take.
const STEPS: usize = 4_000_000_000;

/// The importance of each column on these rows, the greatest first. Without permutations where there are too few rows, or it would take
/// too long.
pub(super) fn importances(
    context: &Context,
    learned: &Learned,
    columns: &[RawColumn],
    target: &Target,
    rows: &[usize],
    seed: u64,
) -> Result<Vec<Importance>, SkillError> {
    let mut random = Random::new(seed ^ 0x1a_7e57);
    let check = &|| context.check();
    let mut sample = rows.to_vec();
    shuffle(&mut sample, &mut random);
    // A step through a tree waits for memory.
    let cost = 4 * learned.predictor.cost().max(1) * REPEATS * columns.len().max(1);
    sample.truncate(ROWS.min(STEPS / cost));
    sample.sort_unstable();
    let picked: Vec<RawColumn> = columns.iter().map(|column| column.pick(&sample)).collect();
    let all: Vec<usize> = (0..sample.len()).collect();
    let read = learned.encoder.read(&picked, &all, check)?;
    let usable = read.places;
    let target = target.pick(&usable.iter().map(|place| sample[*place]).collect::<Vec<_>>());
    let told = usable.len() >= FEWEST;
    let whole = if told { score(&learned.predictor, &read.matrix, &target, context)? } else { 0.0 };
    let mut importances = Vec::with_capacity(columns.len());
    let mut offset = 0;
    for (place, column) in columns.iter().enumerate() {
        let width = learned.encoder.columns.get(place).map_or(0, Encoded::width);
        let impurity = learned.impurity.as_ref().map(|shares| shares[offset..offset + width].iter().sum());
        offset += width;
        let (mut permutation, mut deviation) = (None, None);
        if told {
            let mut losses = [0.0; REPEATS];
            for loss in &mut losses {
                let mut others = usable.clone();
                shuffle(&mut others, &mut random);
                let mut shuffled = picked.clone();
                shuffled[place] = picked[place].permuted(&usable, &others);
                let again = learned.encoder.read(&shuffled, &usable, check)?;
                *loss = whole - score(&learned.predictor, &again.matrix, &target, context)?;
            }
            let mean = losses.iter().sum::<f64>() / REPEATS as f64;
            permutation = Some(mean);
            deviation = Some((losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / REPEATS as f64).sqrt());
        }
        importances.push(Importance { column: column.name.clone(), permutation, deviation, impurity });
    }
    let key = |importance: &Importance| importance.permutation.or(importance.impurity).unwrap_or(0.0);
    importances.sort_by(|a, b| key(b).total_cmp(&key(a)));
    Ok(importances)
}
