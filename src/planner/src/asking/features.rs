//! Of which features is a request made? Its stems, pairs of them, and the groups of words that mean much the same.

use crate::lexicon;
use crate::words::{Kind, Token};

/// Words that say nothing by themselves; in a pair they may.
const IDLE: &[&str] = &[
    "the", "a", "an", "and", "or", "is", "are", "was", "were", "be", "it", "this", "that", "these", "those", "i", "we", "you", "me", "us",
    "my", "our", "your", "to", "of", "in", "at", "please", "can", "could", "would", "do", "does", "did", "have", "has", "had", "with",
    "there", "s", "d", "ll", "ve", "t", "m", "re", "for", "on", "from", "as", "so", "their", "they", "its",
];

/// Words that are left out of pairs, so that `the table` and `table` are the same.
const ARTICLES: &[&str] = &["the", "a", "an", "please", "my", "our", "your", "their", "these", "those", "this", "its"];

/// The most words that are looked at.
const MOST: usize = 400;

pub(super) fn features(words: &[Token]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = String::from("^");
    for token in words.iter().take(MOST) {
        let unit = match token.kind {
            Kind::Word if ARTICLES.contains(&token.lower.as_str()) => continue,
            // One way to write it for both.
            Kind::Word if token.stem.ends_with("is") && token.stem.len() > 5 => format!("{}iz", &token.stem[..token.stem.len() - 2]),
            Kind::Word => token.stem.clone(),
            Kind::Number(_) => "#".to_owned(),
            Kind::Percent(_) => "%".to_owned(),
            Kind::Quoted => "''".to_owned(),
            Kind::Address => "url".to_owned(),
            Kind::File => "file".to_owned(),
            Kind::Mark('?') => "?".to_owned(),
            Kind::Mark(mark) => {
                // A pair does not go over the end of a part.
                if matches!(mark, '.' | ',' | ';' | ':' | '!' | '\n') {
                    before = String::from("^");
                }
                continue;
            }
        };
        if token.kind != Kind::Word || !IDLE.contains(&token.lower.as_str()) {
            found.push(unit.clone());
            found.extend(lexicon::groups_of(token).map(|group| format!("@{group}")));
        }
        found.push(format!("{before} {unit}"));
        before = unit;
    }
    found.sort_unstable();
    found.dedup();
    found
}
