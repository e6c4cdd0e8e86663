//! How goals are planned and plans are shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::run::RunSummary;
use super::workflow::{WorkflowGraph, WorkflowProblem, WorkflowSummary};
use crate::id::{EventSeq, PlanId, ProjectId, RunId};
use crate::named::named_enum;
use crate::time::Timestamp;

/// The most characters of a goal.
pub const MAXIMUM_GOAL_CHARACTERS: usize = 4_000;
/// The most bytes of a goal's inputs, as JSON.
pub const MAXIMUM_PLAN_INPUT_BYTES: usize = 1 << 20;
/// The most characters of why a plan is refused.
pub const MAXIMUM_REASON_CHARACTERS: usize = 1_000;

named_enum!(
    /// Where a plan is in its life.
    PlanState {
        /// Somebody has to accept or refuse it.
        Proposed = "proposed",
        /// Its workflow is stored, and a run of it has begun.
        Accepted = "accepted",
        /// Nobody wants it.
        Refused = "refused",
    }
);

named_enum!(
    /// The kind of an input of a goal.
    PlanInputKind {
        /// A stored file, by its id; or a list of ids.
        Artifact = "artifact",
        /// A text.
        Text = "text",
        /// A number.
        Number = "number",
        /// Any JSON value.
        Json = "json",
        /// An address of the web.
        Url = "url",
        /// The name of a connection.
        Connection = "connection",
    }
);

/// An input of a goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanInput {
    /// What it is.
    pub kind: PlanInputKind,
    /// Its value; of an artifact its id.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub value: Value,
}

/// A goal to be planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// What is to be done, in plain words.
    pub goal: String,
    /// What it is done with, by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, PlanInput>,
    /// Whether a language model may plan what rules cannot. It is shown the goal, and of the inputs their names and kinds.
    #[serde(default)]
    pub use_model: bool,
    /// Whether another way is proposed by itself when a step of its run fails for good. Somebody has to accept that as well.
    #[serde(default)]
    pub replan: bool,
}

/// A plan as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanSummary {
    /// The plan.
    pub id: PlanId,
    /// Its project.
    pub project_id: ProjectId,
    /// The goal.
    pub goal: String,
    /// Where it is in its life.
    pub state: PlanState,
    /// The name of its workflow.
    pub workflow: String,
    /// How many steps it has.
    pub steps: u32,
    /// Whether a model made it.
    pub by_model: bool,
    /// Whether somebody has changed it.
    pub edited: bool,
    /// The run that began when it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The run that it goes on with, if it was made because a step failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RunId>,
    /// Whether another way is proposed by itself when a step of its run fails for good.
    #[serde(default)]
    pub replan: bool,
    /// The plan that was proposed by itself when its run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another_way: Option<PlanId>,
    /// Why none was, although it was to be looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_other_way: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_because: Option<String>,
    /// Grows with each change; an edit says which one it has seen.
    pub version: i64,
    /// When it was proposed.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom, as people read it.
    pub created_by: String,
}

/// How a part of a goal was understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanClause {
    /// The part, in the goal's words.
    pub clause: String,
    /// The skill that does it.
    pub skill: String,
    /// How well its words fit the skill's, beside the best that any skill reaches.
    pub score: f64,
    /// Other skills that fit.
    pub runners_up: Vec<PlanCandidate>,
    /// The rules that led here.
    pub rules: Vec<String>,
}

/// A skill that fits too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanCandidate {
    /// The skill.
    pub skill: String,
    /// How well.
    pub score: f64,
}

/// A plan with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanDetail {
    /// What lists show.
    pub summary: PlanSummary,
    /// What the goal was given.
    pub inputs: BTreeMap<String, PlanInput>,
    /// The document of its workflow.
    pub text: String,
    /// Its steps, laid out for drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<WorkflowGraph>,
    /// What is wrong with the document by now; empty if it can be accepted.
    pub problems: Vec<WorkflowProblem>,
    /// How the parts of the goal were understood; of what the plan was before it was edited.
    pub clauses: Vec<PlanClause>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// A change of a plan's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanEdit {
    /// The whole document.
    pub text: String,
    /// The version that the change stands on.
    pub seen_version: i64,
}

/// Why a plan is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PlanRefusal {
    /// In words.
    pub why: String,
}

/// What an accepted plan has become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanAccepted {
    /// The plan.
    pub plan: PlanSummary,
    /// Its workflow as it is stored.
    pub workflow: WorkflowSummary,
    /// The run that has begun.
    pub run: RunSummary,
}

/// A step that failed for good, to be done in another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReplan {
    /// The run.
    pub run: RunId,
    /// The step's id.
    pub step: String,
    /// Whether a language model may look for another way where rules know none. It is told names, kinds and codes, and nothing that steps gave.
    #[serde(default)]
    pub use_model: bool,
}

/// What a list of plans is filtered by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PlanFilter {
    /// Only this state.
    pub state: Option<PlanState>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}
