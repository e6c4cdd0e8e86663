//! Which agent helps to operate Baton? [`Operations`]: says why a task failed, and which skill fits what somebody wants done.

mod analysis;
mod choice;
mod contract;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use baton_domain::problem::Code;
use baton_domain::wire::assistance::{CHOOSE_SKILL, TASK_ANALYSIS};
use serde_json::Value;

/// Looks at Baton's own work.
#[derive(Debug, Clone, Copy)]
pub struct Operations {
    /// How many attempts it takes at once; they mostly wait for a model.
    pub slots: u32,
}

impl Default for Operations {
    fn default() -> Self {
        Self { slots: 8 }
    }
}

#[async_trait]
impl Agent for Operations {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "operations".to_owned(),
            title: "Operations".to_owned(),
            description: "Looks at Baton's own work: why a task failed, and which skill fits what somebody wants done.".to_owned(),
            family: Family::Custom,
            skills: vec![contract::task_analysis(), contract::choose_skill()],
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::default(),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            TASK_ANALYSIS => analysis::perform(context, input).await,
            CHOOSE_SKILL => choice::perform(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}

/// Whether an error only says that no model is there that could be asked.
fn no_model(error: &SkillError) -> bool {
    [Code::ModelUnavailable, Code::ModelTooSmall].iter().any(|code| code.as_str() == error.code)
}
