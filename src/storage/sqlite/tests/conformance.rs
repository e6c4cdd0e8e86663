//! Does the store on SQLite do what every store must do?
use std::sync::Arc;

use baton_storage::{CommitSink, Store};
use baton_storage_conformance::Backend;
use baton_storage_memory::MemoryStore;
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

/// A real file in a folder that goes with its case.
struct Sqlite {
    folder: TempDir,
    store: Option<SqliteStore>,
}

impl Sqlite {
    fn new() -> Self {
        Self { folder: TempDir::with_prefix("baton-conformance-").unwrap(), store: None }
    }

    async fn store(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store> {
        let store = SqliteOptions::new(self.folder.path().join("baton.db")).open(sink).await.unwrap();
        self.store = Some(store.clone());
        Arc::new(store)
    }
}

#[async_trait::async_trait(?Send)]
impl Backend for Sqlite {
    async fn open(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store> {
        self.store(sink).await
    }

    async fn reopen(&mut self, sink: Arc<dyn CommitSink>) -> Option<Arc<dyn Store>> {
        self.store.take()?.close().await;
        Some(self.store(sink).await)
    }
}

baton_storage_conformance::conformance!(Sqlite::new());

/// The store in memory, which simulations stand on.
struct Memory;

#[async_trait::async_trait(?Send)]
impl Backend for Memory {
    async fn open(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new(sink))
    }

    async fn reopen(&mut self, _sink: Arc<dyn CommitSink>) -> Option<Arc<dyn Store>> {
        None
    }
}

#[test]
fn the_store_in_memory_tells_the_same_story() {
    for seed in 0..4 {
        baton_storage_conformance::walk::same_story(Sqlite::new(), Memory, seed, 100);
    }
}

#[test]
fn it_behaves_as_the_model() {
    baton_storage_conformance::machine::behaves_as_the_model(Sqlite::new);
}
