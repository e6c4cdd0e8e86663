//! What goes when its time is over? What a topic's retention says, and nothing that a delivery needs.

use baton_domain::topic::{Retention, TopicKind};
use baton_storage::{DEAD_LETTER_DAYS, NewTopicRecord, Tidied, Verdict};

use super::{MANY, declaration, ids, said, topic};
use crate::World;
use crate::make::at;

async fn keeping(world: &World, name: &str, maximum_age_seconds: u64, maximum_messages: u64) {
    let retention = Retention { maximum_age_seconds, maximum_messages };
    world.store.declare_topic(NewTopicRecord { retention, ..declaration(name, TopicKind::Durable) }, MANY).await.unwrap();
}

async fn kept(world: &World, name: &str) -> Vec<i64> {
    let list = world.store.messages(&topic(name), None, 100).await.unwrap().items;
    list.iter().rev().map(|message| message.payload["n"].as_i64().unwrap()).collect()
}

pub async fn nothing_to_tidy_is_no_error(world: &World) {
    world.durable(&["a"]).await;
    world.say("a", [1]).await;
    let head = world.head().await;
    assert_eq!(world.store.tidy_topics(at(1_000), 100).await.unwrap(), Tidied::default());
    assert_eq!(world.head().await, head);
}

pub async fn messages_go_when_they_are_too_old(world: &World) {
    keeping(world, "a", 60, 100).await;
    keeping(world, "b", 6_000, 100).await;
    world.say("a", [0, 5_000, 9_000]).await;
    world.say("b", [1]).await;
    assert_eq!(world.store.tidy_topics(at(66_000), 100).await.unwrap().messages, 2);
    assert_eq!((kept(world, "a").await, kept(world, "b").await), (vec![9_000], vec![1]));
}

pub async fn the_oldest_go_when_there_are_too_many(world: &World) {
    keeping(world, "a", 6_000, 2).await;
    world.say("a", 1..=5).await;
    assert_eq!(world.store.tidy_topics(at(100), 2).await.unwrap().messages, 2, "some at a time");
    assert_eq!(kept(world, "a").await, [3, 4, 5]);
    assert_eq!(world.store.tidy_topics(at(100), 100).await.unwrap().messages, 1);
    assert_eq!(kept(world, "a").await, [4, 5]);
}

pub async fn what_is_being_delivered_or_dead_stays(world: &World) {
    keeping(world, "a", 6_000, 1).await;
    world.subscribed("s", "a").await;
    world.say("a", 1..=4).await;
    let got = world.pulled("s", 2, at(10)).await.items;
    assert_eq!(world.store.tidy_topics(at(20), 100).await.unwrap().messages, 1, "the third, which nobody has");
    assert_eq!(kept(world, "a").await, [1, 2, 4]);
    assert_eq!(said(&world.pulled("s", 9, at(5_000)).await.items), [1, 2, 4], "it can be delivered again");
    world.settled("s", vec![ids(&got)[0]], Verdict::Acknowledge, at(5_001)).await;
}

pub async fn who_misses_messages_by_retention_is_told_how_many(world: &World) {
    keeping(world, "a", 6_000, 1).await;
    world.subscribed("s", "a").await;
    world.subscribed("other", "b.>").await;
    world.say("a", 1..=4).await;
    world.store.tidy_topics(at(20), 100).await.unwrap();
    assert_eq!((world.view("s", at(30)).await.missed, world.view("other", at(30)).await.missed), (3, 0));
    assert_eq!(said(&world.pulled("s", 9, at(30)).await.items), [4]);
}

pub async fn a_key_is_free_once_its_message_is_gone(world: &World) {
    keeping(world, "a", 60, 100).await;
    let keyed = |n| baton_storage::NewMessageRecord { key: Some("k".to_owned()), ..world.message("a", n, at(n)) };
    world.store.publish(vec![keyed(1)], None).await.unwrap();
    world.store.tidy_topics(at(90_000), 100).await.unwrap();
    let again = world.store.publish(vec![keyed(2)], None).await.unwrap();
    assert_eq!(again, [baton_storage::PublishOutcome::Stored]);
}

pub async fn deliveries_are_given_up_though_nobody_pulls(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", 1..=3).await;
    for turn in 0..3 {
        world.pulled("s", 9, at(turn * 2_000)).await;
    }
    assert_eq!(world.store.tidy_topics(at(4_500), 100).await.unwrap().died, 0);
    assert_eq!(world.store.tidy_topics(at(9_000), 2).await.unwrap().died, 2, "some at a time");
    assert_eq!(world.store.tidy_topics(at(9_000), 100).await.unwrap().died, 1);
    assert_eq!(world.dead("s").await.len(), 3);
    assert_eq!(world.since(0).await.last().unwrap().kind, "subscription.dead_lettered");
}

pub async fn old_dead_letters_go(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    for turn in 0..4 {
        world.pulled("s", 9, at(turn * 2_000)).await;
    }
    let days = i64::try_from(DEAD_LETTER_DAYS).unwrap() * 86_400_000;
    assert_eq!(world.store.tidy_topics(at(6_000 + days), 100).await.unwrap().letters, 0);
    let tidied = world.store.tidy_topics(at(6_001 + days), 100).await.unwrap();
    assert_eq!((tidied.letters, tidied.messages), (1, 1), "and with it the message, which was kept for it");
    assert_eq!((world.dead("s").await.len(), kept(world, "a").await.len()), (0, 0));
}
