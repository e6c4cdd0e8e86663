//! What a person does with concurrency limits.

#[cfg(feature = "ssr")]
use baton_domain::wire::limit::NewLimit;
use baton_domain::wire::limit::{LimitScope, LimitView};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// All limits, each with what runs under it.
///
/// # Errors
/// As [`LimitService::list`](baton_domain::services::LimitService::list).
#[server(name = ListLimits, endpoint = "/limits/list", input = Json, output = Json)]
pub async fn list() -> Called<Vec<LimitView>> {
    serve::answer(serve::services()?.limits.list(&serve::caller()).await)
}

/// Sets a limit.
///
/// # Errors
/// As [`LimitService::set`](baton_domain::services::LimitService::set).
#[server(name = SetLimit, endpoint = "/limits/set", input = PostUrl, output = Json)]
pub async fn set(scope: LimitScope, name: String, maximum: i64) -> Called<LimitView> {
    let limit = serve::answer(serve::services()?.limits.set(&serve::caller(), NewLimit { scope, name, maximum }).await)?;
    serve::go_back();
    Ok(limit)
}

/// Removes a limit.
///
/// # Errors
/// As [`LimitService::remove`](baton_domain::services::LimitService::remove).
#[server(name = RemoveLimit, endpoint = "/limits/remove", input = PostUrl, output = Json)]
pub async fn remove(scope: LimitScope, name: String) -> Called<()> {
    serve::answer(serve::services()?.limits.remove(&serve::caller(), scope, name).await)?;
    serve::go_back();
    Ok(())
}
