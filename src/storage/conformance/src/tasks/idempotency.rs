//! How does a repeated request get the answer of the first?

use std::time::Duration;

use baton_domain::id::TaskId;
use baton_storage::{Idempotency, Inserted, NewTaskRecord, StoreError};

use crate::World;
use crate::make::at;

fn key(name: &str, hash: u8) -> Option<Idempotency> {
    Some(Idempotency { principal: "user:1".to_owned(), key: name.to_owned(), request_hash: [hash; 32] })
}

fn ids(batch: &[NewTaskRecord]) -> Vec<TaskId> {
    batch.iter().map(|new| new.task.summary.id).collect()
}

pub async fn the_same_request_again_gives_the_tasks_of_the_first(world: &World) {
    let first = vec![world.new_task(), world.new_task()];
    assert_eq!(world.store.insert_tasks(first.clone(), key("k", 1)).await.unwrap(), Inserted::Stored);
    let before = world.image().await;
    let again = vec![world.new_task(), world.new_task()];
    assert_eq!(world.store.insert_tasks(again, key("k", 1)).await.unwrap(), Inserted::Replayed(ids(&first)));
    assert_eq!(world.image().await, before);
}

pub async fn another_request_with_the_same_key_is_refused(world: &World) {
    world.store.insert_tasks(vec![world.new_task()], key("k", 1)).await.unwrap();
    let before = world.image().await;
    assert_eq!(world.store.insert_tasks(vec![world.new_task()], key("k", 2)).await.unwrap(), Inserted::KeyConflict);
    assert_eq!(world.image().await, before);
}

pub async fn a_key_belongs_to_its_principal(world: &World) {
    world.store.insert_tasks(vec![world.new_task()], key("k", 1)).await.unwrap();
    let other = Idempotency { principal: "user:2".to_owned(), ..key("k", 2).unwrap() };
    assert_eq!(world.store.insert_tasks(vec![world.new_task()], Some(other)).await.unwrap(), Inserted::Stored);
    assert_eq!(world.head().await, 2);
}

pub async fn the_same_request_without_a_key_is_a_second_request(world: &World) {
    for _ in 0..2 {
        assert_eq!(world.store.insert_tasks(vec![world.new_task()], None).await.unwrap(), Inserted::Stored);
    }
    assert_eq!(world.head().await, 2);
}

pub async fn the_key_of_a_failed_request_is_free(world: &World) {
    let known = world.new_task();
    world.insert(known.clone()).await;
    assert!(matches!(world.store.insert_tasks(vec![known], key("k", 1)).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.insert_tasks(vec![world.new_task()], key("k", 2)).await.unwrap(), Inserted::Stored);
}

pub async fn a_replay_tells_of_tasks_that_have_moved_on(world: &World) {
    let first = vec![world.new_task()];
    world.store.insert_tasks(first.clone(), key("k", 1)).await.unwrap();
    world.begin(ids(&first)[0], at(5)).await;
    let before = world.image().await;
    assert_eq!(world.store.insert_tasks(vec![world.new_task()], key("k", 1)).await.unwrap(), Inserted::Replayed(ids(&first)));
    assert_eq!(world.image().await, before);
}

pub async fn keys_are_forgotten_once_older_than_the_age(world: &World) {
    for (name, made) in [("old", 0), ("edge", 1_000), ("young", 2_000)] {
        let mut new = world.new_task();
        new.task.summary.created_at = at(made);
        world.store.insert_tasks(vec![new], key(name, 1)).await.unwrap();
    }
    let forget = || world.store.forget_idempotency_keys(at(11_000), Duration::from_secs(10));
    assert_eq!(forget().await.unwrap(), 1, "the one at the edge is not older");
    assert_eq!(forget().await.unwrap(), 0);
    assert_eq!(world.store.insert_tasks(vec![world.new_task()], key("old", 9)).await.unwrap(), Inserted::Stored);
    for name in ["edge", "young"] {
        assert_eq!(world.store.insert_tasks(vec![world.new_task()], key(name, 9)).await.unwrap(), Inserted::KeyConflict);
    }
}

pub async fn forgetting_a_key_forgets_no_task(world: &World) {
    let first = vec![world.new_task()];
    world.store.insert_tasks(first.clone(), key("k", 1)).await.unwrap();
    let before = world.image().await;
    assert_eq!(world.store.forget_idempotency_keys(at(1_000), Duration::ZERO).await.unwrap(), 1);
    assert_eq!(world.image().await, before);
}
