//! Which requests are taken in, and what is said of the others?

use std::time::Duration;

use baton_domain::id::{AuditId, UserId};
use baton_domain::task::{Budget, MAXIMUM_TIMEOUT_MS, Priority, RetryPolicy, TaskState, Timeouts, WaitKind};
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::task::{NewBatch, NewTask, TaskFilter};
use baton_orchestration::EngineOptions;
use baton_storage::{AuditRow, IdentityStore, UserRecord};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::world::{SCRIPTED, World, options};

fn echo() -> NewTask {
    NewTask::new("diagnostics.echo", json!({"message": "x"}))
}

#[tokio::test]
async fn wrong_requests_name_the_field_and_store_nothing() {
    let world = World::new().await;
    let past = world.sources.clock.now().minus(Duration::from_secs(3_600));
    let far = world.sources.clock.now().plus(Duration::from_secs(400 * 86_400));
    let cases = [
        (NewTask::new("no.such", json!({})), "TASK-002", "/skill"),
        (NewTask::new("diagnostics.echo", json!({"message": 5})), "TASK-003", "/input/message"),
        (NewTask::new("diagnostics.echo", json!({"other": 5})), "TASK-003", "/input"),
        (NewTask::new(SCRIPTED, json!({"file": "00000000-0000-7000-8000-000000000000"})), "TASK-003", "/input/file"),
        (NewTask::new("diagnostics.echo", json!({"message": "x".repeat(300_000)})), "TASK-003", "/input"),
        (NewTask { title: Some("x".repeat(201)), ..echo() }, "REQUEST-002", "/title"),
        (NewTask { labels: vec!["gpu".into()], ..echo() }, "TASK-011", "/labels"),
        (NewTask { fairness_key: Some("x".repeat(65)), ..echo() }, "REQUEST-002", "/fairness_key"),
        (NewTask { fairness_key: Some("a\n".into()), ..echo() }, "REQUEST-002", "/fairness_key"),
        (NewTask { fairness_weight: 0.0, ..echo() }, "REQUEST-002", "/fairness_weight"),
        (NewTask { fairness_weight: f64::NAN, ..echo() }, "REQUEST-002", "/fairness_weight"),
        (NewTask { budget: Some(Budget { tokens: Some(0), cost: None }), ..echo() }, "REQUEST-002", "/budget/tokens"),
        (NewTask { budget: Some(Budget { tokens: None, cost: Some(-1.0) }), ..echo() }, "REQUEST-002", "/budget/cost"),
        (NewTask { run_at: Some(past), ..echo() }, "REQUEST-002", "/run_at"),
        (NewTask { run_at: Some(far), ..echo() }, "REQUEST-002", "/run_at"),
        (NewTask { timeouts: Timeouts { heartbeat_ms: 0, ..Timeouts::default() }, ..echo() }, "REQUEST-002", "/timeouts/heartbeat_ms"),
        (
            NewTask { retry: Some(RetryPolicy { maximum_attempts: 0, ..RetryPolicy::default() }), ..echo() },
            "REQUEST-002",
            "/retry/maximum_attempts",
        ),
        (
            NewTask { retry: Some(RetryPolicy { backoff_coefficient: f64::NAN, ..RetryPolicy::default() }), ..echo() },
            "REQUEST-002",
            "/retry/backoff_coefficient",
        ),
    ];
    for (task, code, field) in cases {
        let problem = world.submit(task.clone()).await.expect_err(code);
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), (code, field), "{problem}");
        let batch = NewBatch { tasks: vec![echo(), task] };
        let problem = world.tasks().submit_batch(&world.caller, batch, None).await.expect_err(code);
        assert_eq!((problem.code.as_str(), problem.errors[0].field.clone()), (code, format!("/tasks/1{field}")), "{problem}");
    }
    assert!(world.tasks().list(&world.caller, TaskFilter::default()).await.unwrap().items.is_empty());
}

