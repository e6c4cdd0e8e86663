//! How does Baton store everything in one SQLite file? One writer that groups commits, and readers beside it.
//!
//! The file is in WAL mode with `synchronous=FULL`: what was acknowledged survives a loss of power. All writes go
//! through [`writer`], which owns the only writing connection; the events of a group take their range of the global
//! sequence as the last statement before the commit, so their order is the order of commits.

mod agents;
mod artifacts;
mod columns;
mod events;
mod failure;
mod identity;
mod many;
mod metrics;
mod open;
mod servers;
mod tally;
mod tasks;
mod traces;
mod writer;

use std::sync::Arc;

use baton_storage::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool, Transaction};

pub use open::SqliteOptions;

use failure::failed;
use tally::Tally;
use writer::Writer;

/// The store on one SQLite file. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    tally: Arc<Tally>,
    // Keeps the writer's thread joinable: see `close`.
    writing: Arc<tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>>,
}

impl SqliteStore {
    /// A snapshot of everything that is committed now.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.readers.begin().await.map_err(failed)
    }

    /// A connection for a single statement, which is its own snapshot.
    async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(failed)
    }

    /// Commits what was handed in and closes the file. Later calls fail with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.writer.close();
        if let Some(writing) = self.writing.lock().await.take() {
            // A writer that panicked has nothing left to commit.
            let _ = writing.await;
        }
        self.readers.close().await;
    }
}
