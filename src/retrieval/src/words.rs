//! Which words does a text have, in which form are they compared, and which mean much the same?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

/// The stem of a word, by Porter's second algorithm for English.
pub type Word = String;

/// Groups of words that mean much the same where work is described, one a line.
const GROUPS: &str = include_str!("related.txt");
/// Words that say nothing about what is wanted.
const EMPTY: &str = include_str!("empty.txt");
/// The most words of a text that are looked at.
const MAXIMUM_WORDS: usize = 2_000;

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));
static SAYS_NOTHING: LazyLock<BTreeSet<&str>> = LazyLock::new(|| EMPTY.split_whitespace().collect());
static RELATED: LazyLock<BTreeMap<Word, BTreeSet<Word>>> = LazyLock::new(|| {
    let mut related: BTreeMap<Word, BTreeSet<Word>> = BTreeMap::new();
    for line in GROUPS.lines().filter(|line| !line.starts_with('#')) {
        let group: BTreeSet<Word> = line.split_whitespace().map(stem).collect();
        for word in &group {
            related.entry(word.clone()).or_default().extend(group.iter().cloned());
        }
    }
    related
});

/// The stem of a word in small letters.
#[must_use]
pub fn stem(word: &str) -> Word {
    STEMMER.stem(word).into_owned()
}

/// The words of a text as they are compared, each with how it is written there; words that say nothing are left out. An address gives the
/// word `address` first, a file's name its ending.
#[must_use]
pub fn of_text(text: &str) -> Vec<(Word, String)> {
    let mut words = Vec::new();
    for part in text.split_whitespace() {
        let lower = part.to_lowercase();
        if lower.contains("://") || lower.starts_with("www.") {
            words.push((stem("address"), part.to_owned()));
        }
        for piece in lower.split(|character: char| !character.is_alphanumeric()).filter(|piece| piece.chars().count() > 1) {
            if !SAYS_NOTHING.contains(piece) {
                words.push((stem(piece), piece.to_owned()));
            }
            if words.len() >= MAXIMUM_WORDS {
                return words;
            }
        }
    }
    words
}

/// Words that mean much the same.
#[must_use]
pub fn related(word: &Word) -> Vec<Word> {
    RELATED.get(word).map(|group| group.iter().cloned().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_by_their_stems() {
        let stems = |text: &str| of_text(text).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        assert_eq!(stems("Summarizing the reports"), stems("summarize report"));
        assert_eq!(stems("data_science.anomalies"), stems("data science anomaly"));
        assert_eq!(stems("I want to do it, please"), Vec::<String>::new());
        assert_eq!(of_text(&"word ".repeat(10_000)).len(), MAXIMUM_WORDS);
    }

    #[test]
    fn relation_goes_both_ways() {
        for (word, group) in RELATED.iter() {
            for other in group {
                assert!(related(other).contains(word), "{word} and {other}");
            }
        }
    }
}
