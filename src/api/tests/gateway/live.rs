//! Whether live connections open, carry events, and end, over a real port and as event streams.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use baton_api::Rate;
use baton_domain::event::Event;
use baton_domain::id::EventSeq;
use baton_domain::services::LiveItem;
use baton_domain::wire::live::Transient;
use baton_domain::wire::topic::TopicMessage;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tower::ServiceExt;

use crate::client::{Bench, request};
use crate::fakes::samples::event;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const OPERATOR: (&str, &str) = ("authorization", "Bearer operator");

async fn serve(bench: &Bench) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = bench.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn connect(address: SocketAddr, query: &str, headers: &[(&'static str, &str)]) -> Result<Socket, (u16, Value)> {
    let mut request = format!("ws://{address}/api/v1/events/ws{query}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err((response.status().as_u16(), serde_json::from_slice(body).unwrap_or_default()))
        }
        Err(error) => panic!("{error}"),
    }
}

async fn frame(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Close(close) => return json!({ "close": close.map(|frame| u16::from(frame.code)) }),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_socket_says_hello_replays_and_goes_on_live() {
    let bench = Bench::new();
    let feed = bench.script.stream();
    let address = serve(&bench).await;
    let mut socket = connect(address, "?since=3&topics=task,agent.drained", &[OPERATOR]).await.unwrap();
    assert_eq!(frame(&mut socket).await, json!({"type": "hello", "head": 7}));
    feed.unbounded_send(Ok(LiveItem::Events((4..=7).map(|seq| Arc::new(event(seq))).collect()))).unwrap();
    let replayed = frame(&mut socket).await;
    let seqs: Vec<i64> = replayed["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!((&replayed["type"], seqs), (&json!("events"), vec![4, 5, 6, 7]));
    feed.unbounded_send(Ok(LiveItem::Events(vec![Arc::new(event(8))]))).unwrap();
    assert_eq!(frame(&mut socket).await["events"][0]["data"], json!({"n": 8}));

    let other = bench.script.stream();
    let subscribe = json!({"type": "subscribe", "topics": ["task:9"], "since": 8}).to_string();
    socket.send(Message::text(subscribe)).await.unwrap();
    other.unbounded_send(Ok(LiveItem::Events(vec![Arc::new(event(9))]))).unwrap();
    assert_eq!(frame(&mut socket).await["events"][0]["seq"], 9);
    let by = "by operator@example.com";
    assert_eq!(bench.script.noted(), [format!("follow 3 [\"task\", \"agent.drained\"] {by}"), format!("follow 8 [\"task:9\"] {by}")]);
}

#[tokio::test]
async fn messages_of_topics_come_over_a_socket() {
    let bench = Bench::new();
    let feed = bench.script.stream();
    let address = serve(&bench).await;
    assert_eq!(connect(address, "?topics=topic:a..b", &[OPERATOR]).await.err().unwrap().0, 400, "a malformed pattern");
    let mut socket = connect(address, "?since=7&topics=topic:orders.*,topic:alerts.%3E", &[OPERATOR]).await.unwrap();
    assert_eq!(frame(&mut socket).await["type"], "hello");
    let message: TopicMessage = serde_json::from_value(json!({
        "id": "00000000-0000-7000-8000-000000000001", "topic": "alerts.fire.now", "at": "2026-01-01T00:00:00Z",
        "publisher": "ada@example.com", "size": 4, "payload": {"n": 1}
    }))
    .unwrap();
    feed.unbounded_send(Ok(LiveItem::Transient(Arc::new(Transient::Message(message))))).unwrap();
    let said = frame(&mut socket).await;
    assert_eq!((&said["type"], &said["kind"], &said["topic"]), (&json!("transient"), &json!("message"), &json!("alerts.fire.now")));
    assert_eq!(said["payload"], json!({"n": 1}));
    let durable = Event { kind: "topic.published".to_owned(), subject: "topic:orders.created".to_owned(), ..event(8) };
    feed.unbounded_send(Ok(LiveItem::Events(vec![Arc::new(durable)]))).unwrap();
    let said = frame(&mut socket).await;
    assert_eq!((&said["events"][0]["kind"], &said["events"][0]["subject"]), (&json!("topic.published"), &json!("topic:orders.created")));
    assert_eq!(bench.script.noted(), ["follow 7 [\"topic:orders.*\", \"topic:alerts.>\"] by operator@example.com"]);
}

async fn publish(socket: &mut Socket, request: u64, topic: &str, payload: Value) {
    let frame = json!({"type": "publish", "request": request, "topic": topic, "payload": payload, "key": format!("k{request}")});
    socket.send(Message::text(frame.to_string())).await.unwrap();
}

/// What a publisher was answered: the request, and the message's topic, or the code with the field that is wrong.
async fn answered(socket: &mut Socket) -> (u64, String) {
    let frame = frame(socket).await;
    let what = match frame["type"].as_str().unwrap() {
        "published" => frame["message"]["topic"].as_str().unwrap().to_owned(),
        _ => {
            let problem = &frame["problem"];
            assert!(problem["request_id"].is_string() && problem["detail"].is_string(), "{frame}");
            format!("{} {}", problem["code"].as_str().unwrap(), problem["errors"][0]["field"].as_str().unwrap_or_default())
        }
    };
    (frame["request"].as_u64().unwrap(), what.trim_end().to_owned())
}

/// A socket that follows nothing else, past its first frame.
async fn publisher(bench: &Bench, token: &str) -> Socket {
    let address = serve(bench).await;
    let mut socket = connect(address, "?topics=topic:nothing", &[("authorization", &format!("Bearer {token}"))]).await.unwrap();
    assert_eq!(frame(&mut socket).await["type"], "hello");
    socket
}

fn publications(bench: &Bench) -> Vec<String> {
    bench.script.noted().into_iter().filter(|call| call.starts_with("publish ")).collect()
}

#[tokio::test]
async fn a_message_is_published_over_a_socket_and_answered_under_its_number() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    publish(&mut socket, 7, "orders.created", json!({"order": 17})).await;
    let said = frame(&mut socket).await;
    let by_rest = bench.post("/api/v1/topics/orders.created/messages", &json!({"payload": {"order": 17}, "key": "k7"})).await.json();
    assert_eq!(said, json!({"type": "published", "request": 7, "message": by_rest}));
    let call = "publish orders.created key=k7 by operator@example.com";
    assert_eq!(publications(&bench), [call, call], "both came to the same door with the same words");
}

#[tokio::test]
async fn what_may_not_be_published_is_answered_as_over_rest_and_the_socket_goes_on() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    publish(&mut socket, 1, "orders..created", json!(1)).await;
    assert_eq!(answered(&mut socket).await, (1, "TOPIC-002 topic".to_owned()));
    publish(&mut socket, 2, "orders.created", json!("x".repeat(64 * 1024))).await;
    assert_eq!(answered(&mut socket).await, (2, "TOPIC-004 /payload".to_owned()));
    publish(&mut socket, 3, "orders.created", json!("x".repeat(64 * 1024 - 2))).await;
    assert_eq!(answered(&mut socket).await, (3, "orders.created".to_owned()));
    let mut viewer = publisher(&bench, "viewer").await;
    publish(&mut viewer, 4, "orders.created", json!(1)).await;
    assert_eq!(answered(&mut viewer).await, (4, "AUTH-005".to_owned()));
}

#[tokio::test]
async fn a_frame_over_its_bound_ends_the_socket_and_publishes_nothing() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    // The line may break before all of it is written, and before the reason arrives.
    let frame = json!({"type": "publish", "request": 1, "topic": "orders.created", "payload": "x".repeat(256 * 1024)});
    let _ = socket.send(Message::text(frame.to_string())).await;
    while let Some(Ok(message)) = socket.next().await {
        assert!(!matches!(message, Message::Text(_)), "{message}");
    }
    assert!(publications(&bench).is_empty());
}

