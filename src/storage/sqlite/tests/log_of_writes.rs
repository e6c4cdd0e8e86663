//! What is in the log of writes? One commit for many writes that come at once; never much, however long a writer goes on; and nothing once the store is closed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;

use baton_domain::id::{ArtifactId, DEFAULT_PROJECT};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::{ArtifactStore, NoSink};
use baton_storage_sqlite::SqliteOptions;
use futures::future::join_all;
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

/// Rows that are written, far more than the log may hold.
const ROWS: u64 = 9_000;
/// The bytes of each.
const BYTES: u64 = 20_000;
/// The log begins anew at 64 MiB; a group may be under way, and what the commits between two looks bring comes on top.
const LONGEST: u64 = 96 << 20;

/// Writes that come at once.
const AT_ONCE: u64 = 64;

fn row(number: u64, bytes: u64) -> ArtifactView {
    ArtifactView {
        id: ArtifactId::new(Uuid::from_u128(0x7000 << 64 | u128::from(number))),
        project_id: DEFAULT_PROJECT,
        task_id: None,
        name: "x".repeat(usize::try_from(bytes).unwrap()),
        media_type: "text/plain".to_owned(),
        size: 1,
        sha256: format!("{number:064x}"),
        created_by: "system".to_owned(),
        created_at: Timestamp::from_millis(0),
    }
}

#[tokio::test]
async fn the_log_of_writes_begins_anew_while_the_writer_goes_on() {
    let folder = TempDir::with_prefix("baton-log-").unwrap();
    let path = folder.path().join("baton.db");
    let log: PathBuf = path.with_extension("db-wal");
    let store = SqliteOptions::new(&path).open(Arc::new(NoSink)).await.unwrap();
    let mut longest = 0;
    for first in (0..ROWS).step_by(50) {
        let written = join_all((first..first + 50).map(|number| store.insert_artifact(row(number, BYTES), Principal::System))).await;
        assert!(written.iter().all(Result::is_ok));
        longest = longest.max(std::fs::metadata(&log).unwrap().len());
    }
    let all = ROWS * BYTES;
    assert!(all > LONGEST + (LONGEST / 2), "this would show nothing");
    assert!(longest < LONGEST, "{} MiB of {} MiB", longest >> 20, all >> 20);
    assert!(std::fs::metadata(&path).unwrap().len() > all / 3, "it is moved meanwhile");
    store.close().await;
    // The last connection that closes moves everything, and takes the log away.
    assert!(std::fs::metadata(&log).map_or(0, |log| log.len()) == 0);
    assert!(std::fs::metadata(&path).unwrap().len() > all);
}

/// How many commits are in the log: each ends with a frame that says how long the database is then. Its form is that of SQLite's "WAL-mode File Format".
fn commits(log: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24;
    let bytes = std::fs::read(log).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let whole = FRAME + usize::try_from(number(8)).unwrap();
    // What stands behind is of an earlier log, which had other salts.
    let frames = (HEADER..bytes.len()).step_by(whole).take_while(|at| at + whole <= bytes.len() && bytes[at + 8..at + 16] == bytes[16..24]);
    frames.filter(|at| number(at + 4) > 0).count()
}

#[tokio::test]
async fn writes_that_come_at_once_are_committed_together() {
    let folder = TempDir::with_prefix("baton-log-").unwrap();
    let path = folder.path().join("baton.db");
    let log = path.with_extension("db-wal");
    let store = SqliteOptions::new(&path).open(Arc::new(NoSink)).await.unwrap();
    let write = |number| store.insert_artifact(row(number, 1), Principal::System);
    for number in 0..5 {
        let before = if number == 0 { 0 } else { commits(&log) };
        write(number).await.unwrap();
        assert!(number == 0 || commits(&log) == before + 1, "one that comes alone is committed alone");
    }
    let before = commits(&log);
    // While somebody else holds the file, the writer waits with the first of them, or with the first few.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut writes = std::pin::pin!(tokio::task::unconstrained(join_all((10..10 + AT_ONCE).map(write))));
    std::future::poll_fn(|context| {
        assert!(writes.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    other.execute_batch("COMMIT").unwrap();
    assert!(writes.await.iter().all(Result::is_ok));
    let made = commits(&log) - before;
    assert!((1..=2).contains(&made), "{made} commits for {AT_ONCE} writes");
    store.close().await;
}
