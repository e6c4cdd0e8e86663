//! Do the skills of documentation do what they promise, on real documents?

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

mod api_docs;
mod changelog;
#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
#[path = "../../custom/tests/obedient.rs"]
mod obedient;
mod pdf;
mod render;
mod report;
mod source;
mod writing;
