//! Whether a socket behaves in time: gathering, marks, pings, slow readers, sessions that end. The clock is paused
//! and the socket is a pair of channels, so that every second is exact and none is waited for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests; the paused clock of the runtime is theirs")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Error;
use axum::extract::ws::Message;
use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ClientInfo, LiveItem};
use baton_domain::user::Role;
use baton_domain::wire::live::Transient;
use futures::channel::mpsc;
use futures::{Sink, Stream, StreamExt};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::feed::Feed;
use super::session;
use super::vigil::Vigil;
use crate::fakes::samples::{event, id, user};
use crate::fakes::{Script, services, sources};
use crate::gateway::Gateway;
use crate::{GatewayConfig, GatewayLimits, Network, Rate};

struct Pipe {
    incoming: mpsc::UnboundedReceiver<Result<Message, Error>>,
    outgoing: mpsc::Sender<Message>,
}

impl Stream for Pipe {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.incoming.poll_next_unpin(context)
    }
}

impl Sink<Message> for Pipe {
    type Error = mpsc::SendError;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.outgoing.poll_ready(context)
    }

    fn start_send(mut self: Pin<&mut Self>, item: Message) -> Result<(), Self::Error> {
        self.outgoing.start_send(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.outgoing).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.outgoing).poll_close(context)
    }
}

struct Line {
    script: Arc<Script>,
    feed: mpsc::UnboundedSender<Answer<LiveItem>>,
    /// What the client sends.
    up: mpsc::UnboundedSender<Result<Message, Error>>,
    /// What the client gets.
    down: mpsc::Receiver<Message>,
    ended: JoinHandle<()>,
}

async fn line() -> Line {
    line_with(GatewayLimits::default()).await
}

async fn line_with(limits: GatewayLimits) -> Line {
    let script = Arc::new(Script::default());
    let feed = script.stream();
    let config = GatewayConfig::new("0", sources(&script), CancellationToken::new());
    let gateway = Gateway::new(services(&script), GatewayConfig { trusted_proxies: Vec::<Network>::new(), limits, ..config });
    let caller = user(Role::Operator);
    let followed = Feed::follow(&gateway.services, &caller, EventSeq(7), TopicFilter::default()).await.unwrap();
    let shutdown = gateway.config.shutdown.clone();
    let vigil = Vigil::new(gateway, caller, ClientInfo::default());
    let (up, incoming) = mpsc::unbounded();
    let (outgoing, down) = mpsc::channel(0);
    let ended = tokio::spawn(async move {
        session::run(Pipe { incoming, outgoing }, followed, vigil, EventSeq(7), shutdown).await;
    });
    let mut line = Line { script, feed, up, down, ended };
    assert_eq!(line.frame().await, json!({"type": "hello", "head": 7}));
    line
}

impl Line {
    async fn frame(&mut self) -> Value {
        timeout(Duration::from_secs(300), self.frame_in_time()).await.expect("a frame within five minutes")
    }

