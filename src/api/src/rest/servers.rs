//! How servers and workers are watched, drained and resumed over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::id::ServerId;
use baton_domain::wire::server::{ServerList, ServerView};

use crate::extract::{Id, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List servers and workers
#[utoipa::path(
    get, path = "/servers", tag = "servers", operation_id = "list_servers",
    responses((status = 200, description = "All servers and workers that run now, by name", body = ServerList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_servers(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<ServerList>> {
    Ok(Json(gateway.services.servers.list(&caller).await?))
}

/// Drain a server or worker
///
/// It finishes what it has and takes no more attempts, until it is resumed or starts again; a server goes on answering.
#[utoipa::path(
    post, path = "/servers/{id}/drain", tag = "servers", operation_id = "drain_server",
    params(("id" = String, Path, format = "uuid", description = "The server or worker")),
    responses((status = 200, description = "The server or worker as it is now", body = ServerView)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["SERVER-007"])))
)]
pub(crate) async fn drain_server(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ServerId>,
) -> Reply<Json<ServerView>> {
    Ok(Json(gateway.services.servers.drain(&caller, id).await?))
}

/// Resume a server or worker
#[utoipa::path(
    post, path = "/servers/{id}/resume", tag = "servers", operation_id = "resume_server",
    params(("id" = String, Path, format = "uuid", description = "The server or worker")),
    responses((status = 200, description = "The server or worker as it is now", body = ServerView)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["SERVER-007"])))
)]
pub(crate) async fn resume_server(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ServerId>,
) -> Reply<Json<ServerView>> {
    Ok(Json(gateway.services.servers.resume(&caller, id).await?))
}
