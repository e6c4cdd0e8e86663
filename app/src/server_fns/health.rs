//! How the dashboard asks for the server's health.

use baton_domain::wire::health::Health;
use leptos::prelude::server;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Whether the process lives.
///
/// # Errors
/// None of its own.
#[server(endpoint = "/health/live", input = Json, output = Json)]
pub async fn live() -> Called<Health> {
    serve::answer(serve::services()?.health.live().await)
}

/// Whether the server can take work now.
///
/// # Errors
/// None of its own.
#[server(endpoint = "/health/ready", input = Json, output = Json)]
pub async fn ready() -> Called<Health> {
    serve::answer(serve::services()?.health.ready().await)
}
