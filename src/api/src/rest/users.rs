//! How members are managed over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::id::UserId;
use baton_domain::wire::auth::{NewUser, UserChange, UserList, UserView};

use super::{Created, created};
use crate::extract::{Body, Id, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List members
#[utoipa::path(
    get, path = "/users", tag = "users", operation_id = "list_users",
    responses((status = 200, description = "All members, by address", body = UserList)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_users(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<UserList>> {
    Ok(Json(gateway.services.members.users(&caller).await?))
}

/// Add a member
#[utoipa::path(
    post, path = "/users", tag = "users", operation_id = "create_user",
    request_body(content = NewUser, example = json!({"email": "grace@example.com", "password": "a first long password", "role": "operator"})),
    responses((status = 201, description = "Added", body = UserView, headers(("Location", description = "The member's address")))),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["USER-002"])))
)]
pub(crate) async fn create_user(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(user): Body<NewUser>,
) -> Reply<Created<UserView>> {
    let user = gateway.services.members.create_user(&caller, user).await?;
    Ok(created("users", user.id, user))
}

/// Change a member
///
/// Changes the role, or whether they may sign in; `"active": false` also ends their sessions.
#[utoipa::path(
    patch, path = "/users/{id}", tag = "users", operation_id = "change_user",
    params(("id" = String, Path, format = "uuid", description = "The member")),
    request_body(content = UserChange, example = json!({"role": "viewer"})),
    responses((status = 200, description = "Changed", body = UserView)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["USER-001", "USER-003"])))
)]
pub(crate) async fn change_user(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<UserId>,
    Body(change): Body<UserChange>,
) -> Reply<Json<UserView>> {
    Ok(Json(gateway.services.members.change_user(&caller, id, change).await?))
}
