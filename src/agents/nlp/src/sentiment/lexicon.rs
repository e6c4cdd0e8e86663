//! Which words carry feeling, and which change that of their neighbours: the data of VADER (see `data/NOTICE`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a degree word adds to its neighbour.
const DEGREE: f64 = 0.293;

/// All the words that the rules know.
pub(super) struct Lexicon {
    valences: HashMap<&'static str, f64>,
    emoji: HashMap<char, &'static str>,
    negations: HashSet<&'static str>,
    degrees: HashMap<&'static str, f64>,
    idioms: HashMap<&'static str, f64>,
}

/// The one lexicon; read on first use.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

impl Lexicon {
    fn read() -> Self {
        let pairs = |data: &'static str| data.lines().filter_map(|line| line.split_once('\t'));
        let mut lexicon = Self {
            valences: pairs(include_str!("../../data/lexicon.tsv")).filter_map(|(word, value)| Some((word, value.parse().ok()?))).collect(),
            emoji: pairs(include_str!("../../data/emoji.tsv")).filter_map(|(emoji, name)| Some((emoji.chars().next()?, name))).collect(),
            negations: HashSet::new(),
            degrees: HashMap::new(),
            idioms: HashMap::new(),
        };
        for (kind, rest) in pairs(include_str!("../../data/modifiers.tsv")) {
            match kind {
                "negation" => drop(lexicon.negations.insert(rest)),
                "booster" => drop(lexicon.degrees.insert(rest, DEGREE)),
                "dampener" => drop(lexicon.degrees.insert(rest, -DEGREE)),
                _ => {
                    if let Some((phrase, value)) = rest.split_once('\t').and_then(|(phrase, value)| Some((phrase, value.parse().ok()?))) {
                        lexicon.idioms.insert(phrase, value);
                    }
                }
            }
        }
        lexicon
    }

    /// What a word in lower case feels like, -4 to 4.
    pub(super) fn valence(&self, word: &str) -> Option<f64> {
        self.valences.get(word).copied()
    }

    /// What an emoji shows, in words.
    pub(super) fn emoji(&self, character: char) -> Option<&'static str> {
        self.emoji.get(&character).copied()
    }

    /// Whether a word in lower case turns what follows into its opposite.
    pub(super) fn is_negation(&self, word: &str) -> bool {
        self.negations.contains(word) || word.contains("n't")
    }

    /// How much a word or phrase in lower case strengthens (or, below 0, weakens) what follows.
    pub(super) fn degree(&self, phrase: &str) -> Option<f64> {
        self.degrees.get(phrase).copied()
    }

    /// What a phrase in lower case means that its words do not.
    pub(super) fn idiom(&self, phrase: &str) -> Option<f64> {
        self.idioms.get(phrase).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_data_is_read() {
        let lines = |data: &str| data.lines().count();
        assert_eq!(LEXICON.valences.len(), lines(include_str!("../../data/lexicon.tsv")));
        assert_eq!(LEXICON.emoji.len(), lines(include_str!("../../data/emoji.tsv")));
        let modifiers = LEXICON.negations.len() + LEXICON.degrees.len() + LEXICON.idioms.len();
        assert_eq!(modifiers, lines(include_str!("../../data/modifiers.tsv")));
    }
}
