//! Does the one client for the outside keep to its rules, on real sockets?

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod egress_exchange;
mod egress_proxy;
mod egress_rules;
mod trusted;
