//! Does the bus carry what it must, in one process and on a real Redis, and does the stream of events miss nothing?

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod carrier;
mod event_stream;
mod topics;
