//! What happened, in which order? One line for each thing, and a number that stands for all of them.

use std::fmt::{self, Write as _};

use parking_lot::Mutex;
use tokio::time::Instant;

/// FNV-1a (Fowler, Noll and Vo), 64 bits.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The story of one run.
#[derive(Debug)]
pub(crate) struct Trace {
    began: Instant,
    told: Mutex<Told>,
}

#[derive(Debug)]
struct Told {
    hash: u64,
    line: String,
    kept: Option<String>,
}

impl Trace {
    /// A trace that begins now. Lines are kept only on request: their number suffices to tell two runs apart.
    pub(crate) fn new(keep: bool) -> Self {
        Self { began: Instant::now(), told: Mutex::new(Told { hash: OFFSET, line: String::new(), kept: keep.then(String::new) }) }
    }

    /// Adds a line.
    pub(crate) fn note(&self, line: fmt::Arguments<'_>) {
        let millis = self.began.elapsed().as_millis();
        let mut told = self.told.lock();
        let Told { hash, line: text, kept } = &mut *told;
        text.clear();
        let _ = writeln!(text, "{millis:>7} {line}");
        *hash = text.bytes().fold(*hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        if let Some(kept) = kept {
            kept.push_str(text);
        }
    }

    /// The number of the story so far, and its lines where they are kept.
    pub(crate) fn end(&self) -> (u64, Option<String>) {
        let mut told = self.told.lock();
        (told.hash, told.kept.take())
    }
}
