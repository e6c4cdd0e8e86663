//! Is this run the one that was recorded, and where do two runs part?
//!
//! A [`Recording`] has each step's calls with the fingerprints of their requests and answers, over the canonical form of JSON. [`compare`] finds the first step
//! at which two recordings part, whatever the order in which independent steps ran; a [`Cursor`] answers a strict replay.

mod canonical;
mod compare;
mod cursor;
mod differences;
mod recording;

pub use canonical::{MAXIMUM_DEPTH, canonical, fingerprint};
pub use compare::{Comparison, Divergence, MAXIMUM_FURTHER, What, compare};
pub use cursor::Cursor;
pub use differences::{Difference, MAXIMUM_DIFFERENCES, MAXIMUM_SHOWN, differences};
pub use recording::{Call, CallKind, MAXIMUM_CALLS, MAXIMUM_STEPS, Recording, Step};
