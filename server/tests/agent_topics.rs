//! Do agents reach one another through topics, live and durably, and does a message that nobody acknowledges end where it should? On
//! the real engine, with publisher and consumer in child processes.

use crate::harness;

use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::{PATIENCE, Server};
use baton_domain::wire::task::TaskDetail;
use baton_domain::wire::topic::{DeadLetterList, MessageList, Pulled, Settled, SubscriptionList};
use serde_json::{Value, json};

const TOPIC: &str = "orders.created";

async fn made(rest: &Rest, path: &str, body: &Value) {
    let answer = rest.post(path, body).await;
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
}

async fn start(rest: &Rest, skill: &str, input: Value) -> String {
    let task: Value = rest.post("/tasks", &json!({"skill": skill, "input": input})).await.json().await.unwrap();
    task["id"].as_str().unwrap_or_else(|| panic!("{task}")).to_owned()
}

async fn result(rest: &Rest, id: &str) -> Value {
    let task: TaskDetail = rest.get(&format!("/tasks/{id}?wait=60")).await.json().await.unwrap();
    task.result.unwrap_or_else(|| panic!("{:?}", task.summary))
}

/// Publishes an order from an agent in a child process; gives the message.
async fn publish(rest: &Rest, order: u32) -> String {
    let input = json!({"topic": TOPIC, "payload": {"order": order}, "key": format!("order-{order}")});
    let id = start(rest, "diagnostics.publish", input).await;
    result(rest, &id).await["message"].as_str().unwrap().to_owned()
}

/// What an agent in a child process consumes of the subscription, and how many of it were settled.
async fn consumed(rest: &Rest, refuse: bool) -> (Pulled, u64) {
    let id = start(rest, "diagnostics.consume", json!({"subscription": "billing", "seconds": 20, "refuse": refuse})).await;
    let result = result(rest, &id).await;
    (Pulled { items: serde_json::from_value(result["deliveries"].clone()).unwrap() }, result["settled"].as_u64().unwrap())
}

/// Why a task failed.
async fn failure(rest: &Rest, skill: &str, input: Value) -> String {
    let id = start(rest, skill, input).await;
    let task: TaskDetail = rest.get(&format!("/tasks/{id}?wait=60")).await.json().await.unwrap();
    task.summary.failure.unwrap_or_else(|| panic!("{:?}", task.result)).code
}

