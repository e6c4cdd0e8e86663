//! How runs of workflows are begun, shown and steered over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderName;
use axum::http::header::LINK;
use baton_domain::id::RunId;
use baton_domain::page::Page;
use baton_domain::wire::run::{ForkDraft, ItemFilter, ItemView, NewFork, NewRun, NewSignal, RunDetail, RunFilter, RunRetry, RunSummary};

use super::tasks::next_link;
use super::{Created, created};
use crate::extract::{Body, Id, IdempotencyKey, OptionalBody, Params, SignedIn, StepInPath};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// Begin a run
///
/// Of the newest version of a workflow, or of a certain one. It is stored when this answers, and goes on whatever stops meanwhile.
#[utoipa::path(
    post, path = "/runs", tag = "runs", operation_id = "start_run",
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives the run of the first call")),
    request_body(content = NewRun, example = json!({"workflow": "moods", "input": {"texts": ["What a fine day."]}})),
    responses((status = 201, description = "It has begun", body = RunSummary, headers(("Location", description = "The run's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!([
        "WORKFLOW-008", "WORKFLOW-009", "WORKFLOW-020", "WORKFLOW-040", "WORKFLOW-045", "REQUEST-002", "REQUEST-009", "STORAGE-002"
    ])))
)]
pub(crate) async fn start_run(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(key): IdempotencyKey,
    Body(run): Body<NewRun>,
) -> Reply<Created<RunSummary>> {
    let run = gateway.services.runs.start(&caller, run, key).await?;
    Ok(created("runs", run.id, run))
}

/// List runs
///
/// The newest first. Filters add up. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/runs", tag = "runs", operation_id = "list_runs",
    params(
        ("workflow" = Option<String>, Query, description = "Only runs of this workflow"),
        ("state" = Option<String>, Query, description = "Only this state: `running`, `paused`, `stopping`, `completed`, `failed` or `canceled`", example = json!("running")),
        ("live" = Option<bool>, Query, description = "Only runs that go on, or only those that have ended", example = json!(true)),
        ("parent" = Option<String>, Query, format = "uuid", description = "Only those that this run has begun", example = json!("0193e0a5-0000-7000-8000-000000000000")),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of runs", body = Page<RunSummary>, headers(("Link", description = "The next page, as rel=\"next\"")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_runs(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<RunFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<RunSummary>>)> {
    let page = gateway.services.runs.list(&caller, filter).await?;
    Ok(([(LINK, next_link("runs", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Get a run
///
/// With its steps, what each of them waits for, and the graph of its version.
#[utoipa::path(
    get, path = "/runs/{id}", tag = "runs", operation_id = "get_run",
    params(("id" = String, Path, format = "uuid", description = "The run")),
    responses((status = 200, description = "The run", body = RunDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-041"])))
)]
pub(crate) async fn get_run(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<RunId>) -> Reply<Json<RunDetail>> {
    Ok(Json(gateway.services.runs.run(&caller, id).await?))
}

/// List items of a step
///
/// Those that have begun, in the order of the list, with what they gave and their tasks.
#[utoipa::path(
    get, path = "/runs/{id}/steps/{step}/items", tag = "runs", operation_id = "list_run_items",
    params(
        ("id" = String, Path, format = "uuid", description = "The run"),
        ("step" = String, Path, description = "The step's id"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of items", body = Page<ItemView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-041"])))
)]
pub(crate) async fn list_run_items(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    StepInPath(id, step): StepInPath,
    Params(filter): Params<ItemFilter>,
) -> Reply<Json<Page<ItemView>>> {
    Ok(Json(gateway.services.runs.items(&caller, id, &step, filter).await?))
}

/// Pause a run
///
/// It begins nothing new, in its runs of other workflows neither; what has begun goes on. Pausing twice does no harm.
#[utoipa::path(
    post, path = "/runs/{id}/pause", tag = "runs", operation_id = "pause_run",
    params(("id" = String, Path, format = "uuid", description = "The run")),
    responses((status = 200, description = "The run as it is now", body = RunSummary)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["WORKFLOW-023", "WORKFLOW-041"])))
)]
pub(crate) async fn pause_run(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<RunId>) -> Reply<Json<RunSummary>> {
    Ok(Json(gateway.services.runs.pause(&caller, id).await?))
}

/// Resume a run
///
/// Lets a paused run go on.
#[utoipa::path(
    post, path = "/runs/{id}/resume", tag = "runs", operation_id = "resume_run",
    params(("id" = String, Path, format = "uuid", description = "The run")),
    responses((status = 200, description = "The run as it is now", body = RunSummary)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["WORKFLOW-023", "WORKFLOW-041"])))
)]
pub(crate) async fn resume_run(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<RunId>) -> Reply<Json<RunSummary>> {
    Ok(Json(gateway.services.runs.resume(&caller, id).await?))
}

