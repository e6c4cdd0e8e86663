//! Do servers and workers go on without the Redis that they share, say so, and find back to it?

use std::time::{Duration, Instant};

use crate::harness::cluster::{Cluster, Ledger, Rest, submit};
use crate::harness::{PATIENCE, Server, command, data_folder};
use baton_domain::task::TaskState;
use baton_domain::wire::health::Health;
use baton_domain::wire::task::NewTask;
use baton_testkit::RedisServer;
use serde_json::json;

/// A port that needs a privilege to listen on and that nobody uses.
const NOBODY: &str = "redis://127.0.0.1:1";
/// How soon a server that is told to start answers, whether its Redis does or not.
const STARTED: Duration = Duration::from_secs(10);

/// What a server says of its Redis; it is ready whatever that is.
async fn redis_is_reached(rest: &Rest) -> bool {
    let answer = rest.get("/health/ready").await;
    assert_eq!(answer.status(), 200, "it can take work");
    let health: Health = answer.json().await.unwrap();
    assert!(health.ok, "{health:?}");
    let redis = health.checks.iter().find(|check| check.name == "redis").unwrap_or_else(|| panic!("no word of Redis: {health:?}"));
    assert_eq!(redis.detail.starts_with("is not reached"), !redis.ok, "{}", redis.detail);
    redis.ok
}

/// Waits until a server says so.
async fn says(rest: &Rest, reached: bool) {
    let began = Instant::now();
    while redis_is_reached(rest).await != reached {
        assert!(began.elapsed() < PATIENCE, "it never said that Redis is {}reached", if reached { "" } else { "not " });
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_and_works_where_no_redis_answers_and_says_so() {
    let folder = data_folder();
    let began = Instant::now();
    let server = Server::start_with(command(folder.path(), &["--redis", NOBODY]));
    assert!(began.elapsed() < STARTED, "it waited for Redis: {:?}", began.elapsed());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    assert!(!redis_is_reached(&rest).await);
    let ids = submit(&api, 50, "diagnostics.echo", json!({"message": "alone"})).await;
    let mut ledger = Ledger::default();
    ledger.ended(&api, ids.len(), PATIENCE).await;
    ledger.holds(&ids);
    let heard = api.run(&NewTask::new("nlp.sentiment", json!({"text": "A fine day."})), PATIENCE).await.unwrap();
    assert_eq!(heard.summary.state, TaskState::Completed);
    assert!(!redis_is_reached(&rest).await, "still");
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_a_server_and_a_worker_go_on_and_afterwards_all_is_well_again() {
    let redis = RedisServer::start().expect("a Redis");
    let mut cluster = Cluster::new(30_000);
    let mut start = cluster.server_command("one");
    start.args(["--redis", &redis.url()]);
    let one = Server::start_with(start);
    let worker = cluster.worker("two", &["--redis", &redis.url()]);
    let (rest, api) = (Rest::of(&one).await, one.api().await);
    says(&rest, true).await;
    // The server gives out no work of its own: whatever is done, the worker has found.
    rest.change("one", "drain").await;
    let sleep = json!({"milliseconds": 1_000});
    let mut ids = submit(&api, 40, "diagnostics.sleep", sleep.clone()).await;
    cluster.runs_on("two", 1).await;
    redis.crash();
    ids.extend(submit(&api, 40, "diagnostics.sleep", sleep).await);
    says(&rest, false).await;
    // Who waits for an answer hears it, with nobody to carry it from one process to the other.
    for _ in 0..2 {
        let task = api.run(&NewTask::new("diagnostics.echo", json!({"message": "without"})), PATIENCE).await.unwrap();
        assert_eq!((task.summary.state, task.summary.attempt), (TaskState::Completed, 1));
        assert_eq!(task.attempts[0].server.as_ref().unwrap().name, "two");
        ids.push(task.summary.id);
    }
    let mut ledger = Ledger::default();
    ledger.ended(&api, ids.len(), PATIENCE).await;
    assert!(!redis_is_reached(&rest).await, "all of it without Redis");
    redis.resume().expect("it is back");
    says(&rest, true).await;
    ids.extend(submit(&api, 20, "diagnostics.echo", json!({"message": "with"})).await);
    ledger.ended(&api, ids.len(), PATIENCE).await;
    ledger.holds(&ids);
    assert!(ledger.tasks.values().all(|(_, task)| task.attempt == 1), "no attempt was lost");
    assert_eq!(cluster.completed_by().await["two"], ids.len(), "and none was done twice");
    assert!(worker.terminate().0 && one.terminate());
}
