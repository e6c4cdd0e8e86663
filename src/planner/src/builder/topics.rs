//! By which words do people write of what a desk or a box is called, where a goal says only its name?

use std::collections::BTreeMap;
use std::sync::LazyLock;

use baton_retrieval::words::stem;

/// Names as their stems, with the words that speak for them.
static TOPICS: LazyLock<BTreeMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut topics: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for line in include_str!("topics.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((names, words)) = line.split_once(':') else { continue };
        for name in names.split_whitespace() {
            topics.entry(stem(name)).or_default().extend(words.split_whitespace());
        }
    }
    topics
});

/// Words that speak for a label of this name; none if it is not known.
pub(super) fn of(name: &str) -> Vec<&'static str> {
    let mut found: Vec<&'static str> =
        name.to_lowercase().split_whitespace().filter_map(|word| TOPICS.get(&stem(word))).flatten().copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn usual_desks_are_known_in_any_form() {
        assert!(super::of("Invoices").contains(&"refund"));
        assert!(super::of("zymurgy").is_empty());
    }
}
