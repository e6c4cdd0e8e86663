//! How does Baton store everything in one SQLite file? One writer that groups commits, and readers beside it.
//!
//! The file is in WAL mode with `synchronous=FULL`: what was acknowledged survives a loss of power. All writes go
//! through [`writer`], which owns the only writing connection; the events of a group take their range of the global
//! sequence as the last statement before the commit, so their order is the order of commits. Writer and [`readers`] have
//! threads of their own and run whole transactions there: see `docs/adr/009`.

mod agent_memory;
mod agents;
mod artifacts;
mod backfill;
mod columns;
mod events;
mod failure;
mod identity;
mod journals;
mod lanes;
mod limits;
mod metrics;
mod models;
mod notifications;
mod open;
#[cfg(test)]
mod plans;
mod readers;
mod servers;
mod settings;
mod statement;
mod tally;
mod tasks;
mod topics;
mod traces;
mod workflows;
mod writer;

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;

pub use open::SqliteOptions;

use readers::Readers;
use tally::Tally;
use writer::Writer;

/// The store on one SQLite file. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    tally: Arc<Tally>,
    // Keeps the writer's thread joinable: see `close`.
    writing: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl SqliteStore {
    /// Commits what was handed in and closes the file. Later calls fail with
    /// [`StoreError::Unavailable`](baton_storage::StoreError::Unavailable).
    pub async fn close(&self) {
        // The writer's connection has to be the last one: only that one moves the log of writes into the file and takes it away.
        self.readers.close().await;
        self.writer.close().await;
        let writing = self.writing.lock().take();
        if let Some(writing) = writing {
            // A writer that panicked has nothing left to commit.
            let _ = tokio::task::spawn_blocking(move || writing.join()).await;
        }
    }
}
