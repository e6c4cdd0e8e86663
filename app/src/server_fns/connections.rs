//! What a person does with connections.

#![allow(
    clippy::too_many_arguments,
    reason = "the fields of a form; the macro drops the attribute of a single function in the browser's half"
)]

#[cfg(feature = "ssr")]
use baton_domain::connection::{AuthKind, ConnectionKind};
use baton_domain::id::ConnectionId;
#[cfg(feature = "ssr")]
use baton_domain::wire::auth::Secret;
use baton_domain::wire::connection::ConnectionView;
#[cfg(feature = "ssr")]
use baton_domain::wire::connection::{ConnectionSettings, NewConnection};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// The project's connections, by name.
///
/// # Errors
/// As [`ConnectionService::list`](baton_domain::services::ConnectionService::list).
#[server(name = ListConnections, endpoint = "/connections/list", input = Json, output = Json)]
pub async fn list() -> Called<Vec<ConnectionView>> {
    serve::answer(serve::services()?.connections.list(&serve::caller()).await)
}

/// One connection.
///
/// # Errors
/// As [`ConnectionService::get`](baton_domain::services::ConnectionService::get).
#[server(name = GetConnection, endpoint = "/connections/get", input = Json, output = Json)]
pub async fn get(id: ConnectionId) -> Called<ConnectionView> {
    serve::answer(serve::services()?.connections.get(&serve::caller(), id).await)
}

/// A connection as a form writes it: one line a skill, an empty secret for "as it is".
#[cfg(feature = "ssr")]
fn written(
    name: String,
    kind: String,
    base_url: String,
    auth: String,
    auth_name: String,
    secret: String,
    allowed_skills: String,
    private: Option<String>,
) -> Called<NewConnection> {
    use baton_domain::problem::{Code, Problem};

    let unknown =
        |field: &str| Problem::new(Code::InvalidConnection, "Choose one of the list.").with_field(format!("/settings/{field}"), "unknown");
    let settings = ConnectionSettings {
        kind: ConnectionKind::parse(&kind).ok_or_else(|| unknown("kind"))?,
        base_url: base_url.trim().to_owned(),
        auth: AuthKind::parse(&auth).ok_or_else(|| unknown("auth"))?,
        auth_name: Some(auth_name.trim().to_owned()).filter(|name| !name.is_empty()),
        allowed_skills: allowed_skills
            .split([',', '\n', ' ', '\r'])
            .map(str::trim)
            .filter(|skill| !skill.is_empty())
            .map(str::to_owned)
            .collect(),
        private: private.is_some(),
    };
    Ok(NewConnection { name: name.trim().to_owned(), settings, secret: Some(Secret(secret)).filter(|secret| !secret.0.is_empty()) })
}

/// Makes a connection.
///
/// # Errors
/// As [`ConnectionService::create`](baton_domain::services::ConnectionService::create).
#[server(name = CreateConnection, endpoint = "/connections/create", input = PostUrl, output = Json)]
pub async fn create(
    name: String,
    kind: String,
    base_url: String,
    auth: String,
    auth_name: String,
    secret: String,
    allowed_skills: String,
    private: Option<String>,
) -> Called<ConnectionView> {
    let connection = written(name, kind, base_url, auth, auth_name, secret, allowed_skills, private)?;
    let made = serve::answer(serve::services()?.connections.create(&serve::caller(), connection).await)?;
    serve::go_back();
    Ok(made)
}

/// Changes a connection.
///
/// # Errors
/// As [`ConnectionService::update`](baton_domain::services::ConnectionService::update).
#[server(name = UpdateConnection, endpoint = "/connections/update", input = PostUrl, output = Json)]
pub async fn update(
    id: ConnectionId,
    name: String,
    kind: String,
    base_url: String,
    auth: String,
    auth_name: String,
    secret: String,
    allowed_skills: String,
    private: Option<String>,
) -> Called<ConnectionView> {
    let connection = written(name, kind, base_url, auth, auth_name, secret, allowed_skills, private)?;
    let changed = serve::answer(serve::services()?.connections.update(&serve::caller(), id, connection).await)?;
    serve::go_back();
    Ok(changed)
}

/// Removes a connection.
///
/// # Errors
/// As [`ConnectionService::remove`](baton_domain::services::ConnectionService::remove).
#[server(name = RemoveConnection, endpoint = "/connections/remove", input = PostUrl, output = Json)]
pub async fn remove(id: ConnectionId) -> Called<()> {
    serve::answer(serve::services()?.connections.remove(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(())
}
