//! Which decisions are kept in memory? The ones used last, within bounds; what is stored is the truth.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use baton_domain::id::DecisionId;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, MutexGuard};

use crate::council::Council;

/// The most decisions in memory.
const MAXIMUM_KEPT: usize = 512;
/// The most facts of all of them together.
const MAXIMUM_FACTS: i64 = 50_000;
/// In how many lanes decisions take their turns: two of one lane wait for each other.
const LANES: usize = 64;

/// Decisions in memory, and whose turn it is in this process.
pub(crate) struct Kept {
    places: Mutex<Places>,
    lanes: [Turn<()>; LANES],
}

#[derive(Default)]
struct Places {
    by_id: HashMap<DecisionId, (u64, Arc<Council>)>,
    by_use: BTreeMap<u64, DecisionId>,
    facts: i64,
    uses: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { places: Mutex::default(), lanes: std::array::from_fn(|_| Turn::new(())) }
    }
}

impl Kept {
    /// Waits until nobody else of this process takes the decision forward. Versions keep servers apart, and this keeps one from running into itself.
    pub(crate) async fn turn(&self, id: DecisionId) -> MutexGuard<'_, ()> {
        let lane = (id.as_uuid().as_u128() % LANES as u128) as usize;
        self.lanes[lane].lock().await
    }

    pub(crate) fn get(&self, id: DecisionId) -> Option<Arc<Council>> {
        let mut places = self.places.lock();
        let (_, found) = places.by_id.get(&id)?;
        let found = Arc::clone(found);
        places.put(Arc::clone(&found));
        Some(found)
    }

    pub(crate) fn put(&self, council: Arc<Council>) {
        self.places.lock().put(council);
    }
}

impl Places {
    fn put(&mut self, council: Arc<Council>) {
        let id = council.id();
        self.remove(id);
        self.uses += 1;
        self.facts += council.head.facts;
        self.by_use.insert(self.uses, id);
        self.by_id.insert(id, (self.uses, council));
        while self.by_id.len() > 1 && (self.by_id.len() > MAXIMUM_KEPT || self.facts > MAXIMUM_FACTS) {
            let Some((_, oldest)) = self.by_use.pop_first() else { return };
            self.remove(oldest);
        }
    }

    fn remove(&mut self, id: DecisionId) {
        if let Some((used, council)) = self.by_id.remove(&id) {
            self.by_use.remove(&used);
            self.facts -= council.head.facts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_by_number_and_by_facts() {
        let kept = Kept::default();
        for number in 0..MAXIMUM_KEPT as u128 + 10 {
            kept.put(Arc::new(Council::for_test(number, 1)));
        }
        assert_eq!(kept.places.lock().by_id.len(), MAXIMUM_KEPT);
        assert!(kept.get(Council::for_test(0, 0).id()).is_none(), "the one that was used longest ago went first");
        kept.put(Arc::new(Council::for_test(9_999, MAXIMUM_FACTS)));
        assert_eq!(kept.places.lock().by_id.len(), 1, "a single one is kept however large it is");
        assert_eq!(kept.places.lock().facts, MAXIMUM_FACTS);
    }
}
