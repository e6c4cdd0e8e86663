//! How does Baton ask language models? Through one [`ModelGateway`], whichever model answers.
//!
//! - [`gateway`]: which model is asked, within what budget, how often, and what is remembered
//! - [`endpoint`]: an OpenAI-compatible API over HTTP
//! - [`scripted`]: a model for tests, that answers what it was given, obeys what it reads, or fails
//! - [`repair`]: what was meant where an answer should be JSON and nearly is
//! - [`presets`]: known providers

mod api;
mod breaker;
pub mod endpoint;
pub mod gateway;
mod pace;
mod pieces;
pub mod presets;
mod probe;
pub mod provider;
pub mod repair;
pub mod scripted;
mod sse;
mod structured;
mod tools;

pub use endpoint::Endpoint;
pub use gateway::{GatewayParts, ModelGateway};
pub use provider::{CallError, LocalProvider, Provider, Written};
