//! How the feelings of words become one of a sentence: negation, degree, capitals, punctuation, "but" and idioms.
//!
//! The rules and their constants are those of Hutto and Gilbert (2014) as their reference implementation has them in
//! version 3.3.2, including which of two rules wins where both apply. One thing differs: the reference finds the
//! words around a "but" by their value, so that equal values change places; here they are found by their place.

use super::lexicon::LEXICON;

/// What capitals add among words without.
const CAPITALS: f64 = 0.733;
/// What a negation multiplies by.
const NEGATION: f64 = -0.74;
/// What "never so" and "never this" multiply by.
const NEVER_SO: f64 = 1.25;
/// How much of a degree word's effect is left one, two and three words away.
const DISTANCE: [f64; 3] = [1.0, 0.95, 0.9];
/// Brings a sum of valences between -1 and 1.
const NORMALIZATION: f64 = 15.0;

/// How a text feels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scores {
    /// -1 to 1.
    pub(super) compound: f64,
    /// The shares of words that are positive, neutral and negative.
    pub(super) positive: f64,
    pub(super) neutral: f64,
    pub(super) negative: f64,
}

/// A word as written and in lower case.
struct Word<'a> {
    written: &'a str,
    lower: String,
}

impl Scores {
    const NOTHING: Self = Self { compound: 0.0, positive: 0.0, neutral: 0.0, negative: 0.0 };

    /// Of a text in one piece.
    pub(super) fn of(text: &str) -> Self {
        let text = name_emoji(text);
        let words: Vec<Word<'_>> =
            text.split_whitespace().map(bare).map(|written| Word { written, lower: written.to_lowercase() }).collect();
        if words.is_empty() {
            return Self::NOTHING;
        }
        let capitals = words.iter().filter(|word| is_capitals(word.written)).count();
        let sentence = Sentence { emphasis: capitals > 0 && capitals < words.len(), words };
        let mut valences: Vec<f64> = (0..sentence.words.len()).map(|place| sentence.valence(place)).collect();
        if let Some(but) = sentence.words.iter().position(|word| word.lower == "but") {
            // What comes after "but" is what is meant.
            valences[..but].iter_mut().for_each(|valence| *valence *= 0.5);
            valences[but + 1..].iter_mut().for_each(|valence| *valence *= 1.5);
        }
        Self::sum(&valences, punctuation(&text))
    }

    fn sum(valences: &[f64], emphasis: f64) -> Self {
        let mut sum: f64 = valences.iter().sum();
        if sum != 0.0 {
            sum += emphasis * sum.signum();
        }
        // One more for each word, because a neutral one counts one.
        let mut positive: f64 = valences.iter().filter(|valence| **valence > 0.0).map(|valence| valence + 1.0).sum();
        let mut negative: f64 = valences.iter().filter(|valence| **valence < 0.0).map(|valence| 1.0 - valence).sum();
        let neutral = valences.iter().filter(|valence| **valence == 0.0).count() as f64;
        if positive > negative {
            positive += emphasis;
        } else if positive < negative {
            negative += emphasis;
        }
        let total = positive + negative + neutral;
        Self {
            compound: rounded((sum / (sum * sum + NORMALIZATION).sqrt()).clamp(-1.0, 1.0), 10_000.0),
            positive: rounded(positive / total, 1_000.0),
            neutral: rounded(neutral / total, 1_000.0),
            negative: rounded(negative / total, 1_000.0),
        }
    }

    /// The mean of several.
    pub(super) fn mean(scores: &[Self]) -> Self {
        let count = scores.len().max(1) as f64;
        let mean = |part: fn(&Self) -> f64, digits: f64| rounded(scores.iter().map(part).sum::<f64>() / count, digits);
        Self {
            compound: mean(|scores| scores.compound, 10_000.0),
            positive: mean(|scores| scores.positive, 1_000.0),
            neutral: mean(|scores| scores.neutral, 1_000.0),
            negative: mean(|scores| scores.negative, 1_000.0),
        }
    }

    /// In a word, by the thresholds that VADER's authors give.
    pub(super) fn label(&self) -> &'static str {
        match self.compound {
            compound if compound >= 0.05 => "positive",
            compound if compound <= -0.05 => "negative",
            _ => "neutral",
        }
    }
}

/// Words with what is known of all of them.
struct Sentence<'a> {
    words: Vec<Word<'a>>,
    /// Whether some words, not all, are in capitals.
    emphasis: bool,
}

