//! What becomes of attempts whose child process is killed or wants more than it may, of the instance they ran in, and of the work beside them?

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::harness::cluster::{Rest, signal};
use crate::harness::{PATIENCE, Server, data_folder};
use baton_domain::agent::{InstanceKind, InstanceStatus};
use baton_domain::task::{RetryPolicy, TaskState};
use baton_domain::wire::agent::{AgentDetail, AgentList, InstanceView};
use baton_domain::wire::task::{AttemptOutcome, NewTask, TaskDetail};
use serde_json::json;

/// How long a test waits before it looks again.
const LOOK: Duration = Duration::from_millis(10);
/// The longest that an instance waits before its first restart, with what a look takes.
const BACKOFF: Duration = Duration::from_secs(3);

/// The processes that a server has started and that live.
fn children(pid: u32) -> BTreeSet<u32> {
    let listed = Command::new("ps").args(["-o", "pid=,stat=", "--ppid", &pid.to_string()]).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let rows = text.lines().filter_map(|line| line.trim().split_once(' ')).filter(|(_, state)| !state.trim().starts_with('Z'));
    rows.filter_map(|(pid, _)| pid.parse().ok()).collect()
}

/// Waits for a child that was not there before.
async fn another(server: &Server, before: &BTreeSet<u32>) -> u32 {
    let began = Instant::now();
    loop {
        if let Some(pid) = children(server.pid()).difference(before).next() {
            return *pid;
        }
        assert!(began.elapsed() < PATIENCE, "no child was started after {before:?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// The one instance of the agent whose skills all run in children.
async fn instance(rest: &Rest) -> InstanceView {
    let agents: AgentList = rest.get("/agents").await.json().await.unwrap();
    let agent = agents.items.into_iter().find(|agent| agent.name == "data-science").unwrap().id;
    let detail: AgentDetail = rest.get(&format!("/agents/{agent}")).await.json().await.unwrap();
    detail.standing.unwrap().instances.remove(0)
}

/// Waits until the instance is as wanted.
async fn becomes(rest: &Rest, within: Duration, wanted: impl Fn(&InstanceView) -> bool) -> InstanceView {
    let began = Instant::now();
    loop {
        let now = instance(rest).await;
        if wanted(&now) {
            return now;
        }
        assert!(began.elapsed() < within, "{now:?}");
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_child_is_killed_again_and_again_is_set_aside_and_its_instance_comes_back() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    let table = api.upload("towns.csv", "text/csv", b"town,people\nNantes,323204\n".to_vec()).await.unwrap().id;
    let query = |sql: &str| NewTask::new("data_science.query", json!({"tables": [{"name": "towns", "artifact": table}], "sql": sql}));
    let quick = RetryPolicy { initial_interval_ms: 10, maximum_interval_ms: 20, maximum_attempts: 10, ..RetryPolicy::default() };
    let endless = query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    let id = api.submit_batch(vec![NewTask { retry: Some(quick), ..endless }]).await.unwrap().ids[0];

    let mut killed = BTreeSet::new();
    for time in 1..=3 {
        let child = another(&server, &killed).await;
        let before = instance(&rest).await;
        assert_eq!((before.kind, before.status, before.failures), (InstanceKind::Child, InstanceStatus::Ready, time - 1));
        signal(child, "KILL");
        killed.insert(child);
    }
    // After three deaths in a row it is left alone for a while, then it is tried with one attempt.
    let left_alone = becomes(&rest, PATIENCE, |now| now.status != InstanceStatus::Ready).await;
    assert_eq!((left_alone.failures, left_alone.restart_at.is_some()), (3, left_alone.status == InstanceStatus::Unhealthy));
    let on_trial = becomes(&rest, BACKOFF, |now| now.status == InstanceStatus::Starting).await;
    assert_eq!((on_trial.failures, on_trial.restart_at), (3, None));

    let task: TaskDetail = rest.get(&format!("/tasks/{id}?wait=30")).await.json().await.unwrap();
    let codes: Vec<_> = task.attempts.iter().map(|attempt| attempt.failure.as_ref().map(|failure| failure.code.as_str())).collect();
    assert_eq!(codes, [Some("ATTEMPT-005"), Some("ATTEMPT-005"), Some("ATTEMPT-010")]);
    assert!(task.attempts.iter().all(|attempt| attempt.outcome == Some(AttemptOutcome::Lost)));
    let failure = task.summary.failure.unwrap();
    assert_eq!((task.summary.state, failure.code.as_str()), (TaskState::Failed, "ATTEMPT-010"), "{}", failure.message);
    assert_eq!((task.summary.attempt, task.summary.maximum_attempts), (3, 10), "seven more were left");

    // What works makes good for it.
    let fine = api.run(&query("SELECT people FROM towns"), PATIENCE).await.unwrap();
    assert_eq!((fine.summary.state, fine.attempts.len()), (TaskState::Completed, 1), "{:?}", fine.summary.failure);
    let ready = becomes(&rest, PATIENCE, |now| now.status == InstanceStatus::Ready).await;
    assert_eq!(ready.failures, 0);
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_wants_more_than_it_may_ends_and_the_work_beside_it_does_not_notice() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    let beside = ["diagnostics.spin", "diagnostics.sleep"].map(|skill| NewTask::new(skill, json!({"milliseconds": 2_500})));
    let greedy = [("memory", "memory"), ("cpu", "CPU time"), ("file", "larger file")];
    let tasks = greedy.iter().map(|(what, _)| NewTask::new("diagnostics.exhaust", json!({"what": what})));
    let began = Instant::now();
    let ids = api.submit_batch(beside.into_iter().chain(tasks).collect()).await.unwrap().ids;
    for (id, (what, said)) in ids[2..].iter().zip(greedy) {
        let task: TaskDetail = rest.get(&format!("/tasks/{id}?wait=30")).await.json().await.unwrap();
        let failure = task.summary.failure.unwrap_or_else(|| panic!("{what} is still {}: {:?}", task.summary.state, task.result));
        assert_eq!((task.summary.state, failure.code.as_str()), (TaskState::Failed, "ATTEMPT-005"), "{what}: {}", failure.message);
        assert!(failure.message.contains(said), "{what}: {}", failure.message);
        assert_eq!(task.attempts.len(), 1, "{what}: another attempt would end the same way");
    }
    assert!(began.elapsed() < Duration::from_secs(15), "a second of CPU took {:?}", began.elapsed());
    for id in &ids[..2] {
        let task: TaskDetail = rest.get(&format!("/tasks/{id}?wait=30")).await.json().await.unwrap();
        assert_eq!((task.summary.state, task.attempts.len()), (TaskState::Completed, 1), "{:?}", task.summary.failure);
    }
    // Nothing of them is left: no process, no file.
    let scratch = folder.path().join("scratch");
    while !children(server.pid()).is_empty() || std::fs::read_dir(&scratch).is_ok_and(|mut left| left.next().is_some()) {
        assert!(began.elapsed() < PATIENCE, "something is left: {:?}", children(server.pid()));
        tokio::time::sleep(LOOK).await;
    }
    assert!(server.terminate());
}
