//! How is the database opened? As its address says; one that does not answer yet is waited for.

use std::sync::Arc;
use std::time::Duration;

use baton_storage::{CommitSink, Store, StoreError};
use baton_storage_postgres::{PostgresOptions, PostgresStore};
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use tokio::time::{Instant, sleep};

use crate::config::Database;
use crate::start_error::StartError;

/// The pauses between tries: twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// An open database, to be closed.
pub(crate) enum Opened {
    Sqlite(SqliteStore),
    Postgres(Box<PostgresStore>),
}

impl Opened {
    /// Opens it; `sink` is told what is committed from now on.
    pub(crate) async fn open(database: &Database, wait: Duration, sink: Arc<dyn CommitSink>) -> Result<Self, StartError> {
        match database {
            Database::Sqlite(path) => {
                let opened = SqliteOptions::new(path).open(sink).await;
                opened.map(Self::Sqlite).map_err(|error| StartError::opening(path, error))
            }
            Database::Postgres(url) => {
                let options = PostgresOptions::new(url.text());
                let opened = patiently(wait, &url.shown(), || Box::pin(options.open(Arc::clone(&sink)))).await;
                opened.map(|store| Self::Postgres(Box::new(store))).map_err(|error| StartError::connecting(&url.shown(), error))
            }
        }
    }

    /// The store.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(PostgresStore::clone(store)),
        }
    }

    /// Commits what was handed in and closes it.
    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// Tries again while the database does not answer.
pub(crate) async fn patiently<T, F>(wait: Duration, place: &str, mut open: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let until = Instant::now() + wait;
    let mut pause = FIRST_PAUSE;
    loop {
        match open().await {
            Err(StoreError::Unavailable(why)) if Instant::now() + pause < until => {
                tracing::warn!(database = place, why, "the database does not answer yet; trying again");
                sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            answer => return answer,
        }
    }
}
