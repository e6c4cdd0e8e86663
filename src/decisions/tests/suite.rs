//! Does a decision end in time, count every ballot once, and come to what people expect?

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod many;
mod protocol;
mod scenarios;
mod world;
