//! Which language models help with plans, and how are they asked? As everything else asks them: through a task, which has its budget, its record and its page.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::model::{ModelRequest, ModelTier, Role};
use baton_domain::services::{ModelService, TaskService};
use baton_domain::user::Caller;
use baton_domain::wire::model::{ModelState, ModelView};
use baton_domain::wire::task::NewTask;
use baton_planner::{Asks, Models};
use serde_json::{Value, json};

/// The skill that asks a model.
const ASK: &str = "prompt.answer";
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The least able model whose plans are worth a look.
const LEAST: ModelTier = ModelTier::Medium;

/// Models as plans see them.
pub(super) struct PlanningModels {
    models: Arc<dyn ModelService>,
    tasks: Arc<dyn TaskService>,
}

impl PlanningModels {
    pub(super) fn new(models: Arc<dyn ModelService>, tasks: Arc<dyn TaskService>) -> Self {
        Self { models, tasks }
    }
}

#[async_trait]
impl Models for PlanningModels {
    async fn best(&self, caller: &Caller) -> Option<ModelTier> {
        let list = self.models.list(caller).await.ok()?;
        // One that is switched off, missing, or that only places texts answers nobody.
        let answers = |model: &&ModelView| matches!(model.state, ModelState::Ready | ModelState::Resting) && !model.settings.embeds;
        list.items.iter().filter(answers).map(|model| model.settings.tier).max()
    }

    async fn asker(&self, caller: &Caller) -> Option<Box<dyn Asks>> {
        let able = self.best(caller).await.is_some_and(|tier| tier >= LEAST);
        able.then(|| Box::new(Asker { tasks: Arc::clone(&self.tasks), caller: caller.clone() }) as Box<dyn Asks>)
    }
}

struct Asker {
    tasks: Arc<dyn TaskService>,
    caller: Caller,
}

/// The request as the skill takes it: the first instructions, and the conversation after them as its input.
fn input(request: &ModelRequest) -> Value {
    let mut instructions = String::new();
    let mut rest = Vec::new();
    for message in &request.messages {
        match message.role {
            Role::System if rest.is_empty() => instructions.push_str(&message.content),
            role => rest.push((role, message.content.as_str())),
        }
    }
    let input = match rest.as_slice() {
        [(_, only)] => (*only).to_owned(),
        all => json!(all.iter().map(|(role, said)| json!({"by": role, "says": said})).collect::<Vec<_>>()).to_string(),
    };
    let mut asked = json!({
        "instructions": instructions, "input": input, "maximum_tokens": request.maximum_tokens, "temperature": request.temperature,
        "least": request.least,
    });
    if let (Some(schema), Some(asked)) = (&request.schema, asked.as_object_mut()) {
        asked.insert("schema".to_owned(), schema.clone());
    }
    asked
}

#[async_trait]
impl Asks for Asker {
    async fn ask(&self, request: ModelRequest) -> Result<String, String> {
        let task = NewTask { title: Some("A plan".to_owned()), ..NewTask::new(ASK, input(&request)) };
        let told = |problem: baton_domain::problem::Problem| format!("{} ({})", problem.detail, problem.code);
        let task = self.tasks.submit(&self.caller, task, None).await.map_err(told)?;
        let detail = self.tasks.get(&self.caller, task.id, Some(PATIENCE)).await.map_err(told)?;
        if let Some(result) = &detail.result {
            return Ok(result["text"].as_str().unwrap_or_default().to_owned());
        }
        if !detail.summary.state.is_terminal() {
            // Nobody waits for it any more.
            let _ = self.tasks.cancel(&self.caller, task.id).await;
            return Err(format!("no answer within {} s", PATIENCE.as_secs()));
        }
        Err(detail.summary.failure.map_or_else(|| format!("the question ended as {}", detail.summary.state), |failure| failure.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::model::Message;

    #[test]
    fn instructions_stay_apart_from_what_is_data() {
        let first = ModelRequest::new(vec![Message::system("Plan."), Message::user("a goal")]);
        let asked = input(&first);
        assert_eq!((asked["instructions"].as_str(), asked["input"].as_str()), (Some("Plan."), Some("a goal")));
        let repaired = ModelRequest::new(vec![Message::system("Plan."), Message::user("a goal"), Message::user("mend it")]);
        assert_eq!(input(&repaired)["input"], json!([{"by": "user", "says": "a goal"}, {"by": "user", "says": "mend it"}]).to_string());
    }
}
