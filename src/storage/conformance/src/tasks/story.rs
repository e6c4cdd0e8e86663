//! What can be read of a task beside what its events tell of it?

use baton_domain::event::Event;
use baton_domain::id::TaskId;
use baton_domain::task::Trigger;
use baton_domain::user::Principal;
use baton_storage::{Advance, Guard, Retention, TaskStory};

use crate::World;
use crate::make::{at, person};

async fn story(world: &World, id: TaskId, most: u32) -> TaskStory {
    world.store.task_story(id, most).await.unwrap().expect("the task is stored")
}

/// The places of the events, the leases of the attempts, and whether that is all.
async fn told(world: &World, id: TaskId, most: u32) -> (Vec<i64>, Vec<i64>, bool) {
    let TaskStory { attempts, events, whole, .. } = story(world, id, most).await;
    (events.iter().map(|event| event.seq.0).collect(), attempts.iter().map(|attempt| attempt.lease).collect(), whole)
}

/// A task in its second attempt, with six events.
async fn again(world: &World) -> TaskId {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.applied(Advance::new(id, Guard::Lease(begun.task.lease), Trigger::Retry, Principal::System, at(200))).await;
    world.begin(id, at(300)).await;
    id
}

pub async fn a_story_has_the_row_its_attempts_and_its_events(world: &World) {
    let id = world.running().await.task.summary.id;
    world.queued().await;
    world.store.request_cancel(id, person(), at(150)).await.unwrap();
    let (told, rows) = (story(world, id, 99).await, world.rows(id).await);
    let of_task: Vec<Event> = world.since(0).await.into_iter().filter(|event| event.subject == format!("task:{id}")).collect();
    assert_eq!(of_task.last().map(|event| event.kind.as_str()), Some("task.cancel_requested"), "also what changes no state");
    assert_eq!(told, TaskStory { task: rows.task, attempts: rows.attempts, events: of_task, whole: true });
    assert_eq!(world.store.task_story(TaskId::new(world.id()), 99).await.unwrap(), None);
}

pub async fn a_story_has_the_newest_of_what_there_is_more_of(world: &World) {
    let id = again(world).await;
    assert_eq!(told(world, id, 99).await, (vec![1, 2, 3, 4, 5, 6], vec![1, 2], true));
    assert_eq!(told(world, id, 7).await, (vec![1, 2, 3, 4, 5, 6], vec![1, 2], true));
    assert_eq!(told(world, id, 6).await, (vec![1, 2, 3, 4, 5, 6], vec![1, 2], false), "there could be more");
    assert_eq!(told(world, id, 1).await, (vec![6], vec![2], false));
}

pub async fn a_story_is_not_whole_once_the_log_has_forgotten(world: &World) {
    let id = again(world).await;
    world.store.forget_events(Retention { count: Some(4), since: None }, 100).await.unwrap();
    assert_eq!(told(world, id, 99).await, (vec![3, 4, 5, 6], vec![1, 2], false));
    world.store.forget_events(Retention { count: Some(0), since: None }, 100).await.unwrap();
    assert_eq!(told(world, id, 99).await, (vec![], vec![1, 2], false));
}
