//! Which word was meant by one that is a letter off?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use baton_retrieval::words::stem;

use crate::given::Given;
use crate::words::{Kind, Token, name_stems};

/// The fewest letters of a word that is read as another: short ones are a letter off from many.
const LETTERS: usize = 6;
/// How often a word has to be known for another to be read as it.
const OFTEN: usize = 4;

/// The words of requests and of rules, with how often they occur.
static KNOWN: LazyLock<BTreeMap<String, usize>> = LazyLock::new(|| {
    let mut known = BTreeMap::new();
    let rules = [include_str!("cues.txt"), include_str!("frames.txt"), include_str!("refusals.txt"), include_str!("lexicon.txt")];
    for text in crate::asking::EXAMPLES.into_iter().chain(rules) {
        for word in text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()) {
            *known.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    known
});

/// Their stems: another form of a known word is no slip.
static STEMS: LazyLock<BTreeSet<String>> = LazyLock::new(|| KNOWN.keys().map(|word| stem(word)).collect());

/// Reads words that nobody knows as the one that they are a letter off from, if there is just one. Their text stays as it is written. What is given is
/// called as it is called, and a capital within a sentence begins a name.
pub(crate) fn mend(tokens: &mut [Token], given: &[Given]) {
    let mut called: BTreeSet<String> = BTreeSet::new();
    for one in given {
        called.extend(name_stems(&one.name));
        called.extend(one.file.iter().chain(&one.gaps).flat_map(|name| name_stems(name)));
        for column in &one.columns {
            called.extend(name_stems(&column.name));
            called.extend(column.values.iter().flat_map(|value| name_stems(value)));
        }
    }
    let mut begins = true;
    for token in tokens {
        let name = !begins && token.text.starts_with(char::is_uppercase);
        begins = matches!(token.kind, Kind::Mark('.' | '!' | '?' | ':' | '\n'));
        let whole = token.lower.len() >= LETTERS && token.lower.bytes().all(|letter| letter.is_ascii_lowercase());
        if token.kind != Kind::Word || name || !whole || called.contains(&token.stem) || STEMS.contains(&token.stem) {
            continue;
        }
        if let Some(meant) = meant(&token.lower) {
            meant.clone_into(&mut token.lower);
            token.stem = stem(meant);
        }
    }
}

/// The known word that a word is a letter off from; none if words of two stems are.
fn meant(word: &str) -> Option<&'static str> {
    let mut near = KNOWN.iter().filter(|(known, times)| {
        **times >= OFTEN && known.len() >= LETTERS && known.as_bytes().first() == word.as_bytes().first() && is_slip(word, known)
    });
    let (first, _) = near.next()?;
    near.all(|(other, _)| stem(other) == stem(first)).then_some(first.as_str())
}

/// Whether a word is another but for one letter, or for two that stand the other way round. A vowel may make another form of a verb, as of `rewrote`.
fn is_slip(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let before = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let (one, other) = (&one[before..], &other[before..]);
    let after = one.iter().rev().zip(other.iter().rev()).take_while(|(left, right)| left == right).count();
    match (&one[..one.len() - after], &other[..other.len() - after]) {
        ([], [_]) | ([_], []) => true,
        ([written], [known]) => !(b"aou".contains(written) && b"aeiou".contains(known)),
        ([first, second], [third, fourth]) => first == fourth && second == third,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{Column, ColumnKind, GivenKind};
    use crate::words::tokens;

    fn read(text: &str, given: &[Given]) -> Vec<String> {
        let mut tokens = tokens(text);
        mend(&mut tokens, given);
        tokens.into_iter().filter(|token| !token.is_mark()).map(|token| token.lower).collect()
    }

    #[test]
    fn a_word_that_is_a_letter_off_is_read_as_the_one_that_is_known() {
        assert_eq!(read("sumarize the coments", &[]), ["summarize", "the", "comments"]);
        assert_eq!(read("Forceast the reveune", &[]), ["forecast", "the", "revenue"]);
    }

    #[test]
    fn names_and_what_is_given_stay_as_they_are() {
        assert_eq!(read("Tell Coments of zymurgy", &[]), ["tell", "coments", "of", "zymurgy"]);
        let given = Given { columns: vec![Column::new("coments", ColumnKind::Text)], ..Given::new("cards", GivenKind::Artifact) };
        assert_eq!(read("the coments", &[given]), ["the", "coments"]);
    }

    #[test]
    fn two_words_are_a_slip_apart_by_one_letter_only() {
        assert!(
            is_slip("sumary", "summary") && is_slip("summmary", "summary") && is_slip("emial", "email") && is_slip("summery", "summary")
        );
        assert!(
            !is_slip("rewrote", "rewrite") && !is_slip("summary", "summary") && !is_slip("smmry", "summary") && !is_slip("", "summary")
        );
    }
}