/// How one bound is reached or passed.
type Bound<T> = (&'static str, fn(&mut T, u64), u64, u64);

fn with(change: impl FnOnce(&mut NewTask)) -> NewTask {
    let mut task = echo();
    change(&mut task);
    task
}

#[tokio::test]
async fn every_bound_takes_its_last_value_and_refuses_the_next() {
    const DAY: u64 = 86_400_000;
    let world = World::new().await;
    // What is still taken, and what is not.
    let retry: [Bound<RetryPolicy>; 9] = [
        ("maximum_attempts", |retry, n| retry.maximum_attempts = u32::try_from(n).unwrap(), 100, 101),
        ("initial_interval_ms", |retry, n| retry.initial_interval_ms = n, DAY, DAY + 1),
        ("maximum_interval_ms", |retry, n| retry.maximum_interval_ms = n, DAY, DAY + 1),
        ("quarantine_after", |retry, n| retry.quarantine_after = u32::try_from(n).unwrap(), 100, 101),
        ("quarantine_after", |retry, n| retry.quarantine_after = u32::try_from(n).unwrap(), 1, 0),
        ("backoff_coefficient", |retry, n| retry.backoff_coefficient = f64::from(u32::try_from(n).unwrap()), 100, 101),
        ("backoff_coefficient", |retry, n| retry.backoff_coefficient = f64::from(u32::try_from(n).unwrap()), 1, 0),
        ("non_retryable", |retry, n| retry.non_retryable = vec!["X".to_owned(); usize::try_from(n).unwrap()], 64, 65),
        ("non_retryable", |retry, n| retry.non_retryable = vec!["x".repeat(usize::try_from(n).unwrap())], 64, 65),
    ];
    let timeouts: [Bound<Timeouts>; 4] = [
        ("schedule_to_start_ms", |spans, n| spans.schedule_to_start_ms = Some(n), MAXIMUM_TIMEOUT_MS, MAXIMUM_TIMEOUT_MS + 1),
        ("start_to_close_ms", |spans, n| spans.start_to_close_ms = n, MAXIMUM_TIMEOUT_MS, MAXIMUM_TIMEOUT_MS + 1),
        ("heartbeat_ms", |spans, n| spans.heartbeat_ms = n, MAXIMUM_TIMEOUT_MS, MAXIMUM_TIMEOUT_MS + 1),
        ("schedule_to_close_ms", |spans, n| spans.schedule_to_close_ms = Some(n), MAXIMUM_TIMEOUT_MS, MAXIMUM_TIMEOUT_MS + 1),
    ];
    assert_eq!(MAXIMUM_TIMEOUT_MS, 30 * DAY);
    let mut cases: Vec<(String, NewTask, NewTask)> = Vec::new();
    for (field, set, last, next) in retry {
        let of = |value| with(|task| set(task.retry.insert(RetryPolicy::default()), value));
        cases.push((format!("/retry/{field}"), of(last), of(next)));
    }
    for (field, set, last, next) in timeouts {
        let of = |value| with(|task| set(&mut task.timeouts, value));
        cases.push((format!("/timeouts/{field}"), of(last), of(next)));
    }
    for (last, next) in [(0.001, 0.000_9), (1_000.0, 1_000.1), (1.0, -1.0), (1.0, f64::INFINITY)] {
        let of = |weight| with(|task| task.fairness_weight = weight);
        cases.push(("/fairness_weight".to_owned(), of(last), of(next)));
    }
    for (field, last, next) in cases {
        world.submit(last.clone()).await.unwrap_or_else(|problem| panic!("{field} of {last:?}: {problem}"));
        let problem = world.submit(next.clone()).await.expect_err(&field);
        assert_eq!((problem.code.as_str(), problem.errors.len(), &problem.errors[0].field), ("REQUEST-002", 1, &field), "{next:?}");
    }
    // Of labels what is still taken is looked for, and no agent has it.
    let labels = |labels: Vec<String>| world.submit(with(|task| task.labels = labels));
    let of = |count: usize, bytes: usize| vec!["x".repeat(bytes); count];
    for (labels, code) in [
        (labels(of(16, 64)), "TASK-011"),
        (labels(of(17, 1)), "REQUEST-002"),
        (labels(of(1, 65)), "REQUEST-002"),
        (labels(of(1, 0)), "REQUEST-002"),
    ] {
        let problem = labels.await.expect_err(code);
        assert_eq!((problem.code.as_str(), problem.errors.len(), problem.errors[0].field.as_str()), (code, 1, "/labels"));
    }
}

#[tokio::test]
async fn the_same_key_and_request_give_the_same_task_and_another_request_is_refused() {
    let world = World::new().await;
    let submit = |task: NewTask, key: &str| {
        let (tasks, caller, key) = (world.tasks(), world.caller.clone(), key.to_owned());
        async move { tasks.submit(&caller, task, Some(key)).await }
    };
    let first = submit(echo(), "k").await.unwrap();
    let (again, other) = tokio::join!(submit(echo(), "k"), submit(NewTask { priority: Priority::new(1).unwrap(), ..echo() }, "k"));
    assert_eq!(again.unwrap().id, first.id);
    assert_eq!(other.unwrap_err().code, "REQUEST-009");
    assert_ne!(submit(echo(), "l").await.unwrap().id, first.id);
    assert_eq!(submit(echo(), "").await.unwrap_err().code, "REQUEST-002");
}

#[tokio::test]
async fn a_batch_is_taken_in_whole_and_has_its_bounds() {
    let world = World::new().await;
    let batch = |count| NewBatch { tasks: vec![echo(); count] };
    for wrong in [0, 1_001] {
        assert_eq!(world.tasks().submit_batch(&world.caller, batch(wrong), None).await.unwrap_err().code, "TASK-005");
    }
    let ids = world.tasks().submit_batch(&world.caller, batch(100), Some("b".into())).await.unwrap().ids;
    assert_eq!(world.tasks().submit_batch(&world.caller, batch(100), Some("b".into())).await.unwrap().ids, ids);
    for id in ids {
        assert_eq!(world.ended(id).await.summary.state, TaskState::Completed);
    }
}

#[tokio::test]
async fn a_full_queue_refuses_until_there_is_room() {
    let options = EngineOptions { maximum_live_tasks: 2, ..options() };
    let world = World::open(TempDir::new().unwrap(), options).await;
    let slow = || NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000}));
    let (one, two) = (world.submit(slow()).await.unwrap(), world.submit(slow()).await.unwrap());
    let refused = world.submit(slow()).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status, refused.retry_after), ("TASK-006", 429, Some(5)));
    world.tasks().cancel(&world.caller, one).await.unwrap();
    world.ended(one).await;
    world.submit(slow()).await.unwrap();
    world.tasks().cancel(&world.caller, two).await.unwrap();
}

