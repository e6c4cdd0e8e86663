//! How Baton writes documents: the documentation agent and its skills.

mod api_docs;
mod changelog;
mod document;
mod files;
mod gallery;
mod limits;
mod markdown;
mod page;
mod pdf;
mod render;
mod report;
mod skills;
mod template;
mod writing;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use limits::{
    MAXIMUM_DATA_BYTES, MAXIMUM_OUTPUT_BYTES, MAXIMUM_PARTIALS, MAXIMUM_TAG_SQUARES, MAXIMUM_TEMPLATE_BYTES, MAXIMUM_TEMPLATE_CHARACTERS,
    TEMPLATE_DEPTH, TEMPLATE_FUEL,
};
pub use skills::{API_DOCS, CHANGELOG, DRAFT, RENDER, REPORT, REWRITE};

/// Writes documents.
#[derive(Debug, Clone, Copy)]
pub struct Documentation {
    /// How many attempts it takes at once.
    pub slots: u32,
}

impl Default for Documentation {
    fn default() -> Self {
        Self { slots: 2 }
    }
}

#[async_trait]
impl Agent for Documentation {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "documentation".to_owned(),
            title: "Documentation".to_owned(),
            description: "Writes documents: from templates, as reports, references of interfaces and changelogs.".to_owned(),
            family: Family::Documentation,
            skills: skills::all(),
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::up_to(4),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            API_DOCS => api_docs::perform(context, input).await,
            CHANGELOG => changelog::perform(context, input).await,
            DRAFT => writing::draft(context, input).await,
            REWRITE => writing::rewrite(context, input).await,
            RENDER => render::perform(context, input).await,
            REPORT => report::perform(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
