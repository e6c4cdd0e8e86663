//! How approvals are shown and decided on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ApprovalId, EventSeq, ProjectId, RunId};
use crate::named::named_enum;
use crate::time::Timestamp;

/// The most characters of what somebody says to their verdict.
pub const MAXIMUM_COMMENT: usize = 2_000;

named_enum!(
    /// Where an approval is in its life.
    ApprovalState {
        /// Somebody has to decide on it.
        Open = "open",
        /// Somebody has agreed.
        Approved = "approved",
        /// Somebody has refused.
        Refused = "refused",
        /// Nobody has decided in time.
        Expired = "expired",
        /// It is not needed any more: the run was cancelled.
        Withdrawn = "withdrawn",
    }
);

/// An approval as lists and events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalSummary {
    /// Which one.
    pub id: ApprovalId,
    /// Its project.
    pub project_id: ProjectId,
    /// The run that asks.
    pub run: RunId,
    /// The run's workflow.
    pub workflow: String,
    /// Its version.
    pub version: u32,
    /// The step that waits for it.
    pub step: String,
    /// The try of the step, counted from 1.
    pub generation: u32,
    /// What is asked, one line for people: the step's message, or what it would do.
    pub title: String,
    /// What the step would do then: a skill, `workflow:NAME`, `decision`, `signal:NAME`, `wait:SPAN`; empty if it is only approved.
    pub uses: String,
    /// Where it is in its life.
    pub state: ApprovalState,
    /// Who asked for the run, as people read it; they may not decide.
    pub requested_by: String,
    /// Who began the run anew, if somebody did; they may not decide either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried_by: Option<String>,
    /// Who may decide: `role:operator` or a user's address; anybody but the requester when empty.
    pub who: Vec<String>,
    /// SHA-256 of exactly what is approved; whoever decides gives it back.
    pub hash: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Until when somebody may decide.
    pub expires_at: Timestamp,
    /// Who decided, as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When it was decided on, expired or was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An approval with what exactly it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalDetail {
    /// What lists show.
    pub summary: ApprovalSummary,
    /// What is approved: `step`, `uses`, its `input` or, of a `foreach`, `inputs`, and of a decision its `terms`, `question` and `options`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub subject: Value,
    /// Whether the one who looks may decide now.
    pub may_decide: bool,
    /// Why they may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// The last event that this takes into account; resume a subscription here.
    pub as_of: EventSeq,
}

/// What a list of approvals is filtered by. Filters add up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ApprovalFilter {
    /// Only open ones, or only those that are not open any more.
    pub open: Option<bool>,
    /// Only those of this run.
    pub run: Option<RunId>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}

/// What somebody decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApprovalVerdict {
    /// The hash of what they have seen.
    pub hash: String,
    /// What they say; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
