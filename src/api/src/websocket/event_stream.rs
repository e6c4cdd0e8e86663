//! How live events are sent as server-sent events: resumable by `Last-Event-ID` without any code of the client.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event as StreamEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::connections::Slot;
use super::feed::{Feed, Outgoing};
use super::vigil::Vigil;
use super::{SESSION_CHECK, WRITE_LIMIT};
use crate::gateway::Gateway;

/// When a client comes back after a cut.
const RETRY: Duration = Duration::from_secs(2);
/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Events that wait for the reader.
const QUEUE: usize = 64;

/// The answer that goes on until the reader, the session or the server ends it.
pub(crate) fn answer(gateway: &Gateway, feed: Feed, vigil: Vigil, slot: Slot) -> Response {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let shutdown = gateway.config.shutdown.clone();
    gateway.live_tasks.spawn(async move {
        // A reader that is gone, too slow or no longer signed in ends the stream; it resumes by its last id.
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = pump(feed, vigil, sender) => {}
        }
        drop(slot);
    });
    let events = futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|event| (Ok::<StreamEvent, Infallible>(event), receiver))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// The stream has come to its end.
struct Ended;

async fn pump(mut feed: Feed, mut vigil: Vigil, sender: mpsc::Sender<StreamEvent>) -> Result<(), Ended> {
    let mut looks = interval(SESSION_CHECK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    send(&sender, StreamEvent::default().retry(RETRY).comment("open")).await?;
    loop {
        tokio::select! {
            () = sender.closed() => return Err(Ended),
            _ = looks.tick() => vigil.look().await.map_err(|_| Ended)?,
            outgoing = feed.next(&vigil.caller) => match outgoing.map_err(|_| Ended)? {
                Outgoing::Events(events) => {
                    for event in events {
                        let written = json(&*event)?.id(event.seq.to_string()).event(&event.kind);
                        send(&sender, written).await?;
                    }
                }
                // An event without data moves the client's last id and is not shown to it.
                Outgoing::HighWater(seq) => send(&sender, StreamEvent::default().id(seq.to_string())).await?,
                Outgoing::Transient(transient) => send(&sender, json(&*transient)?.event("transient")).await?,
                Outgoing::Resync(head) => {
                    let written = json(&serde_json::json!({ "head": head }))?;
                    send(&sender, written.id(head.to_string()).event("resync")).await?;
                }
            },
        }
    }
}

fn json(value: &impl Serialize) -> Result<StreamEvent, Ended> {
    StreamEvent::default().json_data(value).map_err(|error| {
        tracing::error!(%error, "a live event cannot be written");
        Ended
    })
}

async fn send(sender: &mpsc::Sender<StreamEvent>, event: StreamEvent) -> Result<(), Ended> {
    sender.send_timeout(event, WRITE_LIMIT).await.map_err(|_| Ended)
}
