//! What is an agent to Baton: the [`Agent`] trait, the [`Context`] it works in, and the attempt protocol.
//!
//! An attempt is an exchange of messages ([`protocol`]) between a host, which holds the lease, and an agent,
//! which knows only its input. The [`carrier`]s bring the messages across: within this process, or over the
//! standard streams of a child process. An agent cannot tell which.

pub mod carrier;
mod context;
pub mod diagnostics;
mod error;
pub mod expression;
mod messages;
pub mod prompt;
pub mod protocol;
mod registry;
mod stopwatch;

use async_trait::async_trait;
use baton_domain::agent::AgentCard;
use serde_json::Value;

pub use context::{Context, InputFile, SpanGuard};
pub use error::SkillError;
pub use messages::Messages;
pub use registry::{AgentRegistry, DuplicateAgent};
pub use stopwatch::Stopwatch;

/// Something that can do work.
#[async_trait]
pub trait Agent: Send + Sync {
    /// What the agent says of itself: its name, its skills with their contracts, its capacity.
    fn card(&self) -> AgentCard;

    /// Does one piece of work and gives its result, which must fit the skill's output schema.
    ///
    /// The input fits the skill's input schema: the host has checked it. Work that keeps a core busy belongs
    /// into [`Context::blocking`]. The future is dropped when the attempt is cancelled.
    ///
    /// # Errors
    /// A [`SkillError`] with a stable code and whether another attempt could succeed.
    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError>;
}
