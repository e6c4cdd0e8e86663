//! How do agents and people decide together?
//!
//! A decision is a question to several voters that outlives every process: what is asked, of whom, by which rule, until when, and what follows where that
//! does not decide. This crate says what may happen to it and what is to be done, and does nothing itself: no clock, no chance, no storage, no
//! network. It builds for the browser too, which counts stored ballots again.
//!
//! - `decision`: the decision as it is asked for, and whether it can be made
//! - `roster`: who exactly votes, judges and is asked
//! - `canonical`: which answers are the same, and whether answers differ
//! - `protocol`: how it goes on: a state machine that is told facts and says commands
//! - `lab`: the same ballots by other rules, and what is known of rules and voters

pub mod canonical;
pub mod decision;
pub mod lab;
pub mod protocol;
pub mod roster;
