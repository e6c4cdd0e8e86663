//! How Baton reads source code: the code analysis agent and its skills. Code is parsed, never run.

mod audit;
mod dependencies;
mod engine;
mod explain;
mod files;
mod guess;
mod languages;
mod lines;
mod measure;
mod report;
mod rules;
mod sarif;
mod secrets;
mod shapes;
mod skills;
mod source;
mod syntax;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use skills::{BEST_PRACTICES, DEPENDENCIES, EXPLAIN, METRICS, PERFORMANCE_REVIEW, SECRETS, SECURITY_AUDIT};
pub use source::MAXIMUM_BYTES;

/// Reads source code; only explaining needs a model, nothing needs the network.
#[derive(Debug, Clone, Copy)]
pub struct CodeAnalysis {
    /// How many attempts it takes at once.
    pub slots: u32,
}

impl Default for CodeAnalysis {
    fn default() -> Self {
        Self { slots: 2 }
    }
}

#[async_trait]
impl Agent for CodeAnalysis {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "code-analysis".to_owned(),
            title: "Code analysis".to_owned(),
            description: "Reads source files: functions, their complexity, and what should be looked at.".to_owned(),
            family: Family::CodeAnalysis,
            skills: skills::all(),
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::default(),
            cost_micros: 0,
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            METRICS => report::perform(context, input).await,
            SECURITY_AUDIT => audit::perform(context, input, engine::rule::Kind::Security).await,
            PERFORMANCE_REVIEW => audit::perform(context, input, engine::rule::Kind::Performance).await,
            BEST_PRACTICES => audit::perform(context, input, engine::rule::Kind::Practice).await,
            DEPENDENCIES => dependencies::perform(context, input).await,
            EXPLAIN => explain::perform(context, input).await,
            SECRETS => secrets::perform(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
