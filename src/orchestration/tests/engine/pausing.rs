//! Does a running task pause at its next checkpoint, and go on from there, also after a crash?

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::TaskId;
use baton_domain::task::{RetryPolicy, TaskState, Timeouts};
use baton_domain::wire::task::{AttemptOutcome, NewTask, TaskDetail};
use baton_storage::TaskStore;
use serde_json::json;

use super::world::{SCRIPTED, STEPS, World, options, quick};

/// A task that has made a checkpoint and runs on.
async fn stepping(world: &World) -> TaskId {
    let id = world.submit(NewTask::new(STEPS, json!({}))).await.unwrap();
    while world.store.checkpoint(id).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    id
}

async fn detail(world: &World, id: TaskId) -> TaskDetail {
    world.tasks().get(&world.caller, id, None).await.unwrap()
}

#[tokio::test]
async fn a_running_task_pauses_at_its_next_checkpoint_and_goes_on_from_there() {
    let world = World::new().await;
    let id = stepping(&world).await;
    assert!(detail(&world, id).await.checkpoints);
    let asked = world.tasks().pause(&world.caller, id).await.unwrap();
    assert!(asked.pause_requested_at.is_some() || asked.state == TaskState::Paused);
    world.reaches(id, TaskState::Paused).await;
    let paused = detail(&world, id).await;
    assert_eq!(
        (paused.summary.attempt, paused.summary.pause_requested_at, paused.attempts[0].outcome),
        (1, None, Some(AttemptOutcome::Paused))
    );
    assert!(paused.checkpoint_at.is_some());
    assert_eq!(world.tasks().pause(&world.caller, id).await.unwrap().state, TaskState::Paused, "twice does no harm");
    // The state is stored a moment before the attempt has left its slot.
    for _ in 0..1_000 {
        if world.engine.running() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.engine.running(), 0, "nothing of it runs");
    let kept = world.store.checkpoint(id).await.unwrap().unwrap();

    world.tasks().resume(&world.caller, id).await.unwrap();
    let task = world.ended(id).await;
    assert_eq!((task.summary.state, task.result), (TaskState::Completed, Some(json!({"from": kept["step"]}))));
    let attempts: Vec<_> = task.attempts.iter().map(|attempt| (attempt.number, attempt.outcome)).collect();
    assert_eq!(attempts, [(1, Some(AttemptOutcome::Paused)), (1, Some(AttemptOutcome::Completed))]);
    assert_eq!(task.checkpoint_at, None);
}

