//! How tasks are given, found, stopped and repeated over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::LINK;
use axum::http::{HeaderName, StatusCode};
use baton_domain::id::{AgentId, RunId, TaskId};
use baton_domain::page::Page;
use baton_domain::task::{Priority, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{AcceptedBatch, NewBatch, NewTask, TaskDetail, TaskFilter, TaskSummary};
use serde::{Deserialize, Serialize};

use super::{BASE, Created, created};
use crate::extract::{Body, Id, IdempotencyKey, Params, SignedIn, Wait, wrong_parameter};
use crate::gateway::Gateway;
use crate::problem_response::{Failure, Reply};

/// A new task: its summary, or after waiting everything about it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum Submitted {
    /// With `wait`.
    Waited(Box<TaskDetail>),
    /// Without `wait`.
    Accepted(Box<TaskSummary>),
}

/// Submit a task
///
/// The task is stored when this answers. With `wait` the answer comes when the task has ended or the span has
/// passed, whichever is first, and holds everything about the task; its `summary.state` says which it was.
#[utoipa::path(
    post, path = "/tasks", tag = "tasks", operation_id = "create_task",
    params(
        ("wait" = Option<f64>, Query, minimum = 0, maximum = 60, description = "Seconds to wait for the result; fractions are allowed"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives the task of the first call"),
    ),
    request_body(content = NewTask, example = json!({"skill": "nlp.sentiment", "input": {"text": "What a fine day."}, "priority": 2})),
    responses((status = 201, description = "Accepted", body = Submitted, headers(("Location", description = "The task's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TASK-002", "TASK-003", "TASK-006", "TASK-008", "TASK-011", "REQUEST-009", "STORAGE-002"])))
)]
pub(crate) async fn create_task(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(key): IdempotencyKey,
    Params(wait): Params<Wait>,
    Body(task): Body<NewTask>,
) -> Reply<Created<Submitted>> {
    let wait = wait.span()?;
    let summary = gateway.services.tasks.submit(&caller, task, key).await?;
    let id = summary.id;
    let waited = match wait {
        Some(span) => gateway.services.tasks.get(&caller, id, Some(span)).await.ok(),
        None => None,
    };
    // The task is stored: that it cannot be read back must not look as if it were not.
    let body = waited.map_or_else(|| Submitted::Accepted(Box::new(summary)), |detail| Submitted::Waited(Box::new(detail)));
    Ok(created("tasks", id, body))
}

/// Submit many tasks
///
/// At most 1,000 tasks and 16 MiB; all are accepted or none. Large inputs belong in artifacts. A task can depend on others of the
/// batch, earlier or later, by their `ref`.
#[utoipa::path(
    post, path = "/tasks/batch", tag = "tasks", operation_id = "create_batch",
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives the tasks of the first call")),
    request_body(content = NewBatch, example = json!({"tasks": [
        {"skill": "nlp.language", "input": {"text": "Bonjour tout le monde"}, "ref": "language"},
        {"skill": "nlp.keywords", "input": {"text": "Queues, leases and events."}, "priority": 4, "depends_on": ["language"]}
    ]})),
    responses((status = 201, description = "All accepted", body = AcceptedBatch)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TASK-002", "TASK-003", "TASK-005", "TASK-006", "TASK-008", "TASK-009", "TASK-011", "REQUEST-009", "STORAGE-002"])))
)]
pub(crate) async fn create_batch(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(key): IdempotencyKey,
    Body(batch): Body<NewBatch>,
) -> Reply<(StatusCode, Json<AcceptedBatch>)> {
    let accepted = gateway.services.tasks.submit_batch(&caller, batch, key).await?;
    Ok((StatusCode::CREATED, Json(accepted)))
}

/// What a query says of a [`TaskFilter`]: the same, with the states as a list in one parameter.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TaskQuery {
    state: String,
    skill: Option<String>,
    priority: Option<Priority>,
    agent: Option<AgentId>,
    run_id: Option<RunId>,
    parent_id: Option<TaskId>,
    text: Option<String>,
    label: String,
    fairness_key: Option<String>,
    code: Option<String>,
    created_from: Option<Timestamp>,
    created_before: Option<Timestamp>,
    cursor: Option<String>,
    limit: Option<u32>,
}

impl TaskQuery {
    fn into_filter(self) -> Result<TaskFilter, Failure> {
        let names = self.state.split(',').map(str::trim).filter(|name| !name.is_empty());
        let states = names.map(|name| TaskState::parse(name).ok_or_else(|| wrong_state(name))).collect::<Result<Vec<_>, _>>()?;
        let labels = self.label.split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect();
        let Self {
            skill, priority, agent, run_id, parent_id, text, fairness_key, code, created_from, created_before, cursor, limit, ..
        } = self;
        Ok(TaskFilter {
            states,
            skill,
            priority,
            agent,
            run_id,
            parent_id,
            text,
            labels,
            fairness_key,
            code,
            created_from,
            created_before,
            cursor,
            limit,
        })
    }
}

fn wrong_state(name: &str) -> Failure {
    let name: String = name.chars().take(50).collect();
    let states: Vec<&str> = TaskState::ALL.iter().map(|state| state.as_str()).collect();
    wrong_parameter("state", &format!("{name:?} is no state; use {}.", states.join(", "))).into()
}

