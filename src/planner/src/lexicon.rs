//! Which words mean much the same? Groups that rules name with `@`, so that a rule is said once and holds for all of a group.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use baton_retrieval::words::stem;

use crate::words::{Kind, Token};

/// Lines of `name: word word`; a line that begins with a space goes on.
static GROUPS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in include_str!("lexicon.txt").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let words = match line.split_once(':') {
            Some((key, words)) if !line.starts_with(' ') => {
                key.trim().clone_into(&mut name);
                words
            }
            _ => line,
        };
        groups.entry(name.clone()).or_default().extend(words.split_whitespace().map(form));
    }
    groups
});

/// Groups of words for what columns hold, as `money` for `revenue`, `takings` and `amount`: those whose names begin with `column-`.
static OF_COLUMNS: LazyLock<Vec<&'static [String]>> =
    LazyLock::new(|| GROUPS.iter().filter(|(name, _)| name.starts_with("column-")).map(|(_, words)| words.as_slice()).collect());

/// A word as it is compared: its stem, or with `=` before it just this form, as `=pleased`, which has the stem of `please`.
pub(crate) fn form(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.starts_with('=') { lower } else { stem(&lower) }
}

/// Whether a token is a word in a form that `form` gave.
pub(crate) fn fits(form: &str, token: &Token) -> bool {
    form.strip_prefix('=').map_or_else(|| token.stem == form, |exact| token.lower == exact)
}

/// The stems of a group.
pub(crate) fn group(name: &str) -> &'static [String] {
    GROUPS.get(name).map_or(&[], Vec::as_slice)
}

/// Whether a token is a word of a group.
pub(crate) fn is(token: &Token, name: &str) -> bool {
    token.kind == Kind::Word && group(name).iter().any(|form| fits(form, token))
}

/// The groups of each form.
static GROUPS_OF: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut all: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    for (name, words) in GROUPS.iter() {
        for word in words {
            all.entry(word).or_default().push(name);
        }
    }
    for names in all.values_mut() {
        names.dedup();
    }
    all
});

/// The groups that a token is a word of.
pub(crate) fn groups_of(token: &Token) -> impl Iterator<Item = &'static str> {
    let exact = format!("={}", token.lower);
    let stems = GROUPS_OF.get(token.stem.as_str()).into_iter().flatten();
    stems.chain(GROUPS_OF.get(exact.as_str()).into_iter().flatten()).copied()
}

/// Whether some tokens have a word of a group.
pub(crate) fn says(tokens: &[Token], name: &str) -> bool {
    tokens.iter().any(|token| is(token, name))
}

/// How closely a word and a column's name are related, both as stems: 0 if they are not.
pub(crate) fn relation(word: &str, column: &[String]) -> u8 {
    let shared = OF_COLUMNS.iter().any(|words| words.iter().any(|one| one == word) && column.iter().any(|stem| words.contains(stem)));
    u8::from(shared)
}

/// Words that columns are called by of which a word in the superlative speaks: `height` and `tall` of `tallest`; those by which most are called first,
/// as they stand in their groups.
pub(crate) fn siblings(word: &str) -> Vec<&'static str> {
    let base = word
        .strip_suffix("iest")
        .map(|base| format!("{base}y"))
        .or_else(|| word.strip_suffix("est").map(str::to_owned))
        .unwrap_or_else(|| word.to_owned());
    let stems = [stem(&base), stem(word), stem(&format!("{base}e"))];
    let mut groups: Vec<&&'static [String]> = OF_COLUMNS.iter().filter(|words| words.iter().any(|one| stems.contains(one))).collect();
    // A small group says more closely what is meant.
    groups.sort_by_key(|words| words.len());
    let mut found: Vec<&'static str> = Vec::new();
    for word in groups.into_iter().flat_map(|words| words.iter().map(String::as_str)).filter(|word| word.len() > 3) {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_group_are_known_in_all_their_forms() {
        let tokens = crate::words::tokens("Two oddities and a weird one");
        assert!(says(&tokens, "odd"));
        assert!(!says(&tokens, "money"));
        assert_eq!(relation(&stem("sales"), &[stem("revenue")]), 1);
        assert!(siblings("tallest").contains(&"height"));
        assert_eq!(siblings("cheapest")[0], "price");
        assert!(siblings("turnover").iter().take(8).any(|word| *word == "total"), "what is called turnover is often a total");
        assert_eq!(relation(&stem("weather"), &[stem("revenue")]), 0);
    }
}
