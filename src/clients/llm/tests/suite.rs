//! Do models answer through the gateway as they must, whatever their endpoints do?

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod endpoint;
mod gateway;
mod pieces;
mod support;
mod tools;