    /// The next frame that is not a ping; pings are answered as browsers do.
    async fn frame_in_time(&mut self) -> Value {
        loop {
            match self.down.next().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Some(Message::Close(close)) => return json!({ "close": close.map(|frame| frame.code) }),
                Some(Message::Ping(data)) => drop(self.up.unbounded_send(Ok(Message::Pong(data)))),
                Some(_) => {}
                None => return json!("gone"),
            }
        }
    }

    async fn seqs(&mut self) -> Vec<i64> {
        self.frame().await["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect()
    }

    fn give(&self, seqs: impl IntoIterator<Item = i64>) {
        let events = seqs.into_iter().map(|seq| Arc::new(event(seq))).collect();
        self.feed.unbounded_send(Ok(LiveItem::Events(events))).unwrap();
    }

    fn say(&self, frame: &Value) {
        self.up.unbounded_send(Ok(Message::text(frame.to_string()))).unwrap();
    }

    fn publish(&self, request: u64, payload: &str) {
        self.say(&json!({"type": "publish", "request": request, "topic": "orders.created", "payload": payload}));
    }

    /// The request that is answered, and the code if it was refused.
    async fn answer(&mut self) -> (Option<u64>, Option<String>) {
        let frame = self.frame().await;
        (frame["request"].as_u64(), frame["problem"]["code"].as_str().map(str::to_owned))
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_come_together_travel_together_in_order_and_at_most_256() {
    let mut line = line().await;
    for seq in 8..=307 {
        line.give([seq]);
    }
    let begun = Instant::now();
    assert_eq!(line.seqs().await, (8..=263).collect::<Vec<_>>());
    assert_eq!(line.seqs().await, (264..=307).collect::<Vec<_>>());
    assert!(begun.elapsed() <= Duration::from_millis(20), "{:?}", begun.elapsed());
    line.give(308..=900);
    assert_eq!(line.seqs().await.len(), 256);
    assert_eq!(line.seqs().await.len(), 256);
    assert_eq!(line.seqs().await.last(), Some(&900));
}

#[tokio::test(start_paused = true)]
async fn marks_come_at_most_each_second_and_never_before_the_events_they_cover() {
    let mut line = line().await;
    for seq in 10..=100 {
        line.feed.unbounded_send(Ok(LiveItem::HighWater(EventSeq(seq)))).unwrap();
    }
    let begun = Instant::now();
    assert_eq!(line.frame().await, json!({"type": "high_water", "seq": 100}));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    line.feed.unbounded_send(Ok(LiveItem::HighWater(EventSeq(104)))).unwrap();
    line.give([105]);
    assert_eq!(line.seqs().await, [105]);
    assert!(timeout(Duration::from_secs(3), line.frame()).await.is_err(), "a mark behind what was sent says nothing new");
}

#[tokio::test(start_paused = true)]
async fn fleeting_things_and_resyncs_keep_their_place_behind_events() {
    let mut line = line().await;
    let task_id = baton_domain::id::TaskId::new(id(1));
    let progress = Transient::Progress { task_id, fraction: 0.5, message: "half".into(), written: Some("Once upon".into()) };
    line.give([8]);
    line.feed.unbounded_send(Ok(LiveItem::Transient(Arc::new(progress)))).unwrap();
    line.feed.unbounded_send(Ok(LiveItem::Resync(EventSeq(50)))).unwrap();
    assert_eq!(line.seqs().await, [8]);
    let transient = line.frame().await;
    assert_eq!((&transient["type"], &transient["kind"]), (&json!("transient"), &json!("progress")));
    assert_eq!(transient["written"], "Once upon");
    assert_eq!(line.frame().await, json!({"type": "resync", "head": 50}));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_is_followed_again_from_where_it_was() {
    let mut line = line().await;
    let again = line.script.stream();
    line.give([8, 9]);
    line.feed.close_channel();
    assert_eq!(line.seqs().await, [8, 9]);
    again.unbounded_send(Ok(LiveItem::Events(vec![Arc::new(event(10))]))).unwrap();
    assert_eq!(line.seqs().await, [10]);
    assert!(line.script.noted()[1].starts_with("follow 9 "), "{:?}", line.script.noted());
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_closes_the_socket_within_five_seconds() {
    let mut line = line().await;
    assert!(timeout(Duration::from_secs(60), line.frame()).await.is_err(), "a session that lives is left alone");
    line.script.signed_out.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    assert_eq!(line.frame().await, json!({"close": 4401}));
    assert!(begun.elapsed() <= Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_socket_outlives_its_access_token_while_the_session_lives() {
    let mut line = line().await;
    for _ in 0..4 {
        line.script.pass(Duration::from_secs(600));
        assert!(timeout(Duration::from_secs(10), line.frame()).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn storage_that_is_away_for_a_moment_ends_nothing_and_for_a_minute_sends_the_client_round() {
    let mut line = line().await;
    line.script.storage_down.store(true, Ordering::SeqCst);
    assert!(timeout(Duration::from_secs(30), line.frame()).await.is_err());
    line.script.storage_down.store(false, Ordering::SeqCst);
    assert!(timeout(Duration::from_secs(60), line.frame()).await.is_err(), "one good look is enough");
    line.script.storage_down.store(true, Ordering::SeqCst);
    assert!(timeout(Duration::from_secs(30), line.frame()).await.is_err());
    assert_eq!(line.frame().await, json!({"close": 1012}));
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_must_be_one_of_the_same_caller() {
    let mut same = line().await;
    same.say(&json!({"type": "authenticate", "token": "operator"}));
    assert!(timeout(Duration::from_secs(10), same.frame()).await.is_err());
    same.say(&json!({"type": "authenticate", "token": "expired"}));
    assert_eq!(same.frame().await, json!({"close": 4401}));
    let mut other = line().await;
    other.say(&json!({"type": "authenticate", "token": "admin"}));
    assert_eq!(other.frame().await, json!({"close": 4401}), "a socket does not change hands");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_is_cut_and_nothing_piles_up() {
    let mut line = line().await;
    for seq in 8..=2_000 {
        line.give([seq]);
    }
    // The pipe holds two messages; then nobody reads for longer than a frame may take.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let first = line.seqs().await;
    assert_eq!(first.first(), Some(&8));
    let mut last = line.frame().await;
    while last.get("events").is_some() {
        last = line.frame().await;
    }
    assert_eq!(last, json!({"close": 4408}));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_comes_back_holds_nothing() {
    let line = line().await;
    for seq in 8..=2_000 {
        line.give([seq]);
    }
    let begun = Instant::now();
    line.ended.await.unwrap();
    assert!(begun.elapsed() <= Duration::from_secs(13), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_dead_line_is_dropped_after_two_pings_without_an_answer() {
    let mut line = line().await;
    let begun = Instant::now();
    let mut pings = 0;
    while let Some(message) = line.down.next().await {
        pings += u32::from(matches!(message, Message::Ping(_)));
    }
    line.ended.await.unwrap();
    assert_eq!(pings, 2);
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_closes_the_socket() {
    for bad in ["{", "[]", r#"{"type": "shout"}"#, r#"{"type": "subscribe", "topics": ["a;b"], "since": 0}"#] {
        let mut line = line().await;
        line.up.unbounded_send(Ok(Message::text(bad))).unwrap();
        assert_eq!(line.frame().await, json!({"close": 1008}), "{bad}");
    }
    let mut binary = line().await;
    binary.up.unbounded_send(Ok(Message::binary(vec![1]))).unwrap();
    assert_eq!(binary.frame().await, json!({"close": 1003}));
    let mut flood = line().await;
    for _ in 0..21 {
        flood.say(&json!({"type": "subscribe", "topics": [], "since": 7}));
    }
    assert_eq!(flood.frame().await, json!({"close": 1008}));
    assert_eq!(flood.script.noted().len(), 21, "one at the beginning and twenty changes");
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_on_being_published_while_the_socket_waits_for_its_reader() {
    let mut line = line().await;
    line.publish(1, "held");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(line.script.noted().iter().any(|call| call.starts_with("publish orders.created ")), "{:?}", line.script.noted());
    // Nobody reads them.
    line.give(8..=900);
    tokio::time::sleep(Duration::from_secs(1)).await;
    line.script.release.notify_one();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(line.script.noted().contains(&"released orders.created".to_owned()), "{:?}", line.script.noted());
    let mut answer = line.frame().await;
    while answer.get("events").is_some() {
        answer = line.frame().await;
    }
    assert_eq!((&answer["type"], &answer["request"]), (&json!("published"), &json!(1)));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_heed_that_messages_wait_is_cut() {
    let mut line = line().await;
    for request in 1..=37 {
        line.publish(request, "held");
    }
    for request in 17..=36 {
        assert_eq!(line.answer().await, (Some(request), Some("REQUEST-007".to_owned())));
    }
    assert_eq!(line.frame().await, json!({"close": 1008}));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_heed_the_rate_is_cut() {
    let limits = GatewayLimits { requests: Rate { per_second: 1, burst: 1 }, ..GatewayLimits::default() };
    let mut line = line_with(limits).await;
    line.publish(1, "now");
    assert_eq!(line.answer().await, (Some(1), None));
    for request in 2..=21 {
        line.publish(request, "now");
        assert_eq!(line.answer().await, (Some(request), Some("REQUEST-007".to_owned())));
    }
    line.publish(22, "now");
    assert_eq!(line.frame().await, json!({"close": 1008}));
}

#[tokio::test(start_paused = true)]
async fn malformed_messages_are_answered_as_often_as_other_frames() {
    let mut line = line().await;
    for request in 1..=21 {
        line.say(&json!({"type": "publish", "request": request}));
    }
    for request in 1..=20 {
        assert_eq!(line.answer().await, (Some(request), Some("REQUEST-002".to_owned())));
    }
    assert_eq!(line.frame().await, json!({"close": 1008}));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_stream_says_what_to_do() {
    for (code, close) in [(Code::SessionEnded, 4401), (Code::StorageUnavailable, 1012), (Code::Internal, 1011)] {
        let mut line = line().await;
        line.feed.unbounded_send(Err(Problem::new(code, "So it is."))).unwrap();
        assert_eq!(line.frame().await, json!({ "close": close }));
    }
}
