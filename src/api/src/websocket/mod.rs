//! How the event log reaches open connections: a WebSocket, or server-sent events with the same content.
//!
//! ```text
//! EventService::follow ─ Feed (gathers, marks) ─┬─ session (frames, pings, checks) ─ WebSocket
//!                                                └─ event_stream (ids, keep-alive) ─ SSE
//! TopicService::publish ─ publisher (one after the other, with answers) ─ session
//! ```
//! Both end when the session behind them ends, when the server shuts down, and when the reader is too slow: a slow
//! reader is cut and resumes by sequence, never silently skipped.

mod connections;
mod event_stream;
mod feed;
mod publisher;
mod session;
#[cfg(test)]
mod session_tests;
mod vigil;

use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::services::ClientInfo;
use baton_domain::user::Caller;

use crate::gateway::Gateway;
use crate::problem_response::Reply;

pub(crate) use connections::Connections;

/// How long one frame may take to be written before the reader counts as too slow.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// How often the session behind a connection is looked at: a sign-out ends it within five seconds.
const SESSION_CHECK: Duration = Duration::from_secs(4);
/// The largest frame that a client sends: the largest message of a topic, which is three times as long where all that is not ASCII is escaped,
/// and as much again for what stands around it.
const MAXIMUM_MESSAGE_BYTES: usize = 256 * 1024;
/// The most bytes that wait to be written to one socket.
const MAXIMUM_WRITE_BUFFER: usize = 8 << 20;

/// What a connection wants.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    /// The last event that the client has; from now on when absent.
    pub(crate) since: Option<EventSeq>,
    /// Which events.
    pub(crate) filter: TopicFilter,
}

/// Upgrades to a socket. Rights and room are checked before, so that refusals are ordinary answers.
pub(crate) async fn open(
    gateway: &Gateway,
    caller: Caller,
    client: ClientInfo,
    subscription: Subscription,
    upgrade: WebSocketUpgrade,
) -> Reply<Response> {
    let slot = gateway.connections.admit(&caller)?;
    let head = gateway.services.events.head(&caller).await?;
    let since = subscription.since.unwrap_or(head);
    let feed = feed::Feed::follow(&gateway.services, &caller, since, subscription.filter).await?;
    let vigil = vigil::Vigil::new(gateway.clone(), caller, client);
    let tracker = gateway.live_tasks.clone();
    let shutdown = gateway.config.shutdown.clone();
    let upgrade =
        upgrade.max_message_size(MAXIMUM_MESSAGE_BYTES).max_frame_size(MAXIMUM_MESSAGE_BYTES).max_write_buffer_size(MAXIMUM_WRITE_BUFFER);
    Ok(upgrade.on_upgrade(move |socket| {
        tracker.track_future(async move {
            Box::pin(session::run(socket, feed, vigil, head, shutdown)).await;
            drop(slot);
        })
    }))
}

/// Answers with an event stream.
pub(crate) async fn stream(gateway: &Gateway, caller: Caller, client: ClientInfo, subscription: Subscription) -> Reply<Response> {
    let slot = gateway.connections.admit(&caller)?;
    let since = match subscription.since {
        Some(since) => since,
        None => gateway.services.events.head(&caller).await?,
    };
    let feed = feed::Feed::follow(&gateway.services, &caller, since, subscription.filter).await?;
    let vigil = vigil::Vigil::new(gateway.clone(), caller, client);
    Ok(event_stream::answer(gateway, feed, vigil, slot))
}
