//! How recordings and replays of runs are shown.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::RunId;
use crate::named::named_enum;

/// The most steps of a recording that are shown at once; a larger one is replayed, and not shown.
pub const MAXIMUM_SHOWN_STEPS: usize = 10_000;
/// The most bytes of a recording that are shown at once, as JSON.
pub const MAXIMUM_SHOWN_RECORDING_BYTES: usize = 32 << 20;
/// How much of what was taken from a recording is named.
pub const MAXIMUM_TAKEN: usize = 200;

named_enum!(
    /// What was called.
    RecordedCallKind {
        /// A language model.
        Model = "model",
        /// A model that places texts.
        Embedding = "embedding",
        /// A tool: an outside API, a decision, a signal, or the store of files.
        Tool = "tool",
        /// Another skill.
        Skill = "skill",
    }
);

/// A call with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordedCallView {
    /// What was called.
    pub kind: RecordedCallKind,
    /// The model, tool or skill.
    pub name: String,
    /// The SHA-256 of the request in its canonical form (RFC 8785), in hexadecimal.
    pub request_hash: String,
    /// The same of the answer.
    pub answer_hash: String,
    /// The request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub request: Option<Value>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub answer: Option<Value>,
}

/// A step of a recording, with its calls in the order in which it made them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordedStepView {
    /// Which one: `rate`, an item `rate[3]`, a step of a run that a step began `translate/fetch`.
    pub path: String,
    /// The steps that it waited for.
    pub after: Vec<String>,
    /// The SHA-256 of what it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_hash: Option<String>,
    /// What it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub input: Option<Value>,
    /// Its calls.
    pub calls: Vec<RecordedCallView>,
    /// The SHA-256 of what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_hash: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub outcome: Option<Value>,
}

/// What was recorded of a run: two runs of the same have the same steps. Identifiers and instants that differ from run to run are rewritten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunRecording {
    /// The run.
    pub run: RunId,
    /// The workflow's name.
    pub workflow: String,
    /// Its version.
    pub version: u32,
    /// The steps, in the order in which they began.
    pub steps: Vec<RecordedStepView>,
}

named_enum!(
    /// What a replay took from the recording instead of doing it again.
    TakenKind {
        /// A task that reaches outside, or whose agent this program does not have.
        Tool = "tool",
        /// What voters decided.
        Decision = "decision",
        /// What somebody agreed to or refused.
        Approval = "approval",
        /// A signal that came.
        Signal = "signal",
        /// A time that ran out.
        Timer = "timer",
        /// A step that a fork took over from the run that it comes from, or that was given what it gives.
        Copied = "copied",
        /// What people did with the run: paused, resumed, cancelled or began it anew.
        Control = "control",
    }
);

/// Something that a replay took from the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Taken {
    /// The step; empty for the run itself.
    pub step: String,
    /// What it was.
    pub kind: TakenKind,
    /// Why it is not done again, or what it was.
    pub why: String,
}

/// A place where two documents differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DifferenceView {
    /// Where, as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What was recorded there, as JSON, cut if it is long; absent if nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// Where a replay parts from the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayDivergence {
    /// The step.
    pub step: String,
    /// `REPLAY-001` to `REPLAY-003`.
    pub code: String,
    /// What differs first in it, in plain words.
    pub message: String,
    /// Where the two sides differ.
    pub differences: Vec<DifferenceView>,
}

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayReport {
    /// The run.
    pub run: RunId,
    /// The workflow's name.
    pub workflow: String,
    /// Its version.
    pub version: u32,
    /// Whether all of it came to the same, byte for byte.
    pub equal: bool,
    /// Steps and items gone through, those of runs that steps began included.
    pub steps: u64,
    /// Tasks whose agents did their work again.
    pub rehearsed: u64,
    /// Their calls that were answered from the recording.
    pub calls: u64,
    /// How much was taken from the recording instead of being done again.
    pub taken_count: u64,
    /// What it was; at most 200.
    pub taken: Vec<Taken>,
    /// Where the replay parts from the recording first, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence: Option<ReplayDivergence>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}
