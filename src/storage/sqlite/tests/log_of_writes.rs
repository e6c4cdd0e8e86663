//! Does the log of writes stay short while a writer goes on for long, and is it empty once the store is closed?

use std::path::PathBuf;
use std::sync::Arc;

use baton_domain::id::{ArtifactId, DEFAULT_PROJECT};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::{ArtifactStore, NoSink};
use baton_storage_sqlite::SqliteOptions;
use futures::future::join_all;
use tempfile::TempDir;
use uuid::Uuid;

/// Rows that are written, far more than the log may hold.
const ROWS: u64 = 9_000;
/// The bytes of each.
const BYTES: u64 = 20_000;
/// The log begins anew at 64 MiB; a group may be under way, and what the commits between two looks bring comes on top.
const LONGEST: u64 = 96 << 20;

fn row(number: u64) -> ArtifactView {
    ArtifactView {
        id: ArtifactId::new(Uuid::from_u128(0x7000 << 64 | u128::from(number))),
        project_id: DEFAULT_PROJECT,
        task_id: None,
        name: "x".repeat(usize::try_from(BYTES).unwrap()),
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
        let written = join_all((first..first + 50).map(|number| store.insert_artifact(row(number), Principal::System))).await;
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
