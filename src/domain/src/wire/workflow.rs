//! How workflows are stored and shown: documents, what is wrong with them, and their graphs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::EventSeq;
use crate::time::Timestamp;

/// The most bytes of a document.
pub const MAXIMUM_DOCUMENT_BYTES: usize = 1 << 20;
/// The most workflows of a project.
pub const MAXIMUM_WORKFLOWS: u32 = 1_000;

/// A document to be checked, without storing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkflowDraft {
    /// The document, YAML or JSON.
    pub text: String,
}

/// A document to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWorkflow {
    /// The document, YAML or JSON. Its `name` is the workflow's.
    pub text: String,
    /// The name that the document must have, for whoever changes a certain workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version that the change stands on, 0 for a workflow that is to be new; it is refused if there is a newer one. Whatever is newest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_version: Option<u32>,
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowProblem {
    /// The stable code, explained in `docs/errors`.
    pub code: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1, in characters.
    pub column: u32,
    /// The value that it is about, as a JSON Pointer: `/steps/extract/with/file`.
    pub path: String,
    /// What is wrong, without full stop.
    pub message: String,
    /// What to do, a sentence.
    pub advice: String,
}

/// What a document says and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowCheck {
    /// Everything that is wrong, in the order of the document, at most 100; empty if it can be stored.
    pub problems: Vec<WorkflowProblem>,
    /// Its name; absent, as all that follows, if the document cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The newest version that is stored under this name; 0 if there is none.
    #[serde(default)]
    pub newest: u32,
    /// SHA-256 of what it says, whatever its notation and comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Its steps, laid out for drawing; absent if they need one another in a circle, or one that does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<WorkflowGraph>,
    /// The JSON Schema of what a run is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub input_schema: Option<Value>,
    /// The JSON Schema of what a run gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub output_schema: Option<Value>,
}

/// A graph with places.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowGraph {
    /// The steps, in the order of the document.
    pub nodes: Vec<WorkflowNode>,
    /// What comes before what.
    pub edges: Vec<WorkflowEdge>,
    /// How many layers there are.
    pub layers: u32,
    /// How many places the widest layer has.
    pub width: f64,
    /// How many pairs of edges cross.
    pub crossings: u64,
}

/// A step of a graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowNode {
    /// Its id.
    pub id: String,
    /// What people read: its title, or its id.
    pub label: String,
    /// `skill`, `workflow`, `decide`, `signal`, `delay` or `approve`.
    pub kind: String,
    /// The skill or workflow that it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<String>,
    /// Whether it goes through a list.
    pub foreach: bool,
    /// Whether somebody has to agree first.
    pub approve: bool,
    /// Whether it has a condition.
    pub conditional: bool,
    /// Its layer, from 0.
    pub layer: u32,
    /// Its middle within the layer: neighbours are at least 1 apart, and the leftmost of all is at 0.
    pub x: f64,
}

/// What leads from one step to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowEdge {
    /// The step that comes first, by its place among the nodes.
    pub from: u32,
    /// The one that comes after.
    pub to: u32,
    /// Whether it is followed only when the first fails.
    pub on_failure: bool,
    /// Whether other edges say the same, so that it need not be drawn.
    pub implied: bool,
    /// Where it passes each layer, both ends included.
    pub points: Vec<GraphPoint>,
}

/// A place of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GraphPoint {
    /// The layer, from 0.
    pub layer: u32,
    /// The place within the layer.
    pub x: f64,
}

/// A version of a workflow as lists and events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowSummary {
    /// By what it is known in its project.
    pub name: String,
    /// Counted from 1.
    pub version: u32,
    /// What people read: its title, or its name.
    pub title: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How many steps it has.
    pub steps: u32,
    /// SHA-256 of what it says, whatever its notation and comments.
    pub hash: String,
    /// When this version was stored.
    pub created_at: Timestamp,
    /// By whom, as people read it.
    pub created_by: String,
    /// Whether it was taken out of use.
    pub retired: bool,
}

/// A version of a workflow with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowDetail {
    /// What lists show.
    pub summary: WorkflowSummary,
    /// The newest version.
    pub newest: u32,
    /// The document as it was written.
    pub text: String,
    /// Its steps, laid out for drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<WorkflowGraph>,
    /// The JSON Schema of what a run is given.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input_schema: Value,
    /// The JSON Schema of what a run gives.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub output_schema: Value,
    /// The workflows that it uses.
    #[serde(default)]
    pub uses: Vec<String>,
    /// What is wrong with it by now, with the skills and workflows there are today.
    pub problems: Vec<WorkflowProblem>,
    /// The last event that this takes into account; resume a subscription here.
    pub as_of: EventSeq,
}

/// A part of the list of workflows, or of the versions of one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WorkflowFilter {
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}
