//! How do the strategies compare on a fleet that exists only in time?
//!
//! A discrete-event simulation around the real [`Balancer`](super::Balancer): tasks arrive by a Poisson process, wait in one
//! queue, are given to the agent that the balancer chooses, and come back after a retry's delay if they fail. No clock is read
//! and every lot comes from the seed: the same seed gives the same figures on every machine.

mod fleet;
pub(super) mod lots;
mod report;
mod run;

pub use fleet::{AgentModel, Fleet, fleets};
pub use report::markdown;
pub use run::{Figures, simulate};

/// Tasks of a run whose figures stand in `docs/load-balancing.md`.
pub const TASKS: usize = 20_000;
/// The seed of those runs.
pub const SEED: u64 = 1;
