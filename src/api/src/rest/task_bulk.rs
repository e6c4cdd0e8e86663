//! How many tasks are run again or cancelled at once over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::wire::task::{BulkAnswer, BulkCancel, BulkRerun};

use crate::extract::{Body, IdempotencyKey, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// Run tasks again by a filter
///
/// Those that have ended and fit, each as a new task with `rerun_of`; without `states` those that failed or took too long. At most
/// 500 a call, the newest first: send the same filter with `next_cursor` for the next ones.
#[utoipa::path(
    post, path = "/tasks/rerun", tag = "tasks", operation_id = "rerun_tasks",
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives the tasks of the first call")),
    request_body(content = BulkRerun, example = json!({"filter": {"code": "ATTEMPT-001", "skill": "nlp", "limit": 100}})),
    responses((status = 200, description = "The new tasks", body = BulkAnswer)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["REQUEST-002", "REQUEST-009", "REQUEST-010", "TASK-006", "STORAGE-002"])))
)]
pub(crate) async fn rerun_tasks(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(key): IdempotencyKey,
    Body(which): Body<BulkRerun>,
) -> Reply<Json<BulkAnswer>> {
    Ok(Json(gateway.services.tasks.rerun_all(&caller, which, key).await?))
}

/// Cancel tasks by a filter
///
/// Those that have not ended and fit, with everything that their agents asked for. At most 500 a call, the newest first: send the same
/// filter with `next_cursor` for the next ones. Asking twice does no harm.
#[utoipa::path(
    post, path = "/tasks/cancel", tag = "tasks", operation_id = "cancel_tasks",
    request_body(content = BulkCancel, example = json!({"filter": {"states": ["queued"], "fairness_key": "tenant-7"}})),
    responses((status = 200, description = "The tasks that a cancellation was asked for", body = BulkAnswer)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["REQUEST-002", "REQUEST-010"])))
)]
pub(crate) async fn cancel_tasks(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(which): Body<BulkCancel>,
) -> Reply<Json<BulkAnswer>> {
    Ok(Json(gateway.services.tasks.cancel_all(&caller, which).await?))
}
