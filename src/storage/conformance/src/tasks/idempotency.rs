//! How does a repeated request get the answer of the first?

use std::time::Duration;

use baton_domain::id::TaskId;
use baton_storage::{Idempotency, Inserted, JournalKind, JournalWrite, NewTaskRecord, StoreError};

use crate::World;
use crate::journals::{new as new_journal, open, turn, written};
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

pub async fn what_a_repetition_is_answered_can_be_asked_first(world: &World) {
    let first = vec![world.new_task(), world.new_task()];
    assert_eq!(world.store.remembered(key("k", 1).unwrap()).await.unwrap(), None);
    world.store.insert_tasks(first.clone(), key("k", 1)).await.unwrap();
    let before = world.image().await;
    assert_eq!(world.store.remembered(key("k", 1).unwrap()).await.unwrap(), Some(Inserted::Replayed(ids(&first))));
    assert_eq!(world.store.remembered(key("k", 2).unwrap()).await.unwrap(), Some(Inserted::KeyConflict));
    let other = Idempotency { principal: "user:2".to_owned(), ..key("k", 1).unwrap() };
    assert_eq!(world.store.remembered(other).await.unwrap(), None);
    assert_eq!(world.image().await, before);
}

pub async fn keys_of_journals_that_go_on_are_kept(world: &World) {
    let going = open(world, new_journal(world, JournalKind::Run, "orders")).await;
    let over = open(world, new_journal(world, JournalKind::Decision, "Which one?")).await;
    written(world, JournalWrite { live: false, ..turn(&over, 1) }).await;
    let kept = [format!("run/{}/0000000002-0000", going.id), format!("{}/vote", going.id)];
    let gone = [
        format!("run/{}/0000000002-0000", over.id),
        format!("{}/vote", over.id),
        format!("a/run/{}/behind-too-much", going.id),
        "run/no-identifier/0".to_owned(),
        "plain".to_owned(),
    ];
    for name in kept.iter().chain(&gone) {
        let stored = world.store.insert_tasks(vec![world.new_task()], key(name, 1)).await.unwrap();
        assert_eq!(stored, Inserted::Stored, "{name}");
    }
    let forget = || world.store.forget_idempotency_keys(at(400_000_000), Duration::from_secs(86_400));
    assert_eq!(forget().await.unwrap(), gone.len() as u64);
    for name in &kept {
        assert!(world.store.remembered(key(name, 1).unwrap()).await.unwrap().is_some(), "{name}");
    }
    for name in &gone {
        assert_eq!(world.store.remembered(key(name, 1).unwrap()).await.unwrap(), None, "{name}");
    }
    written(world, JournalWrite { live: false, ..turn(&going, 1) }).await;
    assert_eq!(forget().await.unwrap(), kept.len() as u64, "its journal is over");
}