impl Sentence<'_> {
    fn lower(&self, place: usize) -> &str {
        &self.words[place].lower
    }

    /// The words so many places before this one, in order, as one phrase.
    fn phrase(&self, from: usize, to: usize) -> String {
        self.words[from..=to].iter().map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// What the word at this place feels like where it stands.
    fn valence(&self, place: usize) -> f64 {
        let word = self.lower(place);
        let next = self.words.get(place + 1).map(|word| word.lower.as_str());
        if LEXICON.degree(word).is_some() || (word == "kind" && next == Some("of")) {
            return 0.0;
        }
        let Some(alone) = LEXICON.valence(word) else { return 0.0 };
        // "no" before a word of feeling turns that word; it does not feel by itself.
        let mut valence = if word == "no" && next.is_some_and(|next| LEXICON.valence(next).is_some()) { 0.0 } else { alone };
        if self.is_after_no(place) {
            valence = alone * NEGATION;
        }
        if self.emphasis && is_capitals(self.words[place].written) {
            valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        for distance in 1..=3 {
            if place < distance || LEXICON.valence(self.lower(place - distance)).is_some() {
                continue;
            }
            valence += self.degree(place - distance, valence) * DISTANCE[distance - 1];
            valence = self.negated(place, distance, valence);
            if distance == 3 {
                valence = self.idiomatic(place, valence);
            }
        }
        self.after_least(place, valence)
    }

    fn is_after_no(&self, place: usize) -> bool {
        let is_no = |back: usize| place >= back && self.lower(place - back) == "no";
        is_no(1) || is_no(2) || (is_no(3) && matches!(self.lower(place - 1), "or" | "nor"))
    }

    /// What the degree word at this place adds to a valence.
    fn degree(&self, place: usize, valence: f64) -> f64 {
        let word = &self.words[place];
        let Some(degree) = LEXICON.degree(&word.lower) else { return 0.0 };
        let mut added = if valence < 0.0 { -degree } else { degree };
        if self.emphasis && is_capitals(word.written) {
            added += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        added
    }

    /// The valence after a look at whether the word so far before negates it.
    fn negated(&self, place: usize, distance: usize, valence: f64) -> f64 {
        let at = |back: usize| self.lower(place - back);
        let so = |word: &str| matches!(word, "so" | "this");
        let never_so = match distance {
            2 => at(2) == "never" && so(at(1)),
            // The reference binds "and" before "or" here; so "so" right before the word is enough.
            3 => (at(3) == "never" && so(at(2))) || so(at(1)),
            _ => false,
        };
        let without_doubt = match distance {
            2 => at(2) == "without" && at(1) == "doubt",
            3 => at(3) == "without" && (at(2) == "doubt" || at(1) == "doubt"),
            _ => false,
        };
        if never_so {
            valence * NEVER_SO
        } else if without_doubt || !LEXICON.is_negation(at(distance)) {
            valence
        } else {
            valence * NEGATION
        }
    }

    /// The valence after a look at the phrases around the word; needs three words before it.
    fn idiomatic(&self, place: usize, mut valence: f64) -> f64 {
        let before = [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2)];
        let found = before.iter().find_map(|(from, to)| LEXICON.idiom(&self.phrase(place - from, place - to)));
        if let Some(meant) = found {
            valence = meant;
        }
        for ahead in [1, 2] {
            if place + ahead < self.words.len()
                && let Some(meant) = LEXICON.idiom(&self.phrase(place, place + ahead))
            {
                valence = meant;
            }
        }
        let degrees = [(3, 1), (3, 2), (2, 1)];
        valence + degrees.iter().filter_map(|(from, to)| LEXICON.degree(&self.phrase(place - from, place - to))).sum::<f64>()
    }

    /// "least" negates, "at least" and "very least" do not.
    fn after_least(&self, place: usize, valence: f64) -> f64 {
        if place == 0 || self.lower(place - 1) != "least" {
            return valence;
        }
        if place > 1 && matches!(self.lower(place - 2), "at" | "very") { valence } else { valence * NEGATION }
    }
}

/// Emoji replaced by what they show.
fn name_emoji(text: &str) -> String {
    let mut named = String::with_capacity(text.len());
    let mut spaced = true;
    for character in text.chars() {
        if let Some(name) = LEXICON.emoji(character) {
            if !spaced {
                named.push(' ');
            }
            named.push_str(name);
            spaced = false;
        } else {
            named.push(character);
            spaced = character == ' ';
        }
    }
    named
}

/// A word without the punctuation around it. What would have two characters or fewer is left as it is: it may be an
/// emoticon.
fn bare(token: &str) -> &str {
    let stripped = token.trim_matches(|character: char| character.is_ascii_punctuation());
    if stripped.chars().nth(2).is_none() { token } else { stripped }
}

/// Whether a word has letters and all of them are capitals.
fn is_capitals(word: &str) -> bool {
    let mut cased = false;
    for character in word.chars() {
        if character.is_lowercase() {
            return false;
        }
        cased |= character.is_uppercase();
    }
    cased
}

/// How much exclamation and question marks add: up to four of the former, two or more of the latter.
fn punctuation(text: &str) -> f64 {
    let count = |mark: char| text.chars().filter(|character| *character == mark).count();
    let exclamation = count('!').min(4) as f64 * 0.292;
    let question = match count('?') {
        0 | 1 => 0.0,
        few @ 2..=3 => few as f64 * 0.18,
        _ => 0.96,
    };
    exclamation + question
}

fn rounded(value: f64, digits: f64) -> f64 {
    // Adding zero makes a negative zero positive.
    (value * digits).round() / digits + 0.0
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
