//! How does Baton coordinate work? The [`Engine`]: it takes tasks in, queues them, picks agents, runs attempts under
//! leases and records what became of them.
//!
//! - [`orchestrator`]: what people and programs ask for, as the task service
//! - `task_manager`: deadlines, retries, recovery of what a stopped server left
//! - `agent_pool`: which agents there are and what they have on their hands, as the agent service
//! - `agent_threads`: where agents of this process work
//! - [`load_balancer`]: which agent a task goes to, and why
//! - `attempt`: one execution, from its start message to its recorded outcome
//! - `artifacts`: stored files, as the artifact service
//! - `cluster`: the other servers on the same database, as the server service
//! - `limits`: concurrency limits, as the limit service
//! - `connections`: outside APIs with their secrets, as the connection service
//! - `egress`: where agents may reach out to, as the egress service
//! - `models`: settings, budgets and record of language models, as the model service
//!
//! The truth is the store; what the engine holds in memory is what it can read again when it starts.

mod agent_pool;
mod agent_threads;
mod artifacts;
mod attempt;
mod backlog;
mod claims;
mod cluster;
mod connections;
mod dispatcher;
mod egress;
mod engine;
mod fair_queue;
mod gate;
mod limits;
mod live_tasks;
pub mod load_balancer;
mod models;
mod options;
pub mod orchestrator;
mod precedence;
mod reach;
mod schema;
mod settings;
mod task_manager;
mod turns;

pub use agent_pool::{HostCapacity, HostOptions, PoolError, RestartOptions, ScalingOptions};
pub use attempt::{RehearsalParts, Stage};
pub use cluster::{Chores, Claims, Leadership};
pub use engine::{Carriers, Engine, EngineError};
pub use models::ModelDesk;
pub use options::{EngineOptions, Identity};
