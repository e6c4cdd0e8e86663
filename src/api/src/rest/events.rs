//! How the event log is read and followed: in pages, over a socket, or as an event stream.

use axum::Json;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::live::{EventLog, EventPage};
use serde::Deserialize;

use crate::extract::{Client, Params, SignedIn, wrong_parameter};
use crate::gateway::Gateway;
use crate::problem_response::{Failure, Reply};
use crate::websocket::{self, Subscription};

/// What the query of a live subscription says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Follow {
    since: Option<EventSeq>,
    topics: String,
}

/// What the query of a page of events says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Since {
    since: EventSeq,
    topics: String,
    limit: Option<u32>,
}

fn filter(topics: &str) -> Result<TopicFilter, Problem> {
    TopicFilter::parse(topics).map_err(|message| wrong_parameter("topics", &message))
}

fn place(since: EventSeq) -> Result<EventSeq, Problem> {
    if since.0 < 0 { Err(wrong_parameter("since", "Use 0, for everything, or a sequence number.")) } else { Ok(since) }
}

/// List events
///
/// Events after a place, oldest first. Give `next_since` of the answer as `since` to go on.
#[utoipa::path(
    get, path = "/events", tag = "events", operation_id = "list_events",
    params(
        ("since" = Option<i64>, Query, minimum = 0, description = "The last event one has; 0 by default"),
        ("topics" = Option<String>, Query, description = "At most 64, separated by commas: `task`, `task.completed`, `task:<id>`; everything by default", example = json!("task,agent")),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "The most events that are looked at; 500 by default"),
    ),
    responses((status = 200, description = "A page of events", body = EventPage)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["EVENT-001"])))
)]
pub(crate) async fn list_events(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(query): Params<Since>,
) -> Reply<Json<EventPage>> {
    let since = place(query.since)?;
    Ok(Json(gateway.services.events.since(&caller, since, filter(&query.topics)?, query.limit).await?))
}

/// Describe the event log
///
/// How far it reaches, and how long events are kept. A `since` below `floor` asks for events that are forgotten: lists answer 410
/// with `EVENT-001`, live connections say `resync`.
#[utoipa::path(
    get, path = "/events/log", tag = "events", operation_id = "get_event_log",
    responses((status = 200, description = "The log", body = EventLog)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn get_event_log(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<EventLog>> {
    Ok(Json(gateway.services.events.log(&caller).await?))
}

/// Follow events over a WebSocket
///
/// Frames are JSON: `ServerFrame` from the server, `ClientFrame` from the client. The log after `since` comes first,
/// then what happens, without a gap. Who may publish may do so here too: each `publish` is answered by `published`, or by `problem` as
/// `POST /topics/{name}/messages` would be, under the number that the client gave it. Close codes: 4401 the session has ended, 4408 the reader is too slow, 1012 the
/// server restarts; the last two may come back and resume from the last sequence.
#[utoipa::path(
    get, path = "/events/ws", tag = "events", operation_id = "follow_by_socket",
    params(
        ("since" = Option<i64>, Query, minimum = 0, description = "The last event one has; from now on when absent"),
        ("topics" = Option<String>, Query, description = "At most 64, separated by commas; everything by default"),
    ),
    responses((status = 101, description = "The socket is open; the first frame is `hello`")),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["REQUEST-002", "REQUEST-006", "REQUEST-008"])))
)]
pub(crate) async fn follow_by_socket(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Client(client): Client,
    Params(query): Params<Follow>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Reply<Response> {
    let upgrade = upgrade.map_err(not_a_socket)?;
    let subscription = Subscription { since: query.since.map(place).transpose()?, filter: filter(&query.topics)? };
    websocket::open(&gateway, caller, client, subscription, upgrade).await
}

fn not_a_socket(rejection: WebSocketUpgradeRejection) -> Failure {
    let is_method = matches!(rejection, WebSocketUpgradeRejection::MethodNotGet(_));
    let code = if is_method { Code::MethodNotAllowed } else { Code::InvalidRequest };
    Failure::new(code, "Open a WebSocket here; /api/v1/events/stream gives the same over plain HTTP.")
}

/// Follow events as a stream
///
/// Server-sent events: `id` is the sequence, `event` the kind, `data` the event. A client that comes back with
/// `Last-Event-ID` misses nothing. `resync` means that events this old are no longer kept: read the lists anew.
#[utoipa::path(
    get, path = "/events/stream", tag = "events", operation_id = "follow_by_stream",
    params(
        ("since" = Option<i64>, Query, minimum = 0, description = "The last event one has; from now on when absent"),
        ("topics" = Option<String>, Query, description = "At most 64, separated by commas; everything by default"),
        ("Last-Event-ID" = Option<i64>, Header, description = "Where the stream before ended; stronger than `since`"),
    ),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream")),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn follow_by_stream(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Client(client): Client,
    headers: HeaderMap,
    Params(query): Params<Follow>,
) -> Reply<Response> {
    let last = match headers.get("last-event-id") {
        Some(value) => {
            let seq = value.to_str().ok().and_then(|text| text.trim().parse().ok());
            Some(EventSeq(seq.ok_or_else(|| wrong_parameter("Last-Event-ID", "Send the id of the last event."))?))
        }
        None => query.since,
    };
    let subscription = Subscription { since: last.map(place).transpose()?, filter: filter(&query.topics)? };
    websocket::stream(&gateway, caller, client, subscription).await
}
