//! How language models are set and shown, what their calls took, and what a project may spend on them.

use serde::{Deserialize, Serialize};

use super::auth::Secret;
use crate::id::{AttemptId, ModelId, TaskId};
use crate::model::{ModelTier, Usage};
use crate::named::named_enum;
use crate::time::Timestamp;

/// The most configured models.
pub const MAXIMUM_MODELS: usize = 100;
/// The name of the model that runs inside the process; no other can have it.
pub const LOCAL_MODEL: &str = "local";

/// A known provider: what is filled in for whoever configures one of its models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelPreset {
    /// By what it is named.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What to know before using it.
    pub note: String,
    /// What is filled in.
    pub settings: ModelSettings,
    /// Whether calls need a key.
    pub needs_key: bool,
}

/// What is known of a configured model beside its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// The base address of an OpenAI-compatible API, as `https://api.example.com/v1`.
    pub base_url: String,
    /// The model's name at its provider.
    pub model: String,
    /// How able it is.
    pub tier: ModelTier,
    /// Tokens that prompt and answer may have together.
    #[serde(default = "context_tokens")]
    pub context_tokens: u32,
    /// Price of a million tokens read, in millionths of the installation's currency.
    #[serde(default)]
    pub prompt_micros_per_million: u64,
    /// Price of a million tokens written, in millionths of the installation's currency.
    #[serde(default)]
    pub completion_micros_per_million: u64,
    /// The most calls at the same time from one server.
    #[serde(default = "concurrency")]
    pub concurrency: u32,
    /// The most calls in a minute from one server.
    #[serde(default = "per_minute")]
    pub per_minute: u32,
    /// Milliseconds that a call may take.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// The order of preference: of the models that are able enough the one with the smallest rank is asked first.
    #[serde(default = "rank")]
    pub rank: u32,
    /// Whether it is asked at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether its host may have a private address.
    #[serde(default)]
    pub private: bool,
    /// Whether the model places texts (embeddings) instead of answering.
    #[serde(default)]
    pub embeds: bool,
    /// The certificate authority of its host in PEM form, where that is none of the known ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// What a probe found that its endpoint can do; unknown until one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
}

impl ModelSettings {
    /// Settings with nothing but what is assumed where nobody says.
    #[must_use]
    pub fn unset() -> Self {
        Self {
            base_url: String::new(),
            model: String::new(),
            tier: ModelTier::Small,
            context_tokens: context_tokens(),
            prompt_micros_per_million: 0,
            completion_micros_per_million: 0,
            concurrency: concurrency(),
            per_minute: per_minute(),
            timeout_ms: timeout_ms(),
            rank: rank(),
            enabled: true,
            private: false,
            embeds: false,
            ca_pem: None,
            capabilities: None,
        }
    }
}

const fn context_tokens() -> u32 {
    8_192
}
const fn concurrency() -> u32 {
    4
}
const fn per_minute() -> u32 {
    60
}
const fn timeout_ms() -> u64 {
    60_000
}
const fn rank() -> u32 {
    100
}
const fn yes() -> bool {
    true
}

/// What an endpoint can do, as a probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capabilities {
    /// It sends answers piece by piece.
    pub streaming: bool,
    /// It keeps to a JSON Schema by itself; otherwise answers are mended and asked for again.
    pub json_schema: bool,
    /// It calls tools.
    pub tools: bool,
    /// It places texts.
    pub embeddings: bool,
}

/// A model to configure or to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewModel {
    /// Its name here: 1 to 64 letters, digits, dots, dashes and underscores, unique.
    pub name: String,
    /// What is known of it.
    pub settings: ModelSettings,
    /// The key. Absent when a model is changed, the stored one stays; empty, it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Secret>,
}

named_enum!(
    /// How a model stands on the server that answers.
    ModelState {
        /// It is asked.
        Ready = "ready",
        /// It failed too much and is left alone for a while.
        Resting = "resting",
        /// It is switched off.
        Disabled = "disabled",
        /// The weights of the local one are not here.
        Missing = "missing",
    }
);

/// A model as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelView {
    /// The model; absent for the one inside the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ModelId>,
    /// Its name here.
    pub name: String,
    /// What is known of it.
    pub settings: ModelSettings,
    /// Whether a key is stored.
    pub has_key: bool,
    /// How it stands.
    pub state: ModelState,
    /// When it was last changed; absent for the one inside the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// By whom, as people read it.
    pub updated_by: String,
    /// What its calls of the last thirty days took.
    pub usage: ModelUsage,
}

/// What a model's calls took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelUsage {
    /// Calls that were answered, from memory of earlier answers too.
    pub answered: u64,
    /// Of them, from memory.
    pub cached: u64,
    /// Calls that failed.
    pub failed: u64,
    /// What the answers took.
    pub total: Usage,
}

/// What a test of a model found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelTest {
    /// Whether it answered.
    pub ok: bool,
    /// What it said, or what went wrong.
    pub message: String,
    /// How long the answer took, in milliseconds.
    pub duration_ms: u64,
    /// What its endpoint can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
}

/// One recorded call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelCallView {
    /// When it began.
    pub at: Timestamp,
    /// The task that asked.
    pub task_id: TaskId,
    /// Its attempt.
    pub attempt_id: AttemptId,
    /// The model that was asked.
    pub model: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What it took.
    pub usage: Usage,
    /// Whether the answer was one that was given before.
    pub cached: bool,
    /// The code of what went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What was asked, shortened to 64 KiB.
    pub request: String,
    /// What it answered, shortened alike, or what went wrong.
    pub answer: String,
}

/// What the project may spend on models in a calendar month (UTC); an absent part has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ModelBudget {
    /// Tokens, read and written together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money, in millionths of the installation's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
}

/// The project's budget with what is spent of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelBudgetView {
    /// What may be spent in a month.
    pub budget: ModelBudget,
    /// Tokens of this month, what is reserved for running calls included.
    pub tokens: u64,
    /// Money of this month, alike, in millionths.
    pub cost_micros: u64,
}

/// All models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelList {
    /// The models in the order in which they are asked.
    pub items: Vec<ModelView>,
    /// The project's budget.
    pub budget: ModelBudgetView,
}
