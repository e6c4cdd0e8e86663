//! Is anything lost when the server is killed, anywhere? Every acknowledged task completes, and completes once.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::harness::cluster::Cluster;
use crate::harness::keyed::{Answer, KeyedClient};
use crate::harness::ledger::Ledger;
use crate::harness::{PATIENCE, Server, command, data_folder};
use baton_domain::id::TaskId;
use baton_domain::wire::task::NewTask;
use baton_storage::fault_points::FaultPoint;
use baton_testkit::{Scale, SeededChance, scale};
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

/// A server that was killed answers again within this.
const READY: Duration = Duration::from_secs(5);

/// How long the work of a server that died on PostgreSQL is left to it, in milliseconds.
const LEASE: u64 = 3_000;

/// The points that the short form goes through on PostgreSQL: what an attempt has done by then, and what is stored of it, are furthest apart.
const OF_ATTEMPTS: [FaultPoint; 3] = [FaultPoint::AfterClaim, FaultPoint::AfterEffect, FaultPoint::AfterOutcome];

/// Whether plain tasks come by this point.
fn met_by_tasks(point: FaultPoint) -> bool {
    point != FaultPoint::DuringRecovery && !FaultPoint::OF_RUNS.contains(&point)
}

fn echoes(count: usize) -> Vec<NewTask> {
    (0..count).map(|index| NewTask::new("diagnostics.echo", json!({"message": index.to_string()}))).collect()
}

/// Starts a server on what a killed one left, and says how long that took until it answered.
async fn again(folder: &Path) -> (Server, Duration) {
    let began = Instant::now();
    let server = Server::start(folder);
    let _ = server.api().await;
    (server, began.elapsed())
}

async fn check_file(folder: &Path) {
    let mut file: SqliteConnection = SqliteConnectOptions::new().filename(folder.join("baton.db")).connect().await.expect("the database");
    let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut file).await.expect("a verdict");
    assert_eq!(verdict, "ok");
    file.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_the_server_loses_no_task_and_completes_none_twice() {
    let (count, kills) = (scale().of(2_000, 10_000), scale().of(4, 20));
    let folder = data_folder();
    let chance = SeededChance::new(7);
    let mut server = Server::start(folder.path());
    let mut api = server.api().await;
    let mut ledger = Ledger::default();
    let mut acknowledged = Vec::new();
    let (mut killed, mut in_the_middle) = (0, 0);
    let began = Instant::now();
    while acknowledged.len() < count || ledger.read(&api).await < count {
        assert!(began.elapsed() < PATIENCE * 10, "{} of {count} ended", ledger.read(&api).await);
        if acknowledged.len() < count {
            let tasks = echoes((count / kills).min(count - acknowledged.len()));
            // Only what was acknowledged counts; a batch that the kill cut off may be stored or not.
            acknowledged.extend(api.submit_batch(tasks).await.expect("a batch").ids);
        }
        // Spread over the run: one kill for each share of the tasks that has gone in.
        if killed < kills && acknowledged.len() * kills >= count * killed {
            tokio::time::sleep(Duration::from_millis(chance.bits() % 20)).await;
            in_the_middle += usize::from(ledger.read(&api).await < acknowledged.len());
            server.kill();
            killed += 1;
            server = Server::start(folder.path());
            api = server.api().await;
        }
    }
    assert_eq!(killed, kills);
    assert!(in_the_middle * 4 >= kills, "only {in_the_middle} of {kills} kills met work that was not done");
    ledger.check(&acknowledged);
    assert!(server.terminate());
}

/// A client that goes on through the deaths of its server. What was not acknowledged is sent again, with the same key.
struct Persistent {
    sent: usize,
    unanswered: Option<(String, Vec<NewTask>)>,
    acknowledged: Vec<TaskId>,
}

impl Persistent {
    const fn new() -> Self {
        Self { sent: 0, unanswered: None, acknowledged: Vec::new() }
    }

    /// Sends batches until the server does not answer any more.
    async fn until_silence(&mut self, server: &Server) {
        let Some(client) = KeyedClient::sign_in(server).await else { return };
        let began = Instant::now();
        while self.one(&client).await {
            assert!(began.elapsed() < PATIENCE, "the server never died");
        }
    }

    /// Sends one batch; says whether there was an answer.
    async fn one(&mut self, client: &KeyedClient) -> bool {
        let (key, tasks) = self.unanswered.take().unwrap_or_else(|| {
            self.sent += 1;
            (format!("batch-{}", self.sent), echoes(20))
        });
        match client.submit(&key, &tasks).await {
            Answer::Stored(batch) => {
                assert_eq!(batch.ids.len(), tasks.len());
                self.acknowledged.extend(batch.ids);
                true
            }
            Answer::Refused(status, code) => panic!("{key} was refused: {status} {code}"),
            Answer::Silence => {
                self.unanswered = Some((key, tasks));
                false
            }
        }
    }

