//! Does the store on SQLite do what every store must do?
use std::sync::{Arc, OnceLock};

use baton_storage::{CommitSink, NoSink, Store};
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
        // The schema takes longer to make than most cases to run: it is made once and copied.
        static MADE: OnceLock<Vec<u8>> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let folder = TempDir::with_prefix("baton-conformance-").unwrap();
            let path = folder.path().join("baton.db");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { SqliteOptions::new(&path).open(Arc::new(NoSink)).await.unwrap().close().await });
            std::fs::read(&path).unwrap()
        });
        let folder = TempDir::with_prefix("baton-conformance-").unwrap();
        std::fs::write(folder.path().join("baton.db"), made).unwrap();
        Self { folder, store: None }
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
