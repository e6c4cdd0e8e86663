//! What one open socket does until it closes: frames out, frames in, pings, looks at the session.

use std::time::Duration;

use axum::Error;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::EventSeq;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::live::{CLOSE_RESTARTING, CLOSE_SESSION_ENDED, CLOSE_TOO_SLOW, ClientFrame, ServerFrame};
use baton_domain::wire::topic::NewMessage;
use futures::{Sink, SinkExt, Stream, StreamExt};
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::feed::{Feed, Outgoing};
use super::publisher::{self, Publisher, Wanted};
use super::vigil::{Broken, Vigil};
use super::{SESSION_CHECK, WRITE_LIMIT};

/// How often the client is pinged.
const PING: Duration = Duration::from_secs(20);
/// How many pings may stay without an answer.
const MISSED_PONGS: u32 = 2;
/// How long the other side may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// The most frames that a client may send between two looks at its session. What it publishes is counted like its requests instead, except for
/// what is malformed or refused because there is too much of it: or whoever does not heed that would be answered without end.
const CLIENT_FRAMES: u32 = 20;

const CLOSE_NOT_TEXT: u16 = 1003;
const CLOSE_POLICY: u16 = 1008;
const CLOSE_INTERNAL: u16 = 1011;

/// Why a socket is closed from here.
struct Close(u16, String);

/// How a turn ends.
enum Ended {
    /// The client left, or the line is dead: nobody is there to say goodbye to.
    Gone,
    /// The server closes.
    Close(Close),
}

/// Events as a frame, without cloning them first.
#[derive(Serialize)]
struct EventsFrame<'a> {
    r#type: &'static str,
    events: Vec<&'a Event>,
}

struct Session<S> {
    socket: S,
    feed: Feed,
    vigil: Vigil,
    publisher: Publisher,
    unanswered: u32,
    frames_left: u32,
}

/// Serves a socket until one side closes it.
pub(crate) async fn run<S>(socket: S, feed: Feed, vigil: Vigil, head: EventSeq, shutdown: CancellationToken)
where
    S: Stream<Item = Result<Message, Error>> + Sink<Message> + Unpin + Send,
{
    let publisher = vigil.publisher();
    let mut session = Session { socket, feed, vigil, publisher, unanswered: 0, frames_left: CLIENT_FRAMES };
    if let Ended::Close(Close(code, reason)) = session.serve(head, &shutdown).await {
        session.say_goodbye(code, reason).await;
    }
}