#[tokio::test]
async fn a_task_for_later_waits_for_its_time() {
    let world = World::new().await;
    let at = world.sources.clock.now().plus(Duration::from_secs(3_600));
    let id = world.submit(NewTask { run_at: Some(at), ..echo() }).await.unwrap();
    let task = world.tasks().get(&world.caller, id, Some(Duration::from_millis(200))).await.unwrap();
    assert_eq!((task.summary.state, task.summary.wait_kind), (TaskState::Waiting, Some(WaitKind::Timer)));
    world.clock.advance(Duration::from_secs(3_601));
    assert_eq!(world.ended(id).await.summary.state, TaskState::Completed);
}

#[tokio::test]
async fn the_urgent_goes_first() {
    let world = World::new().await;
    // All slots taken, so that a queue builds up behind them.
    let blockers: Vec<_> =
        futures::future::join_all((0..8).map(|_| world.submit(NewTask::new("diagnostics.sleep", json!({"milliseconds": 300})))))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
    for id in blockers {
        world.reaches(id, TaskState::Running).await;
    }
    let mut ids = Vec::new();
    for priority in [5, 3, 1] {
        ids.push(world.submit(NewTask { priority: Priority::new(priority).unwrap(), ..echo() }).await.unwrap());
    }
    let mut begun = Vec::new();
    for id in ids {
        let task = world.ended(id).await;
        begun.push((task.timeline[1].seq, task.summary.priority.get()));
    }
    begun.sort();
    assert_eq!(begun.iter().map(|(_, priority)| *priority).collect::<Vec<_>>(), [1, 3, 5]);
}

#[tokio::test]
async fn a_paused_task_is_given_to_nobody_until_it_is_resumed() {
    let world = World::new().await;
    let agents = world.engine.agents().list(&world.caller).await.unwrap().items;
    for agent in &agents {
        world.engine.agents().drain(&world.caller, agent.id).await.unwrap();
    }
    let id = world.submit(echo()).await.unwrap();
    let tasks = world.tasks();
    assert_eq!(tasks.pause(&world.caller, id).await.unwrap().state, TaskState::Paused);
    assert_eq!(tasks.pause(&world.caller, id).await.unwrap().state, TaskState::Paused, "twice does no harm");
    for agent in &agents {
        world.engine.agents().resume(&world.caller, agent.id).await.unwrap();
    }
    // What came later is done, so the dispatcher has looked.
    let later = world.run(echo()).await;
    assert_eq!(later.summary.state, TaskState::Completed);
    assert_eq!(tasks.get(&world.caller, id, None).await.unwrap().summary.state, TaskState::Paused);
    assert_eq!(tasks.resume(&world.caller, id).await.unwrap().state, TaskState::Queued);
    let task = world.ended(id).await;
    let states: Vec<TaskState> = task.timeline.iter().map(|entry| entry.state).collect();
    let [queued, paused] = [TaskState::Queued, TaskState::Paused];
    assert_eq!(states, [queued, paused, queued, TaskState::Assigned, TaskState::Running, TaskState::Completed]);
    assert_eq!(tasks.pause(&world.caller, id).await.unwrap_err().code, "TASK-004");
    assert_eq!(tasks.resume(&world.caller, id).await.unwrap_err().code, "TASK-004");
}

