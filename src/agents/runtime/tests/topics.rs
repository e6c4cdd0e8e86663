//! What do an agent and its host say to each other about topics? The same in process and, line by line, to a child.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{FromAgent, MAXIMUM_LINE_BYTES, MAXIMUM_PULL, MAXIMUM_WAITING_MESSAGES, Start, ToAgent, VERSION};
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange, Limits};
use baton_domain::id::{AttemptId, EventSeq, MessageId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{MAXIMUM_KEY_BYTES, MAXIMUM_MESSAGE_BYTES, TopicName};
use baton_domain::wire::task::Failure;
use baton_domain::wire::topic::{Delivery, MessageView, Settled, TopicMessage};
use serde_json::{Value, json};
use uuid::Uuid;

/// Publishes what it is given, repeats what it hears, and consumes.
struct Parrot;

#[async_trait]
impl Agent for Parrot {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "parrot".to_owned(),
            title: "Parrot".to_owned(),
            description: "Repeats.".to_owned(),
            family: Family::Custom,
            skills: Vec::new(),
            labels: Vec::new(),
            slots: 1,
            instances: InstanceRange::default(),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            "publish" => Ok(json!(context.publish("orders.created", input, Some("once")).await?)),
            "listen" => {
                let mut messages = context.subscribe("orders.>").await?;
                let first = messages.next().await.unwrap();
                Ok(json!({"heard": first.payload, "missed": messages.missed()}))
            }
            "consume" => {
                let deliveries = context.pull("billing", 10, Duration::from_millis(2_500)).await?;
                let mut ids: Vec<String> = deliveries.iter().map(|delivery| delivery.ack_id.clone()).collect();
                let rest = ids.split_off(1);
                let acknowledged = context.acknowledge("billing", ids).await?;
                let refused = context.refuse("billing", rest, Some(Duration::from_secs(2))).await?;
                let counts: Vec<u32> = deliveries.iter().map(|delivery| delivery.delivery).collect();
                Ok(json!({"counts": counts, "settled": acknowledged.settled, "late": refused.late}))
            }
            _ => {
                let mut messages = context.subscribe("orders.>").await?;
                // Slow: whatever is too much is dropped and counted, and the host is never blocked.
                tokio::time::sleep(Duration::from_millis(300)).await;
                let _ = messages.next().await;
                Ok(json!({"missed": messages.missed()}))
            }
        }
    }
}

fn start(skill: &str) -> Start {
    Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(1)),
        task_id: TaskId::new(Uuid::from_u128(2)),
        attempt: 1,
        agent: "parrot".to_owned(),
        skill: skill.to_owned(),
        input: json!({"order": 17}),
        artifacts: BTreeMap::new(),
        scratch: std::env::temp_dir(),
        heartbeat_ms: 10_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint: None,
        egress: None,
        connections: BTreeMap::new(),
    }
}

fn message(n: u64) -> Box<TopicMessage> {
    Box::new(TopicMessage {
        id: MessageId::new(Uuid::from_u128(n.into())),
        topic: TopicName::parse("orders.created").unwrap(),
        at: Timestamp::from_millis(0),
        publisher: "somebody".to_owned(),
        size: 1,
        payload: Some(json!(n)),
    })
}

fn delivery(ack_id: &str, delivery: u32, payload: Value) -> Delivery {
    let message = MessageView {
        seq: EventSeq(i64::MAX),
        id: MessageId::new(Uuid::from_u128(9)),
        topic: TopicName::parse("orders.created").unwrap(),
        at: Timestamp::from_millis(0),
        publisher: "somebody".to_owned(),
        key: None,
        payload,
    };
    Delivery { ack_id: ack_id.to_owned(), delivery, deadline_at: Timestamp::from_millis(0), message }
}

/// What an agent says next about topics, or at the end; through text, as to a child.
async fn next(connection: &mut baton_agents_runtime::carrier::Connection) -> FromAgent {
    loop {
        let said = tokio::time::timeout(Duration::from_secs(5), connection.from_agent.recv()).await.unwrap().unwrap();
        if !matches!(said, FromAgent::Started | FromAgent::Heartbeat) {
            let line = serde_json::to_string(&said).unwrap();
            assert_eq!(serde_json::from_str::<FromAgent>(&line).unwrap(), said, "{line}");
            return said;
        }
    }
}

