//! Are databases outside only read, on real servers?

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

mod harness;
mod mysql;
mod postgres;