#[tokio::test]
async fn a_task_that_makes_no_checkpoints_says_so() {
    let world = World::new().await;
    let id = world.submit(NewTask::new(SCRIPTED, json!({"do": "hang"}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    assert!(!detail(&world, id).await.checkpoints);
    let refused = world.tasks().pause(&world.caller, id).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status), ("TASK-012", 409));
    assert!(refused.detail.contains(SCRIPTED), "{}", refused.detail);
    world.tasks().cancel(&world.caller, id).await.unwrap();
    let late = world.tasks().pause(&world.caller, id).await.unwrap_err();
    assert_eq!(late.code, "TASK-004");
    world.ended(id).await;
}

#[tokio::test]
async fn a_wish_to_pause_that_nothing_met_is_taken_back() {
    let world = World::new().await;
    // Hangs before its first checkpoint, so that none meets the wish.
    let id = world.submit(NewTask::new(STEPS, json!({"do": "hang"}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    assert!(world.tasks().pause(&world.caller, id).await.unwrap().pause_requested_at.is_some());
    let back = world.tasks().resume(&world.caller, id).await.unwrap();
    assert_eq!((back.state, back.pause_requested_at), (TaskState::Running, None));
    world.tasks().pause(&world.caller, id).await.unwrap();
    world.tasks().cancel(&world.caller, id).await.unwrap();
    assert_eq!(world.ended(id).await.summary.state, TaskState::Canceled, "the end goes before the pause");
}

#[tokio::test]
async fn work_goes_on_from_its_last_checkpoint_when_the_server_starts_again() {
    let world = World::new().await;
    let id = stepping(&world).await;
    let folder = world.stop().await;
    let world = World::open(folder, options()).await;
    let task = world.ended(id).await;
    let from = task.result.unwrap()["from"].as_u64().unwrap();
    assert!(from >= 1);
    assert_eq!((task.summary.attempt, task.attempts[0].outcome), (1, Some(AttemptOutcome::HandedBack)));
}

#[tokio::test]
async fn a_server_that_stops_leaves_what_was_to_pause_paused() {
    let world = World::new().await;
    let id = world.submit(NewTask::new(STEPS, json!({"do": "hang"}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    world.tasks().pause(&world.caller, id).await.unwrap();
    let world = World::open(world.stop().await, options()).await;
    let task = detail(&world, id).await;
    assert_eq!((task.summary.state, task.summary.attempt), (TaskState::Paused, 1));
}

#[tokio::test]
async fn checkpoints_that_are_too_large_or_not_declared_fail_the_attempt() {
    let world = World::new().await;
    for (skill, does, code) in [(STEPS, "large_checkpoint", "ATTEMPT-005"), (SCRIPTED, "checkpoint", "ATTEMPT-004")] {
        let task = world.run(NewTask::new(skill, json!({"do": does}))).await;
        assert_eq!(task.summary.failure.map(|failure| failure.code).as_deref(), Some(code));
    }
    let small = world.run(NewTask::new(STEPS, json!({"do": "checkpoint"}))).await;
    assert_eq!(small.summary.state, TaskState::Completed);
}

#[tokio::test]
async fn an_attempt_whose_checkpoint_cannot_be_read_goes_back_and_begins_from_there_later() {
    let world = World::new().await;
    let id = stepping(&world).await;
    let folder = world.stop().await;
    let file = rusqlite::Connection::open(folder.path().join("baton.db")).unwrap();
    let step: i64 = file.query_row("SELECT state ->> '$.step' FROM task_checkpoints", [], |row| row.get(0)).unwrap();
    // No JSON any more, as a broken page would leave it.
    file.execute("UPDATE task_checkpoints SET state = 'x' || state", []).unwrap();
    let world = World::open(folder, options()).await;
    let handed_back = "SELECT count(*) FROM attempts WHERE outcome = 'handed_back'";
    // Once by the server that stopped, and again by the one that cannot read.
    let again = async {
        while file.query_row(handed_back, [], |row| row.get::<_, i64>(0)).unwrap() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("it goes back instead of beginning anew");
    file.execute("UPDATE task_checkpoints SET state = substr(state, 2)", []).unwrap();
    let task = world.ended(id).await;
    assert_eq!((task.summary.state, task.summary.attempt), (TaskState::Completed, 1), "no attempt is used up");
    assert_eq!(task.result, Some(json!({"from": step})));
}

/// Far longer than an attempt needs to hear its end, and far shorter than the store waits for a lock.
const AT_ONCE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_deadline_is_heard_while_the_store_keeps_a_checkpoint_waiting() {
    let world = World::new().await;
    let timeouts = Timeouts { start_to_close_ms: 400, ..Timeouts::default() };
    let retry = RetryPolicy { maximum_attempts: 1, ..quick() };
    let task = NewTask { timeouts, retry: Some(retry), ..NewTask::new(STEPS, json!({})) };
    let id = world.submit(task).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    let lock = world.nothing_is_written();
    tokio::time::timeout(AT_ONCE, world.stopped.notified()).await.expect("the attempt ends at its deadline");
    drop(lock);
    assert_eq!(world.ended(id).await.summary.state, TaskState::TimedOut);
}

#[tokio::test]
async fn a_deadline_is_heard_while_the_store_keeps_log_lines_or_files_waiting() {
    for what in ["say", "keep"] {
        let world = World::new().await;
        let timeouts = Timeouts { start_to_close_ms: 400, ..Timeouts::default() };
        let retry = RetryPolicy { maximum_attempts: 1, ..quick() };
        let task = NewTask { timeouts, retry: Some(retry), ..NewTask::new(SCRIPTED, json!({"do": what})) };
        let id = world.submit(task).await.unwrap();
        world.reaches(id, TaskState::Running).await;
        let lock = world.nothing_is_written();
        tokio::time::timeout(AT_ONCE, world.stopped.notified())
            .await
            .unwrap_or_else(|_| panic!("{what}: the attempt outlives its deadline"));
        drop(lock);
        assert_eq!(world.ended(id).await.summary.state, TaskState::TimedOut, "{what}");
    }
}

#[tokio::test]
async fn a_server_that_stops_ends_attempts_while_the_store_keeps_a_checkpoint_waiting() {
    let world = World::new().await;
    let id = stepping(&world).await;
    let lock = world.nothing_is_written();
    let stopped = Arc::clone(&world.stopped);
    let (folder, ()) = tokio::join!(world.stop(), async {
        tokio::time::timeout(AT_ONCE, stopped.notified()).await.expect("the attempt is handed back");
        drop(lock);
    });
    let world = World::open(folder, options()).await;
    let task = world.ended(id).await;
    assert_eq!((task.summary.attempt, task.attempts[0].outcome), (1, Some(AttemptOutcome::HandedBack)));
}

#[tokio::test]
async fn checkpoints_made_at_once_are_kept_in_their_order_and_before_the_failure_that_follows() {
    let world = World::new().await;
    let retry = Some(RetryPolicy { maximum_attempts: 2, ..quick() });
    let few = NewTask { retry: retry.clone(), ..NewTask::new(STEPS, json!({"do": "checkpoints_at_once", "count": 17})) };
    let task = world.run(few).await;
    assert_eq!((task.attempts.len(), task.result), (2, Some(json!({"from": 17}))));
    assert_eq!(task.attempts[0].failure.as_ref().map(|failure| failure.message.as_str()), Some("0 refused"));
    // One on its way and sixteen that wait.
    let many = NewTask { retry, ..NewTask::new(STEPS, json!({"do": "checkpoints_at_once", "count": 40})) };
    let lock = world.nothing_is_written();
    let (task, ()) = tokio::join!(world.run(many), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(lock);
    });
    assert_eq!(task.summary.state, TaskState::Completed);
}
