//! Which agent does a task go to, and why?
//!
//! Agents are filtered (skill, labels, status, health, circuit, slots, host), then the skill's strategy picks one, and the choice
//! is explained with the terms of the best eight and how many others fell to which reason. All of it is pure: the
//! [`Balancer`] is told the time and the lots. What each strategy does and how they compare stands in
//! `docs/load-balancing.md`; why it is indexed as it is, in `docs/adr/010`.
//!
//! - [`balancer`](Balancer): the agents, found without a look at all of them
//! - `lane`: the candidates of one skill and set of labels, kept in order; `without`: those of a task that some agents refused, looked for
//! - `member`: what is known of one agent; `latency` and `circuit` are parts of it
//! - `score`: what the strategies look at; `reason`: why agents fall
//! - [`simulation`]: a fleet that exists only in time, to compare the strategies
//! - [`measure`]: what a choice costs

mod balancer;
mod circuit;
mod lane;
mod latency;
pub mod measure;
mod member;
mod options;
mod reason;
mod score;
pub mod simulation;
#[cfg(test)]
mod tests;
mod without;

pub use balancer::{AgentNumber, Balancer, Choice};
pub use circuit::BreakerOptions;
pub use member::{AgentFacts, Ending};
pub use options::{BalancerOptions, Weights};
pub use reason::RejectReason;