    /// Everything that was sent is there once, and done.
    async fn check(mut self, server: &Server) {
        let client = KeyedClient::sign_in(server).await.expect("signed in");
        while self.unanswered.is_some() {
            assert!(self.one(&client).await, "the server that was started again does not answer");
        }
        let api = server.api().await;
        let mut ledger = Ledger::default();
        let began = Instant::now();
        while ledger.read(&api).await < self.acknowledged.len() {
            assert!(began.elapsed() < PATIENCE, "{} of {} ended", ledger.read(&api).await, self.acknowledged.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        ledger.check(&self.acknowledged);
        // One task for each that was asked for: what was sent twice is stored once.
        assert_eq!(ledger.tasks.len(), self.acknowledged.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_at_any_named_point_loses_nothing_and_is_back_soon() {
    for &point in FaultPoint::ALL.iter().filter(|point| met_by_tasks(**point)) {
        for turn in 1..=scale().of(2, 8) {
            let folder = data_folder();
            let mut client = Persistent::new();
            // A start makes some commits of its own, the first one more: the point is to be met by work.
            assert!(Server::start(folder.path()).terminate());
            let die_at = format!("{point}:{}", 20 + turn * 7);
            let dying = Server::start_with(command(folder.path(), &["--die-at", &die_at]));
            client.until_silence(&dying).await;
            drop(dying);
            let (server, took) = again(folder.path()).await;
            assert!(took <= READY, "{die_at}: ready after {took:?}");
            client.check(&server).await;
            assert!(server.terminate(), "{die_at}");
            check_file(folder.path()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_leaves_that_dies_at_a_named_point_on_postgresql_another_finishes_once() {
    let wanted = |point: FaultPoint| met_by_tasks(point) && (scale() == Scale::Full || OF_ATTEMPTS.contains(&point));
    for &point in FaultPoint::ALL.iter().filter(|point| wanted(**point)) {
        for turn in 1..=scale().of(1, 8) {
            let mut cluster = Cluster::new(LEASE);
            let mut client = Persistent::new();
            // The first start makes the tables; what the next one writes of its own is less than what comes before the point.
            assert!(cluster.server("first").terminate());
            let die_at = format!("{point}:{}", 40 + turn * 7);
            let mut start = cluster.server_command("dies");
            start.args(["--die-at", &die_at]);
            let dying = Server::start_with(start);
            client.until_silence(&dying).await;
            drop(dying);
            let server = cluster.server("goes-on");
            client.check(&server).await;
            assert!(server.terminate(), "{die_at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_while_it_recovers_recovers_the_next_time() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let sleeping = (0..8).map(|_| NewTask::new("diagnostics.sleep", json!({"milliseconds": 300}))).collect();
    let api = server.api().await;
    let ids = api.submit_batch(sleeping).await.expect("a batch").ids;
    let mut ledger = Ledger::default();
    let running = |ledger: &Ledger| ledger.tasks.values().filter(|(history, _)| history.len() >= 3).count();
    while running(&ledger) < 4 {
        ledger.read(&api).await;
    }
    server.kill();
    // It dies before it says where it listens.
    let mut dying = command(folder.path(), &["--die-at", "during_recovery:2"]);
    assert!(!dying.stdout(std::process::Stdio::null()).status().expect("it starts").success());
    let (server, took) = again(folder.path()).await;
    assert!(took <= READY, "ready after {took:?}");
    let api = server.api().await;
    while ledger.read(&api).await < ids.len() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ledger.check(&ids);
    assert!(server.terminate());
    check_file(folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_the_server_is_back_soon_and_what_was_not_acknowledged_is_stored_once() {
    let kills = scale().of(5, 100);
    let folder = data_folder();
    let chance = SeededChance::new(100);
    let mut client = Persistent::new();
    let mut server = Server::start(folder.path());
    let mut slowest = Duration::ZERO;
    for kill in 0..kills {
        let moment = Duration::from_micros(chance.bits() % 120_000);
        let pid = server.pid().to_string();
        let killer = tokio::spawn(async move {
            tokio::time::sleep(moment).await;
            let sent = std::process::Command::new("kill").args(["-KILL", &pid]).status();
            assert!(sent.expect("kill runs").success());
        });
        client.until_silence(&server).await;
        killer.await.expect("killed");
        server.kill();
        let (next, took) = again(folder.path()).await;
        assert!(took <= READY, "kill {kill}: ready after {took:?}");
        slowest = slowest.max(took);
        server = next;
    }
    eprintln!("{kills} kills, {} tasks acknowledged, ready after {slowest:?} at the latest", client.acknowledged.len());
    client.check(&server).await;
    assert!(server.terminate());
    check_file(folder.path()).await;
}
