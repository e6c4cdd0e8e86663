//! How Baton reads source code: the code analysis agent and its skills. Code is parsed, never run.

mod audit;
mod dependencies;
mod duplication;
mod engine;
mod explain;
mod lines;
mod measure;
mod report;
mod rules;
mod sarif;
mod secrets;
mod skills;

use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_agents_syntax::{allowance, columns, files, guess, languages, shapes, source, tree};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use skills::{BEST_PRACTICES, DEPENDENCIES, EXPLAIN, METRICS, PERFORMANCE_REVIEW, SECRETS, SECURITY_AUDIT};
pub use source::MAXIMUM_BYTES;

/// Reads source code; only explaining needs a model, nothing needs the network.
#[derive(Debug, Clone, Copy)]
pub struct CodeAnalysis {
    /// How many attempts it takes at once.
    pub slots: u32,
    /// How long one file is read at most; what was found until then counts, and the result says so.
    pub file_time: Duration,
}

impl Default for CodeAnalysis {
    fn default() -> Self {
        Self { slots: 2, file_time: allowance::FILE_TIME }
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
            instances: InstanceRange::up_to(4),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            METRICS => report::perform(context, input, self.file_time).await,
            SECURITY_AUDIT => audit::perform(context, input, engine::rule::Kind::Security, self.file_time).await,
            PERFORMANCE_REVIEW => audit::perform(context, input, engine::rule::Kind::Performance, self.file_time).await,
            BEST_PRACTICES => audit::perform(context, input, engine::rule::Kind::Practice, self.file_time).await,
            DEPENDENCIES => dependencies::perform(context, input).await,
            EXPLAIN => explain::perform(context, input, self.file_time).await,
            SECRETS => secrets::perform(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
