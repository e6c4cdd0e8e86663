//! What a person does with servers and workers.

use baton_domain::id::ServerId;
use baton_domain::wire::server::{ServerList, ServerView};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// All servers and workers, by name.
///
/// # Errors
/// As [`ServerService::list`](baton_domain::services::ServerService::list).
#[server(name = ListServers, endpoint = "/servers/list", input = Json, output = Json)]
pub async fn list() -> Called<ServerList> {
    serve::answer(serve::services()?.servers.list(&serve::caller()).await)
}

/// Lets the server finish what it has and take no more attempts.
///
/// # Errors
/// As [`ServerService::drain`](baton_domain::services::ServerService::drain).
#[server(name = DrainServer, endpoint = "/servers/drain", input = PostUrl, output = Json)]
pub async fn drain(id: ServerId) -> Called<ServerView> {
    let server = serve::answer(serve::services()?.servers.drain(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(server)
}

/// Lets the server take work again.
///
/// # Errors
/// As [`ServerService::resume`](baton_domain::services::ServerService::resume).
#[server(name = ResumeServer, endpoint = "/servers/resume", input = PostUrl, output = Json)]
pub async fn resume(id: ServerId) -> Called<ServerView> {
    let server = serve::answer(serve::services()?.servers.resume(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(server)
}
