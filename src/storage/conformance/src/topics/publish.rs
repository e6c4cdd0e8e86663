//! What is publishing? A message and its event in one commit, at one place.

use baton_domain::id::LeaseToken;
use baton_domain::topic::TopicKind;
use baton_storage::PublishOutcome;
use serde_json::json;

use super::{MANY, declaration, said, topic};
use crate::World;
use crate::make::at;

pub async fn a_message_has_the_place_of_its_event(world: &World) {
    world.durable(&["a", "b"]).await;
    world.say("a", [1]).await;
    world.queued().await;
    world.say("b", [2]).await;
    let events = world.since(0).await;
    let published: Vec<_> = events.iter().filter(|event| event.kind == "topic.published").collect();
    for (text, event) in [("a", published[0]), ("b", published[1])] {
        let list = world.store.messages(&topic(text), None, 9).await.unwrap();
        assert_eq!((list.items.len(), list.items[0].seq, list.as_of.0), (1, event.seq, world.head().await));
        assert_eq!(event.subject, format!("topic:{text}"));
        assert_eq!((&event.data.value()["payload"], &event.data.value()["id"]), (&list.items[0].payload, &json!(list.items[0].id)));
    }
}

pub async fn a_message_reads_back_as_it_was_published(world: &World) {
    world.durable(&["a"]).await;
    let mut new = world.message("a", 1, at(7));
    new.payload = json!({"text": "nul \u{0}, ümlaut, \"quotes\"", "number": 12_345_678_901_234_567_890_u64, "deep": [[[{}]]]});
    new.key = Some("once".to_owned());
    assert_eq!(world.store.publish(vec![new.clone()], None).await.unwrap(), [PublishOutcome::Stored]);
    let read = world.store.messages(&topic("a"), None, 1).await.unwrap().items.remove(0);
    assert_eq!((read.id, read.at, read.publisher, read.key, read.payload), (new.id, new.at, new.label, new.key, new.payload));
}

pub async fn a_large_payload_stays_out_of_the_event(world: &World) {
    world.durable(&["a"]).await;
    let mut new = world.message("a", 1, at(7));
    new.payload = json!("x".repeat(60_000));
    new.size = 60_002;
    world.store.publish(vec![new.clone()], None).await.unwrap();
    let event = world.since(1).await.remove(0);
    assert_eq!((event.data.value().get("payload"), &event.data.value()["size"]), (None, &json!(60_002)));
    assert_eq!(world.store.messages(&topic("a"), None, 1).await.unwrap().items[0].payload, new.payload);
}

pub async fn only_durable_topics_store(world: &World) {
    world.durable(&["a"]).await;
    world.store.declare_topic(declaration("fleeting", TopicKind::Ephemeral), MANY).await.unwrap();
    let messages = vec![world.message("fleeting", 1, at(1)), world.message("a", 2, at(1)), world.message("nowhere", 3, at(1))];
    let outcomes = world.store.publish(messages, None).await.unwrap();
    assert_eq!(outcomes, [PublishOutcome::NoTopic, PublishOutcome::Stored, PublishOutcome::NoTopic]);
    assert_eq!(world.store.messages(&topic("a"), None, 9).await.unwrap().items.len(), 1);
    assert_eq!(world.head().await, 3, "two declarations and one message");
}

pub async fn a_key_is_stored_once_in_its_topic(world: &World) {
    world.durable(&["a", "b"]).await;
    let keyed = |text, n| baton_storage::NewMessageRecord { key: Some("k".to_owned()), ..world.message(text, n, at(n)) };
    let first = keyed("a", 1);
    assert_eq!(world.store.publish(vec![first.clone()], None).await.unwrap(), [PublishOutcome::Stored]);
    let outcomes = world.store.publish(vec![keyed("a", 2), keyed("b", 3), keyed("b", 4)], None).await.unwrap();
    assert_eq!(outcomes[..2], [PublishOutcome::Repeated(first.id), PublishOutcome::Stored]);
    assert!(matches!(outcomes[2], PublishOutcome::Repeated(id) if id != first.id), "also within one call");
    for (text, n) in [("a", 1), ("b", 3)] {
        let kept = world.store.messages(&topic(text), None, 9).await.unwrap().items;
        assert_eq!(kept.iter().map(|message| message.payload["n"].as_i64().unwrap()).collect::<Vec<_>>(), [n]);
    }
}

pub async fn messages_are_paged_from_the_newest(world: &World) {
    world.durable(&["a", "b"]).await;
    for n in 0..5 {
        world.say("a", [n]).await;
        world.say("b", [100 + n]).await;
    }
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = world.store.messages(&topic("a"), before, 2).await.unwrap().items;
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        seen.extend(page.iter().map(|message| message.payload["n"].as_i64().unwrap()));
    }
    assert_eq!(seen, [4, 3, 2, 1, 0]);
}

pub async fn an_attempt_publishes_under_its_lease(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    let begun = world.running().await;
    let (task, lease) = (begun.task.summary.id, begun.task.lease);
    let outcome = world.store.publish(vec![world.message("a", 1, at(1))], Some((task, lease))).await.unwrap();
    assert_eq!(outcome, [PublishOutcome::Stored]);
    let stale = Some((task, LeaseToken(lease.0 - 1)));
    let messages = vec![world.message("a", 2, at(1)), world.message("a", 3, at(1))];
    assert_eq!(world.store.publish(messages, stale).await.unwrap(), [PublishOutcome::Stale, PublishOutcome::Stale]);
    world.store.complete(World::completion(&begun, at(300))).await.unwrap();
    let late = world.store.publish(vec![world.message("a", 4, at(400))], Some((task, lease))).await.unwrap();
    assert_eq!(late, [PublishOutcome::Stale], "I7: a stale lease changes nothing");
    assert_eq!(said(&world.pulled("s", 9, at(500)).await.items), [1]);
}

pub async fn nothing_to_publish_is_no_error(world: &World) {
    assert_eq!(world.store.publish(vec![], None).await.unwrap(), []);
    assert_eq!(world.head().await, 0);
}

pub async fn many_publishers_leave_one_order(world: &World) {
    world.durable(&["a", "b"]).await;
    world.subscribed("s", "*").await;
    let publishing = (0..40).map(|n| {
        let message = world.message(if n % 2 == 0 { "a" } else { "b" }, n, at(n));
        world.store.publish(vec![message], None)
    });
    for outcome in futures::future::join_all(publishing).await {
        assert_eq!(outcome.unwrap(), [PublishOutcome::Stored]);
    }
    let mut got = Vec::new();
    for _ in 0..4 {
        let pulled = world.pulled("s", 10, at(100)).await.items;
        world.settled("s", super::ids(&pulled), baton_storage::Verdict::Acknowledge, at(100)).await;
        got.extend(pulled);
    }
    assert!(got.is_sorted_by_key(|delivery| delivery.message.seq), "places are handed out in their order");
    let mut numbers = said(&got);
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
}
