//! Does the event stream keep its promises over a real log?

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod following;
mod no_gap_no_repetition;
mod real_log;
mod retention;
