//! Does the store on PostgreSQL do what every store must do?
use std::sync::{Arc, OnceLock};

use baton_storage::{CommitSink, NoSink, Store};
use baton_storage_conformance::Backend;
use baton_storage_memory::MemoryStore;
use baton_storage_postgres::{PostgresOptions, PostgresStore};
use baton_testkit::PostgresServer;

/// A database of its case's own.
struct Postgres {
    url: String,
    store: Option<PostgresStore>,
}

impl Postgres {
    fn new() -> Self {
        // The schema takes longer to make than most cases to run: it is made once and copied.
        static MADE: OnceLock<String> = OnceLock::new();
        let server = PostgresServer::shared().unwrap();
        let made = MADE.get_or_init(|| {
            let url = server.new_database().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { PostgresOptions::new(&url).open(Arc::new(NoSink)).await.unwrap().close().await });
            url
        });
        Self { url: server.copy_database(made).unwrap(), store: None }
    }

    async fn store(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store> {
        let store = PostgresOptions::new(&self.url).open(sink).await.unwrap();
        self.store = Some(store.clone());
        Arc::new(store)
    }
}

#[async_trait::async_trait(?Send)]
impl Backend for Postgres {
    async fn open(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store> {
        self.store(sink).await
    }

    async fn reopen(&mut self, sink: Arc<dyn CommitSink>) -> Option<Arc<dyn Store>> {
        self.store.take()?.close().await;
        Some(self.store(sink).await)
    }
}

baton_storage_conformance::conformance!(Postgres::new());

/// Each has a database of its own: fewer cases than elsewhere, in which an operation of every kind still meets many states.
const MODEL_CASES: u32 = 40;

#[test]
fn it_behaves_as_the_model() {
    baton_storage_conformance::machine::behaves_as_the_model_in(MODEL_CASES, Postgres::new);
}

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
        baton_storage_conformance::walk::same_story(Postgres::new(), Memory, seed, 100);
    }
}
