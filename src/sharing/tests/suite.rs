//! What must claims, lines, contracts and bargainings do, whoever comes at the same time and whatever crashes?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unimplemented,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a case's name says what it states, and a panic is its report"
)]

mod attempts;
mod bargains;
mod claims;
mod contracts;
mod fakes;
mod graphs;
mod lines;
mod world;
