//! How do steps reach the decisions of this installation? The port of runs, over the service of decisions.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::DecisionId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, DecisionService};
use baton_domain::task::Budget;
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::decision::{CancelDecision, DecisionState, StepDecision};
use baton_workflow::run::Usage;
use serde_json::{Map, Value};

use crate::decisions::{DecisionDraft, DecisionEnd, DecisionOrder, Decisions, usage_of};

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

/// Has terms use no more than this: the least of what they state and what is given.
fn within(more: &mut Map<String, Value>, budget: Budget) {
    let stated = more.entry("budget").or_insert_with(|| Value::Object(Map::new()));
    // What is no budget is refused as such.
    let Some(stated) = stated.as_object_mut() else { return };
    let given = [("tokens", budget.tokens.map(Value::from)), ("cost", budget.cost.map(Value::from))];
    for (name, most) in given {
        let Some(most) = most else { continue };
        let less = |known: &Value| known.as_f64().zip(most.as_f64()).is_none_or(|(known, most)| known <= most);
        if !stated.get(name).is_some_and(|known| !known.is_null() && less(known)) {
            stated.insert(name.to_owned(), most);
        }
    }
}

#[async_trait]
impl Decisions for HeldDecisions {
    async fn open(&self, caller: &Caller, order: DecisionOrder) -> Answer<DecisionId> {
        let DecisionOrder { key, skill, input, question, options, voters, rule, quorum, deadline, mut more, budget, tasks, .. } = order;
        if let Some(budget) = budget {
            within(&mut more, budget);
        }
        let step = StepDecision { skill, input, question, options, voters, rule, quorum, deadline, more, tasks };
        Ok(self.0.open_step(caller, step, Some(key)).await?.id)
    }

    async fn check(&self, caller: &Caller, drafts: Vec<DecisionDraft>) -> Answer<Vec<Option<Problem>>> {
        let step = |draft: DecisionDraft| {
            let DecisionDraft { skill, question, options, voters, rule, quorum, deadline, more } = draft;
            let deadline = deadline.map(|deadline| Timestamp::from_millis(0).plus(deadline));
            StepDecision { skill, question, options, voters, rule, quorum, deadline, more, ..StepDecision::default() }
        };
        self.0.check_steps(caller, drafts.into_iter().map(step).collect()).await
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
        let detail = self.0.decision(caller, id).await?;
        // Voters, a judge and whoever writes an answer are asked by a task each.
        let tasks = detail.requests.iter().filter(|request| request.task_id.is_some()).count();
        Ok(Usage { tasks: u64::try_from(tasks).unwrap_or(u64::MAX), ..usage_of(detail.summary.spent) })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_budget_of_a_decision_is_the_least_of_what_is_stated_and_given() {
        for (stated, tokens, cost, expected) in [
            (json!({}), Some(70), None, json!({"budget": {"tokens": 70}})),
            (json!({"budget": {"tokens": 50}}), Some(70), Some(0.5), json!({"budget": {"tokens": 50, "cost": 0.5}})),
            (json!({"budget": {"tokens": 90, "cost": 0.25}}), Some(70), Some(0.5), json!({"budget": {"tokens": 70, "cost": 0.25}})),
            (json!({"budget": {"tokens": null}}), Some(70), None, json!({"budget": {"tokens": 70}})),
            (json!({"budget": "much"}), Some(70), None, json!({"budget": "much"})),
        ] {
            let mut more = stated.as_object().cloned().unwrap_or_default();
            within(&mut more, Budget { tokens, cost });
            assert_eq!(Value::Object(more), expected, "{stated}");
        }
    }
}
