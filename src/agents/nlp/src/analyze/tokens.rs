//! What are a text's tokens and sentences, where do they stand, and how many of what are there?

use std::collections::HashMap;

use baton_agents_runtime::SkillError;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::{readability::Counts, syllables};
use crate::sentences;
use crate::words::Words;

/// A token and its place, counted in characters (Unicode scalar values) from the text's beginning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) kind: &'static str,
    /// What a word does, as far as its form alone says so.
    pub(crate) part: &'static str,
    pub(crate) stem: String,
    pub(crate) sentence: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A sentence's place and size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) words: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A text taken apart.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) tokens: Vec<Token>,
    /// How many tokens there are, kept or not.
    pub(crate) total: usize,
    pub(crate) sentences: Vec<Sentence>,
    pub(crate) counts: Counts,
    pub(crate) characters: usize,
    pub(crate) paragraphs: usize,
    pub(crate) distinct_words: usize,
    /// Words that say something, in lower case, with how often they occur, the most frequent first.
    pub(crate) frequent: Vec<(String, usize)>,
}

/// Takes a text apart and keeps at most so many tokens, while all are counted; asks now and then whether to go on.
pub(crate) fn read(text: &str, language: &str, most: usize, go_on: impl Fn() -> Result<(), SkillError>) -> Result<Read, SkillError> {
    let words = Words::of(language);
    let mut read = Read { sentences: places(text), characters: text.chars().count(), ..Read::default() };
    read.paragraphs = paragraphs(text);
    let mut occurrences: HashMap<String, usize> = HashMap::new();
    let (mut position, mut sentence) = (0, 0);
    go_on()?;
    for (place, piece) in text.split_word_bounds().enumerate() {
        if place.is_multiple_of(4_096) {
            go_on()?;
        }
        let start = position;
        position += piece.chars().count();
        if piece.chars().all(|character| character.is_whitespace() || character.is_control()) {
            continue;
        }
        while sentence + 1 < read.sentences.len() && start >= read.sentences[sentence].end {
            sentence += 1;
        }
        let kind = kind_of(piece);
        let lower = piece.to_lowercase();
        if matches!(kind, "word" | "number") {
            count(&mut read.counts, piece, kind, language);
            if let Some(sentence) = read.sentences.get_mut(sentence) {
                sentence.words += 1;
            }
            *occurrences.entry(lower.clone()).or_default() += 1;
        }
        read.total += 1;
        if read.tokens.len() >= most {
            continue;
        }
        let part = part_of(&lower, kind, language, &words);
        let stem = if kind == "word" { words.stem(&lower) } else { lower.clone() };
        read.tokens.push(Token { text: piece.to_owned(), kind, part, stem, sentence, start, end: position });
    }
    // What has no word is no sentence to whom it is to be read.
    read.counts.sentences = read.sentences.iter().filter(|sentence| sentence.words > 0).count() as f64;
    read.distinct_words = occurrences.len();
    let telling = |word: &String| word.chars().count() > 1 && !words.is_stop_word(word) && word.chars().any(char::is_alphabetic);
    read.frequent = occurrences.into_iter().filter(|(word, _)| telling(word)).collect();
    read.frequent.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(read)
}

fn count(counts: &mut Counts, word: &str, kind: &str, language: &str) {
    let letters = word.chars().filter(|character| character.is_alphanumeric()).count();
    // A number is read as one syllable: how it is said depends on what it counts.
    let syllables = if kind == "word" { syllables::count(word, language).max(1) } else { 1 };
    counts.words += 1.0;
    counts.letters += letters as f64;
    counts.syllables += syllables as f64;
    counts.monosyllables += f64::from(u8::from(syllables == 1));
    counts.polysyllables += f64::from(u8::from(syllables >= 3));
    counts.long_words += f64::from(u8::from(letters > 6));
}

/// The sentences with their places. The splitter makes white space single spaces and loses nothing else, so that each sentence ends
/// where as many other characters have passed.
fn places(text: &str) -> Vec<Sentence> {
    let mut dense = text.chars().enumerate().filter(|(_, character)| !character.is_whitespace()).map(|(place, _)| place);
    let mut found = Vec::new();
    for sentence in sentences::split(text) {
        let length = sentence.chars().filter(|character| !character.is_whitespace()).count();
        let Some(start) = dense.next() else { break };
        let last = if length > 1 { dense.nth(length - 2).unwrap_or(start) } else { start };
        found.push(Sentence { text: sentence, words: 0, start, end: last + 1 });
    }
    found
}

/// Stretches of lines with something on them.
fn paragraphs(text: &str) -> usize {
    let mut count = 0;
    let mut within = false;
    for line in text.lines() {
        let full = !line.trim().is_empty();
        count += usize::from(full && !within);
        within = full;
    }
    count
}