/// List tasks
///
/// The newest first. Filters add up. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/tasks", tag = "tasks", operation_id = "list_tasks",
    params(
        ("state" = Option<String>, Query, description = "Only these states, separated by commas", example = json!("queued,running")),
        ("skill" = Option<String>, Query, description = "Only this skill, or this family if it has no dot"),
        ("priority" = Option<u8>, Query, minimum = 1, maximum = 5, description = "Only this priority"),
        ("agent" = Option<String>, Query, format = "uuid", description = "Only tasks of this agent"),
        ("run_id" = Option<String>, Query, format = "uuid", description = "Only tasks that are part of this run of a workflow: those that it asked for, and those that they asked for"),
        ("parent_id" = Option<String>, Query, format = "uuid", description = "Only tasks that this one asked for: those of its agent, and those of its voters"),
        ("text" = Option<String>, Query, description = "Only titles and skills that contain this text, and ids that begin with it"),
        ("label" = Option<String>, Query, description = "Only tasks that ask for all of these labels, separated by commas"),
        ("fairness_key" = Option<String>, Query, description = "Only tasks of this fairness key"),
        ("code" = Option<String>, Query, description = "Only tasks that ended with this code", example = json!("ATTEMPT-001")),
        ("created_from" = Option<String>, Query, format = "date-time", description = "Only tasks submitted at this instant or later"),
        ("created_before" = Option<String>, Query, format = "date-time", description = "Only tasks submitted before this instant"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of tasks", body = Page<TaskSummary>, headers(("Link", description = "The next page, as rel=\"next\"")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_tasks(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(query): Params<TaskQuery>,
) -> Reply<([(HeaderName, String); 1], Json<Page<TaskSummary>>)> {
    let page = gateway.services.tasks.list(&caller, query.into_filter()?).await?;
    Ok(([(LINK, next_link("tasks", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// The `Link` header of a page: the same query with the next cursor; the page itself when it is the last one.
pub(crate) fn next_link(resource: &str, query: Option<&str>, cursor: Option<&str>) -> String {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut written = form_urlencoded::Serializer::new(String::new());
    match cursor {
        Some(cursor) => {
            written.extend_pairs(pairs.filter(|(name, _)| name != "cursor")).append_pair("cursor", cursor);
            format!("<{BASE}/{resource}?{}>; rel=\"next\"", written.finish())
        }
        None => format!("<{BASE}/{resource}?{}>; rel=\"self\"", written.extend_pairs(pairs).finish()),
    }
}

/// Get a task
///
/// Everything about it: input, result, every state it went through, every attempt. With `wait` the answer comes
/// when the task has ended or the span has passed.
#[utoipa::path(
    get, path = "/tasks/{id}", tag = "tasks", operation_id = "get_task",
    params(
        ("id" = String, Path, format = "uuid", description = "The task"),
        ("wait" = Option<f64>, Query, minimum = 0, maximum = 60, description = "Seconds to wait for the task to end; fractions are allowed"),
    ),
    responses((status = 200, description = "The task", body = TaskDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TASK-001"])))
)]
pub(crate) async fn get_task(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
    Params(wait): Params<Wait>,
) -> Reply<Json<TaskDetail>> {
    Ok(Json(gateway.services.tasks.get(&caller, id, wait.span()?).await?))
}

/// Cancel a task
///
/// One that runs ends when its work has stopped. Asking twice does no harm.
#[utoipa::path(
    post, path = "/tasks/{id}/cancel", tag = "tasks", operation_id = "cancel_task",
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The task as it is now", body = TaskSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TASK-001", "TASK-004"])))
)]
pub(crate) async fn cancel_task(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
) -> Reply<Json<TaskSummary>> {
    Ok(Json(gateway.services.tasks.cancel(&caller, id).await?))
}

/// Pause a task
///
/// Holds back a task of which nothing runs: it is given to no agent until it is resumed. One that runs pauses at its next
/// checkpoint, if its skill makes some; until then the answer has `pause_requested_at`. Pausing twice does no harm.
#[utoipa::path(
    post, path = "/tasks/{id}/pause", tag = "tasks", operation_id = "pause_task",
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The task as it is now", body = TaskSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TASK-001", "TASK-004", "TASK-012"])))
)]
pub(crate) async fn pause_task(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<TaskId>) -> Reply<Json<TaskSummary>> {
    Ok(Json(gateway.services.tasks.pause(&caller, id).await?))
}

/// Resume a task
///
/// Lets a paused task go on where it stood, from its last checkpoint if it has one, and takes a wish to pause back that no
/// checkpoint has met yet. Any other task stays as it is.
#[utoipa::path(
    post, path = "/tasks/{id}/resume", tag = "tasks", operation_id = "resume_task",
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The task as it is now", body = TaskSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TASK-001", "TASK-004"])))
)]
pub(crate) async fn resume_task(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
) -> Reply<Json<TaskSummary>> {
    Ok(Json(gateway.services.tasks.resume(&caller, id).await?))
}

/// Run a task again
///
/// Submits the same request as a new task with `rerun_of`. The task must have ended.
#[utoipa::path(
    post, path = "/tasks/{id}/rerun", tag = "tasks", operation_id = "rerun_task",
    params(
        ("id" = String, Path, format = "uuid", description = "The task to run again"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key gives the task of the first call"),
    ),
    responses((status = 201, description = "The new task", body = TaskSummary, headers(("Location", description = "The new task's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TASK-001", "TASK-002", "TASK-004", "TASK-006", "REQUEST-002", "REQUEST-009", "STORAGE-002"])))
)]
pub(crate) async fn rerun_task(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Reply<Created<TaskSummary>> {
    let task = gateway.services.tasks.rerun(&caller, id, key).await?;
    Ok(created("tasks", task.id, task))
}
