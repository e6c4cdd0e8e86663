//! Do runs outlive everything? Real services over the store in memory, tasks that end when they are told to, and a clock that is moved by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

#[path = "suite/harness.rs"]
#[allow(dead_code, reason = "shared with the measurement in examples")]
mod harness;

#[path = "suite/approvals.rs"]
mod approvals;
#[path = "suite/crash.rs"]
mod crash;
#[path = "suite/diffs.rs"]
mod diffs;
#[path = "suite/documents.rs"]
mod documents;
#[path = "suite/forks.rs"]
mod forks;
#[path = "suite/life.rs"]
mod life;
#[path = "suite/limits.rs"]
mod limits;
#[path = "../../workflow/tests/harness/mod.rs"]
mod lots;
#[path = "suite/pins.rs"]
mod pins;
#[path = "suite/replay.rs"]
mod replay;
#[path = "suite/scale.rs"]
mod scale;
#[path = "suite/side_by_side.rs"]
mod side_by_side;
