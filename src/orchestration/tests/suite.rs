//! Does the engine do what it promises, and do its strategies balance as they say?

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod balancing;
mod engine;
