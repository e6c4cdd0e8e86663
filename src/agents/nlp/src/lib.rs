//! How Baton reads texts: the natural language agent and its skills.

mod keywords;
mod language;
mod sentences;
mod sentiment;
mod skills;
mod summary;
mod text;
mod words;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use skills::{DETECT_LANGUAGE, KEYWORDS, SENTIMENT, SUMMARIZE};
pub use text::{MAXIMUM_FILE_BYTES, MAXIMUM_TEXT_CHARACTERS};

/// Reads texts; needs no model and no network.
#[derive(Debug, Clone, Copy)]
pub struct Nlp {
    /// How many attempts it takes at once.
    pub slots: u32,
}

impl Default for Nlp {
    fn default() -> Self {
        Self { slots: 4 }
    }
}

#[async_trait]
impl Agent for Nlp {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "nlp".to_owned(),
            title: "Natural language".to_owned(),
            description: "Reads texts: language, sentiment, keywords, summaries.".to_owned(),
            family: Family::Nlp,
            skills: skills::all(),
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::default(),
            cost_micros: 0,
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            DETECT_LANGUAGE => language::perform(context, input).await,
            SENTIMENT => sentiment::perform(context, input).await,
            KEYWORDS => keywords::perform(context, input).await,
            SUMMARIZE => summary::perform(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
