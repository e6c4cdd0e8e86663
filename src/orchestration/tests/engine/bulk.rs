//! Are dead tasks run again and live ones cancelled by a filter, and do requests to end reach children?

use baton_domain::task::TaskState;
use baton_domain::wire::task::{AttemptOutcome, BulkCancel, BulkRerun, NewTask, TaskFilter};
use baton_storage::TaskStore;
use serde_json::json;

use super::world::{SCRIPTED, World};

fn dead(key: &str) -> NewTask {
    NewTask { fairness_key: Some(key.to_owned()), ..NewTask::new(SCRIPTED, json!({"do": "panic"})) }
}

#[tokio::test]
async fn dead_tasks_are_run_again_a_page_at_a_time_and_once_for_each_key() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.run(dead("a")).await.summary.id);
    }
    world.run(dead("b")).await;
    let filter = TaskFilter { code: Some("ATTEMPT-006".into()), fairness_key: Some("a".into()), limit: Some(2), ..TaskFilter::default() };
    let (mut cursor, mut again) = (None, Vec::new());
    for round in 0..3 {
        let filter = TaskFilter { cursor: cursor.clone(), created_before: Some(world.sources.clock.now()), ..filter.clone() };
        let which = BulkRerun { filter };
        let key = Some(format!("k{round}"));
        let answer = world.tasks().rerun_all(&world.caller, which.clone(), key.clone()).await.unwrap();
        assert_eq!(answer.count, if round < 2 { 2 } else { 1 });
        let replayed = world.tasks().rerun_all(&world.caller, which, key).await.unwrap();
        assert_eq!(replayed.ids, answer.ids, "the same call again makes nothing");
        assert!(round == 2 || replayed.next_cursor == answer.next_cursor);
        again.extend(answer.ids);
        cursor = answer.next_cursor;
        assert_eq!(cursor.is_some(), round < 2);
    }
    let mut originals = Vec::new();
    for id in again {
        originals.extend(world.ended(id).await.summary.rerun_of);
    }
    ids.reverse();
    assert_eq!(originals, ids, "one for each, the newest first");
}

#[tokio::test]
async fn live_tasks_are_cancelled_by_a_filter_and_wrong_filters_are_refused() {
    let world = World::new().await;
    let sleep = || NewTask { fairness_key: Some("a".into()), ..NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000})) };
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(world.submit(sleep()).await.unwrap());
    }
    let filter = TaskFilter { fairness_key: Some("a".into()), limit: Some(10), ..TaskFilter::default() };
    let first = world.tasks().cancel_all(&world.caller, BulkCancel { filter: filter.clone() }).await.unwrap();
    let rest = TaskFilter { cursor: first.next_cursor.clone(), ..filter };
    let second = world.tasks().cancel_all(&world.caller, BulkCancel { filter: rest }).await.unwrap();
    assert_eq!((first.count, second.count, second.next_cursor), (10, 2, None));
    for id in ids {
        assert_eq!(world.ended(id).await.summary.state, TaskState::Canceled);
    }
    let tasks = world.tasks();
    let live = TaskFilter { states: vec![TaskState::Queued], ..TaskFilter::default() };
    let problem = tasks.rerun_all(&world.caller, BulkRerun { filter: live }, None).await.unwrap_err();
    assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("REQUEST-002", "/filter/states"));
    let ended = TaskFilter { states: vec![TaskState::Failed], ..TaskFilter::default() };
    assert_eq!(tasks.cancel_all(&world.caller, BulkCancel { filter: ended }).await.unwrap_err().code, "REQUEST-002");
    for limit in [0, 501] {
        let filter = TaskFilter { limit: Some(limit), ..TaskFilter::default() };
        assert_eq!(tasks.cancel_all(&world.caller, BulkCancel { filter }).await.unwrap_err().code, "REQUEST-010");
    }
}

#[tokio::test]
async fn cancelling_a_task_that_runs_ends_what_runs_below_it() {
    let world = World::new().await;
    let parent = world.submit(NewTask::new(SCRIPTED, json!({"do": "ask_long", "count": 1}))).await.unwrap();
    // It waits for a child, which waits for a child of its own.
    let mut family = vec![parent];
    while family.len() < 3 {
        world.reaches(family[family.len() - 1], TaskState::Running).await;
        let children = world.store.live_children(family[family.len() - 1], 10).await.unwrap();
        assert!(children.len() <= 1, "{children:?}");
        family.extend(children);
    }
    world.reaches(family[2], TaskState::Running).await;
    let running = world.tasks().get(&world.caller, family[2], None).await.unwrap().summary;
    assert_eq!((running.skill.as_str(), running.parent_id), ("diagnostics.sleep", Some(family[1])));
    world.tasks().cancel(&world.caller, parent).await.unwrap();
    for id in family {
        let task = world.ended(id).await;
        assert_eq!((task.summary.state, task.summary.failure), (TaskState::Canceled, None), "{}", task.summary.skill);
        let outcomes: Vec<_> = task.attempts.iter().map(|attempt| attempt.outcome).collect();
        assert_eq!(outcomes, [Some(AttemptOutcome::Canceled)], "the attempt that ran, and no other");
    }
}

#[tokio::test]
async fn cancelling_a_parent_reaches_what_its_agent_asked_for() {
    let world = World::new().await;
    let parent = world.submit(NewTask::new(SCRIPTED, json!({"do": "ask_itself"}))).await.unwrap();
    world.ended(parent).await;
    // A child whose parent is gone, as a crash between the two would leave it.
    let child = world.submit(NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000}))).await.unwrap();
    world.reaches(child, TaskState::Running).await;
    let mut orphan = {
        let record = world.store.task(child).await.unwrap().unwrap();
        baton_storage::NewTaskRecord { task: record, input: json!({"milliseconds": 60_000}), depends_on: vec![], decide: None }
    };
    orphan.task.summary.id = baton_domain::id::TaskId::new(world.sources.ids.next());
    orphan.task.summary.state = TaskState::Queued;
    orphan.task.summary.parent_id = Some(parent);
    let id = orphan.task.summary.id;
    world.store.insert_tasks(vec![orphan], None).await.unwrap();
    assert_eq!(world.ended(id).await.summary.state, TaskState::Canceled);
    world.tasks().cancel(&world.caller, child).await.unwrap();
}
