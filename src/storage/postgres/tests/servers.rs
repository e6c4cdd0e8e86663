//! Do several servers keep one time, beat whatever else goes on, and find one another's bytes?

use crate::harness;

use std::io;
use std::time::Duration;

use crate::harness::{at, database, open, running};
use baton_domain::agent::{CircuitState, InstanceStatus};
use baton_domain::server::ServerKind;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::agent::CircuitView;
use baton_storage::blobs::{BlobFolder, BlobStream, Blobs};
use baton_storage::{
    AgentRegistration, AgentStore, ArtifactStore, Beat, CarriedStanding, Heart, Joined, ServerRegistration, ServerStore, TaskStore,
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use sqlx::{Connection, PgConnection};

fn registration(name: &str) -> ServerRegistration {
    ServerRegistration {
        server: harness::server(name),
        kind: ServerKind::Server,
        host: "host.example".to_owned(),
        version: "0.2.0".to_owned(),
        token_key: None,
        agents: Vec::new(),
    }
}

#[tokio::test]
async fn all_servers_show_the_time_of_the_database() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let theirs: i64 =
        sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").fetch_one(&mut sql).await.unwrap();
    for store in [&one, &two] {
        let ours = store.clock().unwrap().now().as_millis();
        assert!((ours - theirs).abs() < 1_000, "{ours} and {theirs}");
    }
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heart_beats_while_no_other_write_gets_through() {
    let url = database();
    let store = open(&url).await;
    assert_eq!(store.join_server(registration("main"), at(0), at(0)).await.unwrap(), Joined::Joined);
    let held = running(&store).await;
    let (id, lease) = (held.task.summary.id, held.task.lease);
    // Whatever has an event waits for this row.
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let mut blocking = sql.begin().await.unwrap();
    sqlx::query("UPDATE stream_head SET seq = seq WHERE id = 1").execute(&mut *blocking).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { harness::insert(&store, 1).await }
    });
    let heart = store.own_heart().unwrap();
    let beat = move |millis| Beat {
        server: harness::server("main").id,
        at: at(millis),
        leases: vec![(id, lease)],
        until: at(millis + 30_000),
        agents: vec![],
    };
    // A thread and a runtime of its own, as the engine has it.
    let beating = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for millis in [1_000, 2_000] {
                assert_eq!(heart.beat(beat(millis)).await.unwrap().stale, []);
            }
        });
    });
    tokio::task::spawn_blocking(move || beating.join().unwrap()).await.unwrap();
    assert!(!waiting.is_finished(), "nothing was in the way");
    assert_eq!(store.task(id).await.unwrap().unwrap().lease_until, Some(at(32_000)));
    blocking.rollback().await.unwrap();
    waiting.await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_heart_does_not_wait_for_what_it_says_of_agents() {
    let url = database();
    let store = open(&url).await;
    let carrying = ServerRegistration { agents: vec![("nlp".to_owned(), 4)], ..registration("main") };
    assert_eq!(store.join_server(carrying, at(0), at(0)).await.unwrap(), Joined::Joined);
    let held = running(&store).await;
    let (id, lease) = (held.task.summary.id, held.task.lease);
    let standing = CarriedStanding {
        circuit: CircuitView { state: CircuitState::Closed, consecutive_failures: 0, failure_rate: 0.0, open_until: None },
        probes: 2,
        status: InstanceStatus::Ready,
        slots: 4,
        usable: 4,
        aside: 0,
        failures: 0,
        restart_at: None,
        no_room: vec![],
    };
    let beat = |millis| Beat {
        server: harness::server("main").id,
        at: at(millis),
        leases: vec![(id, lease)],
        until: at(millis + 30_000),
        agents: vec![("nlp".to_owned(), standing.clone())],
    };
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let said = "SELECT standing FROM server_agents";
    // As somebody does who closes the circuit.
    let mut blocking = sql.begin().await.unwrap();
    sqlx::query("UPDATE server_agents SET standing = NULL").execute(&mut *blocking).await.unwrap();
    let beaten = tokio::time::timeout(Duration::from_secs(10), store.beat(beat(1_000))).await;
    assert_eq!(beaten.expect("it waited for the row").unwrap().stale, []);
    assert_eq!(store.task(id).await.unwrap().unwrap().lease_until, Some(at(31_000)));
    blocking.commit().await.unwrap();
    let before: Option<String> = sqlx::query_scalar(said).fetch_one(&mut sql).await.unwrap();
    assert_eq!(before, None);
    store.beat(beat(2_000)).await.unwrap();
    let after: Option<String> = sqlx::query_scalar(said).fetch_one(&mut sql).await.unwrap();
    assert!(after.is_some(), "the next beat says it");
    store.close().await;
}