#[tokio::test]
async fn a_message_of_the_largest_size_may_have_all_its_letters_escaped() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    // Two bytes each in the message, six on the line.
    let payload = r"\u00e9".repeat(32 * 1024 - 1);
    let frame = format!(r#"{{"type": "publish", "request": 1, "topic": "orders.created", "payload": "{payload}"}}"#);
    socket.send(Message::text(frame)).await.unwrap();
    assert_eq!(answered(&mut socket).await, (1, "orders.created".to_owned()));
}

#[tokio::test]
async fn a_malformed_message_with_a_number_is_answered_and_the_socket_goes_on() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    let wrong = [
        (json!({"payload": 1}), "/topic"),
        (json!({"topic": 5, "payload": 1}), "/topic"),
        (json!({"topic": "orders.created"}), "/payload"),
        (json!({"topic": "orders.created", "payload": 1, "key": 5}), "/key"),
        (json!({"topic": "orders.created", "payload": 1, "color": "red"}), "/color"),
    ];
    for (request, (mut frame, field)) in (1..).zip(wrong) {
        frame["type"] = json!("publish");
        frame["request"] = json!(request);
        socket.send(Message::text(frame.to_string())).await.unwrap();
        assert_eq!(answered(&mut socket).await, (request, format!("REQUEST-002 {field}")), "{frame}");
    }
    assert!(publications(&bench).is_empty());
    publish(&mut socket, 6, "orders.created", json!(1)).await;
    assert_eq!(answered(&mut socket).await, (6, "orders.created".to_owned()));
    let unnumbered = json!({"type": "publish", "request": "7", "topic": "orders.created", "payload": 1});
    socket.send(Message::text(unnumbered.to_string())).await.unwrap();
    assert_eq!(frame(&mut socket).await, json!({"close": 1008}), "there is no number to answer under");
}

