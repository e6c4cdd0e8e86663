//! How Baton reads source code: the code analysis agent and its skills. Code is parsed, never run.

mod audit;
mod dependencies;
mod duplication;
mod engine;
mod explain;
mod lines;
mod measure;
mod own;
mod report;
mod rules;
mod sarif;
mod secrets;
mod skills;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_agents_syntax::{allowance, columns, files, guess, languages, shapes, source, tree};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use skills::{BEST_PRACTICES, DEPENDENCIES, EXPLAIN, METRICS, PERFORMANCE_REVIEW, SECRETS, SECURITY_AUDIT};
pub use source::MAXIMUM_BYTES;

/// Reads source code; only explaining needs a model, nothing needs the network.
#[derive(Debug, Clone)]
pub struct CodeAnalysis {
    /// How many attempts it takes at once.
    pub slots: u32,
    /// How long one file is read at most, and searched for secrets in own formats; what was found until then counts, and the result says so.
    pub file_time: Duration,
    /// A folder with rules that every review, and formats that every search for secrets, uses besides the shipped ones (TOML); read when they are used.
    pub rules: Option<PathBuf>,
    /// A folder with advisories (OSV, RustSec, or zip files of them) that lock files are held against besides those of the task; read when they are used.
    pub advisories: Option<PathBuf>,
}

impl Default for CodeAnalysis {
    fn default() -> Self {
        Self { slots: 2, file_time: allowance::FILE_TIME, rules: None, advisories: None }
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
            SECURITY_AUDIT => self.review(context, input, engine::rule::Kind::Security).await,
            PERFORMANCE_REVIEW => self.review(context, input, engine::rule::Kind::Performance).await,
            BEST_PRACTICES => self.review(context, input, engine::rule::Kind::Practice).await,
            DEPENDENCIES => dependencies::perform(context, input, self.advisories.clone()).await,
            EXPLAIN => explain::perform(context, input, self.file_time).await,
            SECRETS => secrets::perform(context, input, self.file_time, self.rules.clone()).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}

impl CodeAnalysis {
    async fn review(&self, context: Context, input: Value, kind: engine::rule::Kind) -> Result<Value, SkillError> {
        audit::perform(context, input, kind, self.file_time, self.rules.clone()).await
    }
}
