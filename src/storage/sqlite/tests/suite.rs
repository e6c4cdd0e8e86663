//! Does the store on SQLite keep its promises, in real files?

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod conformance;
mod crash_image;
mod log_of_writes;
