//! Which different texts a column holds and how often: exact, and small enough for a million of them.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// One text, by its place in the buffer.
struct Entry {
    start: u32,
    length: u32,
    count: u32,
}

/// Counts texts. All texts stand in one buffer; the table holds places in it.
pub(crate) struct Distinct {
    texts: Vec<u8>,
    entries: HashTable<Entry>,
    hasher: RandomState,
}

impl Distinct {
    pub(crate) fn new() -> Self {
        Self { texts: Vec::new(), entries: HashTable::new(), hasher: RandomState::new() }
    }

    /// Counts one more of this text. Gives how many bytes that took.
    pub(crate) fn add(&mut self, text: &[u8]) -> usize {
        let Self { texts, entries, hasher } = self;
        let place = |entry: &Entry| entry.start as usize..entry.start as usize + entry.length as usize;
        let hash = hasher.hash_one(text);
        if let Some(entry) = entries.find_mut(hash, |entry| &texts[place(entry)] == text) {
            entry.count = entry.count.saturating_add(1);
            return 0;
        }
        let start = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        texts.extend_from_slice(text);
        entries.insert_unique(hash, Entry { start, length, count: 1 }, |entry| hasher.hash_one(&texts[place(entry)]));
        text.len() + 2 * size_of::<Entry>()
    }

    /// How many different texts there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Every text with its count, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.entries.iter().map(|entry| {
            let start = entry.start as usize;
            (&self.texts[start..start + entry.length as usize], entry.count)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_counts_as_a_map_does(texts in proptest::collection::vec("[a-c]{0,3}", 0..200)) {
            let mut distinct = Distinct::new();
            let mut expected: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
            for text in &texts {
                distinct.add(text.as_bytes());
                *expected.entry(text.clone().into_bytes()).or_default() += 1;
            }
            prop_assert_eq!(distinct.len(), expected.len());
            let counted: BTreeMap<Vec<u8>, u32> = distinct.iter().map(|(text, count)| (text.to_vec(), count)).collect();
            prop_assert_eq!(counted, expected);
        }
    }
}
