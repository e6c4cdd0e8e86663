//! What does a workflow say, does it hold together, and what does its run do next? All of it as pure functions.
//!
//! Nothing here reads a clock, a database or the network, and all of it builds for the browser too, so that an editor can check a document as one
//! types.
//!
//! - `source`: YAML and JSON with places and within bounds
//! - `document`: what a document says, as types
//! - `expression`: `${{ … }}`, its types and its values
//! - `validate`: whether a document holds together, against a catalogue of skills and workflows
//! - `run`: the state machine: what happened → what is to be done
//! - `view`: the graph of a workflow, laid out for drawing

pub mod document;
pub mod expression;
mod graph;
mod problem;
pub mod run;

mod source;
pub mod validate;
pub mod view;

pub use document::{Workflow, parse};
pub use graph::Graph;
pub use problem::{DocumentProblem, MAXIMUM_PROBLEMS, Position};
pub use run::{Command, Effects, Fact, Plan, Run, Start};
/// What the text of a document holds, as JSON, whether it makes a workflow or not.
///
/// # Errors
/// Why it is neither YAML nor JSON.
pub fn to_json(text: &str) -> Result<serde_json::Value, DocumentProblem> {
    source::read(text).map(|node| node.to_json())
}

pub use source::{MAXIMUM_BYTES, MAXIMUM_DEPTH, MAXIMUM_NODES, MAXIMUM_UNFOLDED_BYTES};
pub use validate::{Catalogue, Interface, Known, output_schema, validate};
