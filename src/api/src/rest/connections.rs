//! How connections are made, shown and changed over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::id::ConnectionId;
use baton_domain::wire::connection::{ConnectionView, NewConnection};

use super::{Created, created};
use crate::extract::{Body, Id, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List connections
///
/// By name. Secrets are never shown.
#[utoipa::path(
    get, path = "/connections", tag = "connections", operation_id = "list_connections",
    responses((status = 200, description = "The project's connections", body = Vec<ConnectionView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_connections(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<Vec<ConnectionView>>> {
    Ok(Json(gateway.services.connections.list(&caller).await?))
}

/// Get a connection
#[utoipa::path(
    get, path = "/connections/{id}", tag = "connections", operation_id = "get_connection",
    params(("id" = String, Path, format = "uuid", description = "The connection")),
    responses((status = 200, description = "The connection", body = ConnectionView)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["CONNECTION-001"])))
)]
pub(crate) async fn get_connection(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ConnectionId>,
) -> Reply<Json<ConnectionView>> {
    Ok(Json(gateway.services.connections.get(&caller, id).await?))
}

/// Make a connection
///
/// Its secret is encrypted at rest and is never shown again.
#[utoipa::path(
    post, path = "/connections", tag = "connections", operation_id = "create_connection",
    request_body(content = NewConnection, example = json!({
        "name": "weather",
        "settings": {"kind": "http", "base_url": "https://api.example.com/v1", "auth": "bearer", "allowed_skills": ["web_automation.api_call"]},
        "secret": "the key"
    })),
    responses((status = 201, description = "Made", body = ConnectionView, headers(("Location", description = "The connection's address")))),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["CONNECTION-003", "CONNECTION-004", "STORAGE-002"])))
)]
pub(crate) async fn create_connection(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(connection): Body<NewConnection>,
) -> Reply<Created<ConnectionView>> {
    let connection = gateway.services.connections.create(&caller, connection).await?;
    Ok(created("connections", connection.id, connection))
}

/// Change a connection
///
/// Without `secret` the stored one stays, unless the address points to another host; an empty one removes it.
#[utoipa::path(
    put, path = "/connections/{id}", tag = "connections", operation_id = "update_connection",
    params(("id" = String, Path, format = "uuid", description = "The connection")),
    request_body(content = NewConnection, example = json!({
        "name": "weather",
        "settings": {"kind": "http", "base_url": "https://api.example.com/v2", "auth": "bearer", "allowed_skills": ["web_automation.*"]}
    })),
    responses((status = 200, description = "Changed", body = ConnectionView)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["CONNECTION-001", "CONNECTION-003", "CONNECTION-004", "STORAGE-002"])))
)]
pub(crate) async fn update_connection(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ConnectionId>,
    Body(connection): Body<NewConnection>,
) -> Reply<Json<ConnectionView>> {
    Ok(Json(gateway.services.connections.update(&caller, id, connection).await?))
}

/// Remove a connection
#[utoipa::path(
    delete, path = "/connections/{id}", tag = "connections", operation_id = "remove_connection",
    params(("id" = String, Path, format = "uuid", description = "The connection")),
    responses((status = 204, description = "It is gone")),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["CONNECTION-001"])))
)]
pub(crate) async fn remove_connection(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ConnectionId>,
) -> Reply<StatusCode> {
    gateway.services.connections.remove(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
