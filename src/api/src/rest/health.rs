//! How a supervisor asks whether the server lives and can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use baton_domain::wire::health::Health;

use crate::gateway::Gateway;
use crate::problem_response::{NotAProblem, Reply};

/// Does the server live
#[utoipa::path(
    get, path = "/health/live", tag = "health", operation_id = "live",
    responses((status = 200, description = "It lives", body = Health)),
    extensions(("x-errors" = json!([])))
)]
pub(crate) async fn live(State(gateway): State<Gateway>) -> Reply<Json<Health>> {
    Ok(Json(gateway.services.health.live().await?))
}

/// Can the server take work
#[utoipa::path(
    get, path = "/health/ready", tag = "health", operation_id = "ready",
    responses(
        (status = 200, description = "It can", body = Health),
        (status = 503, description = "It cannot now; `checks` says why", body = Health),
    ),
    extensions(("x-errors" = json!([])))
)]
pub(crate) async fn ready(State(gateway): State<Gateway>) -> Reply<Response> {
    let health = gateway.services.health.ready().await?;
    if health.ok {
        return Ok(Json(health).into_response());
    }
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], Json(health)).into_response();
    response.extensions_mut().insert(NotAProblem);
    Ok(response)
}
