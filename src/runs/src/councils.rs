//! How do steps reach the decisions of this installation? The port of runs, over the service of decisions.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::DecisionId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, DecisionService};
use baton_domain::user::Caller;
use baton_domain::wire::decision::{CancelDecision, DecisionState, StepDecision};
use baton_workflow::run::Usage;

use crate::decisions::{DecisionEnd, DecisionOrder, Decisions, usage_of};

/// Decisions of steps, held by the service of decisions.
#[derive(Clone)]
pub struct HeldDecisions(Arc<dyn DecisionService>);

impl HeldDecisions {
    /// The port over a service.
    #[must_use]
    pub fn new(service: Arc<dyn DecisionService>) -> Self {
        Self(service)
    }
}

impl std::fmt::Debug for HeldDecisions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeldDecisions")
    }
}

#[async_trait]
impl Decisions for HeldDecisions {
    async fn open(&self, caller: &Caller, order: DecisionOrder) -> Answer<DecisionId> {
        let DecisionOrder { key, skill, input, question, options, voters, rule, quorum, deadline, more, .. } = order;
        let step = StepDecision { skill, input, question, options, voters, rule, quorum, deadline, more };
        Ok(self.0.open_step(caller, step, key).await?.id)
    }

    async fn end(&self, caller: &Caller, id: DecisionId) -> Answer<Option<DecisionEnd>> {
        let detail = self.0.decision(caller, id).await?;
        let summary = detail.summary;
        if !summary.state.is_ended() {
            return Ok(None);
        }
        let Some(verdict) = summary.verdict else {
            return Err(Problem::new(Code::Internal, format!("The decision {id} has ended without saying how.")));
        };
        Ok(Some(match summary.state {
            DecisionState::Cancelled => DecisionEnd::Canceled,
            // Where a skill's results are decided on, the step gives what the skill gives: expressions were checked against that.
            DecisionState::Decided if detail.request.task.is_some() => DecisionEnd::Decided(verdict.answer.unwrap_or_default()),
            DecisionState::Decided => {
                DecisionEnd::Decided(serde_json::to_value(&verdict).map_err(|error| Problem::new(Code::Internal, error.to_string()))?)
            }
            _ => {
                let missed = verdict.missed.as_deref().map_or_else(String::new, |missed| format!(", {missed}"));
                let message = format!("no verdict came about: {}{missed}", verdict.why);
                DecisionEnd::Failed { code: Code::DecisionRefused.as_str().to_owned(), message }
            }
        }))
    }

    async fn used(&self, caller: &Caller, id: DecisionId) -> Answer<Usage> {
        Ok(usage_of(self.0.decision(caller, id).await?.summary.spent))
    }

    async fn cancel(&self, caller: &Caller, id: DecisionId) -> Answer<()> {
        let why = CancelDecision { reason: Some("the step that asked was stopped".to_owned()) };
        match self.0.cancel(caller, id, why).await {
            Ok(_) => Ok(()),
            // It has ended otherwise, and tells so.
            Err(problem) if problem.is(Code::DecisionEnded) => Ok(()),
            Err(problem) => Err(problem),
        }
    }
}
