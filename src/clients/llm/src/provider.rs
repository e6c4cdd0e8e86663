//! What can be asked? Anything that completes a conversation: an endpoint, the model inside the process, a script.

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::model::{Embedded, ModelAnswer, ModelRequest};
pub use baton_domain::ports::Written;
use baton_domain::problem::Code;
use baton_domain::wire::model::{ModelSettings, ModelState};

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The code that a task would show.
    pub code: Code,
    /// What happened.
    pub message: String,
    /// Whether the same call may succeed a moment later.
    pub passing: bool,
    /// How long the endpoint wants to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether tokens may have been used although nothing came of it.
    pub may_have_cost: bool,
}

impl CallError {
    /// An error that the same call would meet again.
    #[must_use]
    pub fn lasting(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), passing: false, retry_after: None, may_have_cost: false }
    }

    /// An error that may pass.
    #[must_use]
    pub fn passing(message: impl Into<String>) -> Self {
        Self { passing: true, ..Self::lasting(Code::ModelFailed, message) }
    }
}

/// Something that completes conversations. Dropping a call stops it.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Answers. What the answer must fit is the caller's business unless [`keeps_to_schemas`](Self::keeps_to_schemas).
    ///
    /// # Errors
    /// Why there is no answer.
    async fn complete(&self, request: &ModelRequest, written: Written<'_>) -> Result<ModelAnswer, CallError>;

    /// Places texts.
    ///
    /// # Errors
    /// Why there are no places.
    async fn embed(&self, texts: &[String]) -> Result<Embedded, CallError>;

    /// Whether answers fit the request's schema without being told so in words.
    fn keeps_to_schemas(&self) -> bool;

    /// The most tokens that the request's prompt can have; an upper bound, never an estimate.
    fn most_prompt_tokens(&self, request: &ModelRequest) -> u64 {
        /// Tokens that frame a message, tool or schema, at most.
        const FRAME: u64 = 16;
        // A token of the byte-level vocabularies in use stands for at least one byte.
        let messages: u64 = request.messages.iter().map(|message| message.content.len() as u64 + FRAME).sum();
        let schema = request.schema.as_ref().map_or(0, |schema| schema.to_string().len() as u64 + 20 * FRAME);
        let tools: u64 = request.tools.iter().map(|tool| serde_json::to_string(tool).map_or(0, |text| text.len() as u64) + FRAME).sum();
        messages + schema + tools + FRAME
    }
}

/// The model inside the process.
pub trait LocalProvider: Provider {
    /// How it stands.
    fn state(&self) -> ModelState;

    /// What is known of it.
    fn settings(&self) -> ModelSettings;
}