#[tokio::test]
async fn sixteen_messages_wait_in_their_order_and_the_next_is_refused() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    publish(&mut socket, 1, "held.1", json!("held")).await;
    for request in 2..=17 {
        publish(&mut socket, request, &format!("held.{request}"), json!(request)).await;
    }
    assert_eq!(answered(&mut socket).await, (17, "REQUEST-007".to_owned()), "at once, while the first is held");
    bench.script.release.notify_one();
    for request in 1..=16 {
        assert_eq!(answered(&mut socket).await, (request, format!("held.{request}")));
    }
    publish(&mut socket, 18, "held.18", json!(18)).await;
    assert_eq!(answered(&mut socket).await, (18, "held.18".to_owned()), "there is room again");
}

#[tokio::test]
async fn what_is_published_over_a_socket_counts_like_requests() {
    let bench = Bench::with(|config| config.limits.requests = Rate { per_second: 1, burst: 3 });
    // The first is the request that opened it.
    let mut socket = publisher(&bench, "operator").await;
    for request in 1..=2 {
        publish(&mut socket, request, "orders.created", json!(1)).await;
        assert_eq!(answered(&mut socket).await, (request, "orders.created".to_owned()));
    }
    publish(&mut socket, 3, "orders.created", json!(1)).await;
    let refused = frame(&mut socket).await;
    assert_eq!((&refused["problem"]["code"], &refused["problem"]["retry_after"]), (&json!("REQUEST-007"), &json!(1)));
    assert_eq!(bench.call("GET", "/api/v1/auth/me", &[OPERATOR]).await.status, 429, "of one and the same count");
    bench.script.pass(Duration::from_secs(1));
    publish(&mut socket, 4, "orders.created", json!(1)).await;
    assert_eq!(answered(&mut socket).await, (4, "orders.created".to_owned()));
}

#[tokio::test]
async fn more_messages_than_other_frames_may_be_sent_at_once() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    for request in 1..=50 {
        publish(&mut socket, request, "orders.created", json!(1)).await;
        assert_eq!(answered(&mut socket).await, (request, "orders.created".to_owned()));
    }
}

#[tokio::test]
async fn who_signed_out_or_was_made_a_viewer_publishes_no_more_over_the_open_socket() {
    let bench = Bench::new();
    let mut socket = publisher(&bench, "operator").await;
    bench.script.demoted.store(true, Ordering::SeqCst);
    publish(&mut socket, 1, "orders.created", json!(1)).await;
    assert_eq!(answered(&mut socket).await, (1, "AUTH-005".to_owned()));
    bench.script.signed_out.store(true, Ordering::SeqCst);
    publish(&mut socket, 2, "orders.created", json!(1)).await;
    assert_eq!(answered(&mut socket).await, (2, "AUTH-009".to_owned()));
    assert!(publications(&bench).is_empty());
}

#[tokio::test]
async fn without_since_a_socket_begins_now() {
    let bench = Bench::new();
    let address = serve(&bench).await;
    let mut socket = connect(address, "", &[OPERATOR]).await.unwrap();
    frame(&mut socket).await;
    assert_eq!(bench.script.noted(), ["follow 7 [] by operator@example.com"]);
}

