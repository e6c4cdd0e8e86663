//! What an administrator does with members and API keys.

use baton_domain::id::{ApiKeyId, UserId};
use baton_domain::user::Role;
use baton_domain::wire::auth::{ApiKeyList, CreatedApiKey, Secret, UserList, UserView};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// All members, by address.
///
/// # Errors
/// As [`MemberService::users`](baton_domain::services::MemberService::users).
#[server(endpoint = "/members/users", input = Json, output = Json)]
pub async fn users() -> Called<UserList> {
    serve::answer(serve::services()?.members.users(&serve::caller()).await)
}

/// Adds a member.
///
/// # Errors
/// As [`MemberService::create_user`](baton_domain::services::MemberService::create_user).
#[server(endpoint = "/members/create_user", input = PostUrl, output = Json)]
pub async fn create_user(email: String, password: Secret, role: Role) -> Called<UserView> {
    let user = baton_domain::wire::auth::NewUser { email, password, role };
    let user = serve::answer(serve::services()?.members.create_user(&serve::caller(), user).await)?;
    serve::go_back();
    Ok(user)
}

/// Changes a member's role, or whether they may sign in.
///
/// # Errors
/// As [`MemberService::change_user`](baton_domain::services::MemberService::change_user).
#[server(endpoint = "/members/change_user", input = PostUrl, output = Json)]
pub async fn change_user(id: UserId, #[server(default)] role: Option<Role>, #[server(default)] active: Option<bool>) -> Called<UserView> {
    let change = baton_domain::wire::auth::UserChange { role, active };
    let user = serve::answer(serve::services()?.members.change_user(&serve::caller(), id, change).await)?;
    serve::go_back();
    Ok(user)
}

/// All keys that are not revoked, the newest first.
///
/// # Errors
/// As [`MemberService::api_keys`](baton_domain::services::MemberService::api_keys).
#[server(endpoint = "/members/api_keys", input = Json, output = Json)]
pub async fn api_keys() -> Called<ApiKeyList> {
    serve::answer(serve::services()?.members.api_keys(&serve::caller()).await)
}

/// Makes a key and shows its secret, once.
///
/// # Errors
/// As [`MemberService::create_api_key`](baton_domain::services::MemberService::create_api_key).
#[server(endpoint = "/members/create_api_key", input = PostUrl, output = Json)]
pub async fn create_api_key(name: String, role: Role) -> Called<CreatedApiKey> {
    let key = baton_domain::wire::auth::NewApiKey { name, role };
    let created = serve::answer(serve::services()?.members.create_api_key(&serve::caller(), key).await)?;
    if serve::from_plain_form() {
        serve::leave(&crate::flash::Flash { problem: None, created_key: Some(created.clone()) });
        serve::go_back();
    }
    Ok(created)
}

/// Revokes a key at once.
///
/// # Errors
/// As [`MemberService::revoke_api_key`](baton_domain::services::MemberService::revoke_api_key).
#[server(endpoint = "/members/revoke_api_key", input = PostUrl, output = Json)]
pub async fn revoke_api_key(id: ApiKeyId) -> Called<()> {
    serve::answer(serve::services()?.members.revoke_api_key(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(())
}
