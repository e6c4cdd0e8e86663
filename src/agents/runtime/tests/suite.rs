//! What do agents and hosts say to each other?

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod sharing;
mod topics;
