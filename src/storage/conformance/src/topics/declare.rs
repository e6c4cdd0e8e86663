//! How are topics and subscriptions declared? Once, with a kind and a pattern that stay.

use baton_domain::topic::{DeliveryPolicy, Retention, TopicKind, TopicPattern};
use baton_domain::wire::topic::StartAt;
use baton_storage::{Declared, NewSubscriptionRecord, NewTopicRecord, Subscribed};

use super::{MANY, declaration, name, said, subscription, topic};
use crate::World;
use crate::make::{at, person};

pub async fn a_topic_reads_back_as_it_was_declared(world: &World) {
    let retention = Retention { maximum_age_seconds: 77, maximum_messages: 88 };
    let new = NewTopicRecord { retention, at: at(5), ..declaration("orders.created", TopicKind::Durable) };
    assert_eq!(world.store.declare_topic(new, MANY).await.unwrap(), Declared::As);
    let view = world.store.topic(&topic("orders.created")).await.unwrap().unwrap();
    assert_eq!((view.kind, view.retention, view.depth, view.created_at), (TopicKind::Durable, retention, 0, at(5)));
    assert_eq!((view.created_by.as_str(), view.oldest_at, view.newest_at), (person().label(), None, None));
    assert_eq!(world.store.topic_kind(&topic("orders.created")).await.unwrap(), Some(TopicKind::Durable));
    assert_eq!(world.store.topic_kind(&topic("orders")).await.unwrap(), None);
    assert_eq!(world.store.topic(&topic("orders")).await.unwrap(), None);
}

pub async fn a_declaration_has_its_event_and_again_none(world: &World) {
    for _ in 0..3 {
        world.durable(&["a"]).await;
    }
    assert_eq!(world.kinds_since(0).await, ["topic.declared"]);
    assert_eq!(world.since(0).await[0].subject, "topic:a");
}

pub async fn a_topic_keeps_its_kind(world: &World) {
    world.durable(&["a"]).await;
    let other = world.store.declare_topic(declaration("a", TopicKind::Ephemeral), MANY).await.unwrap();
    assert_eq!(other, Declared::OtherKind(TopicKind::Durable));
    assert_eq!(world.store.topic_kind(&topic("a")).await.unwrap(), Some(TopicKind::Durable));
    assert_eq!(world.head().await, 1);
}

pub async fn a_retention_can_be_declared_anew(world: &World) {
    world.durable(&["a"]).await;
    let retention = Retention { maximum_age_seconds: 60, maximum_messages: 1 };
    let new = NewTopicRecord { retention, ..declaration("a", TopicKind::Durable) };
    assert_eq!(world.store.declare_topic(new, MANY).await.unwrap(), Declared::As);
    assert_eq!(world.store.topic(&topic("a")).await.unwrap().unwrap().retention, retention);
    assert_eq!(world.kinds_since(0).await, ["topic.declared", "topic.changed"]);
}

pub async fn topics_are_listed_by_name(world: &World) {
    world.durable(&["b", "a.b", "a"]).await;
    world.subscribed("s", "a.*").await;
    world.say("b", [1, 2]).await;
    let list = world.store.topics().await.unwrap();
    let told: Vec<_> = list.items.iter().map(|view| (view.name.as_str(), view.depth, view.subscriptions)).collect();
    assert_eq!(told, [("a", 0, 0), ("a.b", 0, 1), ("b", 2, 0)]);
    assert_eq!((list.as_of.0, list.items[2].oldest_at, list.items[2].newest_at), (world.head().await, Some(at(1)), Some(at(2))));
}

pub async fn there_are_no_more_topics_than_allowed(world: &World) {
    for text in ["a", "b"] {
        assert_eq!(world.store.declare_topic(declaration(text, TopicKind::Durable), 2).await.unwrap(), Declared::As);
    }
    assert_eq!(world.store.declare_topic(declaration("c", TopicKind::Durable), 2).await.unwrap(), Declared::TooMany);
    assert_eq!(world.store.declare_topic(declaration("a", TopicKind::Durable), 2).await.unwrap(), Declared::As, "it is there");
    assert!(world.store.delete_topic(&topic("b"), person(), at(1)).await.unwrap());
    assert_eq!(world.store.declare_topic(declaration("c", TopicKind::Durable), 2).await.unwrap(), Declared::As);
}

