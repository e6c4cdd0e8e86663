//! How do agents share, allot, split and merge? Claims, contracts, bargaining, merges and recorded runs, as pure functions.
//!
//! Everything here is a value and what can be done with it: no runtime, no SQL, no clock reads, no lots but from a seed. What can be asked of a state
//! returns what is to be stored and who is to be told, so that it fits into one transaction, and the same again after a crash is harmless.
//!
//! - `claims`: who may use what, alone or with others, and how deadlocks are broken
//! - `contract`: who does it; the contract net
//! - `bargain`: who gets how much
//! - `merge`: what two changes of one version make together
//! - `conflict`: what becomes of a change that stands on an old version
//! - `replay`: whether a run is the one that was recorded, and where two part

pub mod bargain;
pub mod claims;
pub mod conflict;
pub mod contract;
mod lot;
pub mod merge;
pub mod replay;

pub use lot::lot;