impl<S> Session<S>
where
    S: Stream<Item = Result<Message, Error>> + Sink<Message> + Unpin + Send,
{
    async fn serve(&mut self, head: EventSeq, shutdown: &CancellationToken) -> Ended {
        let mut pings = interval(PING);
        let mut looks = interval(SESSION_CHECK);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick of an interval is at once.
        pings.tick().await;
        looks.tick().await;
        if let Err(ended) = self.send_frame(&ServerFrame::Hello { head }).await {
            return ended;
        }
        loop {
            let turn = tokio::select! {
                () = shutdown.cancelled() => Err(Ended::Close(Close(CLOSE_RESTARTING, "the server restarts".to_owned()))),
                incoming = self.socket.next() => self.take(incoming).await,
                outgoing = self.feed.next(&self.vigil.caller) => match outgoing {
                    Ok(outgoing) => self.send_outgoing(outgoing).await,
                    Err(problem) => Err(Ended::Close(for_problem(&problem))),
                },
                answer = self.publisher.next() => self.send_answer(&answer).await,
                _ = pings.tick() => self.ping().await,
                _ = looks.tick() => {
                    self.frames_left = CLIENT_FRAMES;
                    self.vigil.look().await.map_err(for_broken)
                }
            };
            if let Err(ended) = turn {
                return ended;
            }
        }
    }

    async fn ping(&mut self) -> Result<(), Ended> {
        if self.unanswered >= MISSED_PONGS {
            return Err(Ended::Gone);
        }
        self.unanswered += 1;
        self.send(Message::Ping(axum::body::Bytes::new())).await
    }

    async fn take(&mut self, incoming: Option<Result<Message, Error>>) -> Result<(), Ended> {
        self.unanswered = 0;
        match incoming {
            None | Some(Ok(Message::Close(_))) => Err(Ended::Gone),
            Some(Err(error)) => Err(Ended::Close(Close(CLOSE_POLICY, short(&error.to_string())))),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(Ended::Close(Close(CLOSE_NOT_TEXT, "frames are JSON text".to_owned()))),
            Some(Ok(Message::Text(text))) => self.take_text(&text).await,
        }
    }

    async fn take_text(&mut self, text: &str) -> Result<(), Ended> {
        let frame = match serde_json::from_str::<ClientFrame>(text) {
            Ok(frame) => frame,
            Err(error) => {
                let answer = publisher::malformed(&self.vigil.caller, text, &error);
                let answer = answer.ok_or_else(|| policy(&format!("no frame: {error}")))?;
                self.count_frame()?;
                return self.send_frame(&answer).await;
            }
        };
        if !matches!(frame, ClientFrame::Publish { .. }) {
            self.count_frame()?;
        }
        match frame {
            ClientFrame::Subscribe { topics, since } => {
                let filter = TopicFilter::parse(&topics.join(",")).map_err(|reason| policy(&reason))?;
                let changed = self.feed.change(&self.vigil.caller, since, filter).await;
                changed.map_err(|problem| Ended::Close(for_problem(&problem)))
            }
            ClientFrame::Authenticate { token } => self.vigil.renew(token).await.map_err(for_broken),
            ClientFrame::Publish { request, topic, payload, key } => {
                let wanted = Wanted { request, topic, message: NewMessage { payload, key } };
                match self.publisher.take(&self.vigil.caller, wanted) {
                    Ok(()) => Ok(()),
                    Err(refused) => self.send_answer(&refused).await,
                }
            }
        }
    }

    fn count_frame(&mut self) -> Result<(), Ended> {
        self.frames_left = self.frames_left.checked_sub(1).ok_or_else(|| policy("too many frames at once"))?;
        Ok(())
    }

    /// Says what became of a message.
    async fn send_answer(&mut self, answer: &ServerFrame) -> Result<(), Ended> {
        if let ServerFrame::Problem { problem, .. } = answer
            && problem.status == 429
        {
            self.count_frame()?;
        }
        self.send_frame(answer).await
    }

    async fn send_outgoing(&mut self, outgoing: Outgoing) -> Result<(), Ended> {
        match outgoing {
            Outgoing::Events(events) => {
                let events = events.iter().map(AsRef::as_ref).collect();
                self.send_frame(&EventsFrame { r#type: "events", events }).await
            }
            Outgoing::HighWater(seq) => self.send_frame(&ServerFrame::HighWater { seq }).await,
            Outgoing::Transient(transient) => self.send_frame(&ServerFrame::Transient((*transient).clone())).await,
            Outgoing::Resync(head) => self.send_frame(&ServerFrame::Resync { head }).await,
        }
    }

    async fn send_frame(&mut self, frame: &(impl Serialize + Sync)) -> Result<(), Ended> {
        match serde_json::to_string(frame) {
            Ok(text) => self.send(Message::Text(Utf8Bytes::from(text))).await,
            Err(error) => {
                tracing::error!(%error, "a live frame cannot be written");
                Err(Ended::Close(Close(CLOSE_INTERNAL, "INTERNAL-001".to_owned())))
            }
        }
    }

    /// Writes a message. While it waits nothing is read from the feed, so nothing piles up behind a slow reader.
    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        match timeout(WRITE_LIMIT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended::Gone),
            Err(_) => Err(Ended::Close(Close(CLOSE_TOO_SLOW, "the reader is too slow; resume by sequence".to_owned()))),
        }
    }

    /// Says why, and gives the other side a moment to answer, or the reason might be lost with the connection.
    async fn say_goodbye(&mut self, code: u16, reason: String) {
        let frame = CloseFrame { code, reason: Utf8Bytes::from(reason) };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // Whoever does not answer is left without.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

fn policy(reason: &str) -> Ended {
    Ended::Close(Close(CLOSE_POLICY, short(reason)))
}

fn for_broken(broken: Broken) -> Ended {
    Ended::Close(match broken {
        Broken::SessionEnded => Close(CLOSE_SESSION_ENDED, "the session has ended".to_owned()),
        Broken::Unseen => Close(CLOSE_RESTARTING, Code::StorageUnavailable.as_str().to_owned()),
    })
}

fn for_problem(problem: &Problem) -> Close {
    let code = match problem.status {
        401 | 403 => CLOSE_SESSION_ENDED,
        503 => CLOSE_RESTARTING,
        _ => CLOSE_INTERNAL,
    };
    Close(code, problem.code.clone())
}

/// The reason of a close frame has at most 123 bytes.
fn short(reason: &str) -> String {
    let mut text = String::new();
    for c in reason.chars() {
        if text.len() + c.len_utf8() > 120 {
            break;
        }
        text.push(c);
    }
    text
}