fn kind_of(piece: &str) -> &'static str {
    if piece.chars().any(char::is_alphabetic) {
        "word"
    } else if piece.chars().any(char::is_numeric) {
        "number"
    } else if piece.chars().all(|character| {
        character.is_ascii_punctuation() && !matches!(character, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~')
            || matches!(character, '\u{2010}'..='\u{2027}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '«' | '»' | '¿' | '¡' | '，' | '！' | '？' | '：' | '；' | '،' | '؟' | '।')
    }) {
        "punctuation"
    } else {
        "symbol"
    }
}

/// English words of closed classes; each is named for what it is most often.
const ENGLISH: &[(&str, &[&str])] = &[
    (
        "determiner",
        &[
            "the", "a", "an", "this", "these", "those", "each", "every", "either", "neither", "some", "any", "my", "your", "his", "her",
            "its", "our", "their",
        ],
    ),
    (
        "pronoun",
        &[
            "i",
            "you",
            "he",
            "she",
            "it",
            "we",
            "they",
            "me",
            "him",
            "us",
            "them",
            "myself",
            "yourself",
            "himself",
            "herself",
            "itself",
            "ourselves",
            "themselves",
            "who",
            "whom",
            "whose",
            "mine",
            "yours",
            "hers",
            "ours",
            "theirs",
            "someone",
            "anyone",
            "everyone",
            "nobody",
            "somebody",
            "anybody",
            "everybody",
            "something",
            "anything",
            "everything",
            "nothing",
        ],
    ),
    (
        "preposition",
        &[
            "of",
            "in",
            "on",
            "at",
            "by",
            "with",
            "from",
            "into",
            "onto",
            "upon",
            "about",
            "above",
            "across",
            "against",
            "along",
            "among",
            "around",
            "behind",
            "below",
            "beneath",
            "beside",
            "between",
            "beyond",
            "despite",
            "during",
            "except",
            "inside",
            "near",
            "outside",
            "through",
            "throughout",
            "toward",
            "towards",
            "under",
            "underneath",
            "within",
            "without",
            "via",
            "per",
        ],
    ),
    ("conjunction", &["and", "or", "but", "nor", "because", "although", "though", "while", "whereas", "unless", "if", "whether"]),
    (
        "auxiliary",
        &[
            "am", "is", "are", "was", "were", "be", "been", "being", "have", "has", "had", "do", "does", "did", "will", "would", "shall",
            "should", "can", "could", "may", "might", "must",
        ],
    ),
];

fn part_of(lower: &str, kind: &'static str, language: &str, words: &Words) -> &'static str {
    if kind != "word" {
        return kind;
    }
    if language == "en"
        && let Some((part, _)) = ENGLISH.iter().find(|(_, list)| list.contains(&lower))
    {
        return part;
    }
    match (words.has_stop_words(), words.is_stop_word(lower)) {
        (true, true) => "function",
        (true, false) => "content",
        (false, _) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_know_what_they_are_and_where() {
        let read = read("Dr. Ek pays 3.5 €.\n\nIt is fine!", "en", 1_000, || Ok(())).unwrap();
        let tokens: Vec<(&str, &str, usize)> = read.tokens.iter().map(|token| (token.text.as_str(), token.part, token.sentence)).collect();
        assert_eq!(tokens[0], ("Dr", "content", 0));
        assert!(
            tokens.contains(&("3.5", "number", 0)) && tokens.contains(&("€", "symbol", 0)) && tokens.contains(&("!", "punctuation", 1))
        );
        assert!(tokens.contains(&("It", "pronoun", 1)) && tokens.contains(&("is", "auxiliary", 1)), "{tokens:?}");
        assert_eq!((read.paragraphs, read.sentences.len(), read.counts.words), (2, 2, 7.0));
    }

    proptest! {
        #[test]
        fn what_a_place_names_is_what_stands_there(text in "[ a-zA-Zäß.,!?\n\t0-9漢字🙂’-]{0,200}") {
            let characters: Vec<char> = text.chars().collect();
            let read = read(&text, "en", 1_000, || Ok(())).unwrap();
            let cut = |start: usize, end: usize| characters[start..end].iter().collect::<String>();
            let mut last = 0;
            for token in &read.tokens {
                prop_assert_eq!(&cut(token.start, token.end), &token.text);
                prop_assert!(token.start >= last);
                last = token.end;
            }
            let dense = |text: &str| text.split_whitespace().collect::<String>();
            for sentence in &read.sentences {
                prop_assert_eq!(dense(&cut(sentence.start, sentence.end)), dense(&sentence.text));
            }
        }
    }
}
