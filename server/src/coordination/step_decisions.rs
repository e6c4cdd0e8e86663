//! How do steps of workflows get their decisions? From the service that holds decisions, under their names for things.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::DecisionId;
use baton_domain::problem::Code;
use baton_domain::services::{Answer, DecisionService};
use baton_domain::user::Caller;
use baton_domain::wire::decision::{CancelDecision, DecisionState, DecisionSummary, StepDecision};
use baton_runs::{DecisionEnd, DecisionOrder, Decisions, Usage, usage_of};

/// The decisions of steps.
pub(super) struct StepDecisions {
    service: Arc<dyn DecisionService>,
}

impl StepDecisions {
    pub(super) fn new(service: Arc<dyn DecisionService>) -> Self {
        Self { service }
    }

    /// A verdict as a step's output.
    async fn verdict(&self, caller: &Caller, summary: DecisionSummary) -> Answer<DecisionEnd> {
        let id = summary.id;
        let Some(verdict) = summary.verdict else { return Ok(DecisionEnd::Canceled) };
        // In lists a long answer is left out.
        let answer = match verdict.answer {
            Some(answer) => Some(answer),
            None if verdict.answer_left_out => self.service.decision(caller, id).await?.summary.verdict.and_then(|verdict| verdict.answer),
            None => None,
        };
        Ok(DecisionEnd::Decided(answer.unwrap_or_default()))
    }
}

#[async_trait]
impl Decisions for StepDecisions {
    async fn open(&self, caller: &Caller, order: DecisionOrder) -> Answer<DecisionId> {
        let DecisionOrder { key, skill, input, question, options, voters, rule, quorum, deadline, more, .. } = order;
        let step = StepDecision { skill, input, question, options, voters, rule, quorum, deadline, more };
        Ok(self.service.open_step(caller, step, key).await?.id)
    }

    async fn end(&self, caller: &Caller, id: DecisionId) -> Answer<Option<DecisionEnd>> {
        let summary = self.service.decision(caller, id).await?.summary;
        Ok(match summary.state {
            DecisionState::Decided => Some(self.verdict(caller, summary).await?),
            DecisionState::Cancelled => Some(DecisionEnd::Canceled),
            DecisionState::Refused => {
                let why =
                    summary.verdict.map_or_else(|| "nothing".to_owned(), |verdict| verdict.missed.unwrap_or(verdict.why).replace('_', " "));
                let message = format!("The decision {id} came to no verdict: {why}.");
                Some(DecisionEnd::Failed { code: Code::DecisionRefused.as_str().to_owned(), message })
            }
            // People may still decide one that was escalated.
            _ => None,
        })
    }

    async fn used(&self, caller: &Caller, id: DecisionId) -> Answer<Usage> {
        Ok(usage_of(self.service.decision(caller, id).await?.summary.spent))
    }

    async fn cancel(&self, caller: &Caller, id: DecisionId) -> Answer<()> {
        let why = CancelDecision { reason: Some("The run that asked was cancelled.".to_owned()) };
        match self.service.cancel(caller, id, why).await {
            // One that has ended needs no end.
            Err(problem) if self.end(caller, id).await?.is_some() => {
                tracing::debug!(%problem, "a decision had ended before it was cancelled");
                Ok(())
            }
            answer => answer.map(drop),
        }
    }
}
