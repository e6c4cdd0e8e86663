//! What the documentation agent can do, as contracts.

mod render;

use baton_domain::agent::Skill;
use serde_json::{Value, json};

/// The skill that fills a template.
pub const RENDER: &str = "documentation.render";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![render::skill()]
}

/// The schema of a file that a skill wrote.
fn written(title: &str, order: u32) -> Value {
    json!({"type": "string", "format": "artifact", "x-render": "artifact", "title": title, "x-order": order})
}
