//! What is asked of a language model, and what it answers, whichever model that is.

mod request;
mod tier;

pub use request::{
    Embedded, FinishReason, MAXIMUM_MESSAGES, MAXIMUM_PROMPT_BYTES, Message, ModelAnswer, ModelRequest, Role, ToolCall, ToolSpec, Usage,
};
pub use tier::{ModelNeed, ModelTier};