async fn pull(rest: &Rest) -> Pulled {
    let asked = json!({"consumer": "one", "maximum": 10, "wait_seconds": 5});
    rest.post("/subscriptions/billing/pull", &asked).await.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_publishes_is_heard_acknowledged_delivered_again_and_in_the_end_a_dead_letter() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    made(&rest, "/topics", &json!({"name": TOPIC, "kind": "durable"})).await;
    let policy = json!({"ack_deadline_ms": 400, "maximum_deliveries": 2, "backoff_initial_ms": 0, "backoff_maximum_ms": 0});
    made(&rest, "/subscriptions", &json!({"name": "billing", "pattern": "orders.*", "policy": policy})).await;

    // Another task's agent listens.
    let listener = start(&rest, "diagnostics.listen", json!({"pattern": "orders.>", "milliseconds": 60_000})).await;
    let began = Instant::now();
    loop {
        let logs: Value = rest.get(&format!("/tasks/{listener}/logs")).await.json().await.unwrap();
        if logs["items"].as_array().unwrap().iter().any(|line| line["message"] == "listening") {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "it never listened");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let first = publish(&rest, 1).await;
    let heard = result(&rest, &listener).await;
    assert_eq!((&heard["heard"]["id"], &heard["heard"]["payload"]), (&json!(first), &json!({"order": 1})));

    // The same key again stores nothing, whichever task publishes it.
    assert_eq!(publish(&rest, 1).await, first);
    let kept: MessageList = rest.get(&format!("/topics/{TOPIC}/messages")).await.json().await.unwrap();
    assert_eq!(kept.items.len(), 1);

    // Acknowledged: it does not come again.
    let mut got = pull(&rest).await.items;
    assert_eq!((got.len(), got[0].delivery, &got[0].message.payload), (1, 1, &json!({"order": 1})));
    let settled = rest.post("/subscriptions/billing/acknowledge", &json!({"ack_ids": [got.remove(0).ack_id]})).await;
    assert_eq!(settled.json::<Settled>().await.unwrap().settled, 1);

    // Not acknowledged: it comes once more, then it is a dead letter.
    let second = publish(&rest, 2).await;
    let mut deliveries = Vec::new();
    while deliveries.len() < 2 {
        for delivery in pull(&rest).await.items {
            assert_eq!(delivery.message.id.to_string(), second, "only the one that is not acknowledged");
            deliveries.push(delivery.delivery);
        }
        assert!(began.elapsed() < PATIENCE, "it did not come again: {deliveries:?}");
    }
    assert_eq!(deliveries, [1, 2]);
    let letters = loop {
        let letters: DeadLetterList = rest.get("/subscriptions/billing/dead-letters").await.json().await.unwrap();
        if !letters.items.is_empty() {
            break letters.items;
        }
        assert!(began.elapsed() < PATIENCE, "it is no dead letter");
        assert!(pull(&rest).await.items.is_empty(), "it came a third time");
    };
    assert_eq!((letters.len(), letters[0].deliveries, letters[0].reason.as_str()), (1, 2, "expired"));
    assert_eq!((letters[0].message.id.to_string(), &letters[0].message.payload), (second, &json!({"order": 2})));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_pulls_it_refuses_and_acknowledges_once() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    made(&rest, "/topics", &json!({"name": TOPIC, "kind": "durable"})).await;
    let policy = json!({"ack_deadline_ms": 60_000, "maximum_deliveries": 5, "backoff_initial_ms": 0, "backoff_maximum_ms": 0});
    made(&rest, "/subscriptions", &json!({"name": "billing", "pattern": "orders.*", "policy": policy})).await;
    let message = publish(&rest, 1).await;

    // Refused, it comes again, to whichever task asks next; acknowledged, it does not.
    let (first, settled) = consumed(&rest, true).await;
    assert_eq!((first.items.len(), first.items[0].delivery, settled), (1, 1, 1));
    assert_eq!((first.items[0].message.id.to_string(), &first.items[0].message.payload), (message.clone(), &json!({"order": 1})));
    let (second, settled) = consumed(&rest, false).await;
    assert_eq!((second.items.len(), second.items[0].delivery, settled), (1, 2, 1));
    assert_eq!(second.items[0].message.id.to_string(), message);
    let after: SubscriptionList = rest.get("/subscriptions").await.json().await.unwrap();
    let billing = &after.items[0];
    assert_eq!((billing.acknowledged, billing.in_flight, billing.waiting, billing.lag), (1, 0, 0, 0));

    // A late acknowledgement of the delivery before changes nothing.
    let late = rest.post("/subscriptions/billing/acknowledge", &json!({"ack_ids": [first.items[0].ack_id]})).await;
    assert_eq!(late.json::<Settled>().await.unwrap().settled, 0);

    // One that waits is woken by what is published meanwhile.
    let waiting = start(&rest, "diagnostics.consume", json!({"subscription": "billing", "seconds": 30})).await;
    let next = publish(&rest, 2).await;
    let got = result(&rest, &waiting).await;
    assert_eq!((&got["deliveries"][0]["message"]["id"], &got["settled"]), (&json!(next), &json!(1)));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_told_what_it_may_not_pull() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    assert_eq!(failure(&rest, "diagnostics.consume", json!({"subscription": "nothing", "seconds": 0})).await, "TOPIC-005");
    made(&rest, "/topics", &json!({"name": TOPIC, "kind": "durable"})).await;
    made(&rest, "/subscriptions", &json!({"name": "billing", "pattern": "orders.*"})).await;
    let input = json!({"subscription": "billing", "seconds": 0, "at_once": 16});
    let id = start(&rest, "diagnostics.consume", input).await;
    assert_eq!(result(&rest, &id).await["deliveries"], json!([]));
    // The others would wait for half a minute: the one that is refused ends the attempt, and the attempt ends them.
    let began = Instant::now();
    let input = json!({"subscription": "billing", "seconds": 30, "at_once": 17});
    assert_eq!(failure(&rest, "diagnostics.consume", input).await, "REQUEST-007");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert!(server.terminate());
}
