//! What do callers see while PostgreSQL is away, and is anything lost?

use std::time::{Duration, Instant};

use crate::harness::PATIENCE;
use crate::harness::cluster::{Cluster, Ledger, Rest, submit};
use baton_testkit::{ChaosProxy, PostgresServer, scale};
use serde_json::{Value, json};

/// How long a caller waits at most to hear that storage is away, and how soon all is well after it is back.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
const HEALTHY_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_away_callers_are_told_to_come_again_and_nothing_is_lost() {
    let postgres = tokio::task::spawn_blocking(PostgresServer::start).await.unwrap().unwrap();
    let mut cluster = Cluster::on(&postgres, 30_000);
    let (one, two) = (cluster.server("one"), cluster.server("two"));
    let api = one.api().await;
    let clients = [Rest::of(&one).await, Rest::of(&two).await];
    let ids = submit(&api, 400, "diagnostics.sleep", json!({"milliseconds": 300})).await;
    cluster.runs_on("one", 1).await;
    postgres.crash().unwrap();
    let (down, outage) = (Instant::now(), Duration::from_secs(scale().of(4, 10) as u64));
    let mut told = 0;
    let task = json!({"skill": "diagnostics.echo", "input": {}});
    let mut unknown = 0;
    while down.elapsed() < outage {
        for client in &clients {
            for write in [false, true] {
                let asked = Instant::now();
                let answer = if write { client.post("/tasks", &task).await } else { client.get("/tasks").await };
                let took = asked.elapsed();
                assert_eq!(answer.status(), 503, "after {:?}", down.elapsed());
                assert!(answer.headers().contains_key("retry-after"));
                let problem: Value = answer.json().await.unwrap();
                assert_eq!(problem["code"], "STORAGE-001", "{problem}");
                assert!(took < TOLD_WITHIN, "told after {took:?}");
                told += 1;
                unknown += usize::from(write);
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(told > 20, "only {told} answers");
    postgres.resume().unwrap();
    let back = Instant::now();
    for (client, name) in clients.iter().zip(["one", "two"]) {
        while !client.get("/health/ready").await.status().is_success() || !client.post("/tasks", &task).await.status().is_success() {
            assert!(back.elapsed() < HEALTHY_WITHIN, "{name} is not well again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    eprintln!("{told} answers of 503; well again after {:?}", back.elapsed());
    let mut ledger = Ledger::default();
    let began = Instant::now();
    while ledger.read(&api).await < ids.len() || ledger.tasks.values().any(|(_, task)| !task.state.is_terminal()) {
        assert!(began.elapsed() < PATIENCE, "not all tasks have ended");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ledger.holds(&ids);
    // What was refused may have been stored, but what was stored has ended too.
    assert!(ledger.tasks.len() <= ids.len() + unknown + 2 + clients.len() * 100);
    assert!(two.terminate() && one.terminate());
}

/// The port of an address.
fn port(url: &str) -> u16 {
    let (_, place) = url.rsplit_once(':').unwrap();
    place.split('/').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_swallows_what_it_is_sent_is_answered_for_in_time_and_nothing_is_lost() {
    let postgres = tokio::task::spawn_blocking(PostgresServer::start).await.unwrap().unwrap();
    let mut cluster = Cluster::on(&postgres, 30_000);
    let direct = cluster.url.clone();
    let proxy = ChaosProxy::start(([127, 0, 0, 1], port(&direct)).into()).await.unwrap();
    cluster.url = direct.replace(&format!(":{}/", port(&direct)), &format!(":{}/", proxy.address().port()));
    let one = cluster.server("one");
    let (api, client) = (one.api().await, Rest::of(&one).await);
    let ids = submit(&api, 200, "diagnostics.sleep", json!({"milliseconds": 300})).await;
    cluster.runs_on("one", 1).await;
    let task = json!({"skill": "diagnostics.echo", "input": {}});
    let mut told = 0;
    for swallow in [ChaosProxy::black_hole, ChaosProxy::hold_answers] {
        swallow(&proxy);
        let (down, outage) = (Instant::now(), Duration::from_secs(scale().of(4, 10) as u64));
        while down.elapsed() < outage {
            for write in [false, true] {
                let asked = Instant::now();
                let answer = if write { client.post("/tasks", &task).await } else { client.get("/tasks").await };
                let took = asked.elapsed();
                assert_eq!(answer.status(), 503, "after {:?}", down.elapsed());
                assert!(answer.headers().contains_key("retry-after"));
                assert!(took < TOLD_WITHIN + Duration::from_millis(500), "told after {took:?}");
                told += 1;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        proxy.resume();
        let back = Instant::now();
        while !client.get("/health/ready").await.status().is_success() || !client.post("/tasks", &task).await.status().is_success() {
            assert!(back.elapsed() < HEALTHY_WITHIN * 3, "it is not well again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        eprintln!("well again after {:?}", back.elapsed());
    }
    assert!(told > 8, "only {told} answers");
    let mut ledger = Ledger::default();
    let began = Instant::now();
    while ledger.read(&api).await < ids.len() || ledger.tasks.values().any(|(_, task)| !task.state.is_terminal()) {
        assert!(began.elapsed() < PATIENCE, "not all tasks have ended");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ledger.holds(&ids);
    assert!(one.terminate());
}
