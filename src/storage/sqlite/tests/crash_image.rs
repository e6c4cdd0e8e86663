//! Is everything there that was committed before the power went? The files as a crash leaves them: the log of writes cut anywhere,
//! or with rubbish at its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{ArtifactId, DEFAULT_PROJECT, EventSeq};
use baton_domain::invariants::check_log;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::{ArtifactStore, EventStore, NoSink};
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use baton_testkit::{Scale, SeededChance, scale};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

/// Commits in the image. Far fewer pages than a checkpoint waits for, so that all of them are in the log of writes alone.
const COMMITS: u32 = 60;
/// Commits before it, which a checkpoint has moved into the database.
const BEFORE: u32 = 20;

/// What was committed when the log of writes was this long.
struct Committed {
    artifact: ArtifactId,
    bytes: u64,
}

/// The files of a database whose writer is in the middle of its work.
struct Image {
    database: Vec<u8>,
    log: Vec<u8>,
    before: Vec<ArtifactId>,
    committed: Vec<Committed>,
}

fn artifact(number: u32) -> ArtifactView {
    ArtifactView {
        id: ArtifactId::new(Uuid::from_u128(0x7000 << 64 | u128::from(number))),
        project_id: DEFAULT_PROJECT,
        task_id: None,
        name: format!("file-{number}").repeat(usize::try_from(1 + number % 40).unwrap()),
        media_type: "text/plain".to_owned(),
        size: u64::from(number),
        sha256: format!("{number:064x}"),
        created_by: "system".to_owned(),
        created_at: Timestamp::from_millis(i64::from(number)),
    }
}

async fn store(store: &SqliteStore, numbers: std::ops::Range<u32>) -> Vec<ArtifactId> {
    let mut stored = Vec::new();
    for number in numbers {
        let artifact = artifact(number);
        stored.push(artifact.id);
        store.insert_artifact(artifact, Principal::System).await.unwrap();
    }
    stored
}

fn log_of(database: &Path) -> PathBuf {
    database.with_extension("db-wal")
}

/// Writes, and takes the files while the store is open. Some commits come while they are taken.
async fn image() -> Image {
    let folder = TempDir::with_prefix("baton-image-").unwrap();
    let path = folder.path().join("baton.db");
    let open = SqliteOptions::new(&path).open(Arc::new(NoSink)).await.unwrap();
    let before = store(&open, 0..BEFORE).await;
    let (_, _, _): (i64, i64, i64) = Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let mut committed = Vec::new();
    for number in BEFORE..BEFORE + COMMITS {
        let artifact = store(&open, number..number + 1).await[0];
        committed.push(Committed { artifact, bytes: std::fs::metadata(log_of(&path)).unwrap().len() });
    }
    let writer = {
        let open = open.clone();
        tokio::spawn(async move { store(&open, BEFORE + COMMITS..BEFORE + 2 * COMMITS).await })
    };
    tokio::task::yield_now().await;
    let image = Image { database: std::fs::read(&path).unwrap(), log: std::fs::read(log_of(&path)).unwrap(), before, committed };
    writer.await.unwrap();
    open.close().await;
    assert!(image.committed[0].bytes > 0 && image.log.len() as u64 >= image.committed.last().unwrap().bytes, "a checkpoint came between");
    image
}

/// Opens an image whose log is sound up to `sound`, and holds it against what was committed by then.
async fn check(image: &Image, log: &[u8], sound: u64, what: &str) {
    let folder = TempDir::with_prefix("baton-image-").unwrap();
    let path = folder.path().join("baton.db");
    std::fs::write(&path, &image.database).unwrap();
    std::fs::write(log_of(&path), log).unwrap();
    let opened = SqliteOptions { readers: 1, ..SqliteOptions::new(&path) }
        .open(Arc::new(NoSink))
        .await
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let verdict: String = Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(verdict, "ok", "{what}");
    let durable = image.committed.iter().filter(|commit| commit.bytes <= sound).map(|commit| commit.artifact);
    for id in image.before.iter().copied().chain(durable) {
        assert!(opened.artifact(id).await.unwrap().is_some(), "{what}: {id} was committed and is gone");
    }
    // What is there is whole: a row for each event, and the events without a gap.
    let events: Vec<Event> = opened.events_since(EventSeq(0), &TopicFilter::default(), 1_000).await.unwrap().items;
    assert_eq!(check_log(EventSeq(0), &events), [], "{what}");
    let rows = opened.artifacts(None, None, 1_000).await.unwrap().items.len();
    assert_eq!(events.len(), rows, "{what}: rows and their events are committed together");
    // And it goes on.
    store(&opened, 10_000..10_001).await;
    opened.close().await;
}

#[tokio::test]
async fn a_log_of_writes_that_is_cut_or_garbled_anywhere_loses_nothing_that_was_committed_before() {
    let image = image().await;
    let chance = SeededChance::new(17);
    let images = scale().of(50, 1_000);
    for turn in 0..images {
        let at = chance.bits() % (image.log.len() as u64 + 1);
        let (mut log, place) = (image.log.clone(), usize::try_from(at).unwrap());
        let what = if turn % 2 == 0 {
            log.truncate(place);
            format!("cut at {at}")
        } else {
            let end = log.len().min(place + 1 + usize::try_from(chance.bits() % 8_192).unwrap());
            log[place.min(end)..end].iter_mut().for_each(|byte| *byte ^= u8::try_from(1 + chance.bits() % 255).unwrap());
            format!("garbled from {at} to {end}")
        };
        check(&image, &log, at, &what).await;
    }
    check(&image, &image.log, image.log.len() as u64, "whole").await;
    assert!(scale() == Scale::Short || images == 1_000);
}
