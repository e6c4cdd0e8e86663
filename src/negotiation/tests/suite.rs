//! Do claims, contracts, bargains, merges and recorded runs keep their laws, and their bounds?

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod bargain;
mod chance;
mod claims;
mod conflict;
mod contract;
mod merge;
mod replay;