#[tokio::test]
async fn a_socket_that_may_not_open_is_refused_with_a_problem() {
    let bench = Bench::new();
    let address = serve(&bench).await;
    let refused = async |query: &str, headers: &[(&'static str, &str)]| {
        let (status, body) = connect(address, query, headers).await.err().unwrap();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let cookie = ("cookie", "baton_access=good");
    assert_eq!(refused("", &[]).await, (401, "AUTH-001".into()));
    assert_eq!(refused("", &[("authorization", "Bearer expired")]).await, (401, "AUTH-003".into()));
    assert_eq!(refused("", &[cookie]).await, (403, "REQUEST-008".into()), "no Origin");
    assert_eq!(refused("", &[cookie, ("origin", "https://evil.example")]).await, (403, "REQUEST-008".into()));
    assert_eq!(refused("?since=x", &[OPERATOR]).await, (400, "REQUEST-010".into()));
    assert_eq!(refused("?topics=a;b", &[OPERATOR]).await, (400, "REQUEST-010".into()));
    let ours = format!("http://{address}");
    assert!(connect(address, "", &[cookie, ("origin", ours.as_str())]).await.is_ok());
    assert_eq!(bench.get("/api/v1/events/ws").await.problem(), (422, "REQUEST-002".to_owned()), "a plain GET");
}

#[tokio::test]
async fn live_connections_are_counted_by_user_and_in_all() {
    let bench = Bench::with(|config| {
        config.limits.live_connections_each = 2;
        config.limits.live_connections = 3;
    });
    let address = serve(&bench).await;
    let connect = async |token: &str| connect(address, "", &[("authorization", &format!("Bearer {token}"))]).await;
    let (first, _second) = (connect("operator").await.unwrap(), connect("operator").await.unwrap());
    let (status, body) = connect("operator").await.err().unwrap();
    assert_eq!((status, &body["code"]), (429, &json!("REQUEST-007")));
    let _third = connect("viewer").await.unwrap();
    assert_eq!(connect("admin").await.err().unwrap().0, 429);
    drop(first);
    // The place is free once the server has seen the end.
    while connect("admin").await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_shutdown_closes_every_connection_and_waits_for_it() {
    let bench = Bench::new();
    let address = serve(&bench).await;
    let mut socket = connect(address, "", &[OPERATOR]).await.unwrap();
    frame(&mut socket).await;
    let stream = bench.router.clone().oneshot(request("GET", "/api/v1/events/stream", &[OPERATOR], Body::empty())).await.unwrap();
    bench.shutdown.cancel();
    assert_eq!(frame(&mut socket).await, json!({"close": 1012}));
    while let Some(Ok(_)) = socket.next().await {}
    let rest = axum::body::to_bytes(stream.into_body(), 10_000).await.unwrap();
    assert!(rest.len() < 200, "the stream ended");
    bench.gateway.live_connections_ended().await;
}

/// Reads an event stream until the text is there.
async fn read_until(body: &mut axum::body::BodyDataStream, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        text.push_str(std::str::from_utf8(&body.next().await.expect("more").unwrap()).unwrap());
    }
    text
}

async fn stream(bench: &Bench, path: &str, headers: &[(&str, &str)]) -> axum::body::BodyDataStream {
    let headers = [&[OPERATOR], headers].concat();
    let response = bench.router.clone().oneshot(request("GET", path, &headers, Body::empty())).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, "text/event-stream"));
    response.into_body().into_data_stream()
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_carries_ids_to_resume_from() {
    let bench = Bench::new();
    let feed = bench.script.stream();
    let mut body = stream(&bench, "/api/v1/events/stream?since=1&topics=task", &[("last-event-id", "41")]).await;
    assert_eq!(bench.script.noted()[0], "follow 41 [\"task\"] by operator@example.com", "the header is stronger");
    let opened = read_until(&mut body, "\n\n").await;
    assert!(opened.contains("retry: 2000") || opened.contains("retry:2000"), "{opened}");
    feed.unbounded_send(Ok(LiveItem::Events(vec![Arc::new(event(42))]))).unwrap();
    let text = read_until(&mut body, "\n\n").await;
    assert!(text.contains("id: 42\n") && text.contains("event: task.queued\n") && text.contains("data: {\"seq\":42"), "{text}");
    feed.unbounded_send(Ok(LiveItem::HighWater(EventSeq(50)))).unwrap();
    assert_eq!(read_until(&mut body, "\n\n").await, "id: 50\n\n", "a mark moves the id and shows nothing");
    feed.unbounded_send(Ok(LiveItem::Resync(EventSeq(90)))).unwrap();
    let resync = read_until(&mut body, "\n\n").await;
    assert!(resync.contains("event: resync\n") && resync.contains("data: {\"head\":90}"), "{resync}");
    let silence = read_until(&mut body, "\n\n").await;
    assert!(silence.starts_with(':'), "silence is filled with comments: {silence}");
    assert_eq!(bench.call("GET", "/api/v1/events/stream", &[OPERATOR, ("last-event-id", "x")]).await.problem().0, 400);
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_ends_within_five_seconds_of_a_sign_out() {
    let bench = Bench::new();
    let mut body = stream(&bench, "/api/v1/events/stream", &[]).await;
    read_until(&mut body, "\n\n").await;
    bench.script.signed_out.store(true, Ordering::SeqCst);
    let ended = async { while body.next().await.is_some() {} };
    assert!(tokio::time::timeout(Duration::from_secs(5), ended).await.is_ok());
}
