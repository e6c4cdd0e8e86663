//! One call of a model: its messages, what the answer must look like, and the answer with what it cost.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ModelTier;
use crate::named::named_enum;

/// The most messages of one request.
pub const MAXIMUM_MESSAGES: usize = 256;
/// The most bytes of text in all messages of one request.
pub const MAXIMUM_PROMPT_BYTES: usize = 1 << 20;

named_enum!(
    /// Who says a message.
    Role {
        /// Who set the model up.
        System = "system",
        /// Who asks it.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool that the model called.
        Tool = "tool",
    }
);

named_enum!(
    /// Why a model stopped.
    FinishReason {
        /// It had said what it had to say.
        Stop = "stop",
        /// It reached the most tokens that it may write.
        Length = "length",
        /// It wants tools called.
        ToolCalls = "tool_calls",
        /// Its provider withheld the answer.
        ContentFilter = "content_filter",
    }
);

/// Something said to or by a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// The tools that the assistant called with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl Message {
    /// What the model is set up with.
    #[must_use]
    pub fn system(content: impl Into<String>) -> Self {
        Self::of(Role::System, content)
    }

    /// What it is asked.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self::of(Role::User, content)
    }

    /// What it said.
    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::of(Role::Assistant, content)
    }

    fn of(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), tool_calls: Vec::new(), tool_call_id: None }
    }
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Value,
}

/// A call that the model wants made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolCall {
    /// By what its answer is known.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments; they fit its parameters.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub arguments: Value,
}

/// What is asked of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelRequest {
    /// What was said so far; the last message is answered.
    pub messages: Vec<Message>,
    /// JSON Schema that the answer must fit; the answer then carries `json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub schema: Option<Value>,
    /// Tools that the model may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
    /// The least able model that will do.
    #[serde(default = "least")]
    pub least: ModelTier,
    /// The model by its name here; otherwise the first of those configured that is able enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The most tokens of the answer, 1 to 32,768.
    #[serde(default = "maximum_tokens")]
    pub maximum_tokens: u32,
    /// 0 for the likeliest answer (then answers are cached), to 2 for unlikely ones.
    #[serde(default)]
    pub temperature: f32,
    /// By what a random answer is repeated, where the model can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Texts at which the answer ends, at most four.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

const fn least() -> ModelTier {
    ModelTier::Tiny
}

const fn maximum_tokens() -> u32 {
    512
}

impl ModelRequest {
    /// A request with these messages and nothing special.
    #[must_use]
    pub fn new(messages: Vec<Message>) -> Self {
        Self {
            messages,
            schema: None,
            tools: Vec::new(),
            least: least(),
            model: None,
            maximum_tokens: maximum_tokens(),
            temperature: 0.0,
            seed: None,
            stop: Vec::new(),
        }
    }
}

/// What a call took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// What it cost, in millionths of the installation's currency.
    pub cost_micros: u64,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelAnswer {
    /// The name of the model that answered.
    pub model: String,
    /// What it said.
    pub text: String,
    /// The same as a value that fits the schema, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub json: Option<Value>,
    /// Tools that it wants called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: FinishReason,
    /// What it took.
    pub usage: Usage,
    /// Whether the answer is one that was given before.
    #[serde(default)]
    pub cached: bool,
}

/// Texts as points in a space where what means the same lies close.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Embedded {
    /// The name of the model that answered.
    pub model: String,
    /// A point for each text, in their order, all of the same dimension.
    pub vectors: Vec<Vec<f32>>,
    /// What it took.
    pub usage: Usage,
}
