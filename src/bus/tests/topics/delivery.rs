//! Who gets what, and when? On one server, and among consumers who die.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::TopicFilter;
use baton_domain::id::{EventSeq, LeaseToken, TaskId};
use baton_domain::problem::Code;
use baton_domain::services::{EventService, LiveItem, TopicService};
use baton_domain::topic::{DeliveryPolicy, TopicKind};
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::live::Transient;
use baton_domain::wire::topic::{
    Acknowledgement, DeadLetterChoice, DeadLetterFilter, NewMessage, NewSubscription, NewTopic, PullRequest, Refusal,
};
use futures::StreamExt;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::world::{Server, alone, caller, number, quick, sources, within};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn whoever_waits_gets_a_message_at_once() {
    let server = alone();
    server.declare("a.b", TopicKind::Durable).await;
    server.subscribe("s", "a.*", quick()).await;
    let waiting = {
        let server = server.clone();
        tokio::spawn(async move { server.pull("s", "one", 10, 20).await })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.publish("a.b", 1).await;
    let got = within(Duration::from_secs(1), waiting).await.unwrap();
    assert_eq!(got.iter().map(number).collect::<Vec<_>>(), [1], "the commit rings, nobody waits for the poll");
    assert!(server.acknowledge("s", &got).await);
}

#[tokio::test]
async fn an_attempt_without_its_task_is_given_nothing() {
    let server = alone();
    server.declare("a", TopicKind::Durable).await;
    server.subscribe("s", "a", quick()).await;
    server.publish("a", 1).await;
    let asked = PullRequest { consumer: "one".to_owned(), maximum: 10, wait_seconds: 0 };
    let nobodys = TaskId::new(sources().ids.next());
    let refused = server.topics.pull_as(&caller(), "s", asked, nobodys, LeaseToken(1)).await.unwrap_err();
    assert!(refused.is(Code::PublisherStale), "{refused}");
    let got = server.pull("s", "one", 10, 0).await;
    assert_eq!(
        got.iter().map(|delivery| (number(delivery), delivery.delivery)).collect::<Vec<_>>(),
        [(1, 1)],
        "it was not handed out before"
    );
}

#[tokio::test]
async fn a_pull_that_finds_nothing_ends_when_its_wait_does() {
    let server = alone();
    server.subscribe("s", "a", quick()).await;
    assert_eq!(within(Duration::from_secs(3), server.pull("s", "one", 1, 1)).await, []);
}

#[tokio::test]
async fn an_ephemeral_message_is_heard_by_whoever_listens_and_then_gone() {
    let server = alone();
    server.declare("news.eu", TopicKind::Ephemeral).await;
    server.subscribe("s", "news.>", quick()).await;
    let mut agent = server.topics.listen(&caller(), "news.*").await.unwrap();
    let filter = TopicFilter::parse("topic:news.>").unwrap();
    let mut socket = server.events.follow(&caller(), EventSeq(0), filter).await.unwrap();
    // The listeners are there once they have been asked.
    let (first, _) = tokio::join!(within(SOON, agent.next()), async {
        loop {
            let item = within(SOON, socket.next()).await.unwrap().unwrap();
            if matches!(item, LiveItem::HighWater(_)) {
                break;
            }
        }
        server.publish("news.eu", 7).await;
    });
    assert_eq!(first.unwrap().payload, Some(json!({"n": 7})));
    match within(SOON, socket.next()).await.unwrap().unwrap() {
        LiveItem::Transient(transient) => {
            assert!(matches!(&*transient, Transient::Message(message) if message.topic.as_str() == "news.eu"))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(server.pull("s", "one", 9, 0).await, [], "a durable subscription has no part in it");
    assert_eq!(server.topics.get(&caller(), "news.eu").await.unwrap().depth, 0);
}

#[tokio::test]
async fn a_durable_message_is_heard_live_whole_and_in_order() {
    let server = alone();
    server.declare("orders.created", TopicKind::Durable).await;
    let mut agent = server.topics.listen(&caller(), "orders.>").await.unwrap();
    let large = json!("x".repeat(50_000));
    server.publish("orders.created", 1).await;
    server.topics.publish(&caller(), "orders.created", NewMessage { payload: large.clone(), key: None }).await.unwrap();
    server.publish("orders.created", 3).await;
    let mut payloads = Vec::new();
    while payloads.len() < 3 {
        payloads.push(within(SOON, agent.next()).await.unwrap().payload.unwrap());
    }
    assert_eq!(payloads, [json!({"n": 1}), large, json!({"n": 3})]);
}

#[tokio::test]
async fn what_is_malformed_is_refused_with_its_code() {
    let server = alone();
    let code = |problem: baton_domain::problem::Problem| problem.code;
    let topic = |name: &str, kind| NewTopic { name: name.to_owned(), kind, retention: baton_domain::topic::Retention::default() };
    for name in ["", "a..b", "A", "a.*", "a.>", "a b"] {
        assert_eq!(
            server.topics.declare(&caller(), topic(name, TopicKind::Durable)).await.map_err(code),
            Err("TOPIC-002".to_owned()),
            "{name}"
        );
    }
    server.declare("a", TopicKind::Durable).await;
    assert_eq!(server.topics.declare(&caller(), topic("a", TopicKind::Ephemeral)).await.map_err(code), Err("TOPIC-003".to_owned()));
    let message = || NewMessage { payload: json!(1), key: None };
    assert_eq!(server.topics.publish(&caller(), "b", message()).await.map_err(code), Err("TOPIC-001".to_owned()));
    let large = NewMessage { payload: json!("x".repeat(65_536)), key: None };
    assert_eq!(server.topics.publish(&caller(), "a", large).await.map_err(code), Err("TOPIC-004".to_owned()));
    let long = NewMessage { key: Some("k".repeat(129)), ..message() };
    assert_eq!(server.topics.publish(&caller(), "a", long).await.map_err(code), Err("REQUEST-002".to_owned()));
    let new = |name: &str, pattern: &str| NewSubscription {
        name: name.to_owned(),
        pattern: pattern.to_owned(),
        start: Default::default(),
        policy: DeliveryPolicy::default(),
    };
    for pattern in ["", "a.>.b", "a*", ".."] {
        assert_eq!(server.topics.subscribe(&caller(), new("s", pattern)).await.map_err(code), Err("TOPIC-002".to_owned()), "{pattern}");
    }
    assert_eq!(server.topics.subscribe(&caller(), new("S.s", "a")).await.map_err(code), Err("REQUEST-002".to_owned()));
    server.subscribe("s", "a", quick()).await;
    assert_eq!(server.topics.subscribe(&caller(), new("s", "b")).await.map_err(code), Err("TOPIC-006".to_owned()));
    assert_eq!(server.topics.unsubscribe(&caller(), "nobody").await.map_err(code), Err("TOPIC-005".to_owned()));
    assert_eq!(server.topics.listen(&caller(), "a..b").await.map(drop).map_err(code), Err("TOPIC-002".to_owned()));
}

#[tokio::test]
async fn a_consumer_that_never_acknowledges_is_contained() {
    let server = alone();
    server.declare("a", TopicKind::Durable).await;
    let policy = DeliveryPolicy { ack_deadline_ms: 100, maximum_deliveries: 2, maximum_in_flight: 3, ..quick() };
    server.subscribe("silent", "a", policy).await;
    server.subscribe("well", "a", quick()).await;
    for n in 0..6 {
        server.publish("a", n).await;
    }
    let mut deliveries: BTreeMap<usize, u32> = BTreeMap::new();
    let dead = within(Duration::from_secs(20), async {
        loop {
            let got = server.pull("silent", "one", 100, 1).await;
            assert!(got.len() <= 3, "no more than the bound");
            for delivery in &got {
                *deliveries.entry(number(delivery)).or_default() += 1;
            }
            let letters = server.topics.dead_letters(&caller(), "silent", DeadLetterFilter::default()).await.unwrap().items;
            if letters.len() == 6 {
                return letters;
            }
        }
    })
    .await;
    assert_eq!(deliveries, (0..6).map(|n| (n, 2)).collect(), "delivered exactly as often as allowed");
    assert!(dead.iter().all(|letter| letter.deliveries == 2 && letter.reason == "expired"));
    let well = server.pull("well", "one", 100, 0).await;
    assert_eq!(well.len(), 6, "others do not suffer");
    assert_eq!(server.topics.redrive(&caller(), "silent", DeadLetterChoice::default()).await.unwrap().count, 6);
    let again = server.pull("silent", "one", 100, 0).await;
    assert!(again.iter().all(|delivery| delivery.delivery == 1) && again.len() == 6);
    assert!(server.acknowledge("silent", &again).await);
}

#[tokio::test]
async fn a_refused_message_comes_again_after_its_backoff() {
    let server = alone();
    server.declare("a", TopicKind::Durable).await;
    server.subscribe("s", "a", DeliveryPolicy { ack_deadline_ms: 60_000, ..quick() }).await;
    server.publish("a", 1).await;
    let got = server.pull("s", "one", 1, 1).await;
    let refusal = Refusal { ack_ids: vec![got[0].ack_id.clone()], delay_ms: Some(100) };
    server.topics.refuse(&caller(), "s", refusal).await.unwrap();
    let again = within(SOON, server.pull("s", "two", 1, 10)).await;
    assert_eq!((number(&again[0]), again[0].delivery), (1, 2));
}

/// Consumers of one subscription on these servers, who die before they acknowledge one in ten times; gives how often each message
/// was acknowledged.
pub(crate) async fn consume(servers: &[Server], subscription: &str, count: usize, limit: Duration) -> BTreeMap<usize, u32> {
    let done = Arc::new(Mutex::new(BTreeMap::<usize, u32>::new()));
    let mut consumers = tokio::task::JoinSet::new();
    for (index, server) in servers.iter().cycle().take(3).cloned().enumerate() {
        let (done, subscription) = (Arc::clone(&done), subscription.to_owned());
        consumers.spawn(async move {
            let mut chance = StdRng::seed_from_u64(index as u64);
            while done.lock().len() < count {
                let got = server.pull(&subscription, &format!("consumer-{index}"), 100, 1).await;
                if got.is_empty() || chance.random_bool(0.1) {
                    continue;
                }
                if server.acknowledge(&subscription, &got).await {
                    let mut done = done.lock();
                    got.iter().for_each(|delivery| *done.entry(number(delivery)).or_default() += 1);
                }
            }
        });
    }
    within(limit, async { while consumers.join_next().await.is_some() {} }).await;
    std::mem::take(&mut *done.lock())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_over_three_consumers_who_die_are_all_acknowledged() {
    let server = alone();
    server.declare("a", TopicKind::Durable).await;
    server.subscribe("s", "a", DeliveryPolicy { ack_deadline_ms: 300, ..quick() }).await;
    for n in 0..10_000 {
        server.publish("a", n).await;
    }
    let done = consume(&[server], "s", 10_000, Duration::from_secs(120)).await;
    assert_eq!(done.len(), 10_000, "none is lost");
    assert!(done.values().all(|times| *times == 1), "an acknowledgement counts once");
}

#[tokio::test]
async fn whoever_may_only_look_neither_publishes_nor_takes_nor_settles_and_changes_nothing() {
    let server = alone();
    server.declare("a", TopicKind::Durable).await;
    server.subscribe("s", "a", DeliveryPolicy { ack_deadline_ms: 60_000, maximum_deliveries: 1, ..quick() }).await;
    for n in 1..=3 {
        server.publish("a", n).await;
    }
    let held = server.pull("s", "one", 2, 0).await;
    let dead = Refusal { ack_ids: vec![held[1].ack_id.clone()], delay_ms: None };
    server.topics.refuse(&caller(), "s", dead).await.unwrap();

    let (topics, ack_ids) = (&server.topics, vec![held[0].ack_id.clone()]);
    let nobody = Caller { principal: Principal::Anonymous, role: None, ..caller() };
    for (who, code) in [(Caller { role: Some(Role::Viewer), ..caller() }, "AUTH-005"), (nobody, "AUTH-001")] {
        let topic = NewTopic { name: "b".to_owned(), kind: TopicKind::Durable, retention: Default::default() };
        let subscription =
            NewSubscription { name: "t".to_owned(), pattern: "a".to_owned(), start: Default::default(), policy: Default::default() };
        let refusal = Refusal { ack_ids: ack_ids.clone(), delay_ms: None };
        let refused = [
            ("declare", topics.declare(&who, topic).await.err()),
            ("delete", topics.delete(&who, "a").await.err()),
            ("publish", topics.publish(&who, "a", NewMessage { payload: json!(4), key: None }).await.err()),
            ("subscribe", topics.subscribe(&who, subscription).await.err()),
            ("unsubscribe", topics.unsubscribe(&who, "s").await.err()),
            ("pull", topics.pull(&who, "s", PullRequest::default()).await.err()),
            ("acknowledge", topics.acknowledge(&who, "s", Acknowledgement { ack_ids: ack_ids.clone() }).await.err()),
            ("refuse", topics.refuse(&who, "s", refusal).await.err()),
            ("redrive", topics.redrive(&who, "s", DeadLetterChoice::default()).await.err()),
            ("purge", topics.purge(&who, "s", DeadLetterChoice::default()).await.err()),
        ];
        for (what, problem) in refused {
            assert_eq!(problem.map(|problem| problem.code).as_deref(), Some(code), "{what}");
        }
    }
    let view = &topics.subscriptions(&caller()).await.unwrap().items[0];
    assert_eq!((view.in_flight, view.dead, view.lag, view.acknowledged), (1, 1, 1, 0), "{view:?}");
    assert_eq!(topics.list(&caller()).await.unwrap().items.len(), 1);
    assert!(server.acknowledge("s", &held[..1]).await, "its holder's word counts as before");
}
