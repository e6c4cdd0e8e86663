//! How the dashboard reads the event log; its live end is the socket.

use baton_domain::id::EventSeq;
use baton_domain::wire::live::{EventLog, EventPage};
use leptos::prelude::server;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// The newest event's place.
///
/// # Errors
/// As [`EventService::head`](baton_domain::services::EventService::head).
#[server(endpoint = "/events/head", input = Json, output = Json)]
pub async fn head() -> Called<EventSeq> {
    serve::answer(serve::services()?.events.head(&serve::caller()).await)
}

/// How far the log reaches, and how long events are kept.
///
/// # Errors
/// As [`EventService::log`](baton_domain::services::EventService::log).
#[server(name = ReadEventLog, endpoint = "/events/log", input = Json, output = Json)]
pub async fn log() -> Called<EventLog> {
    serve::answer(serve::services()?.events.log(&serve::caller()).await)
}

/// Events after a place, oldest first; `topics` as for the socket.
///
/// # Errors
/// As [`EventService::since`](baton_domain::services::EventService::since).
#[server(endpoint = "/events/since", input = Json, output = Json)]
pub async fn since(since: EventSeq, #[server(default)] topics: String, #[server(default)] limit: Option<u32>) -> Called<EventPage> {
    use baton_domain::event::TopicFilter;
    use baton_domain::problem::{Code, FieldError, Problem};

    let filter = TopicFilter::parse(&topics).map_err(|message| {
        let field = FieldError { field: "topics".to_owned(), message };
        serve::refuse(Problem { errors: vec![field], ..Problem::new(Code::InvalidQuery, "Correct topics and send the request again.") })
    })?;
    serve::answer(serve::services()?.events.since(&serve::caller(), since, filter, limit).await)
}