async fn tell(connection: &baton_agents_runtime::carrier::Connection, message: ToAgent) {
    let line = serde_json::to_string(&message).unwrap();
    connection.to_agent.send(serde_json::from_str(&line).unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_agent_publishes_and_is_told_which_message() {
    let mut connection = begin_in_process(Arc::new(Parrot), start("publish"));
    let FromAgent::Publish { request, topic, payload, key } = next(&mut connection).await else { panic!() };
    assert_eq!((topic.as_str(), payload, key.as_deref()), ("orders.created", json!({"order": 17}), Some("once")));
    let id = MessageId::new(Uuid::from_u128(7));
    tell(&connection, ToAgent::Published { request, result: Ok(id) }).await;
    assert!(matches!(next(&mut connection).await, FromAgent::Outcome { result: Ok(answer), .. } if answer == json!(id)));
}

#[tokio::test]
async fn a_refusal_ends_the_work_with_its_code() {
    let mut connection = begin_in_process(Arc::new(Parrot), start("publish"));
    let FromAgent::Publish { request, .. } = next(&mut connection).await else { panic!() };
    let refused = Failure { code: "TOPIC-001".to_owned(), message: "no such topic".to_owned(), retryable: false };
    tell(&connection, ToAgent::Published { request, result: Err(refused) }).await;
    assert!(matches!(next(&mut connection).await, FromAgent::Outcome { result: Err(failure), .. } if failure.code == "TOPIC-001"));
}

#[tokio::test]
async fn an_agent_listens_until_it_has_heard_enough() {
    let mut connection = begin_in_process(Arc::new(Parrot), start("listen"));
    let FromAgent::Subscribe { request, pattern } = next(&mut connection).await else { panic!() };
    assert_eq!(pattern, "orders.>");
    // A message may come before the answer.
    tell(&connection, ToAgent::Message { subscription: request, message: message(5) }).await;
    tell(&connection, ToAgent::Message { subscription: request + 99, message: message(6) }).await;
    tell(&connection, ToAgent::Subscribed { request, result: Ok(()) }).await;
    assert!(matches!(next(&mut connection).await, FromAgent::Unsubscribe { subscription } if subscription == request));
    let FromAgent::Outcome { result, .. } = next(&mut connection).await else { panic!() };
    assert_eq!(result.unwrap(), json!({"heard": 5, "missed": 0}));
}

#[tokio::test]
async fn a_slow_listener_misses_and_knows_it() {
    let mut connection = begin_in_process(Arc::new(Parrot), start("slow"));
    let FromAgent::Subscribe { request, .. } = next(&mut connection).await else { panic!() };
    tell(&connection, ToAgent::Subscribed { request, result: Ok(()) }).await;
    for n in 0..MAXIMUM_WAITING_MESSAGES as u64 + 50 {
        tell(&connection, ToAgent::Message { subscription: request, message: message(n) }).await;
    }
    assert!(matches!(next(&mut connection).await, FromAgent::Unsubscribe { .. }));
    let FromAgent::Outcome { result, .. } = next(&mut connection).await else { panic!() };
    assert_eq!(result.unwrap(), json!({"missed": 50}));
}

#[tokio::test]
async fn an_agent_pulls_acknowledges_and_refuses() {
    let mut connection = begin_in_process(Arc::new(Parrot), start("consume"));
    let FromAgent::Pull { request, subscription, maximum, wait_seconds } = next(&mut connection).await else { panic!() };
    assert_eq!((subscription.as_str(), maximum, wait_seconds), ("billing", 10, 3), "a part of a second is waited for too");
    let deliveries = vec![delivery("1-1", 1, json!(17)), delivery("2-4", 4, json!(18))];
    tell(&connection, ToAgent::Pulled { request, result: Ok(deliveries) }).await;
    let FromAgent::Acknowledge { request, subscription, ack_ids } = next(&mut connection).await else { panic!() };
    assert_eq!((subscription.as_str(), ack_ids), ("billing", vec!["1-1".to_owned()]));
    tell(&connection, ToAgent::Settled { request, result: Ok(Settled { settled: 1, late: Vec::new() }) }).await;
    let FromAgent::RefuseDeliveries { request, subscription, ack_ids, delay_ms } = next(&mut connection).await else { panic!() };
    assert_eq!((subscription.as_str(), ack_ids.clone(), delay_ms), ("billing", vec!["2-4".to_owned()], Some(2_000)));
    tell(&connection, ToAgent::Settled { request, result: Ok(Settled { settled: 0, late: ack_ids }) }).await;
    let FromAgent::Outcome { result, .. } = next(&mut connection).await else { panic!() };
    assert_eq!(result.unwrap(), json!({"counts": [1, 4], "settled": 1, "late": ["2-4"]}));
}

#[tokio::test]
async fn a_refused_pull_ends_the_work_with_its_code() {
    let mut connection = begin_in_process(Arc::new(Parrot), start("consume"));
    let FromAgent::Pull { request, .. } = next(&mut connection).await else { panic!() };
    let refused = Failure { code: "TOPIC-005".to_owned(), message: "no such subscription".to_owned(), retryable: false };
    tell(&connection, ToAgent::Pulled { request, result: Err(refused) }).await;
    assert!(matches!(next(&mut connection).await, FromAgent::Outcome { result: Err(failure), .. } if failure.code == "TOPIC-005"));
}

#[test]
fn as_many_of_the_largest_messages_as_one_pull_gives_stand_in_one_line() {
    // Of a key each byte takes six at most, and so it is with a publisher's name.
    let (key, publisher) = ("\u{1}".repeat(MAXIMUM_KEY_BYTES), "\u{1}".repeat(256));
    let largest = |_| {
        let mut delivery = delivery(&"9".repeat(64), u32::MAX, json!("x".repeat(MAXIMUM_MESSAGE_BYTES - 2)));
        delivery.message.topic = TopicName::parse(&"a".repeat(64)).unwrap();
        delivery.message.key = Some(key.clone());
        delivery.message.publisher = publisher.clone();
        delivery
    };
    let pulled = ToAgent::Pulled { request: u64::MAX, result: Ok((0..MAXIMUM_PULL).map(largest).collect()) };
    assert!(serde_json::to_vec(&pulled).unwrap().len() < MAXIMUM_LINE_BYTES);
}
