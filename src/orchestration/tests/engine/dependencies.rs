//! Do tasks begin once what they depend on has completed, and hear of every end?

use baton_domain::id::TaskId;
use baton_domain::task::{TaskState, WaitKind};
use baton_domain::wire::task::{DependsOn, NewBatch, NewTask, TaskDetail};
use serde_json::json;

use super::world::{SCRIPTED, World};

fn echo() -> NewTask {
    NewTask::new("diagnostics.echo", json!({"message": "x"}))
}

fn sleep() -> NewTask {
    NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000}))
}

fn after(ids: &[TaskId]) -> NewTask {
    NewTask { depends_on: ids.iter().copied().map(DependsOn::Task).collect(), ..echo() }
}

fn named(name: &str, needs: &[&str]) -> NewTask {
    let depends_on = needs.iter().map(|name| DependsOn::Ref((*name).to_owned())).collect();
    NewTask { reference: Some(name.to_owned()), depends_on, ..echo() }
}

async fn batch(world: &World, tasks: Vec<NewTask>) -> Vec<TaskId> {
    world.tasks().submit_batch(&world.caller, NewBatch { tasks }, None).await.unwrap().ids
}

fn began(task: &TaskDetail) -> i64 {
    task.timeline.iter().find(|entry| entry.state == TaskState::Running).unwrap().seq.0
}

fn ended(task: &TaskDetail) -> i64 {
    task.timeline.last().unwrap().seq.0
}

#[tokio::test]
async fn a_chain_of_a_thousand_runs_link_by_link() {
    let world = World::new().await;
    let mut tasks = vec![named("n0", &[])];
    tasks.extend((1..1_000).map(|link| named(&format!("n{link}"), &[&format!("n{}", link - 1)])));
    let ids = batch(&world, tasks).await;
    let mut before = 0;
    for id in ids {
        let task = world.ended(id).await;
        assert_eq!(task.summary.state, TaskState::Completed);
        assert!(began(&task) > before, "it began after the one before had ended");
        before = ended(&task);
    }
}

#[tokio::test]
async fn a_failure_ends_a_chain_of_a_thousand() {
    let world = World::new().await;
    let mut tasks: Vec<NewTask> = vec![NewTask { reference: Some("n0".into()), ..sleep() }];
    tasks.extend((1..1_000).map(|link| named(&format!("n{link}"), &[&format!("n{}", link - 1)])));
    let ids = batch(&world, tasks).await;
    world.tasks().cancel(&world.caller, ids[0]).await.unwrap();
    let last = world.ended(ids[999]).await;
    assert_eq!((last.summary.state, last.summary.reason.as_deref()), (TaskState::Failed, Some("dependency_failed")));
    assert_eq!(last.summary.failure.unwrap().code, "TASK-010");
    assert!(last.attempts.is_empty(), "it never ran");
}

#[tokio::test]
async fn a_task_waits_for_all_of_sixty_four() {
    let world = World::new().await;
    let names: Vec<String> = (0..64).map(|number| format!("p{number}")).collect();
    let needs: Vec<&str> = names.iter().map(String::as_str).collect();
    // What is depended on may come later in the batch.
    let mut tasks = vec![named("join", &needs)];
    tasks.extend(names.iter().map(|name| named(name, &[])));
    let ids = batch(&world, tasks).await;
    let joined = world.ended(ids[0]).await;
    assert_eq!((joined.summary.state, joined.depends_on.len()), (TaskState::Completed, 64));
    for id in &ids[1..] {
        assert!(ended(&world.ended(*id).await) < began(&joined));
    }
}

#[tokio::test]
async fn what_has_completed_before_is_not_waited_for_and_what_has_failed_fails() {
    let world = World::new().await;
    let good = world.run(echo()).await.summary.id;
    let task = world.tasks().submit(&world.caller, after(&[good]), None).await.unwrap();
    assert_eq!(task.state, TaskState::Queued);
    let bad = world.run(NewTask::new(SCRIPTED, json!({"do": "panic"}))).await.summary.id;
    let task = world.run(after(&[bad, good])).await;
    assert_eq!((task.summary.state, task.summary.failure.unwrap().code.as_str()), (TaskState::Failed, "TASK-010"));
}

#[tokio::test]
async fn wrong_dependencies_are_refused_by_name_and_store_nothing() {
    let world = World::new().await;
    let missing = TaskId::new(uuid::Uuid::from_u128(5));
    let known = world.run(echo()).await.summary.id;
    let many = vec![known; 65];
    for (task, code, field) in [
        (after(&[known, missing]), "TASK-008", "/depends_on/1"),
        (named("a", &["b"]), "TASK-008", "/depends_on/0"),
        (after(&many), "REQUEST-002", "/depends_on"),
    ] {
        let problem = world.submit(task).await.unwrap_err();
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), (code, field), "{problem}");
    }
    for (tasks, code, field) in [
        (vec![named("a", &["a"])], "TASK-009", "/tasks/0/depends_on"),
        (vec![echo(), named("a", &["c"]), named("b", &["a"]), named("c", &["b"])], "TASK-009", "/tasks/1/depends_on"),
        (vec![named("a", &[]), named("a", &[])], "REQUEST-002", "/tasks/1/ref"),
        (vec![named("two words", &[])], "REQUEST-002", "/tasks/0/ref"),
        (vec![named("a", &[]), named("b", &["a", "c"])], "TASK-008", "/tasks/1/depends_on/1"),
    ] {
        let problem = world.tasks().submit_batch(&world.caller, NewBatch { tasks }, None).await.unwrap_err();
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), (code, field), "{problem}");
    }
    assert_eq!(world.tasks().list(&world.caller, Default::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_paused_task_goes_on_where_its_dependencies_stand() {
    let world = World::new().await;
    let needed = world.submit(sleep()).await.unwrap();
    let id = world.submit(after(&[needed])).await.unwrap();
    let tasks = world.tasks();
    assert_eq!(tasks.pause(&world.caller, id).await.unwrap().state, TaskState::Paused);
    let resumed = tasks.resume(&world.caller, id).await.unwrap();
    assert_eq!((resumed.state, resumed.wait_kind), (TaskState::Waiting, Some(WaitKind::Dependency)));
    tasks.pause(&world.caller, id).await.unwrap();
    tasks.cancel(&world.caller, needed).await.unwrap();
    world.ended(needed).await;
    tasks.resume(&world.caller, id).await.unwrap();
    assert_eq!(world.ended(id).await.summary.state, TaskState::Failed);
}

#[tokio::test]
async fn what_a_dead_server_did_not_tell_the_next_one_does() {
    let world = World::new().await;
    let needed = world.submit(sleep()).await.unwrap();
    let id = world.submit(after(&[needed])).await.unwrap();
    let folder = world.stop().await;
    // Ended by somebody who told nobody.
    let store = baton_storage_sqlite::SqliteOptions::new(folder.path().join("baton.db"))
        .open(std::sync::Arc::new(baton_storage::NoSink))
        .await
        .unwrap();
    use baton_storage::TaskStore;
    store.request_cancel(needed, baton_domain::user::Principal::System, baton_domain::time::Timestamp::from_millis(1)).await.unwrap();
    store.close().await;
    let world = World::open(folder, super::world::options()).await;
    assert_eq!(world.ended(id).await.summary.state, TaskState::Failed);
}
