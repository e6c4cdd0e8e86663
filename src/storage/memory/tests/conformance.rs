//! Does the store in memory do what every store must do?

use std::sync::Arc;

use baton_storage::{CommitSink, Store};
use baton_storage_conformance::Backend;
use baton_storage_memory::MemoryStore;

/// A store that stays while its case runs, so that it can be opened again.
struct Memory(Option<MemoryStore>);

#[async_trait::async_trait(?Send)]
impl Backend for Memory {
    async fn open(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store> {
        let store = MemoryStore::new(sink);
        self.0 = Some(store.clone());
        Arc::new(store)
    }

    async fn reopen(&mut self, sink: Arc<dyn CommitSink>) -> Option<Arc<dyn Store>> {
        let store = self.0.as_ref()?.reopened(sink);
        Some(Arc::new(store))
    }
}

baton_storage_conformance::conformance!(Memory(None));

#[test]
fn the_same_walk_has_the_same_story() {
    baton_storage_conformance::walk::same_story(Memory(None), Memory(None), 11, 400);
}
