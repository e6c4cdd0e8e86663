//! Is work taken up again when a server stops, dies, or falls silent?

use std::time::Duration;

use baton_domain::id::{AttemptId, ServerId};
use baton_domain::server::ServerRef;
use baton_domain::task::{RetryPolicy, TaskState, Timeouts, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::{AgentRef, AttemptOutcome, Explanation, NewTask};
use baton_orchestration::EngineOptions;
use baton_storage::{Advance, Advanced, Assignment, AttemptEnd, Beat, Guard, Heart, TaskStore, TraceStore};
use serde_json::json;
use tempfile::TempDir;

use super::world::{SCRIPTED, World, options, quick};

#[tokio::test]
async fn a_server_that_stops_hands_running_work_back_without_counting_the_attempt() {
    let world = World::new().await;
    let id = world.submit(NewTask::new("diagnostics.sleep", json!({"milliseconds": 600}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    let folder = world.stop().await;
    let world = World::open(folder, options()).await;
    let task = world.ended(id).await;
    assert_eq!((task.summary.state, task.summary.attempt), (TaskState::Completed, 1));
    let outcomes: Vec<_> = task.attempts.iter().map(|attempt| (attempt.number, attempt.outcome)).collect();
    assert_eq!(outcomes, [(1, Some(AttemptOutcome::HandedBack)), (1, Some(AttemptOutcome::Completed))]);
}

#[tokio::test]
async fn what_begins_after_the_others_were_told_to_hand_back_is_handed_back_too() {
    let world = World::open(TempDir::with_prefix("baton-engine-").unwrap(), EngineOptions { drain: Duration::ZERO, ..options() }).await;
    let (tasks, caller) = (world.tasks(), world.caller.clone());
    let lock = world.nothing_is_written();
    let submitted = tokio::spawn(async move { tasks.submit(&caller, NewTask::new(SCRIPTED, json!({"do": "hang"})), None).await });
    // Its task is on its way to the store, and begins with the same commit.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (stopped, id) = tokio::join!(tokio::time::timeout(Duration::from_secs(4), world.stop()), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(lock);
        submitted.await.unwrap().unwrap().id
    });
    let world = World::open(stopped.expect("nothing runs on, told by nobody"), options()).await;
    let task = world.tasks().get(&world.caller, id, None).await.unwrap();
    assert_eq!(task.attempts[0].outcome, Some(AttemptOutcome::HandedBack));
    world.tasks().cancel(&world.caller, id).await.unwrap();
    assert_eq!(world.ended(id).await.summary.state, TaskState::Canceled);
}

/// Until when the lease of the one task that runs is, read beside the engine.
fn lease_until(world: &World) -> i64 {
    let beside = rusqlite::Connection::open(world.folder.path().join("baton.db")).unwrap();
    beside.query_row("SELECT lease_until FROM tasks WHERE state = 'running'", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn leases_are_renewed_while_everything_else_stands_still() {
    let options = EngineOptions { heart_thread: true, lease: Duration::from_secs(1), heartbeat: Duration::from_millis(100), ..options() };
    let world = World::open(TempDir::with_prefix("baton-engine-").unwrap(), options).await;
    let id = world.submit(NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    let before = lease_until(&world);
    // The one thread of the runtime, as an agent keeps it that computes without a pause.
    std::thread::sleep(Duration::from_millis(1_500));
    let after = lease_until(&world);
    assert!(after - before >= 1_200, "the lease was renewed by {} ms", after - before);
    world.tasks().cancel(&world.caller, id).await.unwrap();
    assert_eq!(world.ended(id).await.summary.state, TaskState::Canceled);
}

/// Gives a queued task to somebody who never comes back, as a killed server would leave it.
async fn abandon(world: &World, id: baton_domain::id::TaskId) {
    let agent = world.engine.agents().list(&world.caller).await.unwrap().items.remove(0);
    let now = world.sources.clock.now();
    let assignment = Assignment {
        task: id,
        attempt: AttemptId::new(world.sources.ids.next()),
        agent: AgentRef { id: agent.id, name: agent.name },
        server: ServerRef { id: ServerId::new(world.sources.ids.next()), name: "gone".to_owned() },
        explanation: Explanation::default(),
        at: now,
        lease_until: now.plus(Duration::from_secs(30)),
    };
    assert_eq!(world.store.begin(vec![assignment]).await.unwrap().len(), 1);
}

/// A task that no agent takes, because all of them are drained.
async fn held(world: &World, task: NewTask) -> baton_domain::id::TaskId {
    for agent in world.engine.agents().list(&world.caller).await.unwrap().items {
        world.engine.agents().drain(&world.caller, agent.id).await.unwrap();
    }
    world.submit(task).await.unwrap()
}

async fn resume(world: &World) {
    for agent in world.engine.agents().list(&world.caller).await.unwrap().items {
        world.engine.agents().resume(&world.caller, agent.id).await.unwrap();
    }
}

#[tokio::test]
async fn work_that_a_killed_server_left_is_taken_back_at_the_next_start() {
    let world = World::new().await;
    let id = held(&world, NewTask::new("diagnostics.echo", json!({}))).await;
    abandon(&world, id).await;
    let folder = world.stop().await;
    let world = World::open(folder, options()).await;
    resume(&world).await;
    let task = world.ended(id).await;
    assert_eq!((task.summary.state, task.summary.attempt), (TaskState::Completed, 2));
    assert_eq!(task.attempts[0].outcome, Some(AttemptOutcome::Lost));
}

#[tokio::test]
async fn a_holder_that_falls_silent_loses_its_lease_and_its_late_outcome_is_refused() {
    let world = World::new().await;
    let id = held(&world, NewTask::new("diagnostics.echo", json!({"message": "new"}))).await;
    abandon(&world, id).await;
    let stale = world.store.task(id).await.unwrap().unwrap().lease;
    world.clock.advance(Duration::from_secs(31));
    resume(&world).await;
    let task = world.ended(id).await;
    assert_eq!((task.summary.state, task.summary.attempt), (TaskState::Completed, 2));
    for trigger in [Trigger::Start, Trigger::Complete, Trigger::Fail, Trigger::LoseWorker] {
        let late = Advance {
            result: Some(json!({"message": "old"})),
            ..Advance::new(id, Guard::Lease(stale), trigger, Principal::System, world.sources.clock.now())
        };
        assert!(matches!(world.store.advance(late).await.unwrap(), Advanced::Refused(_)), "{trigger}");
    }
    assert_eq!(world.ended(id).await.result, Some(json!({"message": "new"})));
    let now = world.sources.clock.now();
    let beat = Beat { server: ServerId::new(world.sources.ids.next()), at: now, leases: vec![(id, stale)], until: now, agents: vec![] };
    assert_eq!(world.store.beat(beat).await.unwrap().stale, [(id, stale)]);
}

/// Takes the one attempt's task away from it, as another server does that thinks its holder dead, and gives what its trace then says.
async fn codes_of_the_robbed(options: EngineOptions, milliseconds: u64) -> Vec<(String, bool)> {
    let world = World::open(TempDir::with_prefix("baton-engine-").unwrap(), options).await;
    let fine = world.run(NewTask::new("diagnostics.echo", json!({}))).await.summary.id;
    let id = world.submit(NewTask::new("diagnostics.sleep", json!({"milliseconds": milliseconds}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    for agent in world.engine.agents().list(&world.caller).await.unwrap().items {
        world.engine.agents().drain(&world.caller, agent.id).await.unwrap();
    }
    let lease = world.store.task(id).await.unwrap().unwrap().lease;
    let robbed = Advance {
        attempt_end: Some(AttemptEnd { outcome: AttemptOutcome::Lost, failure: None }),
        ..Advance::new(id, Guard::Lease(lease), Trigger::LoseWorker, Principal::System, world.sources.clock.now())
    };
    assert!(matches!(world.store.advance(robbed).await.unwrap(), Advanced::Applied(_)));
    for _ in 0..2_000 {
        if world.engine.running() == 0 && !world.store.spans_and_errors(id).await.unwrap().1.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let task = world.tasks().get(&world.caller, id, None).await.unwrap();
    assert_eq!((task.summary.state, task.attempts.len()), (TaskState::Queued, 1), "what it said changed nothing");
    assert_eq!(world.store.spans_and_errors(fine).await.unwrap().1, [], "nothing is said of an attempt that kept its task");
    let errors = world.store.spans_and_errors(id).await.unwrap().1;
    assert!(errors.iter().all(|error| error.attempt_id == task.attempts[0].id));
    errors.into_iter().map(|error| (error.code, error.retryable)).collect()
}

#[tokio::test]
async fn an_attempt_whose_heartbeat_is_refused_says_so_in_its_trace() {
    assert_eq!(codes_of_the_robbed(options(), 60_000).await, [("ATTEMPT-011".to_owned(), false)]);
}

#[tokio::test]
async fn an_attempt_whose_outcome_is_refused_says_so_in_its_trace() {
    let never = EngineOptions { heartbeat: Duration::from_secs(600), lease: Duration::from_secs(3_600), ..options() };
    assert_eq!(codes_of_the_robbed(never, 1_500).await, [("ATTEMPT-011".to_owned(), false)]);
}

#[tokio::test]
async fn the_last_attempt_lost_fails_the_task() {
    let world = World::new().await;
    let retry = RetryPolicy { maximum_attempts: 1, ..quick() };
    let id = held(&world, NewTask { retry: Some(retry), ..NewTask::new("diagnostics.echo", json!({})) }).await;
    abandon(&world, id).await;
    world.clock.advance(Duration::from_secs(31));
    let task = world.ended(id).await;
    assert_eq!((task.summary.state, task.summary.failure.map(|failure| failure.code).as_deref()), (TaskState::Failed, Some("ATTEMPT-001")));
}

#[tokio::test]
async fn a_drained_agent_stays_drained_over_a_restart_and_then_takes_its_work() {
    let world = World::new().await;
    let id = held(&world, NewTask::new("diagnostics.echo", json!({}))).await;
    let folder = world.stop().await;
    let world = World::open(folder, options()).await;
    let task = world.tasks().get(&world.caller, id, Some(Duration::from_millis(200))).await.unwrap();
    assert_eq!(task.summary.state, TaskState::Queued);
    resume(&world).await;
    assert_eq!(world.ended(id).await.summary.state, TaskState::Completed);
}

#[tokio::test]
async fn a_task_that_keeps_killing_its_worker_is_set_aside_until_a_person_runs_it_again() {
    let world = World::new().await;
    let retry = RetryPolicy { maximum_attempts: 10, ..quick() };
    let id = held(&world, NewTask { retry: Some(retry), ..NewTask::new("diagnostics.echo", json!({})) }).await;
    let other = world.submit(NewTask::new("diagnostics.echo", json!({}))).await.unwrap();
    for lost in 1..=3 {
        abandon(&world, id).await;
        world.clock.advance(Duration::from_secs(31));
        world.reaches(id, if lost < 3 { TaskState::Queued } else { TaskState::Failed }).await;
    }
    let task = world.ended(id).await;
    assert_eq!((task.summary.attempt, task.summary.failure.unwrap().code.as_str()), (3, "ATTEMPT-010"));
    resume(&world).await;
    assert_eq!(world.ended(other).await.summary.state, TaskState::Completed, "others are not held up");
    let again = world.tasks().rerun(&world.caller, id, None).await.unwrap();
    assert_eq!(world.ended(again.id).await.summary.state, TaskState::Completed);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_nothing_else_that_is_due() {
    let world = World::new().await;
    // Nobody carries on with them before they are due.
    for agent in world.engine.agents().list(&world.caller).await.unwrap().items {
        world.engine.agents().drain(&world.caller, agent.id).await.unwrap();
    }
    let timed = |millis| NewTask {
        timeouts: Timeouts { schedule_to_start_ms: Some(millis), ..Timeouts::default() },
        ..NewTask::new(SCRIPTED, json!({"do": "hang"}))
    };
    let spoilt = world.submit(timed(60_000)).await.unwrap();
    let sound = world.submit(timed(70_000)).await.unwrap();
    let beside = rusqlite::Connection::open(world.folder.path().join("baton.db")).unwrap();
    beside.busy_timeout(Duration::from_secs(5)).unwrap();
    beside.execute("UPDATE tasks SET labels = 'no list' WHERE id = ?1", [spoilt.as_uuid().as_bytes()]).unwrap();
    world.clock.advance(Duration::from_secs(80));
    assert_eq!(world.ended(sound).await.summary.state, TaskState::TimedOut);
    let state: String = beside.query_row("SELECT state FROM tasks WHERE id = ?1", [spoilt.as_uuid().as_bytes()], |row| row.get(0)).unwrap();
    assert_eq!(state, "queued", "it is left for somebody to mend");
}
