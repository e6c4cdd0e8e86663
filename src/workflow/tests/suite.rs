//! Do documents hold together, and do their runs do what they say, whatever happens in which order?

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod examples;
mod forks;
mod harness;
mod runs;
mod scenarios;
