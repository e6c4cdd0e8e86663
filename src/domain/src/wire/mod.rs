//! What travels between browser, programs and server: the only request, response and socket types there are.

pub mod agent;
pub mod artifact;
pub mod auth;
pub mod health;
pub mod live;
pub mod metrics;
pub mod server;
pub mod task;
pub mod trace;
