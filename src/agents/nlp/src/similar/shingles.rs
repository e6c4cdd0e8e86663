//! What do texts have word for word: their shingles (Broder, 1997), stretches of three words, or of five letters in scripts that
//! write no spaces.

use unicode_segmentation::UnicodeSegmentation;

/// The words of a shingle.
const WORDS: usize = 3;
/// Its letters where words cannot be told apart.
const LETTERS: usize = 5;

/// The distinct shingles of a text as hashes, in order. A text shorter than a shingle is one.
pub(crate) fn of(text: &str) -> Vec<u64> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.unicode_words().collect();
    let letters: Vec<char> = lower.chars().filter(|character| character.is_alphanumeric()).collect();
    let unspaced = letters.iter().filter(|letter| matches!(letter, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{9fff}')).count();
    let mut hashes: Vec<u64> = if unspaced * 2 > letters.len() {
        let size = LETTERS.min(letters.len().max(1));
        letters.windows(size).map(|window| hash(window.iter().map(|letter| u64::from(u32::from(*letter))))).collect()
    } else {
        let size = WORDS.min(words.len().max(1));
        words.windows(size).map(|window| hash(window.iter().flat_map(|word| word.bytes().map(u64::from).chain([0x1_0000])))).collect()
    };
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// FNV-1a over what is given, mixed at the end so that close values lie far apart.
fn hash(values: impl Iterator<Item = u64>) -> u64 {
    let hash = values.fold(0xcbf2_9ce4_8422_2325_u64, |hash, value| (hash ^ value).wrapping_mul(0x0100_0000_01b3));
    mix(hash)
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The share of shingles that two texts have in common.
pub(crate) fn jaccard(left: &[u64], right: &[u64]) -> f64 {
    let (mut common, mut at) = (0_usize, 0);
    for hash in left {
        while at < right.len() && right[at] < *hash {
            at += 1;
        }
        common += usize::from(at < right.len() && right[at] == *hash);
    }
    let all = left.len() + right.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn the_share_is_that_of_the_sets(left in proptest::collection::vec("[a-c]", 0..12), right in proptest::collection::vec("[a-c]", 0..12)) {
            let sets = |words: &[String]| -> HashSet<Vec<String>> { words.windows(3.min(words.len().max(1))).map(<[String]>::to_vec).collect() };
            let (a, b) = (sets(&left), sets(&right));
            let all = a.union(&b).count();
            let expected = if all == 0 { 0.0 } else { a.intersection(&b).count() as f64 / all as f64 };
            prop_assert!((jaccard(&of(&left.join(" ")), &of(&right.join(" "))) - expected).abs() < 1e-12);
        }
    }
}
