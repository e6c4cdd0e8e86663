//! What the documentation agent can do, as contracts.

mod api_docs;
mod changelog;
mod render;
mod report;
mod writing;

use baton_domain::agent::Skill;
use serde_json::{Value, json};

/// The skill that fills a template.
pub const RENDER: &str = "documentation.render";

/// The skill that puts a report together.
pub const REPORT: &str = "documentation.report";

/// The skill that writes the reference of an interface.
pub const API_DOCS: &str = "documentation.api_docs";
/// The skill that makes a changelog of a git log.
pub const CHANGELOG: &str = "documentation.changelog";

/// The skill that writes a first version of a text.
pub const DRAFT: &str = "documentation.draft";
/// The skill that writes a text anew.
pub const REWRITE: &str = "documentation.rewrite";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![render::skill(), report::skill(), api_docs::skill(), changelog::skill(), writing::draft(), writing::rewrite()]
}

/// The schema of a file that a skill wrote.
fn written(title: &str, order: u32) -> Value {
    json!({"type": "string", "format": "artifact", "x-render": "artifact", "title": title, "x-order": order})
}
