//! Is what is not to be kept forgotten, by a server alone, and by one of several while a worker leads? And is it seen what is kept and wrong?

use std::path::Path;
use std::time::{Duration, Instant};

use baton_domain::id::EventSeq;
use baton_domain::server::ServerKind;
use baton_domain::wire::health::{Health, HealthCheck};
use baton_testkit::scale;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::harness::cluster::{Cluster, Ledger, Rest, submit};
use crate::harness::{PATIENCE, Server, command, data_folder};

/// The most events that the servers of these tests keep.
const KEPT: &str = "1000";
/// Who leads.
const LEADER: &str = "SELECT name FROM servers JOIN leader ON server_id = servers.id";

fn lease_millis() -> u64 {
    scale().of(3_000, 30_000) as u64
}

/// Makes more events than are kept later; a task has four or five.
async fn make_events(server: &Server) {
    let api = server.api().await;
    let count = 300;
    submit(&api, count, "diagnostics.echo", json!({"message": "x"})).await;
    Ledger::default().ended(&api, count, PATIENCE).await;
    assert!(api.head().await.unwrap() > EventSeq(1_100));
}

/// Waits until the beginning of the log is forgotten, and with which code it is refused then.
async fn forgotten(rest: &Rest) -> serde_json::Value {
    let began = Instant::now();
    loop {
        let answer: serde_json::Value = rest.get("/events?since=0&limit=1").await.json().await.unwrap();
        if answer["code"].is_string() {
            return answer["code"].clone();
        }
        assert!(began.elapsed() < PATIENCE, "the oldest events are still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_alone_forgets_what_is_not_to_be_kept() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    make_events(&server).await;
    assert!(server.terminate());
    let server = Server::start_with(command(folder.path(), &["--keep-events", KEPT]));
    assert_eq!(forgotten(&Rest::of(&server).await).await, "EVENT-001");
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_forgets_what_is_not_to_be_kept_while_a_worker_leads() {
    let mut cluster = Cluster::new(lease_millis());
    let one = cluster.server("one");
    make_events(&one).await;
    let mut sql = PgConnection::connect(&cluster.url).await.unwrap();
    let old = "INSERT INTO idempotency_keys (principal, key, request_hash, response, created_at) VALUES ('x', 'old', '', '{}', 1)";
    sqlx::query(old).execute(&mut sql).await.unwrap();
    let worker = cluster.worker("two", &[]);
    assert!(one.terminate());
    let began = Instant::now();
    while cluster.column::<String>(LEADER).await != ["two"] {
        assert!(began.elapsed() < PATIENCE, "the worker does not lead");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut next = cluster.server_command("three");
    next.args(["--keep-events", KEPT]);
    let three = Server::start_with(next);
    let rest = Rest::of(&three).await;
    assert_eq!(forgotten(&rest).await, "EVENT-001");
    let began = Instant::now();
    while !cluster.column::<String>("SELECT key FROM idempotency_keys WHERE key = 'old'").await.is_empty() {
        assert!(began.elapsed() < PATIENCE, "an old idempotency key is still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let leader = rest.servers().await.items.into_iter().find(|server| server.leads).unwrap();
    assert_eq!((leader.name.as_str(), leader.kind), ("two", ServerKind::Worker), "it still leads");
    assert!(worker.terminate().0 && three.terminate());
}

/// Changes a server's file as nothing in the program does.
async fn plant(folder: &Path, statement: &'static str) {
    let mut file = SqliteConnectOptions::new().filename(folder.join("baton.db")).connect().await.unwrap();
    assert!(sqlx::query(statement).execute(&mut file).await.unwrap().rows_affected() > 0, "{statement} changed nothing");
    file.close().await.unwrap();
}

/// Waits until a server says this of its invariants, and gives how; it can take work whatever that is.
async fn invariants(rest: &Rest, hold: bool, word: &str) -> HealthCheck {
    let began = Instant::now();
    loop {
        let answer = rest.get("/health/ready").await;
        assert_eq!(answer.status(), 200);
        let health: Health = answer.json().await.unwrap();
        let check = health.checks.into_iter().find(|check| check.name == "invariants").expect("a word of the invariants");
        if check.ok == hold && check.detail.contains(word) {
            return check;
        }
        assert!(began.elapsed() < PATIENCE, "it still says {check:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_which_invariant_is_broken_until_it_holds_again() {
    let folder = data_folder();
    let server = Server::start_with(command(folder.path(), &["--check-invariants-seconds", "1"]));
    let api = server.api().await;
    submit(&api, 3, "diagnostics.echo", json!({"message": "x"})).await;
    Ledger::default().ended(&api, 3, PATIENCE).await;
    let rest = Rest::of(&server).await;
    invariants(&rest, true, "hold for the 3 tasks").await;
    plant(folder.path(), "UPDATE tasks SET lease_until = 5").await;
    let check = invariants(&rest, false, "3 times").await;
    assert!(check.detail.starts_with("I6 "), "a task that has ended holds no lease: {check:?}");
    plant(folder.path(), "UPDATE tasks SET lease_until = NULL").await;
    let check = invariants(&rest, true, "hold for the 3 tasks").await;
    assert!(check.detail.ends_with("since the start: I6 3"), "{check:?}");
    assert!(server.terminate());
}
