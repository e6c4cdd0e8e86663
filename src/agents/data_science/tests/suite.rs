//! Do the skills of data science do what they promise, on real tables?

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

mod anomalies;
mod chart;
#[path = "../../../clients/databases/tests/harness/mod.rs"]
mod databases;
mod forecast;
mod forms;
mod harness;
mod inference;
mod learn;
mod learn_limits;
mod profile;
mod query;
mod stop;
