//! How the inside of a task is looked at over REST: attempts, log, trace, and why it failed.

use axum::Json;
use axum::extract::State;
use baton_domain::id::TaskId;
use baton_domain::wire::task::{AttemptView, TaskSummary};
use baton_domain::wire::trace::{LogPage, LogQuery, Trace};

use crate::extract::{Id, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;
use crate::rest::{Created, created};

/// List a task's attempts
///
/// Oldest first, each with why its agent was chosen.
#[utoipa::path(
    get, path = "/tasks/{id}/attempts", tag = "tasks", operation_id = "list_attempts",
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The attempts", body = Vec<AttemptView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TASK-001"])))
)]
pub(crate) async fn list_attempts(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
) -> Reply<Json<Vec<AttemptView>>> {
    Ok(Json(gateway.services.tasks.attempts(&caller, id).await?))
}

/// Read a task's log
///
/// Lines of all attempts, oldest first. Give `after` of the answer as `after` to go on.
#[utoipa::path(
    get, path = "/tasks/{id}/logs", tag = "tasks", operation_id = "list_logs",
    params(
        ("id" = String, Path, format = "uuid", description = "The task"),
        ("after" = Option<i64>, Query, description = "Only lines after this place"),
        ("level" = Option<baton_domain::wire::trace::Level>, Query, description = "Only lines that matter at least this much"),
        ("limit" = Option<u32>, Query, minimum = 1, description = "The most lines"),
    ),
    responses((status = 200, description = "The lines", body = LogPage)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TASK-001"])))
)]
pub(crate) async fn list_logs(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
    Params(query): Params<LogQuery>,
) -> Reply<Json<LogPage>> {
    Ok(Json(gateway.services.traces.logs(&caller, id, query).await?))
}

/// Get a task's trace
///
/// Its spans and coded errors, from the queue to the end of the last attempt.
#[utoipa::path(
    get, path = "/tasks/{id}/trace", tag = "tasks", operation_id = "get_trace",
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The trace", body = Trace)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TASK-001"])))
)]
pub(crate) async fn get_trace(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<TaskId>) -> Reply<Json<Trace>> {
    Ok(Json(gateway.services.traces.trace(&caller, id).await?))
}

/// Explain a failed task
///
/// Submits a task of the skill `operations.task_analysis` with what the failed task's attempts, log and errors say; its result has the likely
/// cause, the next step and the facts, word for word. Asked again within ten minutes it gives the same task. Read the result with `GET /tasks/{id}?wait=30` of the
/// answer's id.
#[utoipa::path(
    post, path = "/tasks/{id}/analysis", tag = "tasks", operation_id = "analyze_task",
    params(("id" = String, Path, format = "uuid", description = "The task that failed, timed out or was rejected")),
    responses((status = 201, description = "The task that explains it", body = TaskSummary, headers(("Location", description = "Its address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TASK-001", "TASK-002", "TASK-004", "TASK-006", "STORAGE-002"])))
)]
pub(crate) async fn analyze_task(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
) -> Reply<Created<TaskSummary>> {
    let task = gateway.services.tasks.analyze(&caller, id).await?;
    Ok(created("tasks", task.id, task))
}
