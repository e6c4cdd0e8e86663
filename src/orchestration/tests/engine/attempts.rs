//! How do attempts end, and what is recorded of them?

use std::sync::Arc;
use std::time::Duration;

use baton_domain::services::TraceService;
use baton_domain::task::{MAXIMUM_RETRY_AFTER, RetryPolicy, TaskState, Timeouts};
use baton_domain::wire::task::{AttemptOutcome, NewTask};
use baton_domain::wire::trace::{Level, Trace};
use baton_observability::DebugTracer;
use baton_storage::TraceStore;
use serde_json::json;

use super::world::{FILES, SCRIPTED, World, quick};

#[tokio::test]
async fn a_task_goes_through_every_state_and_keeps_its_result() {
    let world = World::new().await;
    let task = world.run(NewTask::new("diagnostics.echo", json!({"message": "hello"}))).await;
    let states: Vec<TaskState> = task.timeline.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [TaskState::Queued, TaskState::Assigned, TaskState::Running, TaskState::Completed]);
    assert_eq!(task.result, Some(json!({"message": "hello"})));
    let attempt = &task.attempts[0];
    assert_eq!((attempt.number, attempt.lease, attempt.outcome), (1, 1, Some(AttemptOutcome::Completed)));
    assert_eq!(attempt.explanation.candidates[0].agent.name, "diagnostics");
    assert_eq!(attempt.explanation.rejected[0].reason, "skill");
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_another_until_one_succeeds() {
    let world = World::new().await;
    let task = world.run(NewTask { retry: Some(quick()), ..NewTask::new("diagnostics.fail", json!({"times": 2})) }).await;
    assert_eq!((task.summary.state, task.summary.attempt), (TaskState::Completed, 3));
    let outcomes: Vec<_> = task.attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Some(AttemptOutcome::Failed), Some(AttemptOutcome::Failed), Some(AttemptOutcome::Completed)]);
    let leases: Vec<i64> = task.attempts.iter().map(|attempt| attempt.lease).collect();
    assert_eq!(leases, [1, 2, 3]);
    let tracer = DebugTracer::new(Arc::new(world.store.clone()), Arc::new(world.store.clone()));
    let Trace { spans, errors, .. } = tracer.trace(&world.caller, task.summary.id).await.unwrap();
    assert_eq!(errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), ["ATTEMPT-001", "ATTEMPT-001"]);
    assert_eq!(spans.iter().filter(|span| span.name == "attempt").count(), 3);
    assert_eq!(spans.iter().filter(|span| span.name == "queue").count(), 3);
}

#[tokio::test]
async fn attempts_end_at_the_maximum_and_wrong_input_is_not_tried_again() {
    let world = World::new().await;
    let retry = RetryPolicy { maximum_attempts: 2, ..quick() };
    let exhausted = world.run(NewTask { retry: Some(retry), ..NewTask::new("diagnostics.fail", json!({"times": 9})) }).await;
    assert_eq!((exhausted.summary.state, exhausted.attempts.len()), (TaskState::Failed, 2));
    let refused =
        world.run(NewTask { retry: Some(quick()), ..NewTask::new("diagnostics.fail", json!({"times": 9, "retryable": false})) }).await;
    assert_eq!((refused.summary.state, refused.attempts.len()), (TaskState::Failed, 1));
    assert_eq!(refused.summary.failure.map(|failure| failure.code).as_deref(), Some("TASK-003"));
}

#[tokio::test]
async fn what_the_policy_calls_final_is_not_tried_again() {
    let world = World::new().await;
    let fails = |code: &str| {
        let retry = RetryPolicy { maximum_attempts: 3, non_retryable: vec![code.to_owned()], ..quick() };
        NewTask { retry: Some(retry), ..NewTask::new("diagnostics.fail", json!({"times": 9})) }
    };
    let task = world.run(fails("ATTEMPT-001")).await;
    assert_eq!((task.summary.state, task.attempts.len()), (TaskState::Failed, 1));
    let task = world.run(fails("ATTEMPT-999")).await;
    assert_eq!((task.summary.state, task.attempts.len()), (TaskState::Failed, 3), "another code is tried again");
}

