//! Are agents that only a worker carries seen and used from every server, and is the most that may wait one number for all?

use std::time::{Duration, Instant};

use crate::harness::cluster::{Cluster, Ledger, Rest, submit as submit_all};
use crate::harness::{PATIENCE, Server};
use baton_domain::agent::{CircuitState, InstanceStatus};
use baton_domain::task::{Priority, TaskState};
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, CircuitView};
use baton_domain::wire::task::{NewTask, TaskDetail};
use baton_testkit::scale;
use futures::StreamExt;
use serde_json::{Value, json};

fn lease_millis() -> u64 {
    scale().of(3_000, 30_000) as u64
}

async fn diagnostics(rest: &Rest) -> Option<AgentDetail> {
    let agents: AgentList = rest.get("/agents").await.json().await.unwrap();
    let id = agents.items.into_iter().find(|agent| agent.name == "diagnostics")?.id;
    Some(rest.get(&format!("/agents/{id}")).await.json().await.unwrap())
}

async fn skills(rest: &Rest) -> Vec<String> {
    let skills: Value = rest.get("/skills").await.json().await.unwrap();
    skills.as_array().or(skills["items"].as_array()).unwrap().iter().map(|skill| skill["name"].as_str().unwrap().to_owned()).collect()
}

/// What a submission is answered with: its status, and the code of a refusal.
async fn submitted(rest: &Rest, skill: &str, input: Value) -> (u16, Value) {
    let answer = rest.post("/tasks", &json!({"skill": skill, "input": input})).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn ended(rest: &Rest, id: &str) -> TaskDetail {
    let task: TaskDetail = rest.get(&format!("/tasks/{id}?wait=30")).await.json().await.unwrap();
    assert!(task.summary.state.is_terminal(), "{:?}", task.summary);
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_worker_carries_is_seen_and_used_from_every_server() {
    let mut cluster = Cluster::new(lease_millis());
    let one = Server::start_with(cluster.plain_server_command("one"));
    let two = Server::start_with(cluster.plain_server_command("two"));
    let rest = Rest::of(&one).await;
    let doors = [("one", rest.at(&one)), ("two", rest.at(&two))];
    for (name, door) in &doors {
        let (status, problem) = submitted(door, "diagnostics.echo", json!({})).await;
        assert_eq!((status, &problem["code"]), (422, &json!("TASK-002")), "{name}: nobody has the skill yet");
        assert!(diagnostics(door).await.is_none());
    }
    let worker = cluster.worker("three", &[]);
    for (name, door) in &doors {
        let agent = diagnostics(door).await.expect("the worker's agent is listed");
        let shown: Vec<_> =
            agent.elsewhere.iter().map(|on| (on.server.as_deref(), on.kind.as_str(), on.status.as_str(), on.slots, on.busy)).collect();
        assert_eq!(shown, [(Some("three"), "worker", "ready", 64, 0)], "{name}");
        let standing = agent.standing.expect("it stands with the worker as that one says");
        assert_eq!(
            (standing.circuit.state, standing.instances, standing.skills),
            (CircuitState::Closed, agent.elsewhere, vec![]),
            "{name}"
        );
        assert!(skills(door).await.contains(&"diagnostics.echo".to_owned()), "{name}");
        let (status, problem) = submitted(door, "diagnostics.echo", json!({"message": 7})).await;
        assert_eq!((status, &problem["code"]), (422, &json!("TASK-003")), "{name}: the worker's schema holds");
        let (status, task) = submitted(door, "diagnostics.echo", json!({"message": *name})).await;
        assert!((200..300).contains(&status), "{status} {task}");
        let task = ended(door, task["id"].as_str().unwrap()).await;
        assert_eq!((task.summary.state, task.attempts[0].server.as_ref().unwrap().name.as_str()), (TaskState::Completed, "three"));
    }
    let (_, long) = submitted(&doors[0].1, "diagnostics.sleep", json!({"milliseconds": 600_000})).await;
    cluster.runs_on("three", 1).await;
    // What a server knows of the others may be half a second old.
    let seen = tokio::time::timeout(Duration::from_secs(10), async {
        while diagnostics(&doors[1].1).await.unwrap().elsewhere[0].busy != 1 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    seen.await.expect("the attempt is seen from the other server");
    assert!(doors[1].1.post(&format!("/tasks/{}/cancel", long["id"].as_str().unwrap()), &json!({})).await.status().is_success());
    ended(&doors[1].1, long["id"].as_str().unwrap()).await;

    // Nobody carries it any more: its tasks are taken in, and say why they wait.
    assert!(worker.terminate().0);
    let (status, task) = submitted(&doors[1].1, "diagnostics.echo", json!({"message": "later"})).await;
    assert!((200..300).contains(&status), "{status} {task}");
    let path = format!("/tasks/{}", task["id"].as_str().unwrap());
    for (name, door) in &doors {
        let waiting: TaskDetail = door.get(&path).await.json().await.unwrap();
        let why: Vec<_> = waiting.held_up.iter().map(|fell| (fell.reason.as_str(), fell.count)).collect();
        assert_eq!((waiting.summary.state, why), (TaskState::Queued, vec![("not_running", 1), ("skill", 7)]), "{name}");
    }
    let next = cluster.worker("four", &[]);
    let task = ended(&doors[0].1, task["id"].as_str().unwrap()).await;
    assert_eq!((task.summary.state, task.held_up.len()), (TaskState::Completed, 0));
    assert_eq!(task.attempts[0].server.as_ref().unwrap().name, "four");
    assert!(next.terminate().0 && two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_last_of_several_can_do_is_begun_in_the_order_of_the_queue() {
    let mut cluster = Cluster::new(lease_millis());
    let one = Server::start_with(cluster.plain_server_command("one"));
    let two = Server::start_with(cluster.plain_server_command("two"));
    // It comes last among the three, and neither of the others has the skill.
    let worker = cluster.worker("three", &["--diagnostics-slots", "2"]);
    let (rest, api) = (Rest::of(&one).await, one.api().await);
    let count = 1_000;
    let backlog = submit_all(&api, count, "diagnostics.sleep", json!({"milliseconds": 50})).await;
    let mut ledger = Ledger::default();
    ledger.ended(&api, 60, PATIENCE).await;
    let begun = |ledger: &Ledger, id| ledger.tasks.get(&id).is_some_and(|(states, _)| states.contains(&TaskState::Running));
    // Before it knows what the others leave, it may begin a few that are further back.
    assert!(backlog[..20].iter().all(|id| begun(&ledger, *id)), "the first of the queue are passed over");
    let before = api.head().await.unwrap();
    let urgent = NewTask { priority: Priority::new(1).unwrap(), ..NewTask::new("diagnostics.sleep", json!({"milliseconds": 50})) };
    let urgent = api.submit_batch(vec![urgent]).await.unwrap().ids[0];
    let task = ended(&rest, &urgent.to_string()).await;
    assert_eq!((task.summary.state, task.attempts[0].server.as_ref().unwrap().name.as_str()), (TaskState::Completed, "three"));
    let page = api.events(before, "task.running").await.unwrap();
    let first = page.items.iter().position(|event| event.subject == format!("task:{urgent}")).expect("it began");
    // What had its agent already when it came.
    assert!(first <= 6, "{first} tasks began before the critical one");
    let left = ledger.read(&api).await;
    assert!(left < count - 200, "the backlog was nearly over: {left}");
    assert!(worker.terminate().0 && two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_live_tasks_are_one_number_for_all_servers() {
    let mut cluster = Cluster::new(lease_millis());
    let (mut first, mut second) = (cluster.server_command("one"), cluster.server_command("two"));
    first.args(["--maximum-live-tasks", "100"]);
    second.args(["--maximum-live-tasks", "100"]);
    let (one, two) = (Server::start_with(first), Server::start_with(second));
    let (here, there) = (one.api().await, two.api().await);
    let mut heard = Box::pin(there.follow(there.head().await.unwrap(), "task").await.unwrap());
    let later = (since_the_epoch() + Duration::from_secs(3_600)).as_millis() as i64;
    let waiting = |count: usize| -> Vec<NewTask> {
        let task =
            || NewTask { run_at: Some(baton_domain::time::Timestamp::from_millis(later)), ..NewTask::new("diagnostics.echo", json!({})) };
        (0..count).map(|_| task()).collect()
    };
    here.submit_batch(waiting(80)).await.unwrap();
    let began = Instant::now();
    for _ in 0..80 {
        tokio::time::timeout(PATIENCE, heard.next()).await.expect("an event in time").expect("an event").unwrap();
    }
    let refused = there.submit_batch(waiting(21)).await.unwrap_err();
    assert!(refused.to_string().contains("TASK-006"), "{refused} after {:?}", began.elapsed());
    assert_eq!(there.submit_batch(waiting(20)).await.unwrap().ids.len(), 20);
    assert!(here.submit_batch(waiting(21)).await.unwrap_err().to_string().contains("TASK-006"));
    assert!(two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_circuit_of_an_agent_that_only_a_worker_carries_is_closed_from_any_server() {
    let mut cluster = Cluster::new(lease_millis());
    let one = Server::start_with(cluster.plain_server_command("one"));
    let rest = Rest::of(&one).await;
    let worker = cluster.worker("two", &["--breaker-failures", "3", "--breaker-seconds", "3600"]);
    let retry = json!({"maximum_attempts": 3, "initial_interval_ms": 10, "maximum_interval_ms": 20});
    let failing = json!({"skill": "diagnostics.fail", "input": {"times": 100}, "retry": retry});
    let failing: Value = rest.post("/tasks", &failing).await.json().await.unwrap();
    assert_eq!(ended(&rest, failing["id"].as_str().unwrap()).await.summary.state, TaskState::Failed);
    let (_, waiting) = submitted(&rest, "diagnostics.echo", json!({"message": "later"})).await;
    let path = format!("/tasks/{}", waiting["id"].as_str().unwrap());
    // The worker says so with its next heartbeat.
    let began = Instant::now();
    let (held_up, agent) = loop {
        let task: TaskDetail = rest.get(&path).await.json().await.unwrap();
        assert_eq!(task.summary.state, TaskState::Queued, "its only agent is left alone");
        let held_up: Vec<_> = task.held_up.into_iter().map(|fell| (fell.reason, fell.count)).collect();
        if !held_up.is_empty() {
            break (held_up, diagnostics(&rest).await.unwrap());
        }
        assert!(began.elapsed() < PATIENCE, "nothing holds it up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(held_up, [("circuit_open".to_owned(), 1), ("skill".to_owned(), 7)]);
    let open = |circuit: &CircuitView| {
        assert_eq!((circuit.state, circuit.consecutive_failures), (CircuitState::Open, 3));
        let until = circuit.open_until.unwrap().as_millis();
        assert!(until > (since_the_epoch() + Duration::from_secs(3_000)).as_millis() as i64, "{circuit:?}");
    };
    let [on] = &agent.elsewhere[..] else { panic!("{:?}", agent.elsewhere) };
    assert_eq!((on.server.as_deref(), on.status), (Some("two"), InstanceStatus::Ready));
    open(on.circuit.as_ref().unwrap());
    open(&agent.standing.unwrap().circuit);
    let id = agent.agent.id;
    let unknown = rest.post(&format!("/agents/{}/reset-circuit", waiting["id"].as_str().unwrap()), &json!({})).await;
    assert_eq!(unknown.json::<Value>().await.unwrap()["code"], "AGENT-001");
    let standing = rest.post(&format!("/agents/{id}/reset-circuit"), &json!({})).await;
    assert_eq!(standing.status().as_u16(), 200);
    let standing: AgentStanding = standing.json().await.unwrap();
    assert_eq!((standing.circuit.state, standing.instances[0].server.as_deref()), (CircuitState::Closed, Some("two")));
    let began = Instant::now();
    while diagnostics(&rest).await.unwrap().standing.unwrap().circuit.state != CircuitState::Closed {
        // At the latest with the heartbeat after the one that was on its way.
        assert!(began.elapsed() < PATIENCE, "it is still shown as it was");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let task = ended(&rest, waiting["id"].as_str().unwrap()).await;
    assert_eq!((task.summary.state, task.attempts[0].server.as_ref().unwrap().name.as_str()), (TaskState::Completed, "two"));
    assert!(worker.terminate().0 && one.terminate());
}

/// How long ago the epoch was.
fn since_the_epoch() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}
