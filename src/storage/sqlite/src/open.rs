//! How the file is opened: settings, the oldest safe library, migrations.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_storage::{CommitSink, StoreError};
use rusqlite::{Connection, OpenFlags};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _};

use crate::SqliteStore;
use crate::backfill::Backfill;
use crate::failure::failed;
use crate::readers::Readers;
use crate::statement::{PREPARED, all, one};
use crate::tally::Tally;
use crate::tasks;
use crate::writer::Writer;

static MIGRATIONS: Migrator = sqlx::migrate!("../../../migrations/sqlite");

/// Before this version SQLite could lose committed writes with two connections (the WAL-reset bug).
const OLDEST_SAFE: (u32, u32, u32) = (3, 51, 3);
const OLDEST_SAFE_TEXT: &str = "3.51.3";

/// Pages that the writer keeps, in KiB. It touches the ends of many indexes in turn; what it drops, it reads back from the log of writes.
const WRITER_CACHE_KIB: i64 = 32_768;
/// Pages that each reader keeps, in KiB.
pub(crate) const READER_CACHE_KIB: i64 = 8_192;

/// How to open the file.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file; made if it is missing.
    pub path: PathBuf,
    /// Threads that read, each with its own connection.
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

    /// Opens the file, migrates it, and starts the writer. `sink` is told what was committed.
    ///
    /// # Errors
    /// [`StoreError::LibraryTooOld`], [`StoreError::TooNew`] for a file of a newer version, or what SQLite says.
    pub async fn open(&self, sink: Arc<dyn CommitSink>) -> Result<SqliteStore, StoreError> {
        check_library()?;
        self.migrate().await?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(failed)?;
        prepare(&connection, WRITER_CACHE_KIB, self.busy_timeout)?;
        let (counts, head) = tasks::count_states(&connection)?;
        let tally = Arc::new(Tally::new(counts, head));
        let readers = Readers::start(&self.path, self.readers, self.busy_timeout)?;
        connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(failed)?;
        let backfill = Backfill::start(&self.path, self.busy_timeout)?;
        let (writer, writing) = Writer::start(connection, sink, Arc::clone(&tally), backfill)?;
        Ok(SqliteStore { writer, readers, tally, writing: Arc::new(parking_lot::Mutex::new(Some(writing))) })
    }

    /// Every migration that this program knows: its number, what it is for, and whether the file has it. Makes no file.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a file of a newer version, or what SQLite says.
    pub async fn migrations(&self) -> Result<Vec<(i64, String, bool)>, StoreError> {
        let path = self.path.clone();
        let looking = tokio::task::spawn_blocking(move || applied(&path));
        let applied = looking.await.map_err(|error| StoreError::Unavailable(error.to_string()))??;
        let known: Vec<_> = MIGRATIONS.iter().map(|migration| (migration.version, migration.description.to_string())).collect();
        let newest = known.iter().map(|(version, _)| *version).max().unwrap_or(0);
        if let Some(found) = applied.iter().copied().find(|version| *version > newest) {
            return Err(StoreError::TooNew { found, known: newest });
        }
        Ok(known.into_iter().map(|(version, name)| (version, name, applied.contains(&version))).collect())
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let unavailable = |error: sqlx::Error| match error {
            sqlx::Error::Database(cause) if cause.code().as_deref() == Some("13") => StoreError::Full,
            error => StoreError::Unavailable(error.to_string()),
        };
        let mut connection = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(self.busy_timeout)
            .foreign_keys(true)
            .disable_statement_logging()
            .connect()
            .await
            .map_err(unavailable)?;
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        match MIGRATIONS.run(&mut connection).await {
            Ok(()) => connection.close().await.map_err(unavailable),
            Err(MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _)) => Err(StoreError::TooNew { found, known }),
            Err(error) => Err(StoreError::Corrupt(format!("migration failed: {error}"))),
        }
    }
}

/// The migrations that a file has.
fn applied(path: &Path) -> Result<Vec<i64>, StoreError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let sql = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    let any: bool = one(&sql, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')", [], |row| row.get())?;
    if !any {
        return Ok(Vec::new());
    }
    all(&sql, "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version", [], |row| row.get())
}

/// Settings of a connection. That the file is in WAL mode stands in the file.
pub(crate) fn prepare(connection: &Connection, cache_kib: i64, busy_timeout: Duration) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.busy_timeout(busy_timeout).map_err(failed)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;")
        .and_then(|()| connection.pragma_update(None, "cache_size", -cache_kib))
        .map_err(failed)
}

fn check_library() -> Result<(), StoreError> {
    let found = rusqlite::version();
    if version(found) < OLDEST_SAFE {
        return Err(StoreError::LibraryTooOld { found: found.to_owned(), needed: OLDEST_SAFE_TEXT });
    }
    Ok(())
}

fn version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
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
