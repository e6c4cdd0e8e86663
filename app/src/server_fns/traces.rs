//! What can be seen of the inside of a task.

use baton_domain::id::TaskId;
use baton_domain::wire::trace::{LogPage, LogQuery, Trace};
use leptos::prelude::server;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Log lines of all attempts of a task, oldest first.
///
/// # Errors
/// As [`TraceService::logs`](baton_domain::services::TraceService::logs).
#[server(endpoint = "/traces/logs", input = Json, output = Json)]
pub async fn logs(id: TaskId, query: LogQuery) -> Called<LogPage> {
    serve::answer(serve::services()?.traces.logs(&serve::caller(), id, query).await)
}

/// Spans and coded errors of a task.
///
/// # Errors
/// As [`TraceService::trace`](baton_domain::services::TraceService::trace).
#[server(name = ReadTrace, endpoint = "/traces/trace", input = Json, output = Json)]
pub async fn trace(id: TaskId) -> Called<Trace> {
    serve::answer(serve::services()?.traces.trace(&serve::caller(), id).await)
}
