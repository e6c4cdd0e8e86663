//! Does the store on PostgreSQL keep its promises, on a real server?

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod conformance;
mod faults;
mod groups;
mod harness;
mod opening;
mod outage;
mod schema;
mod servers;
mod tls;
mod together;
mod topics;