#[tokio::test]
async fn a_standing_that_cannot_be_read_is_as_if_nothing_was_said() {
    let url = database();
    let store = open(&url).await;
    let carrying = ServerRegistration { agents: vec![("nlp".to_owned(), 4)], ..registration("main") };
    assert_eq!(store.join_server(carrying, at(0), at(0)).await.unwrap(), Joined::Joined);
    let card = serde_json::from_value(serde_json::json!({"name": "nlp", "title": "N", "description": "", "family": "nlp", "skills": [],
        "labels": [], "slots": 4}))
    .unwrap();
    store.register_agents(vec![AgentRegistration { id: harness::agent().id, card }], at(0)).await.unwrap();
    let mut sql = PgConnection::connect(&url).await.unwrap();
    for unreadable in ["no structure", "{\"circuit\": 7}"] {
        sqlx::query("UPDATE server_agents SET standing = $1").bind(unreadable).execute(&mut sql).await.unwrap();
        let known = store.known_agents(at(0)).await.unwrap();
        let standings: Vec<_> = known.iter().flat_map(|agent| &agent.carried).map(|on| on.standing.as_ref()).collect();
        assert!(matches!(standings.as_slice(), [None]), "{unreadable}: {standings:?}");
    }
    store.close().await;
}

fn pieces(bytes: &[u8], size: usize) -> BlobStream {
    let pieces: Vec<io::Result<Bytes>> = bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Box::pin(stream::iter(pieces))
}

async fn whole(mut bytes: BlobStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = bytes.next().await {
        let piece = piece.unwrap();
        assert!(piece.len() <= 1 << 20, "a piece of {} bytes", piece.len());
        all.extend_from_slice(&piece);
    }
    all
}

async fn blobs(store: &baton_storage_postgres::PostgresStore, folder: &std::path::Path) -> std::sync::Arc<dyn Blobs> {
    store.blobs(BlobFolder::open(folder.to_owned(), 1 << 30).await.unwrap())
}

#[tokio::test]
async fn what_one_server_keeps_the_other_reads_whatever_its_size() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (here, there) = (blobs(&one, folders[0].path()).await, blobs(&two, folders[1].path()).await);
    for size in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 7] {
        let bytes: Vec<u8> = (0..size).map(|n: usize| u8::try_from(n * 31 % 251).unwrap()).collect();
        for _ in 0..2 {
            let received = here.receive(pieces(&bytes, 70_000)).await.unwrap();
            let sha256 = received.sha256.clone();
            here.keep(received, at(0)).await.unwrap();
            assert!(whole(there.read(&sha256).await.unwrap()).await == bytes, "{size} bytes");
            let file = there.file(&sha256, &folders[1].path().join("inputs")).await.unwrap();
            assert!(std::fs::read(file).unwrap() == bytes, "{size} bytes in a file");
        }
    }
    let missing = there.read(&"ab".repeat(32)).await.err().unwrap();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    let left = std::fs::read_dir(folders[0].path().join("incoming")).unwrap().count();
    assert_eq!(left, 0, "what came in is kept in the database alone");
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn only_bytes_that_nobody_refers_to_and_nobody_stored_again_are_forgotten() {
    let url = database();
    let store = open(&url).await;
    let folder = tempfile::tempdir().unwrap();
    let blobs = blobs(&store, folder.path()).await;
    let keep = async |text: &'static [u8], when: Timestamp| {
        let received = blobs.receive(pieces(text, 100)).await.unwrap();
        let sha256 = received.sha256.clone();
        blobs.keep(received, when).await.unwrap();
        sha256
    };
    let (wanted, again, unused) = (keep(b"wanted", at(0)).await, keep(b"again", at(0)).await, keep(b"unused", at(0)).await);
    store.insert_artifact(harness::artifact(&wanted), Principal::System).await.unwrap();
    assert_eq!(keep(b"again", at(5_000)).await, again);
    assert_eq!(blobs.forget_unused(at(1_000)).await.unwrap(), 1);
    assert!(blobs.read(&unused).await.is_err());
    assert_eq!(whole(blobs.read(&wanted).await.unwrap()).await, b"wanted");
    assert_eq!(whole(blobs.read(&again).await.unwrap()).await, b"again");
    tokio::time::timeout(Duration::from_secs(10), store.close()).await.unwrap();
}
