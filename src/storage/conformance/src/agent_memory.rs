//! What does the contract say of what agents remember?

use baton_domain::id::{DEFAULT_PROJECT, LeaseToken};
use baton_storage::{BegunTask, MemoryPlace, MemoryRecord, MemoryWrite, MemoryWritten};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::World;
use crate::make::at;

fn place(owner: &str, key: &str) -> MemoryPlace {
    MemoryPlace { project: DEFAULT_PROJECT, skill: "web_automation.watch".to_owned(), owner: owner.to_owned(), key: key.to_owned() }
}

fn write(begun: &BegunTask, key: &str, seen: i64, state: Value, millis: i64) -> MemoryWrite {
    let (task, lease) = (begun.task.summary.id, begun.task.lease);
    MemoryWrite { place: place("eve", key), task, lease, seen, state, before: None, at: at(millis), most: 3 }
}

async fn kept(world: &World, new: MemoryWrite) -> MemoryWritten {
    world.store.write_agent_memory(new).await.unwrap()
}

async fn found(world: &World, key: &str) -> Option<Value> {
    world.store.agent_memory(&place("eve", key)).await.unwrap().map(|record| record.state)
}

pub async fn what_is_remembered_reads_back_with_what_was_there_before_and_is_no_event(world: &World) {
    let (first, second) = (world.running().await, world.running().await);
    let head = world.head().await;
    assert_eq!(world.store.agent_memory(&place("eve", "a")).await.unwrap(), None);
    let state = json!({"value": {"text": "ä\u{0}"}, "artifact": null});
    assert_eq!(kept(world, write(&first, "a", 0, state.clone(), 300)).await, MemoryWritten::Kept(1));
    let change = MemoryWrite { before: Some(state.clone()), ..write(&second, "a", 1, json!(2), 301) };
    assert_eq!(kept(world, change).await, MemoryWritten::Kept(2));
    let expected = MemoryRecord { revision: 2, state: json!(2), before: Some(state), task: second.task.summary.id, updated_at: at(301) };
    assert_eq!(world.store.agent_memory(&place("eve", "a")).await.unwrap(), Some(expected));
    assert_eq!(world.store.agent_memory(&place("bob", "a")).await.unwrap(), None, "others do not see it");
    assert_eq!(world.head().await, head);
}

pub async fn who_looked_before_another_wrote_changes_nothing(world: &World) {
    let begun = world.running().await;
    assert_eq!(kept(world, write(&begun, "a", 1, json!(0), 300)).await, MemoryWritten::Changed, "there is nothing yet");
    assert_eq!(kept(world, write(&begun, "a", 0, json!(1), 300)).await, MemoryWritten::Kept(1));
    assert_eq!(kept(world, write(&begun, "a", 0, json!(2), 301)).await, MemoryWritten::Changed);
    assert_eq!(kept(world, write(&begun, "a", 1, json!(3), 302)).await, MemoryWritten::Kept(2));
    assert_eq!(kept(world, write(&begun, "a", 1, json!(4), 303)).await, MemoryWritten::Changed);
    assert_eq!(found(world, "a").await, Some(json!(3)));
}

pub async fn of_many_who_write_at_once_one_is_kept(world: &World) {
    let begun = world.running().await;
    for seen in [0, 1] {
        let written = join_all((0..8).map(|number| kept(world, write(&begun, "a", seen, json!(number), 300)))).await;
        assert_eq!(written.iter().filter(|written| **written == MemoryWritten::Kept(seen + 1)).count(), 1, "{written:?}");
        assert_eq!(written.iter().filter(|written| **written == MemoryWritten::Changed).count(), 7, "{written:?}");
    }
}

pub async fn only_the_holder_remembers(world: &World) {
    let begun = world.running().await;
    let stale = MemoryWrite { lease: LeaseToken(begun.task.lease.0 - 1), ..write(&begun, "a", 0, json!(1), 300) };
    assert_eq!(kept(world, stale).await, MemoryWritten::Stale);
    world.store.complete(World::completion(&begun, at(310))).await.unwrap();
    assert_eq!(kept(world, write(&begun, "a", 0, json!(2), 320)).await, MemoryWritten::Stale);
    assert_eq!(found(world, "a").await, None);
}

pub async fn beyond_the_bound_the_oldest_is_forgotten(world: &World) {
    let begun = world.running().await;
    for (key, millis) in [("a", 301), ("b", 302), ("c", 302)] {
        assert_eq!(kept(world, write(&begun, key, 0, json!(key), millis)).await, MemoryWritten::Kept(1));
    }
    // Written again, it is the newest.
    assert_eq!(kept(world, write(&begun, "a", 1, json!("again"), 310)).await, MemoryWritten::Kept(2));
    let other = MemoryWrite { place: place("bob", "z"), ..write(&begun, "", 0, json!(0), 200) };
    assert_eq!(kept(world, other).await, MemoryWritten::Kept(1));
    // Of what is as old as another, what comes first by its key stays.
    assert_eq!(kept(world, write(&begun, "d", 0, json!("d"), 300)).await, MemoryWritten::Kept(1));
    let states = [found(world, "a").await, found(world, "b").await, found(world, "c").await, found(world, "d").await];
    assert_eq!(states, [Some(json!("again")), Some(json!("b")), None, Some(json!("d"))]);
    assert!(world.store.agent_memory(&place("bob", "z")).await.unwrap().is_some(), "each owner has a bound of his own");
}

pub async fn what_was_written_long_ago_is_forgotten(world: &World) {
    let begun = world.running().await;
    for (key, millis) in [("a", 301), ("b", 302), ("c", 303)] {
        kept(world, write(&begun, key, 0, json!(key), millis)).await;
    }
    assert_eq!(world.store.forget_agent_memory(at(303), 1).await.unwrap(), 1);
    assert_eq!((found(world, "a").await, found(world, "b").await), (None, Some(json!("b"))));
    assert_eq!(world.store.forget_agent_memory(at(303), 10).await.unwrap(), 1);
    assert_eq!(world.store.forget_agent_memory(at(303), 10).await.unwrap(), 0);
    assert_eq!(found(world, "c").await, Some(json!("c")));
}
