//! Do topics keep their word on a real store, with a real Redis that fails?
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests; a real Redis keeps real time")]

mod delivery;
mod outage;
mod world;
