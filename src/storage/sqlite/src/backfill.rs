//! How does what was committed get from the log of writes into the file? On a thread of its own, beside the writer.
//!
//! SQLite would move it within the commit that makes the log long, and everybody who waits for that commit would wait for two more syncs.
//! Here the writer only looks how long the log is and rings. It moves the last pages itself once the log has become far longer, since only a log
//! of which everything is moved can begin anew, and the thread never catches up with a writer that goes on.

use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use baton_storage::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::failure::failed;
use crate::open;
use crate::statement::one;

/// Pages that are not moved yet from which on the thread is rung for; SQLite's own measure for a checkpoint.
const RING: i64 = 1_000;
/// Pages of the log from which on the writer moves the rest itself, so that it begins anew: 64 MiB.
const LONG: i64 = 16_384;
/// How many jobs are committed before the writer looks again.
const PATIENCE: usize = 32;
/// Pages that the thread keeps, in KiB: each is read once.
const CACHE_KIB: i64 = 1_024;

/// The thread, and when it is due.
#[derive(Debug)]
pub(crate) struct Backfill {
    bell: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    jobs: usize,
}

impl Backfill {
    /// Opens a connection and starts the thread.
    pub(crate) fn start(path: &Path, busy_timeout: Duration) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        open::prepare(&connection, CACHE_KIB, busy_timeout)?;
        let (bell, rung) = sync_channel(1);
        let thread = std::thread::Builder::new().name("baton-backfill".to_owned());
        let thread = thread
            .spawn(move || {
                while rung.recv().is_ok() {
                    // A full disk fails the writer too, which says so.
                    let _ = moved(&connection, "PASSIVE").inspect_err(|error| tracing::debug!(%error, "the log of writes was not moved"));
                }
            })
            .map_err(|error| StoreError::Unavailable(format!("a thread cannot be started: {error}")))?;
        Ok(Self { bell: Some(bell), thread: Some(thread), jobs: 0 })
    }

    /// The writer has committed so many jobs: rings, or moves the rest, if the log has become long.
    pub(crate) fn committed(&mut self, writer: &Connection, jobs: usize) {
        self.jobs += jobs;
        if self.jobs < PATIENCE {
            return;
        }
        self.jobs = 0;
        let Ok((pages, moved_pages)) = moved(writer, "NOOP") else { return };
        if pages > LONG {
            // Fails while the thread is at it, or a reader still needs the log: then after the next commits.
            let _ = moved(writer, "PASSIVE");
        } else if pages - moved_pages >= RING
            && let Some(bell) = &self.bell
        {
            match bell.try_send(()) {
                Ok(()) | Err(TrySendError::Full(())) => {}
                Err(TrySendError::Disconnected(())) => self.bell = None,
            }
        }
    }

    /// Ends the thread; the writer's connection is the last one then, and moves everything as it closes.
    pub(crate) fn close(&mut self) {
        self.bell = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to do.
            let _ = thread.join();
        }
    }
}

/// Moves what can be moved without waiting; gives the pages of the log, and how many of them are moved.
fn moved(connection: &Connection, how: &str) -> Result<(i64, i64), StoreError> {
    one(connection, &format!("PRAGMA wal_checkpoint({how})"), [], |row| {
        let _busy: i64 = row.get()?;
        Ok((row.get()?, row.get()?))
    })
}
