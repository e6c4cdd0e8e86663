//! How does Baton store everything in memory? In ordered maps behind one lock, one commit at a time.
//!
//! For simulations and tests: it reads no clock and draws no chance, whatever it gives comes in an order that only its
//! content decides, and it refuses what the store on SQLite refuses. A write looks at everything that could refuse it
//! before it changes anything, so that a refused one leaves no trace and needs no way back.

mod agent_memory;
mod agents;
mod artifacts;
mod commit;
mod events;
mod identity;
mod journals;
mod limits;
mod metrics;
mod models;
mod notifications;
mod planted;
mod servers;
mod settings;
mod tasks;
mod topics;
mod traces;
mod workflows;

use std::sync::Arc;

use baton_domain::id::EventSeq;
use baton_storage::CommitSink;
use parking_lot::Mutex;

use commit::State;
pub use planted::PlantedBug;

/// The store in memory. Cloning is cheap; clones are the same store.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// A store with nothing in it. `sink` is told what was committed.
    #[must_use]
    pub fn new(sink: Arc<dyn CommitSink>) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(sink))) }
    }

    /// Makes this mistake from now on, for whoever wants to see that it is found.
    pub fn plant(&self, bug: PlantedBug) {
        self.state.lock().planted = Some(bug);
    }

    /// The newest event's place, now.
    #[must_use]
    pub fn newest_event(&self) -> EventSeq {
        self.read(State::head)
    }

    /// The same data for a server that starts again: from now on `sink` is told, and the one before no longer.
    #[must_use]
    pub fn reopened(&self, sink: Arc<dyn CommitSink>) -> Self {
        self.state.lock().sink = sink;
        self.clone()
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryStore")
    }
}
