//! Which rows a model learns from and which it is tried on.

use crate::random::Random;

/// An order by chance (Fisher and Yates).
pub(super) fn shuffle<T>(values: &mut [T], random: &mut Random) {
    for place in (1..values.len()).rev() {
        values.swap(place, random.below(place + 1));
    }
}

/// The places of each class; all in one where there are none.
fn strata(rows: usize, classes: Option<&[u32]>) -> Vec<Vec<usize>> {
    let Some(classes) = classes else { return vec![(0..rows).collect()] };
    let count = classes.iter().max().map_or(0, |largest| *largest as usize + 1);
    let mut strata = vec![Vec::new(); count];
    for (place, class) in classes.iter().enumerate() {
        strata[*class as usize].push(place);
    }
    strata
}

/// Divides rows into those to learn from and a share that is held out; of each class the same share, and one row of it at least stays.
pub(super) fn hold_out(rows: usize, classes: Option<&[u32]>, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut random = Random::new(seed);
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    // What rounding took from one class is given to the next.
    let mut owed = 0.0;
    for mut stratum in strata(rows, classes) {
        shuffle(&mut stratum, &mut random);
        let wanted = stratum.len() as f64 * share + owed;
        let taken = (wanted.round().max(0.0) as usize).min(stratum.len().saturating_sub(1));
        owed = wanted - taken as f64;
        held.extend_from_slice(&stratum[..taken]);
        kept.extend_from_slice(&stratum[taken..]);
    }
    kept.sort_unstable();
    held.sort_unstable();
    (kept, held)
}

/// Which of so many folds each row belongs to; each class is spread over all of them.
pub(super) fn folds(rows: usize, classes: Option<&[u32]>, count: usize, seed: u64) -> Vec<usize> {
    // Another stream than that of the hold-out.
    let mut random = Random::new(seed ^ 0x5eed_0ff0_1d5f);
    let mut fold = vec![0; rows];
    let mut next = 0;
    for mut stratum in strata(rows, classes) {
        shuffle(&mut stratum, &mut random);
        for place in stratum {
            fold[place] = next % count;
            next += 1;
        }
    }
    fold
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_is_somewhere_once_and_classes_keep_their_shares(
            classes in prop::collection::vec(0u32..4, 20..200), share in 0.05..0.5f64, seed in any::<u64>(), count in 2usize..6
        ) {
            let rows = classes.len();
            let (kept, held) = hold_out(rows, Some(&classes), share, seed);
            let mut all: Vec<usize> = kept.iter().chain(&held).copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows).collect::<Vec<_>>());
            prop_assert_eq!(&hold_out(rows, Some(&classes), share, seed).1, &held);
            let fold = folds(rows, Some(&classes), count, seed);
            for class in 0..4 {
                let of = |places: &[usize]| places.iter().filter(|place| classes[**place] == class).count() as f64;
                let whole = classes.iter().filter(|known| **known == class).count() as f64;
                prop_assert!((of(&held) - whole * share).abs() <= 1.51, "class {}: {} of {}", class, of(&held), whole);
                for number in 0..count {
                    let places: Vec<usize> = (0..rows).filter(|place| fold[*place] == number).collect();
                    prop_assert!((of(&places) - whole / count as f64).abs() < 1.0 + 1e-9);
                }
            }
        }
    }
}
