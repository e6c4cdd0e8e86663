//! Do audit, measurements, health and traces keep their promises over a real store?

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod audit;
mod health_and_traces;
mod metrics;
mod notifications;
mod real_store;
mod watch;
