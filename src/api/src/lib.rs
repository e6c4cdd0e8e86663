//! The gateway: REST, OpenAPI, the live socket, and the middleware that every request passes.
//!
//! It holds no rules of its own about tasks, agents or members: every handler is a thin adapter over a method of
//! [`baton_domain::services`]. What it does hold is HTTP: who calls, from where, how much, how large, how long.

mod config;
mod error_pages;
mod extract;
#[cfg(test)]
#[path = "../tests/gateway/fakes/mod.rs"]
mod fakes;
mod gateway;
mod middleware;
mod network;
mod openapi;
mod problem_response;
mod reader;
mod rest;
mod routes;
mod session_cookies;
mod websocket;

use axum::Router;
use baton_domain::services::Services;

pub use config::{GatewayConfig, GatewayLimits, Rate, SharedLimits};
pub use gateway::{Audience, Gateway, GatewayLayer, LayerFuture};
pub use network::{InvalidNetwork, Network};
pub use openapi::{OperationInfo, openapi, operations};
pub use problem_response::{Failure, PROBLEM_JSON, method_not_allowed};
pub use session_cookies::CookieJarPolicy;

/// The API's router: everything under `/api`, and `/docs/errors`. A server that also has pages makes a [`Gateway`]
/// and takes router and layers from it, so that both share limits and cookies.
pub fn router(services: Services, config: GatewayConfig) -> Router {
    Gateway::new(services, config).router()
}
