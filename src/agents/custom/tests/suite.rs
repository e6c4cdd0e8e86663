//! Do the agents on models do what they promise, with a played model?

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod answer;
#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
mod obedient;
mod operations;
