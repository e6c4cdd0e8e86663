//! Is what people publish over a socket stored, heard over another, and refused as over REST? On the real server.

use crate::harness;

use crate::harness::cluster::Rest;
use crate::harness::{PATIENCE, Server};
use baton_domain::wire::topic::MessageList;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn connect(server: &Server, rest: &Rest, topics: &str) -> Socket {
    let address = format!("{}/api/v1/events/ws?topics={topics}", server.url.replacen("http", "ws", 1));
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("authorization", rest.bearer().parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    assert_eq!(frame(&mut socket).await["type"], "hello");
    socket
}

/// The next frame that says something.
pub async fn frame(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a frame in time").expect("an open socket").unwrap();
        let Message::Text(text) = message else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] != "high_water" {
            return frame;
        }
    }
}

/// Publishes over a socket; gives the answer's frame.
async fn publish(socket: &mut Socket, request: u64, topic: &str, message: &Value) -> Value {
    let asked = json!({"type": "publish", "request": request, "topic": topic, "payload": message["payload"], "key": message.get("key")});
    socket.send(Message::text(asked.to_string())).await.unwrap();
    let answer = frame(socket).await;
    assert_eq!(answer["request"], request, "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_over_one_socket_is_heard_over_another() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    for (name, kind) in [("orders.created", "durable"), ("alerts.fire", "ephemeral")] {
        assert!(rest.post("/topics", &json!({"name": name, "kind": kind})).await.status().is_success());
    }
    let mut listening = connect(&server, &rest, "topic:orders.*,topic:alerts.%3E").await;
    let mut speaking = connect(&server, &rest, "topic:nothing.here").await;

    let order = json!({"payload": {"order": 17}, "key": "order-17"});
    let stored = publish(&mut speaking, 1, "orders.created", &order).await;
    assert_eq!((&stored["type"], &stored["message"]["stored"]), (&json!("published"), &json!(true)), "{stored}");
    let heard = frame(&mut listening).await;
    let event = &heard["events"][0];
    assert_eq!((&event["kind"], &event["subject"]), (&json!("topic.published"), &json!("topic:orders.created")), "{heard}");
    assert_eq!((&event["data"]["id"], &event["data"]["payload"]), (&stored["message"]["id"], &json!({"order": 17})));

    // The same key again is the same message, whichever door it comes through.
    let again = publish(&mut speaking, 2, "orders.created", &order).await;
    assert_eq!((&again["message"]["id"], &again["message"]["repeated"]), (&stored["message"]["id"], &json!(true)));
    let by_rest: Value = rest.post("/topics/orders.created/messages", &order).await.json().await.unwrap();
    assert_eq!(by_rest, again["message"]);
    let kept: MessageList = rest.get("/topics/orders.created/messages").await.json().await.unwrap();
    assert_eq!(kept.items.len(), 1);

    let sent = publish(&mut speaking, 3, "alerts.fire", &json!({"payload": "now"})).await;
    assert_eq!(sent["message"]["stored"], false, "{sent}");
    let heard = frame(&mut listening).await;
    assert_eq!((&heard["type"], &heard["kind"], &heard["payload"]), (&json!("transient"), &json!("message"), &json!("now")));
    assert_eq!(heard["id"], sent["message"]["id"]);
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_refuses_to_publish_what_rest_refuses_with_the_same_words() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    assert!(rest.post("/topics", &json!({"name": "orders.created", "kind": "durable"})).await.status().is_success());
    let mut speaking = connect(&server, &rest, "topic:nothing.here").await;
    let large = "x".repeat(65 * 1024);
    let cases = [
        ("orders..created", json!({"payload": 1}), "TOPIC-002"),
        ("no.such", json!({"payload": 1}), "TOPIC-001"),
        ("orders.created", json!({"payload": large}), "TOPIC-004"),
        ("orders.created", json!({"payload": 1, "key": "k".repeat(129)}), "REQUEST-002"),
    ];
    for (request, (topic, message, code)) in (1..).zip(cases) {
        let refused = publish(&mut speaking, request, topic, &message).await;
        assert_eq!((&refused["type"], &refused["problem"]["code"]), (&json!("problem"), &json!(code)), "{topic}");
        let mut by_rest: Value = rest.post(&format!("/topics/{topic}/messages"), &message).await.json().await.unwrap();
        // Each names its own request.
        by_rest["request_id"] = refused["problem"]["request_id"].clone();
        assert_eq!(refused["problem"], by_rest, "{topic}");
    }
    let kept: MessageList = rest.get("/topics/orders.created/messages").await.json().await.unwrap();
    assert!(kept.items.is_empty());
    assert!(server.terminate());
}
