//! Which tokens may come? The vocabulary as a trie in one list, walked through the automaton.

use super::automaton::{Automaton, DEAD, StateId};

const NO_TOKEN: u32 = u32::MAX;

/// A byte of some tokens; its place in the list is behind that of the byte before it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    byte: u8,
    depth: u16,
    /// The token that ends here.
    token: u32,
    /// Where the next one is that does not go on from here.
    next: u32,
}

/// The tokens of a model by their bytes.
#[derive(Debug)]
pub struct Vocabulary {
    entries: Vec<Entry>,
    tokens: Vec<Box<[u8]>>,
    deepest: usize,
    /// Whether each byte that closes a document is a token by itself.
    closes: bool,
}

impl Vocabulary {
    /// The vocabulary of these tokens, in their order; those without bytes are never written. `has_byte` says which bytes are
    /// tokens by themselves.
    pub fn new<'a>(tokens: impl Iterator<Item = Option<&'a [u8]>>, has_byte: impl Fn(u8) -> bool) -> Self {
        let tokens: Vec<Box<[u8]>> = tokens.map(|bytes| bytes.unwrap_or_default().into()).collect();
        let mut sorted: Vec<u32> =
            (0..tokens.len() as u32).filter(|token| (1..=usize::from(u16::MAX)).contains(&tokens[*token as usize].len())).collect();
        sorted.sort_unstable_by(|a, b| tokens[*a as usize].cmp(&tokens[*b as usize]).then(a.cmp(b)));
        let mut entries: Vec<Entry> = Vec::new();
        // The places of the bytes of the token before.
        let mut way: Vec<usize> = Vec::new();
        let mut before: &[u8] = &[];
        for token in sorted {
            let bytes = &tokens[token as usize];
            let shared = bytes.iter().zip(before).take_while(|(a, b)| a == b).count();
            for place in way.drain(shared..) {
                entries[place].next = entries.len() as u32;
            }
            for (at, byte) in bytes.iter().enumerate().skip(shared) {
                way.push(entries.len());
                entries.push(Entry { byte: *byte, depth: at as u16, token: NO_TOKEN, next: 0 });
            }
            // Of several tokens with the same bytes, the first will do.
            if let Some(last) = way.last()
                && entries[*last].token == NO_TOKEN
            {
                entries[*last].token = token;
            }
            before = bytes;
        }
        for place in way {
            entries[place].next = entries.len() as u32;
        }
        let deepest = tokens.iter().map(|bytes| bytes.len()).max().unwrap_or(0);
        let closes = (0x20..=0x7E).chain(0x80..=0xBF).all(has_byte);
        Self { entries, tokens, deepest, closes }
    }

    /// Whether documents can be closed byte by byte.
    pub(super) const fn closes(&self) -> bool {
        self.closes
    }

    pub(super) fn bytes(&self, token: u32) -> &[u8] {
        self.tokens.get(token as usize).map(AsRef::as_ref).unwrap_or_default()
    }

    /// Calls `allow` for each token behind which at most `room` bytes close the document.
    pub(super) fn walk(&self, automaton: &mut Automaton, from: StateId, room: u32, mut allow: impl FnMut(u32)) {
        let mut states = vec![from; self.deepest + 1];
        let mut place = 0;
        while let Some(entry) = self.entries.get(place) {
            let depth = usize::from(entry.depth);
            let state = automaton.step(states[depth], entry.byte);
            if state == DEAD {
                place = entry.next as usize;
                continue;
            }
            states[depth + 1] = state;
            if entry.token != NO_TOKEN && automaton.fewest(state) <= room {
                allow(entry.token);
            }
            place += 1;
        }
    }
}
