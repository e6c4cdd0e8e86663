//! Whether the gateway speaks HTTP as `docs/api-design.md` says, before services that do as they are told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod client;
mod cookies;
mod documentation;
mod fakes;
mod limits;
mod live;
mod operations;
mod problems;
mod streams;
