//! How is something remembered in memory? In a map with a bound: what is over goes first, then what was used least recently.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::ports::Clock;
use baton_domain::time::Timestamp;
use parking_lot::Mutex;

use crate::{Cache, CacheError, Counted, MAXIMUM_AGE, MAXIMUM_KEY_BYTES, fits};

/// A cache of this process.
pub struct MemoryCache {
    clock: Arc<dyn Clock>,
    most: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<String, Entry>,
    /// Keys by when they were last used.
    by_use: BTreeMap<u64, String>,
    uses: u64,
}

struct Entry {
    held: Held,
    until: Timestamp,
    used: u64,
}

enum Held {
    Value(Vec<u8>),
    Count(u64),
}

impl MemoryCache {
    /// A cache of at most this many entries, at least one.
    #[must_use]
    pub fn new(most: usize, clock: Arc<dyn Clock>) -> Self {
        Self { clock, most: most.max(1), entries: Mutex::default() }
    }

    /// How many entries there are, those that are over and not yet removed included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.lock().by_key.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryCache").field("most", &self.most).field("entries", &self.len()).finish_non_exhaustive()
    }
}

impl Entries {
    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.by_key.remove(key) {
            self.by_use.remove(&entry.used);
        }
    }

    /// The entry, unless its time is over; it was used now.
    fn touch(&mut self, key: &str, now: Timestamp) -> Option<&mut Entry> {
        if self.by_key.get(key)?.until <= now {
            self.remove(key);
            return None;
        }
        self.uses += 1;
        let entry = self.by_key.get_mut(key)?;
        if let Some(key) = self.by_use.remove(&entry.used) {
            self.by_use.insert(self.uses, key);
        }
        entry.used = self.uses;
        Some(entry)
    }

    fn insert(&mut self, key: &str, held: Held, until: Timestamp, most: usize, now: Timestamp) {
        self.remove(key);
        if self.by_key.len() >= most {
            self.make_room(most, now);
        }
        self.uses += 1;
        self.by_use.insert(self.uses, key.to_owned());
        self.by_key.insert(key.to_owned(), Entry { held, until, used: self.uses });
    }

    /// Removes what is over among the sixteen that were used least recently, and of all of them at least one.
    fn make_room(&mut self, most: usize, now: Timestamp) {
        let oldest: Vec<String> = self.by_use.values().take(16).cloned().collect();
        for key in &oldest {
            if self.by_key.get(key).is_some_and(|entry| entry.until <= now) {
                self.remove(key);
            }
        }
        while self.by_key.len() >= most
            && let Some((_, key)) = self.by_use.first_key_value()
        {
            let key = key.clone();
            self.remove(&key);
        }
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let now = self.clock.now();
        let mut entries = self.entries.lock();
        Ok(match entries.touch(key, now) {
            Some(Entry { held: Held::Value(value), .. }) => Some(value.clone()),
            _ => None,
        })
    }

    async fn put(&self, key: &str, value: Vec<u8>, age: Duration) -> Result<(), CacheError> {
        let now = self.clock.now();
        let mut entries = self.entries.lock();
        if age.is_zero() || !fits(key, &value) {
            entries.remove(key);
        } else {
            entries.insert(key, Held::Value(value), now.plus(age.min(MAXIMUM_AGE)), self.most, now);
        }
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), CacheError> {
        self.entries.lock().remove(key);
        Ok(())
    }

    async fn count(&self, key: &str, by: u32, window: Duration) -> Result<Counted, CacheError> {
        let now = self.clock.now();
        let mut entries = self.entries.lock();
        if let Some(Entry { held: Held::Count(count), until, .. }) = entries.touch(key, now) {
            *count = count.saturating_add(by.into());
            return Ok(Counted { count: *count, resets_in: until.since(now) });
        }
        let window = window.clamp(Duration::from_millis(1), MAXIMUM_AGE);
        if key.len() <= MAXIMUM_KEY_BYTES {
            entries.insert(key, Held::Count(by.into()), now.plus(window), self.most, now);
        }
        Ok(Counted { count: by.into(), resets_in: window })
    }
}
