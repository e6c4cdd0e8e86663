//! Does a running task pause and go on wherever its attempt is: in the server, in a child process, in a worker that is killed?

use crate::harness;

use std::time::{Duration, Instant};

use crate::harness::cluster::{Cluster, Rest};
use crate::harness::{PATIENCE, Server};
use baton_domain::task::TaskState;
use baton_domain::wire::task::{AttemptOutcome, TaskDetail};
use baton_domain::wire::trace::LogPage;
use baton_testkit::scale;
use serde_json::{Value, json};

/// Long enough that a checkpoint or two come before the end.
const MILLISECONDS: u64 = 5_000;

async fn submit(rest: &Rest, skill: &str) -> String {
    let body = json!({"skill": skill, "input": {"milliseconds": MILLISECONDS}});
    let task: Value = rest.post("/tasks", &body).await.json().await.unwrap();
    task["id"].as_str().unwrap_or_else(|| panic!("{task}")).to_owned()
}

async fn task(rest: &Rest, id: &str) -> TaskDetail {
    rest.get(&format!("/tasks/{id}")).await.json().await.unwrap()
}

async fn until(rest: &Rest, id: &str, what: &str, is: impl Fn(&TaskDetail) -> bool) -> TaskDetail {
    let began = Instant::now();
    loop {
        let now = task(rest, id).await;
        if is(&now) {
            return now;
        }
        assert!(began.elapsed() < PATIENCE, "{id} never {what}: {:?}", now.summary);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn change(rest: &Rest, id: &str, what: &str) -> Value {
    let answer = rest.post(&format!("/tasks/{id}/{what}"), &json!({})).await;
    assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

async fn ended(rest: &Rest, id: &str) -> TaskDetail {
    until(rest, id, "ended", |task| task.summary.state.is_terminal()).await
}

/// The tenths of its time that a sleeper said were over, in their order.
async fn tenths(rest: &Rest, id: &str) -> Vec<u64> {
    let page: LogPage = rest.get(&format!("/tasks/{id}/logs")).await.json().await.unwrap();
    page.items.iter().filter_map(|line| line.fields["step"].as_u64()).collect()
}

fn outcomes(task: &TaskDetail) -> Vec<(u32, Option<AttemptOutcome>)> {
    task.attempts.iter().map(|attempt| (attempt.number, attempt.outcome)).collect()
}

/// Pauses a task after its first checkpoint; gives it as it is then.
async fn paused(rest: &Rest, id: &str) -> TaskDetail {
    until(rest, id, "made a checkpoint", |task| task.checkpoint_at.is_some()).await;
    let asked = change(rest, id, "pause").await;
    assert!(asked["state"] == "paused" || asked["pause_requested_at"].is_string(), "{asked}");
    until(rest, id, "paused", |task| task.summary.state == TaskState::Paused).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_in_a_child_process_pauses_and_goes_on_in_another() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let id = submit(&rest, "diagnostics.spin").await;
    let stopped = paused(&rest, &id).await;
    assert_eq!((stopped.summary.attempt, outcomes(&stopped)), (1, vec![(1, Some(AttemptOutcome::Paused))]));
    let resumed = Instant::now();
    change(&rest, &id, "resume").await;
    let done = ended(&rest, &id).await;
    assert_eq!(done.summary.state, TaskState::Completed, "{:?}", done.summary.failure);
    assert_eq!(outcomes(&done), [(1, Some(AttemptOutcome::Paused)), (1, Some(AttemptOutcome::Completed))]);
    // What was spun before the pause was not spun again.
    let second = &done.attempts[1];
    let took = second.ended_at.unwrap().since(second.started_at.unwrap());
    assert!(took < Duration::from_millis(MILLISECONDS), "{took:?}, {:?} after it was resumed", resumed.elapsed());
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_in_a_worker_pauses_when_a_server_asks_and_goes_on_after_the_worker_was_killed() {
    let mut cluster = Cluster::new(scale().of(3_000, 30_000) as u64);
    let one = Server::start_with(cluster.plain_server_command("one"));
    let worker = cluster.worker("two", &[]);
    let rest = Rest::of(&one).await;
    let id = submit(&rest, "diagnostics.sleep").await;
    let stopped = paused(&rest, &id).await;
    assert_eq!(stopped.attempts[0].server.as_ref().unwrap().name, "two");
    change(&rest, &id, "resume").await;
    // Another checkpoint, then a power cut.
    let checkpoint = stopped.checkpoint_at;
    until(&rest, &id, "made another checkpoint", |task| task.checkpoint_at > checkpoint).await;
    worker.kill();
    let next = cluster.worker("three", &[]);
    let done = ended(&rest, &id).await;
    assert_eq!(done.summary.state, TaskState::Completed, "{:?}", done.summary.failure);
    let wanted = [(1, Some(AttemptOutcome::Paused)), (1, Some(AttemptOutcome::Lost)), (2, Some(AttemptOutcome::Completed))];
    assert_eq!(outcomes(&done), wanted);
    let said = tenths(&rest, &id).await;
    // Of the killed attempt lines may be missing, and one stretch may be slept again.
    assert!(said.windows(2).all(|pair| pair[1] + 2 >= pair[0]) && said.last() == Some(&10), "{said:?}");
    assert!(said.iter().filter(|tenth| **tenth == 1).count() <= 1, "the beginning was not slept again: {said:?}");
    assert!(next.terminate().0 && one.terminate());
}
