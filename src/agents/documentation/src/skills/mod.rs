//! What the documentation agent can do, as contracts.

mod render;
mod report;

use baton_domain::agent::Skill;
use serde_json::{Value, json};

/// The skill that fills a template.
pub const RENDER: &str = "documentation.render";

/// The skill that puts a report together.
pub const REPORT: &str = "documentation.report";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![render::skill(), report::skill()]
}

/// The schema of a file that a skill wrote.
fn written(title: &str, order: u32) -> Value {
    json!({"type": "string", "format": "artifact", "x-render": "artifact", "title": title, "x-order": order})
}
