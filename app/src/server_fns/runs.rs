//! What a person does with runs of workflows.

use baton_domain::id::RunId;
use baton_domain::page::Page;
#[cfg(feature = "ssr")]
use baton_domain::wire::run::RunRetry;
use baton_domain::wire::run::{ForkDraft, ItemFilter, ItemView, NewFork, NewRun, NewSignal, RunDetail, RunFilter, RunSummary};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Begins a run.
///
/// # Errors
/// As [`RunService::start`](baton_domain::services::RunService::start).
#[server(name = StartRun, endpoint = "/runs/start", input = Json, output = Json)]
pub async fn start(run: NewRun, #[server(default)] idempotency_key: Option<String>) -> Called<RunSummary> {
    serve::answer(serve::services()?.runs.start(&serve::caller(), run, idempotency_key).await)
}

/// A page of runs, the newest first.
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
#[server(name = GetRun, endpoint = "/runs/get", input = Json, output = Json)]
pub async fn get(id: RunId) -> Called<RunDetail> {
    serve::answer(serve::services()?.runs.run(&serve::caller(), id).await)
}

/// A page of a step's items.
///
/// # Errors
/// As [`RunService::items`](baton_domain::services::RunService::items).
#[server(name = ListRunItems, endpoint = "/runs/items", input = Json, output = Json)]
pub async fn items(id: RunId, step: String, filter: ItemFilter) -> Called<Page<ItemView>> {
    serve::answer(serve::services()?.runs.items(&serve::caller(), id, &step, filter).await)
}

/// Pauses a run.
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

/// Begins steps anew that have failed; without `step` all of them.
///
/// # Errors
/// As [`RunService::retry`](baton_domain::services::RunService::retry).
#[server(name = RetryRun, endpoint = "/runs/retry", input = PostUrl, output = Json)]
pub async fn retry(id: RunId, #[server(default)] step: Option<String>) -> Called<RunSummary> {
    let which = RunRetry { steps: step.into_iter().filter(|step| !step.is_empty()).collect() };
    let run = serve::answer(serve::services()?.runs.retry(&serve::caller(), id, which).await)?;
    serve::go_back();
    Ok(run)
}

/// Sends a signal to a run.
///
/// # Errors
/// As [`RunService::signal`](baton_domain::services::RunService::signal).
#[server(name = SignalRun, endpoint = "/runs/signal", input = Json, output = Json)]
pub async fn signal(id: RunId, signal: NewSignal, #[server(default)] idempotency_key: Option<String>) -> Called<RunSummary> {
    serve::answer(serve::services()?.runs.signal(&serve::caller(), id, signal, idempotency_key).await)
}

/// Begins a run anew at one of its steps, as a run of its own, with one change.
///
/// # Errors
/// As [`RunService::fork`](baton_domain::services::RunService::fork).
#[server(name = ForkRun, endpoint = "/runs/fork", input = Json, output = Json)]
pub async fn fork(id: RunId, fork: NewFork, #[server(default)] idempotency_key: Option<String>) -> Called<RunSummary> {
    serve::answer(serve::services()?.runs.fork(&serve::caller(), id, fork, idempotency_key).await)
}

/// What a fork at a step could change.
///
/// # Errors
/// As [`RunService::fork_draft`](baton_domain::services::RunService::fork_draft).
#[server(name = GetForkDraft, endpoint = "/runs/fork_draft", input = Json, output = Json)]
pub async fn fork_draft(id: RunId, step: String) -> Called<ForkDraft> {
    serve::answer(serve::services()?.runs.fork_draft(&serve::caller(), id, &step).await)
}
