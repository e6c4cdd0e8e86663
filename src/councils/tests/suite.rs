//! Do decisions end, count each ballot once, and say why, whoever answers and whatever crashes?

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod crashes;
mod families;
mod lab;
mod people;
mod recount;
mod steps;
mod voters;
mod words;
mod world;
