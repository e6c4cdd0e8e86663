//! Does the engine keep its promises in simulated worlds, and would the worlds find its mistakes?

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod harness;
mod planted;
mod seeds;
