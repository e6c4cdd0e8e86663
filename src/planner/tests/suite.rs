//! What the planner promises, in one program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod again;
mod goals;
mod models;
mod replans;
mod rules;
mod service;
mod world;
