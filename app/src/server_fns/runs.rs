//! What a person does with runs of workflows. Beginning one by a form, with its files, is in [`start`](super::start).

use baton_domain::id::RunId;
use baton_domain::page::Page;
#[cfg(feature = "ssr")]
use baton_domain::problem::Problem;
use baton_domain::wire::run::{ItemFilter, ItemView, NewRun, RunDetail, RunFilter, RunSummary};
#[cfg(feature = "ssr")]
use baton_domain::wire::run::{NewSignal, RunRetry};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Begins a run of a workflow.
///
/// # Errors
/// As [`RunService::start`](baton_domain::services::RunService::start).
#[server(name = StartRun, endpoint = "/runs/start", input = Json, output = Json)]
pub async fn start(run: NewRun, #[server(default)] idempotency_key: Option<String>) -> Called<RunSummary> {
    serve::answer(serve::services()?.runs.start(&serve::caller(), run, idempotency_key).await)
}

/// Runs, the newest first.
///
/// # Errors
/// As [`RunService::list`](baton_domain::services::RunService::list).
#[server(name = ListRuns, endpoint = "/runs/list", input = Json, output = Json)]
pub async fn list(filter: RunFilter) -> Called<Page<RunSummary>> {
    serve::answer(serve::services()?.runs.list(&serve::caller(), filter).await)
}

/// One run with its steps and its graph.
///
/// # Errors
/// As [`RunService::run`](baton_domain::services::RunService::run).
#[server(name = ReadRun, endpoint = "/runs/run", input = Json, output = Json)]
pub async fn run(id: RunId) -> Called<RunDetail> {
    serve::answer(serve::services()?.runs.run(&serve::caller(), id).await)
}

/// The items of a step that have begun.
///
/// # Errors
/// As [`RunService::items`](baton_domain::services::RunService::items).
#[server(name = ReadItems, endpoint = "/runs/items", input = Json, output = Json)]
pub async fn items(id: RunId, step: String, filter: ItemFilter) -> Called<Page<ItemView>> {
    serve::answer(serve::services()?.runs.items(&serve::caller(), id, &step, filter).await)
}

/// Begins nothing new in a run.
///
/// # Errors
/// As [`RunService::pause`](baton_domain::services::RunService::pause).
#[server(name = PauseRun, endpoint = "/runs/pause", input = PostUrl, output = Json)]
pub async fn pause(id: RunId) -> Called<RunSummary> {
    let run = serve::answer(serve::services()?.runs.pause(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(run)
}

/// Lets a paused run go on.
///
/// # Errors
/// As [`RunService::resume`](baton_domain::services::RunService::resume).
#[server(name = ResumeRun, endpoint = "/runs/resume", input = PostUrl, output = Json)]
pub async fn resume(id: RunId) -> Called<RunSummary> {
    let run = serve::answer(serve::services()?.runs.resume(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(run)
}

/// Cancels a run with all that it has begun.
///
/// # Errors
/// As [`RunService::cancel`](baton_domain::services::RunService::cancel).
#[server(name = CancelRun, endpoint = "/runs/cancel", input = PostUrl, output = Json)]
pub async fn cancel(id: RunId) -> Called<RunSummary> {
    let run = serve::answer(serve::services()?.runs.cancel(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(run)
}

/// Begins steps that have failed anew: one, or all of them.
///
/// # Errors
/// As [`RunService::retry`](baton_domain::services::RunService::retry).
#[server(name = RetryRun, endpoint = "/runs/retry", input = PostUrl, output = Json)]
pub async fn retry(id: RunId, #[server(default)] step: Option<String>) -> Called<RunSummary> {
    let which = RunRetry { steps: step.into_iter().collect() };
    let run = serve::answer(serve::services()?.runs.retry(&serve::caller(), id, which).await)?;
    serve::go_back();
    Ok(run)
}

/// Hands a signal to a run; without a payload it brings nothing.
///
/// # Errors
/// As [`RunService::signal`](baton_domain::services::RunService::signal); `REQUEST-002` for a payload that is no JSON.
#[server(name = SignalRun, endpoint = "/runs/signal", input = PostUrl, output = Json)]
pub async fn signal(
    id: RunId,
    name: String,
    #[server(default)] payload: String,
    #[server(default)] idempotency_key: Option<String>,
) -> Called<RunSummary> {
    let payload = match payload.trim() {
        "" => serde_json::Value::Null,
        text => serve::answer(
            serde_json::from_str(text)
                .map_err(|error| Problem::invalid_field("payload", format!("Write valid JSON; this is not: {error}."))),
        )?,
    };
    let idempotency_key = idempotency_key.filter(|key| !key.is_empty());
    let run = serve::answer(serve::services()?.runs.signal(&serve::caller(), id, NewSignal { name, payload }, idempotency_key).await)?;
    serve::go_back();
    Ok(run)
}
