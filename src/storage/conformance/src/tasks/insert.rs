//! How are new tasks stored? All or none, each with its event, and they read back as they were given.

use baton_domain::event::Event;
use baton_domain::id::{DecisionId, ProjectId, RunId, TaskId};
use baton_domain::task::{Budget, Jitter, Priority, RetryPolicy, SharedBudget, TaskBudget, TaskState, Timeouts};
use baton_domain::user::Principal;
use baton_domain::wire::task::Failure;
use baton_storage::{Inserted, StoreError};
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::make::{at, person, wait};

pub async fn a_task_reads_back_as_it_was_given(world: &World) {
    let mut new = world.task_with(|task| {
        task.retry = RetryPolicy { jitter: Jitter::None, non_retryable: vec!["SKILL-001".to_owned()], ..RetryPolicy::default() };
        task.timeouts = Timeouts { schedule_to_start_ms: Some(5), schedule_to_close_ms: Some(7), ..Timeouts::default() };
        task.depth = 3;
        let (own, all) = (Budget { tokens: Some(5), cost: Some(0.5) }, Budget { tokens: Some(9), cost: None });
        task.budget = TaskBudget::of(Some(own), Some(SharedBudget { decision: DecisionId::new(Uuid::from_u128(9)), budget: all }));
        task.summary.priority = Priority::new(1).unwrap();
        task.summary.labels = vec!["gpu".to_owned(), "eu".to_owned()];
        task.summary.maximum_attempts = 9;
    });
    new.task.summary.rerun_of = Some(TaskId::new(world.id()));
    new.task.summary.run_id = Some(RunId::new(world.id()));
    new.task.summary.parent_id = Some(TaskId::new(world.id()));
    new.input = json!({"deep": [{"text": "ä \u{1f600} \" \\ \n"}, null, true, -1, 1.5]});
    let id = world.insert(new.clone()).await;
    assert_eq!(world.record(id).await, new.task);
    let rows = world.rows(id).await;
    assert_eq!((rows.input, rows.result, rows.attempts, rows.artifacts), (new.input, None, vec![], vec![]));
}

pub async fn the_input_keeps_every_number_and_name(world: &World) {
    let mut new = world.new_task();
    new.input =
        json!({"big": 9_007_199_254_740_993_i64, "least": i64::MIN, "most": u64::MAX, "": {"a.b": []}, "'; DROP TABLE tasks": "%_"});
    let id = world.insert(new.clone()).await;
    assert_eq!(world.rows(id).await.input, new.input);
}

pub async fn each_new_task_has_one_event_with_what_lists_show(world: &World) {
    let new = world.new_task();
    let id = world.insert(new.clone()).await;
    let events = world.since(0).await;
    let [Event { seq, at: when, project_id, kind, subject, actor, data }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((seq.0, *when, *project_id, kind.as_str()), (1, at(0), new.task.summary.project_id, "task.queued"));
    assert_eq!((subject, actor), (&format!("task:{id}"), &person()));
    assert_eq!(data.value(), serde_json::to_value(&new.task.summary).unwrap());
}

pub async fn a_batch_has_its_events_in_its_order(world: &World) {
    let batch = vec![world.new_task(), world.task_with(|task| wait(&mut task.summary, at(9))), world.new_task()];
    let wanted: Vec<String> = batch.iter().map(|new| format!("task:{}", new.task.summary.id)).collect();
    assert_eq!(world.store.insert_tasks(batch, None).await.unwrap(), Inserted::Stored);
    let events = world.since(0).await;
    assert_eq!(events.iter().map(|event| event.subject.clone()).collect::<Vec<_>>(), wanted);
    assert_eq!(world.kinds_since(0).await, ["task.queued", "task.waiting", "task.queued"]);
}

pub async fn a_batch_of_a_thousand_is_stored_whole(world: &World) {
    let batch: Vec<_> = (0..1_000).map(|_| world.new_task()).collect();
    let last = batch[999].task.clone();
    assert_eq!(world.store.insert_tasks(batch, None).await.unwrap(), Inserted::Stored);
    assert_eq!(world.head().await, 1_000);
    assert_eq!(world.record(last.summary.id).await, last);
}

pub async fn a_batch_with_a_task_that_exists_stores_nothing(world: &World) {
    let known = world.new_task();
    world.insert(known.clone()).await;
    let before = world.image().await;
    let batch = vec![world.new_task(), known, world.new_task()];
    assert!(matches!(world.store.insert_tasks(batch, None).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.image().await, before);
}

pub async fn a_batch_that_names_a_task_twice_stores_nothing(world: &World) {
    let twice = world.new_task();
    let batch = vec![world.new_task(), twice.clone(), twice];
    assert!(matches!(world.store.insert_tasks(batch, None).await, Err(StoreError::Conflict(_))));
    assert_eq!((world.head().await, world.store.state_counts().await.unwrap().0), (0, vec![]));
}

pub async fn a_task_of_a_project_that_does_not_exist_is_refused(world: &World) {
    let lost = world.task_with(|task| task.summary.project_id = ProjectId::new(Uuid::from_u128(77)));
    assert!(world.store.insert_tasks(vec![world.new_task(), lost], None).await.is_err());
    assert_eq!((world.head().await, world.store.state_counts().await.unwrap().0), (0, vec![]));
}

pub async fn an_empty_batch_stores_nothing_and_is_no_error(world: &World) {
    assert_eq!(world.store.insert_tasks(vec![], None).await.unwrap(), Inserted::Stored);
    assert_eq!(world.head().await, 0);
}

pub async fn a_task_can_be_rejected_from_the_start(world: &World) {
    let failure = Failure { code: "BUDGET-001".to_owned(), message: "No budget is left.".to_owned(), retryable: false };
    let new = world.task_with(|task| {
        task.summary.state = TaskState::Rejected;
        task.summary.finished_at = Some(at(0));
        task.summary.failure = Some(failure.clone());
    });
    let id = world.insert(new.clone()).await;
    assert_eq!(world.record(id).await, new.task);
    assert_eq!(world.kinds_since(0).await, ["task.rejected"]);
    assert!(world.store.begin(vec![world.assignment(id, at(1))]).await.unwrap().is_empty());
}

pub async fn a_task_that_was_never_stored_is_absent(world: &World) {
    let id = TaskId::new(world.id());
    assert_eq!(world.store.task(id).await.unwrap(), None);
    assert_eq!(world.store.task_rows(id).await.unwrap(), None);
}

pub async fn who_submitted_a_task_is_kept_with_its_kind(world: &World) {
    for who in [Principal::System, Principal::Anonymous, person()] {
        let id = world
            .insert_with(|task| {
                task.summary.created_by = who.label().to_owned();
                task.created_by = who.clone();
            })
            .await;
        let rows = world.rows(id).await;
        assert_eq!((&rows.task.created_by, rows.task.summary.created_by.as_str()), (&who, who.label()));
        assert_eq!(rows.timeline[0].actor, who.label());
    }
}