#[tokio::test]
async fn a_task_that_waits_for_its_time_waits_on_after_a_pause() {
    let world = World::new().await;
    let at = world.sources.clock.now().plus(Duration::from_secs(3_600));
    let id = world.submit(NewTask { run_at: Some(at), ..echo() }).await.unwrap();
    let tasks = world.tasks();
    assert_eq!(tasks.pause(&world.caller, id).await.unwrap().state, TaskState::Paused);
    let resumed = tasks.resume(&world.caller, id).await.unwrap();
    assert_eq!((resumed.state, resumed.wait_kind, resumed.not_before), (TaskState::Waiting, Some(WaitKind::Timer), Some(at)));
    assert_eq!(tasks.resume(&world.caller, id).await.unwrap().state, TaskState::Waiting, "what is not paused stays as it is");
    tasks.cancel(&world.caller, id).await.unwrap();
}

#[tokio::test]
async fn a_repetition_is_answered_though_it_would_be_refused_now() {
    let world = World::new().await;
    let at = world.sources.clock.now().plus(Duration::from_secs(3_600));
    let later = NewTask { run_at: Some(at), ..echo() };
    let batch = NewBatch { tasks: vec![later.clone(), later.clone()] };
    let tasks = world.tasks();
    let key = |name: &str| Some(name.to_owned());
    let one = tasks.submit(&world.caller, later.clone(), key("one")).await.unwrap().id;
    let many = tasks.submit_batch(&world.caller, batch.clone(), key("many")).await.unwrap().ids;
    world.clock.advance(Duration::from_secs(7_200));
    assert_eq!(tasks.submit(&world.caller, later.clone(), None).await.unwrap_err().code, "REQUEST-002", "its time has passed");
    assert_eq!(tasks.submit(&world.caller, later.clone(), key("one")).await.unwrap().id, one);
    assert_eq!(tasks.submit_batch(&world.caller, batch, key("many")).await.unwrap().ids, many);
    assert_eq!(tasks.submit(&world.caller, echo(), key("one")).await.unwrap_err().code, "REQUEST-009", "another request");
    assert_eq!(tasks.submit(&world.caller, later, key("two")).await.unwrap_err().code, "REQUEST-002", "a new request");
}

#[tokio::test]
async fn a_task_is_run_again_once_though_it_could_not_be_now() {
    let world = World::new().await;
    let done = world.run(echo()).await.summary.id;
    let tasks = world.tasks();
    let again = tasks.rerun(&world.caller, done, Some("again".to_owned())).await.unwrap().id;
    assert_ne!(again, done);
    assert_eq!(tasks.rerun(&world.caller, done, Some("again".to_owned())).await.unwrap().id, again);
    assert_eq!(tasks.submit(&world.caller, echo(), Some("again".to_owned())).await.unwrap_err().code, "REQUEST-009");
}

#[tokio::test]
async fn nothing_new_is_done_on_behalf_of_whoever_may_not_ask_for_it_any_more() {
    let world = World::new().await;
    let now = world.sources.clock.now();
    let audit = |id: u128| AuditRow {
        id: AuditId::new(Uuid::from_u128(id)),
        at: now,
        principal: Principal::System,
        action: "test".to_owned(),
        target: None,
        allowed: true,
        code: None,
        request_id: None,
        address: None,
    };
    let id = UserId::new(Uuid::from_u128(7));
    let user = UserRecord {
        id,
        email: "ann@example.org".to_owned(),
        role: Role::Operator,
        active: true,
        password_hash: "x".to_owned(),
        created_at: now,
        last_login_at: None,
    };
    // Without an administrator nobody's role is changed.
    let other = UserRecord { id: UserId::new(Uuid::from_u128(8)), email: "root@example.org".to_owned(), role: Role::Admin, ..user.clone() };
    world.store.insert_user(other, false, audit(8)).await.unwrap();
    world.store.insert_user(user, false, audit(1)).await.unwrap();
    let principal = Principal::User { id, email: "ann@example.org".to_owned() };
    // As a run goes on for whoever has begun it.
    let ann = Caller { principal, role: Some(Role::Operator), ..Caller::system() };
    let tasks = world.tasks();
    let first = tasks.submit(&ann, echo(), Some("one".to_owned())).await.unwrap().id;
    for (role, active) in [(Role::Viewer, true), (Role::Operator, false)] {
        assert!(world.store.change_user(id, role, active, now, audit(2 + u128::from(active))).await.unwrap());
        assert_eq!(tasks.submit(&ann, echo(), Some("two".to_owned())).await.unwrap_err().code, "AUTH-005");
        let batch = NewBatch { tasks: vec![echo(), echo()] };
        assert_eq!(tasks.submit_batch(&ann, batch, None).await.unwrap_err().code, "AUTH-005");
        assert_eq!(tasks.submit(&ann, echo(), Some("one".to_owned())).await.unwrap().id, first, "what was begun is found");
    }
    world.store.change_user(id, Role::Admin, true, now, audit(9)).await.unwrap();
    tasks.submit(&ann, echo(), Some("two".to_owned())).await.unwrap();
}
