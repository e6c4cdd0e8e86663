//! How does Baton store everything in PostgreSQL, for several servers at once? A few writers that group commits, and readers
//! beside them.
//!
//! All writes go through [`writer`]: jobs that wait are committed together, rows are locked in one order, and whoever loses
//! against another transaction is run again. The events of a group take their range of the global sequence as the last
//! statement before the commit, so their order is the order of commits; [`feed`] hands those of all servers to this one's sink,
//! in that order and once each.

mod agent_memory;
mod agents;
mod artifacts;
mod blobs;
mod clock;
mod columns;
mod events;
mod failure;
mod feed;
mod group;
mod heart;
mod identity;
mod journals;
mod limits;
mod listener;
mod many;
mod metrics;
mod models;
mod notifications;
mod open;
mod reach;
mod servers;
mod settings;
mod tasks;
mod topics;
mod traces;
mod workflows;
mod writer;

use std::sync::Arc;

use baton_storage::StoreError;
use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Transaction};
use tokio::task::{JoinHandle, JoinSet};

pub use open::PostgresOptions;

use clock::DatabaseClock;
use failure::failed;
use heart::PostgresHeart;
use reach::Reach;
use writer::Writer;

/// The store on one PostgreSQL database. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    writer: Writer,
    readers: PgPool,
    // Connections whose statements read by key.
    lookups: PgPool,
    // What listens; apart from the readers, so that many of those do not keep live events waiting.
    watchers: PgPool,
    clock: Arc<DatabaseClock>,
    heart: PostgresHeart,
    reach: Reach,
    // Keeps the tasks joinable, see `close`. Without it they end with the last clone of the store: the writers when they have
    // written what was handed in, the others at once.
    tasks: Arc<tokio::sync::Mutex<Tasks>>,
}

/// What runs beside the callers.
#[derive(Debug)]
struct Tasks {
    writing: Vec<JoinHandle<()>>,
    watching: JoinSet<()>,
}

impl PostgresStore {
    /// A snapshot of everything that is committed now, for reads of more than one statement.
    async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(failed)?)
    }

    /// A connection for a read of one statement, which is its own snapshot.
    async fn reader(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        Ok(self.readers.acquire().await.map_err(failed)?)
    }

    /// A connection for a read of one statement that finds its rows by their keys.
    async fn lookup(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        Ok(self.lookups.acquire().await.map_err(failed)?)
    }

    /// The answer of something that PostgreSQL is asked, or that it does not answer.
    ///
    /// On the heap: with all that a connection may have to do first, TLS included, a read is 20 KB large.
    fn answered<'a, T: Send + 'a>(
        &'a self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        Box::pin(self.reach.answered(work))
    }

    /// Commits what was handed in and closes all connections. Later calls fail with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.writer.close();
        let mut tasks = self.tasks.lock().await;
        for writing in tasks.writing.drain(..) {
            // A writer that panicked has nothing left to commit.
            let _ = writing.await;
        }
        tasks.watching.shutdown().await;
        self.watchers.close().await;
        self.lookups.close().await;
        self.readers.close().await;
    }
}
