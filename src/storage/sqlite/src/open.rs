//! How the file is opened: settings, the oldest safe library, migrations.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_storage::{CommitSink, StoreError};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};

use crate::SqliteStore;
use crate::failure::failed;
use crate::tally::Tally;
use crate::tasks;
use crate::writer::Writer;

static MIGRATIONS: Migrator = sqlx::migrate!("../../../migrations/sqlite");

/// Before this version SQLite could lose committed writes with two connections (the WAL-reset bug).
const OLDEST_SAFE: (u32, u32, u32) = (3, 51, 3);
const OLDEST_SAFE_TEXT: &str = "3.51.3";

/// How to open the file.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file; made if it is missing.
    pub path: PathBuf,
    /// Connections that read.
    pub readers: u32,
    /// How long a statement waits for a lock that another program holds.
    pub busy_timeout: Duration,
}

impl SqliteOptions {
    /// The defaults for this file.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: 4, busy_timeout: Duration::from_secs(5) }
    }

    fn connect(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(self.busy_timeout)
            .foreign_keys(true)
            .pragma("cache_size", "-20000")
            .statement_cache_capacity(256)
            .disable_statement_logging()
    }

    /// Opens the file, migrates it, and starts the writer. `sink` is told what was committed.
    ///
    /// # Errors
    /// [`StoreError::LibraryTooOld`], [`StoreError::TooNew`] for a file of a newer version, or what SQLite says.
    pub async fn open(&self, sink: Arc<dyn CommitSink>) -> Result<SqliteStore, StoreError> {
        let mut connection = self.connect().connect().await.map_err(failed)?;
        check_library(&mut connection).await?;
        migrate(&mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(self.readers)
            .acquire_timeout(self.busy_timeout)
            // A file does not go away between two reads, and asking would cost as much as the read.
            .test_before_acquire(false)
            .connect_with(self.connect().read_only(true))
            .await
            .map_err(failed)?;
        let (counts, head) = tasks::count_states(&mut connection).await?;
        let tally = Arc::new(Tally::new(counts, head));
        let (writer, writing) = Writer::start(connection, sink, Arc::clone(&tally));
        Ok(SqliteStore { writer, readers, tally, writing: Arc::new(tokio::sync::Mutex::new(Some(writing))) })
    }
}

async fn check_library(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await.map_err(failed)?;
    if version(&found) < OLDEST_SAFE {
        return Err(StoreError::LibraryTooOld { found, needed: OLDEST_SAFE_TEXT });
    }
    Ok(())
}

fn version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    match MIGRATIONS.run(connection).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _)) => Err(StoreError::TooNew { found, known }),
        Err(error) => Err(StoreError::Corrupt(format!("migration failed: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        assert!(version("3.51.2") < OLDEST_SAFE);
        assert!(version("3.100.0") > OLDEST_SAFE);
        assert_eq!(version(OLDEST_SAFE_TEXT), OLDEST_SAFE);
    }
}
