//! How Baton reads texts: the natural language agent and its skills.

mod analyze;
mod classify;
mod keywords;
mod language;
mod pieces;
mod rephrased;
mod sentences;
mod sentiment;
mod similar;
mod skills;
mod summary;
mod text;
mod translate;
mod words;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use analyze::ANALYZE;
pub use classify::CLASSIFY;
pub use similar::{NEAR_DUPLICATES, SIMILARITY};
pub use skills::{DETECT_LANGUAGE, KEYWORDS, SENTIMENT, SUMMARIZE};
pub use text::{MAXIMUM_FILE_BYTES, MAXIMUM_TEXT_CHARACTERS};
pub use translate::TRANSLATE;

/// Reads texts; needs no network, and a model only for translations, summaries in other words, and where the input asks for one.
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
            description: "Reads texts: language, parts, entities, sentiment, keywords, summaries, likeness, labels, translations."
                .to_owned(),
            family: Family::Nlp,
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
            DETECT_LANGUAGE => language::perform(context, input).await,
            SENTIMENT => sentiment::perform(context, input).await,
            KEYWORDS => keywords::perform(context, input).await,
            SUMMARIZE => summary::perform(context, input).await,
            ANALYZE => analyze::perform(context, input).await,
            SIMILARITY => similar::perform(context, input).await,
            NEAR_DUPLICATES => similar::duplicates::perform(context, input).await,
            CLASSIFY => classify::perform(context, input).await,
            TRANSLATE => translate::perform(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
