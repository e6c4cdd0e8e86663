//! How two runs are shown side by side.

use serde::{Deserialize, Serialize};

use super::run::RunSummary;
use crate::id::{EventSeq, RunId};
use crate::named::named_enum;

/// With which run one is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DiffQuery {
    /// The other run.
    pub with: RunId,
}

named_enum!(
    /// What differs first in a step of two runs.
    DiffKind {
        /// Only the first run did the step.
        OnlyLeft = "only_left",
        /// Only the second run did it.
        OnlyRight = "only_right",
        /// It waited for other steps.
        After = "after",
        /// It was given something else.
        Input = "input",
        /// A call went to another model, tool or skill.
        Callee = "callee",
        /// A call asked something else.
        Request = "request",
        /// A call asked the same, and the answer was another.
        Answer = "answer",
        /// One run made more calls.
        Calls = "calls",
        /// All calls were the same, and something else came of it.
        Outcome = "outcome",
    }
);

/// A place where two runs differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffPlace {
    /// Where, as a JSON Pointer (RFC 6901), in what differs.
    pub pointer: String,
    /// What the first run has there, as JSON; cut if it is long, absent if there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// What the second run has there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
}

/// A step at which two runs part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunDivergence {
    /// The step, with the way through lists and runs of other workflows: `draft/2/review`.
    pub step: String,
    /// What differs first in it.
    pub what: DiffKind,
    /// Which call of the step, from 0, if it is a call that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<u32>,
    /// What the first run has, in words, where that is known without its content: whom it called, how many calls it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// What the second run has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    /// Where the two differ, the first 50 places; empty if what differs is not at hand.
    pub places: Vec<DiffPlace>,
}

/// Two runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunDiff {
    /// The first run.
    pub left: RunSummary,
    /// The second run.
    pub right: RunSummary,
    /// Where they part first; absent if they did the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<RunDivergence>,
    /// Other steps that differ and waited for none that does: changes of their own. The first 100.
    pub further: Vec<String>,
    /// How many steps differ in all, those that follow from others included.
    pub differing: u32,
    /// How many steps are the same.
    pub same: u32,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}
