//! Which figures, names and addresses does a text have, and which of them does another lack?

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

/// The most differences that are listed.
const LISTED: usize = 50;

/// What a text lacks of its source, and has beyond it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Differences {
    pub(super) missing: Vec<String>,
    pub(super) added: Vec<String>,
    /// Addresses of the web or of mail that the source does not have.
    pub(super) addresses: Vec<String>,
    /// How many facts of the source the text has.
    pub(super) kept: usize,
}

impl Differences {
    pub(super) fn between(source: &str, text: &str) -> Self {
        let (of_source, of_text) = (facts(source), facts(text));
        let lower = |text: &str| text.to_lowercase();
        let (source_lower, text_lower) = (lower(source), lower(text));
        let bare = |text: &str| {
            text.chars().filter(|character| !matches!(character, ',' | '.' | '\'' | '’' | '\u{a0}' | '\u{202f}' | ' ')).collect::<String>()
        };
        let (source_bare, text_bare) = (bare(&source_lower), bare(&text_lower));
        // A figure may be written with other signs between its thousands, a name with another ending.
        let has = |fact: &str, within: &str, within_bare: &str| {
            let fact = lower(fact);
            within.contains(&fact) || (fact.starts_with(|first: char| first.is_ascii_digit()) && within_bare.contains(&bare(&fact)))
        };
        let missing: Vec<String> = of_source.iter().filter(|fact| !has(fact, &text_lower, &text_bare)).cloned().collect();
        let added: Vec<String> = of_text.iter().filter(|fact| !has(fact, &source_lower, &source_bare)).cloned().collect();
        let addresses = added.iter().filter(|fact| is_address(fact)).cloned().collect();
        let kept = of_source.len() - missing.len();
        Self { missing: missing.into_iter().take(LISTED).collect(), added: added.into_iter().take(LISTED).collect(), addresses, kept }
    }
}

fn is_address(word: &str) -> bool {
    let lower = word.to_lowercase();
    lower.contains("://") || lower.starts_with("www.") || (lower.contains('@') && lower.contains('.'))
}

/// Figures, addresses, and words with a capital within a sentence.
fn facts(text: &str) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    let trimmed = |word: &str| {
        word.trim_matches(|character: char| !character.is_alphanumeric() && !matches!(character, '/' | '%' | '€' | '$')).to_owned()
    };
    for word in text.split_whitespace() {
        let word = trimmed(word);
        if is_address(&word) {
            facts.insert(word.trim_end_matches('/').to_owned());
        } else if word.chars().any(|character| character.is_ascii_digit()) {
            let figure = word.trim_matches(|character: char| !character.is_ascii_digit());
            facts.insert(figure.to_owned());
        }
    }
    for sentence in text.unicode_sentences() {
        for word in sentence.unicode_words().skip(1) {
            let capital = word.chars().next().is_some_and(char::is_uppercase);
            if capital && word.chars().count() > 2 && !word.chars().any(|character| character.is_ascii_digit()) && !is_address(word) {
                facts.insert(word.to_owned());
            }
        }
    }
    facts.remove("");
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_are_lost_or_invented_are_told() {
        let source = "On 3 May the team of Ada Lovelace sold 1,234 lamps for €56.50, see https://example.org/a.";
        let kept = Differences::between(source, "Ada Lovelace's team sold 1 234 lamps at €56.50 on 3 May (https://example.org/a).");
        assert_eq!((kept.missing.as_slice(), kept.addresses.as_slice()), (&[][..], &[][..]), "{kept:?}");
        let changed = Differences::between(source, "The team of Grace Hopper sold 1,243 lamps, see https://evil.example/x.");
        assert!(changed.missing.contains(&"1,234".to_owned()) && changed.missing.contains(&"Lovelace".to_owned()), "{changed:?}");
        assert!(changed.added.contains(&"1,243".to_owned()) && changed.added.contains(&"Hopper".to_owned()), "{changed:?}");
        assert_eq!(changed.addresses, ["https://evil.example/x"]);
    }
}