#[tokio::test]
async fn who_asks_to_be_left_alone_is_for_as_long_and_not_for_ever() {
    let world = World::new().await;
    let busy = |millis: u64| {
        let retry = RetryPolicy { maximum_attempts: 2, ..quick() };
        NewTask { retry: Some(retry), ..NewTask::new(SCRIPTED, json!({"do": "busy", "count": millis})) }
    };
    let task = world.run(busy(400)).await;
    assert_eq!((task.summary.state, task.attempts.len()), (TaskState::Completed, 2));
    let waited = task.attempts[1].assigned_at.since(task.attempts[0].ended_at.unwrap());
    assert!(waited >= Duration::from_millis(400), "the policy alone would have waited 10 ms; it was {waited:?}");

    let id = world.submit(busy(u64::MAX)).await.unwrap();
    let held = loop {
        let task = world.tasks().get(&world.caller, id, None).await.unwrap().summary;
        if task.attempt == 2 {
            break task;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let wait = held.not_before.unwrap().since(world.sources.clock.now());
    assert!(wait <= MAXIMUM_RETRY_AFTER && wait > MAXIMUM_RETRY_AFTER / 2, "{wait:?}");
    world.tasks().cancel(&world.caller, id).await.unwrap();
}

#[tokio::test]
async fn a_task_that_nobody_begins_in_time_ends_unbegun() {
    let world = World::new().await;
    for agent in world.engine.agents().list(&world.caller).await.unwrap().items {
        world.engine.agents().drain(&world.caller, agent.id).await.unwrap();
    }
    let timeouts = Timeouts { schedule_to_start_ms: Some(100), ..Timeouts::default() };
    let task = world.run(NewTask { timeouts, ..NewTask::new("diagnostics.echo", json!({})) }).await;
    assert_eq!(task.attempts.len(), 0);
    assert_eq!(
        (task.summary.state, task.summary.failure.map(|failure| failure.code).as_deref()),
        (TaskState::TimedOut, Some("ATTEMPT-008"))
    );
}

#[tokio::test]
async fn what_an_agent_does_wrong_is_a_coded_failure() {
    let world = World::new().await;
    for (what, code) in [("panic", "ATTEMPT-006"), ("large", "ATTEMPT-007"), ("wrong", "ATTEMPT-004")] {
        let task = world.run(NewTask::new(SCRIPTED, json!({"do": what}))).await;
        assert_eq!(task.summary.state, TaskState::Failed, "{what}");
        assert_eq!(task.summary.failure.map(|failure| failure.code).as_deref(), Some(code), "{what}");
    }
    // The engine is none the worse for it.
    assert_eq!(world.run(NewTask::new("diagnostics.echo", json!({}))).await.summary.state, TaskState::Completed);
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_stopped() {
    let world = World::new().await;
    let timeouts = Timeouts { start_to_close_ms: 50, ..Timeouts::default() };
    let task = world.run(NewTask { timeouts, ..NewTask::new(SCRIPTED, json!({"do": "hang"})) }).await;
    assert_eq!(task.summary.state, TaskState::TimedOut);
    assert_eq!(task.summary.failure.map(|failure| failure.code).as_deref(), Some("ATTEMPT-002"));
}

#[tokio::test]
async fn a_task_that_is_not_done_in_time_ends_even_while_it_runs() {
    let world = World::new().await;
    let timeouts = Timeouts { schedule_to_close_ms: Some(100), ..Timeouts::default() };
    let task = world.run(NewTask { timeouts, ..NewTask::new(SCRIPTED, json!({"do": "hang"})) }).await;
    assert_eq!(
        (task.summary.state, task.summary.failure.map(|failure| failure.code).as_deref()),
        (TaskState::TimedOut, Some("ATTEMPT-009"))
    );
}

#[tokio::test]
async fn cancelling_stops_a_running_attempt_within_a_second() {
    let world = World::new().await;
    let id = world.submit(NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    let asked = world.tasks().cancel(&world.caller, id).await.unwrap();
    assert!(asked.cancel_requested_at.is_some());
    let task = tokio::time::timeout(Duration::from_secs(1), world.ended(id)).await.expect("within a second");
    assert_eq!((task.summary.state, task.attempts[0].outcome), (TaskState::Canceled, Some(AttemptOutcome::Canceled)));
    // Asking again does no harm; nothing else can be done with it.
    assert_eq!(world.tasks().cancel(&world.caller, id).await.unwrap().state, TaskState::Canceled);
}

#[tokio::test]
async fn what_reads_files_in_a_child_works_here_on_what_the_input_says() {
    let world = World::new().await;
    let stored = world.run(NewTask::new(FILES, json!({"do": "store"}))).await;
    assert_eq!(stored.summary.state, TaskState::Completed, "{:?}", stored.summary.failure);
    // The children of this engine are gone before they say anything.
    let read = world.run(NewTask::new(FILES, json!({"file": stored.artifacts[0].id}))).await;
    assert_eq!(read.summary.failure.map(|failure| failure.code).as_deref(), Some("ATTEMPT-001"));
    assert_eq!(world.run(NewTask::new(SCRIPTED, json!({"file": stored.artifacts[0].id}))).await.result, Some(json!({"text": "kept"})));
}

#[tokio::test]
async fn log_lines_keep_their_order_and_artifacts_their_bytes() {
    let world = World::new().await;
    let task = world.run(NewTask::new("diagnostics.sleep", json!({"milliseconds": 10}))).await;
    let lines = world.store.log_lines(task.summary.id, 0, Level::Debug, 100).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert_eq!(lines[9].message, "slept 10 of 10");

    let stored = world.run(NewTask::new(SCRIPTED, json!({"do": "store"}))).await;
    let artifact = &stored.artifacts[0];
    assert_eq!((artifact.name.as_str(), artifact.size), ("note.txt", 4));
    let read = world.run(NewTask::new(SCRIPTED, json!({"file": artifact.id}))).await;
    assert_eq!(read.result, Some(json!({"text": "kept"})));
    let scratch = world.folder.path().join("scratch");
    assert_eq!(std::fs::read_dir(scratch).unwrap().count(), 0, "scratch folders are removed");
}

#[tokio::test]
async fn an_agent_gets_the_help_of_another_skill_but_not_without_end() {
    let world = World::new().await;
    let task = world.run(NewTask::new(SCRIPTED, json!({"do": "ask"}))).await;
    assert_eq!(task.result, Some(json!({"answer": {"message": "from the child"}})));
    let endless = world.run(NewTask::new(SCRIPTED, json!({"do": "ask_itself"}))).await;
    assert_eq!(
        (endless.summary.state, endless.summary.failure.map(|failure| failure.code).as_deref()),
        (TaskState::Failed, Some("TASK-007"))
    );
}
