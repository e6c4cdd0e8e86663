//! How concurrency limits are shown, set and removed over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::wire::limit::{LimitScope, LimitView, NewLimit};
use serde::Deserialize;

use crate::extract::{Body, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List concurrency limits
///
/// Each with how many attempts run under it now, on all servers together.
#[utoipa::path(
    get, path = "/limits", tag = "limits", operation_id = "list_limits",
    responses((status = 200, description = "All limits, those of skills first, by name", body = Vec<LimitView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_limits(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<Vec<LimitView>>> {
    Ok(Json(gateway.services.limits.list(&caller).await?))
}

/// Set a concurrency limit
///
/// It counts from the next attempt that begins, on every server. What runs already goes on.
#[utoipa::path(
    put, path = "/limits", tag = "limits", operation_id = "set_limit",
    request_body(content = NewLimit, example = json!({"scope": "fairness_key", "name": "tenant-7", "maximum": 4})),
    responses((status = 200, description = "The limit as it is now", body = LimitView)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["AGENT-002", "LIMIT-002", "REQUEST-002", "STORAGE-002"])))
)]
pub(crate) async fn set_limit(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(limit): Body<NewLimit>,
) -> Reply<Json<LimitView>> {
    Ok(Json(gateway.services.limits.set(&caller, limit).await?))
}

/// Which limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichLimit {
    scope: LimitScope,
    name: String,
}

/// Remove a concurrency limit
#[utoipa::path(
    delete, path = "/limits", tag = "limits", operation_id = "remove_limit",
    params(
        ("scope" = String, Query, description = "`skill` or `fairness_key`", example = json!("skill")),
        ("name" = String, Query, description = "The skill or the key", example = json!("nlp.sentiment")),
    ),
    responses((status = 204, description = "It is gone")),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["LIMIT-001"])))
)]
pub(crate) async fn remove_limit(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(which): Params<WhichLimit>,
) -> Reply<StatusCode> {
    gateway.services.limits.remove(&caller, which.scope, which.name).await?;
    Ok(StatusCode::NO_CONTENT)
}
