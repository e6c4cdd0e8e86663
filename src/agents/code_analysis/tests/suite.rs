//! Do the skills of code analysis do what they promise, on real sources?

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod endurance;
#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
mod metrics;
#[path = "../../custom/tests/obedient.rs"]
mod obedient;
mod pairs;
mod reviews;
mod sarif;
