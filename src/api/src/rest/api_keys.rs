//! How the keys of machines are managed over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::id::ApiKeyId;
use baton_domain::wire::auth::{ApiKeyList, CreatedApiKey, NewApiKey};

use super::{Created, created};
use crate::extract::{Body, Id, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List API keys
#[utoipa::path(
    get, path = "/api-keys", tag = "api-keys", operation_id = "list_api_keys",
    responses((status = 200, description = "All keys, the newest first; never their secrets", body = ApiKeyList)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_api_keys(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<ApiKeyList>> {
    Ok(Json(gateway.services.members.api_keys(&caller).await?))
}

/// Make an API key
///
/// The secret is in this answer and nowhere else; send it as `Authorization: Bearer`.
#[utoipa::path(
    post, path = "/api-keys", tag = "api-keys", operation_id = "create_api_key",
    request_body(content = NewApiKey, example = json!({"name": "nightly import", "role": "operator"})),
    responses((status = 201, description = "Made", body = CreatedApiKey, headers(("Location", description = "The key's address")))),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!([])))
)]
pub(crate) async fn create_api_key(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(key): Body<NewApiKey>,
) -> Reply<Created<CreatedApiKey>> {
    let made = gateway.services.members.create_api_key(&caller, key).await?;
    Ok(created("api-keys", made.key.id, made))
}

/// Revoke an API key
///
/// From the next request on the key proves nothing.
#[utoipa::path(
    delete, path = "/api-keys/{id}", tag = "api-keys", operation_id = "revoke_api_key",
    params(("id" = String, Path, format = "uuid", description = "The key")),
    responses((status = 204, description = "Revoked")),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["KEY-001"])))
)]
pub(crate) async fn revoke_api_key(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<ApiKeyId>) -> Reply<StatusCode> {
    gateway.services.members.revoke_api_key(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
