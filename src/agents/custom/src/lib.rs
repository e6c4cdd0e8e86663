//! Which agents are made of words? [`Prompt`]: instructions, an input, a model, and the shape of the answer; and [`Operations`], which
//! explains Baton's own work.

mod answer;
mod contract;
mod operations;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use contract::{ANSWER, MAXIMUM_INPUT_CHARACTERS, MAXIMUM_INSTRUCTIONS_CHARACTERS, MAXIMUM_SAMPLES};
pub use operations::Operations;

/// Asks a language model what it is told to ask.
#[derive(Debug, Clone, Copy)]
pub struct Prompt {
    /// How many attempts it takes at once; they mostly wait.
    pub slots: u32,
}

impl Default for Prompt {
    fn default() -> Self {
        Self { slots: 16 }
    }
}

#[async_trait]
impl Agent for Prompt {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "prompt".to_owned(),
            title: "Prompt".to_owned(),
            description: "Asks a language model: instructions, an input, and the shape that the answer must have.".to_owned(),
            family: Family::Custom,
            skills: vec![contract::answer()],
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::default(),
            cost_micros: 0,
            // Of its one skill.
            version: contract::VERSION.to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            ANSWER => answer::perform(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
