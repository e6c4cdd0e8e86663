//! Do the counts add up, and do reruns and lists tell the truth?

use baton_domain::id::{RunId, TaskId};
use baton_domain::task::TaskState;
use baton_domain::wire::task::{NewTask, TaskFilter};
use baton_storage::TaskStore;
use serde_json::json;

use super::world::{SCRIPTED, World, quick};

#[tokio::test]
async fn what_was_submitted_is_what_ended_and_what_is_left() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for index in 0..20 {
        let task = match index % 4 {
            0 => NewTask::new("diagnostics.echo", json!({})),
            1 => NewTask { retry: Some(quick()), ..NewTask::new("diagnostics.fail", json!({"times": 1})) },
            2 => NewTask::new("diagnostics.fail", json!({"times": 1, "retryable": false})),
            _ => NewTask::new("diagnostics.sleep", json!({"milliseconds": 20})),
        };
        ids.push(world.submit(task).await.unwrap());
    }
    for id in &ids {
        world.ended(*id).await;
    }
    let (counts, _) = world.store.state_counts().await.unwrap();
    let of = |state| counts.iter().find(|count| count.state == state).map_or(0, |count| count.count);
    assert_eq!((of(TaskState::Completed), of(TaskState::Failed)), (15, 5));
    assert_eq!(counts.iter().map(|count| count.count).sum::<u64>(), 20);
    let agents = world.engine.agents().list(&world.caller).await.unwrap().items;
    let agent = agents.iter().find(|agent| agent.name == "diagnostics").unwrap();
    assert_eq!((agent.completed, agent.failed, agent.busy), (15, 10, 0));
}

#[tokio::test]
async fn a_rerun_is_a_new_task_that_names_the_old_one() {
    let world = World::new().await;
    let first = world.run(NewTask { title: Some("mine".into()), ..NewTask::new("diagnostics.echo", json!({"message": "again"})) }).await;
    let again = world.tasks().rerun(&world.caller, first.summary.id, None).await.unwrap();
    assert_eq!((again.rerun_of, again.title.as_str()), (Some(first.summary.id), "mine"));
    assert_eq!(world.ended(again.id).await.result, first.result);
    let running = world.submit(NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000}))).await.unwrap();
    assert_eq!(world.tasks().rerun(&world.caller, running, None).await.unwrap_err().code, "TASK-004");
    world.tasks().cancel(&world.caller, running).await.unwrap();
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for _ in 0..25 {
        ids.push(world.run(NewTask::new("diagnostics.echo", json!({}))).await.summary.id);
    }
    ids.reverse();
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let filter = TaskFilter { limit: Some(10), cursor: cursor.clone(), skill: Some("diagnostics".into()), ..TaskFilter::default() };
        let page = world.tasks().list(&world.caller, filter).await.unwrap();
        seen.extend(page.items.iter().map(|task| task.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids);
    let none = TaskFilter { states: vec![TaskState::Failed], ..TaskFilter::default() };
    assert!(world.tasks().list(&world.caller, none).await.unwrap().items.is_empty());
    for wrong in [
        TaskFilter { limit: Some(0), ..TaskFilter::default() },
        TaskFilter { limit: Some(501), ..TaskFilter::default() },
        TaskFilter { cursor: Some("x".into()), ..TaskFilter::default() },
    ] {
        assert_eq!(world.tasks().list(&world.caller, wrong).await.unwrap_err().code, "REQUEST-010");
    }
}

#[tokio::test]
async fn what_a_task_of_a_run_asks_for_is_part_of_the_run_and_a_rerun_is_not() {
    let world = World::new().await;
    let tasks = world.tasks();
    let listed = async |filter: TaskFilter| -> Vec<TaskId> {
        tasks.list(&world.caller, filter).await.unwrap().items.into_iter().map(|task| task.id).collect()
    };
    let run = Some(RunId::new(world.sources.ids.next()));
    let asker = world.run(NewTask { run_id: run, ..NewTask::new(SCRIPTED, json!({"do": "ask"})) }).await;
    let other = world.run(NewTask::new(SCRIPTED, json!({"do": "ask"}))).await;
    let id = asker.summary.id;
    let children = listed(TaskFilter { parent_id: Some(id), ..TaskFilter::default() }).await;
    let [child] = children.as_slice() else { panic!("{children:?}") };
    let child = tasks.get(&world.caller, *child, None).await.unwrap();
    assert_eq!((child.summary.run_id, child.summary.parent_id, child.has_children), (run, Some(id), false));
    assert_eq!((asker.summary.run_id, asker.has_children, other.summary.run_id), (run, true, None));
    // What runs below it from elsewhere, as what a council asks.
    let sleep = |milliseconds: u64| NewTask::new("diagnostics.sleep", json!({"milliseconds": milliseconds}));
    let above = world.submit(NewTask { run_id: run, ..sleep(60_000) }).await.unwrap();
    let below = tasks.submit_under(&world.caller, above, sleep(1), "below".to_owned()).await.unwrap();
    assert_eq!((below.run_id, below.parent_id), (run, Some(above)));
    let again = tasks.rerun(&world.caller, id, None).await.unwrap();
    assert_eq!((again.run_id, again.rerun_of), (None, Some(id)));
    let of_run = TaskFilter { run_id: run, ..TaskFilter::default() };
    assert_eq!(listed(of_run).await, [below.id, above, child.summary.id, id]);
    tasks.cancel(&world.caller, above).await.unwrap();
}
