//! How do agents share, allot, split and merge? Claims, contracts and more, as pure functions.

pub mod claims;
pub mod contract;
mod lot;

pub use lot::lot;