pub async fn a_deleted_topic_takes_its_messages_with_it(world: &World) {
    world.durable(&["a", "b"]).await;
    world.subscribed("s", ">").await;
    world.say("a", [1, 2]).await;
    world.say("b", [3]).await;
    assert_eq!(said(&world.pulled("s", 1, at(10)).await.items), [1]);
    assert!(world.store.delete_topic(&topic("a"), person(), at(20)).await.unwrap());
    assert!(!world.store.delete_topic(&topic("a"), person(), at(20)).await.unwrap());
    assert_eq!(world.store.topic(&topic("a")).await.unwrap(), None);
    assert_eq!(world.since(0).await.last().unwrap().kind, "topic.deleted");
    assert_eq!(said(&world.pulled("s", 9, at(5_000)).await.items), [3], "what was in somebody's hands is gone, too");
    world.durable(&["a"]).await;
    assert_eq!(world.store.topic(&topic("a")).await.unwrap().unwrap().depth, 0, "declared again it is another topic");
}

pub async fn a_subscription_reads_back_as_it_was_made(world: &World) {
    world.subscribed("billing", "orders.>").await;
    let view = world.view("billing", at(0)).await;
    assert_eq!((view.pattern.as_str(), view.policy, view.created_by.as_str()), ("orders.>", super::POLICY, person().label()));
    assert_eq!((view.lag, view.in_flight, view.waiting, view.dead, view.acknowledged, view.missed), (0, 0, 0, 0, 0, 0));
    assert_eq!((view.oldest_at, view.consumers), (None, 0));
    assert_eq!(world.kinds_since(0).await, ["subscription.created"]);
    assert_eq!(world.store.subscription(&name("nobody"), at(0)).await.unwrap(), None);
    let patterns = world.store.subscription_patterns().await.unwrap();
    assert_eq!(patterns, [(name("billing"), TopicPattern::parse("orders.>").unwrap())]);
    assert_eq!(world.store.subscriptions(at(0)).await.unwrap().items, [view]);
}

pub async fn a_subscription_keeps_its_pattern_and_place(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    let got = world.pulled("s", 1, at(10)).await.items;
    let other = world.store.subscribe(subscription("s", "b"), MANY).await.unwrap();
    assert_eq!(other, Subscribed::OtherPattern(TopicPattern::parse("a").unwrap()));
    let policy = DeliveryPolicy { maximum_deliveries: 1, ..super::POLICY };
    let again = NewSubscriptionRecord { policy, ..subscription("s", "a") };
    assert_eq!(world.store.subscribe(again, MANY).await.unwrap(), Subscribed::As);
    let view = world.view("s", at(10)).await;
    assert_eq!((view.policy, view.cursor, view.in_flight), (policy, got[0].message.seq, 1));
    assert_eq!(world.since(0).await.last().unwrap().kind, "subscription.changed");
}

pub async fn a_new_subscription_begins_where_it_says(world: &World) {
    world.durable(&["a"]).await;
    world.say("a", [1, 2]).await;
    world.subscribed("all", "a").await;
    let new = NewSubscriptionRecord { start: StartAt::New, ..subscription("new", "a") };
    assert_eq!(world.store.subscribe(new, MANY).await.unwrap(), Subscribed::As);
    world.say("a", [3]).await;
    assert_eq!(said(&world.pulled("all", 9, at(10)).await.items), [1, 2, 3]);
    assert_eq!(said(&world.pulled("new", 9, at(10)).await.items), [3]);
}

pub async fn there_are_no_more_subscriptions_than_allowed(world: &World) {
    assert_eq!(world.store.subscribe(subscription("a", "x"), 1).await.unwrap(), Subscribed::As);
    assert_eq!(world.store.subscribe(subscription("b", "x"), 1).await.unwrap(), Subscribed::TooMany);
    assert_eq!(world.store.subscribe(subscription("a", "x"), 1).await.unwrap(), Subscribed::As);
}

pub async fn an_ended_subscription_is_gone(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    world.pulled("s", 1, at(10)).await;
    assert!(world.store.unsubscribe(&name("s"), person(), at(20)).await.unwrap());
    assert!(!world.store.unsubscribe(&name("s"), person(), at(20)).await.unwrap());
    assert_eq!(world.since(0).await.last().unwrap().kind, "subscription.ended");
    world.subscribed("s", "a").await;
    assert_eq!(said(&world.pulled("s", 1, at(30)).await.items), [1], "made again it begins anew");
}
