//! Do the skills of language do what they promise, on real texts?

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod cancel;
#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
mod models;
mod parts;
mod skills;
