//! Do the skills of the web do what they promise, on real sockets and in a real browser?

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

mod api;
mod article;
#[path = "web/attempt.rs"]
mod attempt;
mod crawl;
mod extract;
mod fetch;
#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
mod links;
mod parse;
mod render;
mod render_safety;
mod screenshot;
mod site;
mod tables;
mod watch;
mod web;
