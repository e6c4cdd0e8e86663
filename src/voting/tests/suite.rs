//! Do the rules of voting keep their axioms, and agree with what others count?

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod axioms;
mod clones;
mod duels;
mod electorate;
mod examples;
mod reference;
mod second;
mod silent;