/// Cancel a run
///
/// With all that it has begun; it ends when that has. Asking twice does no harm.
#[utoipa::path(
    post, path = "/runs/{id}/cancel", tag = "runs", operation_id = "cancel_run",
    params(("id" = String, Path, format = "uuid", description = "The run")),
    responses((status = 200, description = "The run as it is now", body = RunSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["WORKFLOW-023", "WORKFLOW-041"])))
)]
pub(crate) async fn cancel_run(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<RunId>) -> Reply<Json<RunSummary>> {
    Ok(Json(gateway.services.runs.cancel(&caller, id).await?))
}

/// Retry a run
///
/// Begins steps anew that have failed, and all that follow them; what has completed is kept. What was cancelled is begun anew in any case. Without a body
/// all that has failed is.
#[utoipa::path(
    post, path = "/runs/{id}/retry", tag = "runs", operation_id = "retry_run",
    params(("id" = String, Path, format = "uuid", description = "The run")),
    request_body(content = RunRetry, example = json!({"steps": ["rate"]})),
    responses((status = 200, description = "The run as it is now", body = RunSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["WORKFLOW-023", "WORKFLOW-041", "REQUEST-002"])))
)]
pub(crate) async fn retry_run(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<RunId>,
    OptionalBody(which): OptionalBody<RunRetry>,
) -> Reply<Json<RunSummary>> {
    Ok(Json(gateway.services.runs.retry(&caller, id, which).await?))
}

/// Send a signal to a run
///
/// To the step that waits for it, or to the next that will.
#[utoipa::path(
    post, path = "/runs/{id}/signals", tag = "runs", operation_id = "signal_run",
    params(
        ("id" = String, Path, format = "uuid", description = "The run"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key is the same signal"),
    ),
    request_body(content = NewSignal, example = json!({"name": "paid", "payload": {"amount": 12.5}})),
    responses((status = 200, description = "The run as it is now", body = RunSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["WORKFLOW-023", "WORKFLOW-024", "WORKFLOW-033", "WORKFLOW-041", "REQUEST-002"])))
)]
pub(crate) async fn signal_run(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<RunId>,
    IdempotencyKey(key): IdempotencyKey,
    Body(signal): Body<NewSignal>,
) -> Reply<Json<RunSummary>> {
    Ok(Json(gateway.services.runs.signal(&caller, id, signal, key).await?))
}

/// Fork a run
///
/// Begins a new run of the same version with the same input at one step of a run that has ended, with one change: the step is given another `input`, or said to
/// give an `output` without being done. What neither is that step nor follows it keeps what became of it and is not done again; all that follows is. Of
/// a step with `foreach` the change is a list with one value for each item.
#[utoipa::path(
    post, path = "/runs/{id}/fork", tag = "runs", operation_id = "fork_run",
    params(
        ("id" = String, Path, format = "uuid", description = "The run"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives the run of the first call"),
    ),
    request_body(content = NewFork, example = json!({"step": "rate", "input": {"text": "What a fine day."}, "title": "Moods, of a fine day"})),
    responses((status = 201, description = "It has begun", body = RunSummary, headers(("Location", description = "The new run's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!([
        "WORKFLOW-008", "WORKFLOW-009", "WORKFLOW-023", "WORKFLOW-024", "WORKFLOW-040", "WORKFLOW-041", "WORKFLOW-045", "WORKFLOW-046", "WORKFLOW-047",
        "REQUEST-002", "REQUEST-009", "STORAGE-002"
    ])))
)]
pub(crate) async fn fork_run(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<RunId>,
    IdempotencyKey(key): IdempotencyKey,
    Body(fork): Body<NewFork>,
) -> Reply<Created<RunSummary>> {
    let run = gateway.services.runs.fork(&caller, id, fork, key).await?;
    Ok(created("runs", run.id, run))
}

/// Get what a fork could change
///
/// What a step of a run that has ended was given and gave, which of both a fork could change, and which steps it would do anew.
#[utoipa::path(
    get, path = "/runs/{id}/steps/{step}/fork", tag = "runs", operation_id = "get_fork_draft",
    params(
        ("id" = String, Path, format = "uuid", description = "The run"),
        ("step" = String, Path, description = "The step's id"),
    ),
    responses((status = 200, description = "What can be changed", body = ForkDraft)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-023", "WORKFLOW-041", "WORKFLOW-046"])))
)]
pub(crate) async fn get_fork_draft(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    StepInPath(id, step): StepInPath,
) -> Reply<Json<ForkDraft>> {
    Ok(Json(gateway.services.runs.fork_draft(&caller, id, &step).await?))
}
