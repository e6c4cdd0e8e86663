//! Which of many patterns match a name? A trie over tokens, which looks at the name's tokens and not at every pattern.

use std::collections::HashMap;

use super::{TopicName, TopicPattern};

/// Patterns, each with what is to be found by it. One pattern may be there many times.
#[derive(Debug)]
pub struct PatternTrie<T> {
    root: Node<T>,
    entries: usize,
}

#[derive(Debug)]
struct Node<T> {
    tokens: HashMap<Box<str>, Node<T>>,
    /// What stands behind `*`.
    any: Option<Box<Node<T>>>,
    /// The patterns that end here.
    here: Vec<T>,
    /// The patterns that end here with `>`.
    rest: Vec<T>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { tokens: HashMap::new(), any: None, here: Vec::new(), rest: Vec::new() }
    }
}

impl<T> Node<T> {
    fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.any.is_none() && self.here.is_empty() && self.rest.is_empty()
    }
}

impl<T> Default for PatternTrie<T> {
    fn default() -> Self {
        Self { root: Node::default(), entries: 0 }
    }
}

impl<T> PatternTrie<T> {
    /// Adds an entry.
    pub fn insert(&mut self, pattern: &TopicPattern, value: T) {
        let mut node = &mut self.root;
        for token in pattern.tokens() {
            node = match token {
                ">" => {
                    node.rest.push(value);
                    self.entries += 1;
                    return;
                }
                "*" => node.any.get_or_insert_default(),
                token => node.tokens.entry(token.into()).or_default(),
            };
        }
        node.here.push(value);
        self.entries += 1;
    }

    /// Removes the entries of a pattern that are such; gives how many.
    pub fn remove(&mut self, pattern: &TopicPattern, mut is_one: impl FnMut(&T) -> bool) -> usize {
        let tokens: Vec<&str> = pattern.tokens().collect();
        let removed = Self::remove_below(&mut self.root, &tokens, &mut is_one);
        self.entries -= removed;
        removed
    }

    fn remove_below(node: &mut Node<T>, tokens: &[&str], is_one: &mut impl FnMut(&T) -> bool) -> usize {
        let drop_from = |entries: &mut Vec<T>, is_one: &mut dyn FnMut(&T) -> bool| {
            let before = entries.len();
            entries.retain(|entry| !is_one(entry));
            before - entries.len()
        };
        match tokens {
            [] => drop_from(&mut node.here, is_one),
            [">", ..] => drop_from(&mut node.rest, is_one),
            ["*", following @ ..] => {
                let Some(next) = &mut node.any else { return 0 };
                let removed = Self::remove_below(next, following, is_one);
                if next.is_empty() {
                    node.any = None;
                }
                removed
            }
            [token, following @ ..] => {
                let Some(next) = node.tokens.get_mut(*token) else { return 0 };
                let removed = Self::remove_below(next, following, is_one);
                if next.is_empty() {
                    node.tokens.remove(*token);
                }
                removed
            }
        }
    }

    /// Calls `found` for every entry whose pattern matches the name, each once.
    pub fn each_match<'a>(&'a self, name: &TopicName, mut found: impl FnMut(&'a T)) {
        // The nodes that the tokens so far lead to; a `*` doubles them at most, and depth is bounded.
        let mut nodes = vec![&self.root];
        let mut next = Vec::new();
        for token in name.tokens() {
            for node in nodes.drain(..) {
                node.rest.iter().for_each(&mut found);
                next.extend(node.any.as_deref());
                next.extend(node.tokens.get(token));
            }
            std::mem::swap(&mut nodes, &mut next);
        }
        for node in nodes {
            node.here.iter().for_each(&mut found);
        }
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> impl Strategy<Value = &'static str> {
        prop_oneof![Just("a"), Just("b"), Just("c")]
    }

    fn name() -> impl Strategy<Value = TopicName> {
        prop::collection::vec(token(), 1..6).prop_map(|tokens| TopicName::parse(&tokens.join(".")).unwrap())
    }

    fn pattern() -> impl Strategy<Value = TopicPattern> {
        let any = prop_oneof![3 => token(), 1 => Just("*")];
        (prop::collection::vec(any, 0..5), any_end()).prop_map(|(mut tokens, end)| {
            if tokens.is_empty() || end {
                tokens.push(">");
            }
            TopicPattern::parse(&tokens.join(".")).unwrap()
        })
    }

    fn any_end() -> impl Strategy<Value = bool> {
        prop::bool::weighted(0.3)
    }

    /// What a pattern means, said in the plainest way: by recursion over both texts' tokens.
    fn naive(pattern: &[&str], name: &[&str]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([">"], [_, ..]) => true,
            (["*", pattern @ ..], [_, name @ ..]) => naive(pattern, name),
            ([wanted, pattern @ ..], [token, name @ ..]) => wanted == token && naive(pattern, name),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn the_trie_finds_what_the_naive_matcher_finds(
            patterns in prop::collection::vec(pattern(), 0..40),
            removed in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
            names in prop::collection::vec(name(), 1..20),
        ) {
            let mut trie = PatternTrie::default();
            let mut plain: Vec<(usize, TopicPattern)> = patterns.into_iter().enumerate().collect();
            for (id, pattern) in &plain {
                trie.insert(pattern, *id);
            }
            for index in &removed {
                if plain.is_empty() {
                    break;
                }
                let (id, pattern) = plain.remove(index.index(plain.len()));
                prop_assert_eq!(trie.remove(&pattern, |entry| *entry == id), 1);
            }
            prop_assert_eq!(trie.len(), plain.len());
            for name in &names {
                let tokens: Vec<&str> = name.tokens().collect();
                let mut expected: Vec<usize> = plain
                    .iter()
                    .filter(|(_, pattern)| naive(&pattern.tokens().collect::<Vec<_>>(), &tokens))
                    .map(|(id, _)| *id)
                    .collect();
                let mut found = Vec::new();
                trie.each_match(name, |id| found.push(*id));
                found.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(&found, &expected);
                for (id, pattern) in &plain {
                    prop_assert_eq!(pattern.matches(name), expected.contains(id));
                }
            }
        }
    }

    #[test]
    fn what_was_removed_leaves_nothing_behind() {
        let mut trie = PatternTrie::default();
        for text in ["a.b.c", "a.*.c", "a.>", "a"] {
            trie.insert(&TopicPattern::parse(text).unwrap(), text);
        }
        for text in ["a.b.c", "a.*.c", "a.>", "a"] {
            assert_eq!(trie.remove(&TopicPattern::parse(text).unwrap(), |_| true), 1);
        }
        assert!(trie.is_empty() && trie.root.is_empty());
    }
}
