//! Where do two runs part? Their recordings side by side, as people are shown them.

use baton_domain::id::{EventSeq, RunId};
use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::run::{DiffKind, DiffPlace, RunDiff, RunDivergence, RunSummary};
use baton_negotiation::replay::{CallKind, Comparison, Divergence, What, compare};
use baton_storage::JournalKind;

use super::Replays;
use crate::record::{broken, journal};
use crate::runs::no_such_run;

impl Replays {
    /// Compares two runs that have ended, step by step, with every call of them: the first one on the left.
    ///
    /// # Errors
    /// `WORKFLOW-041` for either, `REPLAY-005` beyond the bounds, `REPLAY-006`, `REPLAY-007` while one goes on, `REPLAY-008` if something of them is not kept any
    /// more; those of storage.
    pub(crate) async fn compare_runs(&self, caller: &Caller, left: RunId, right: RunId) -> Answer<RunDiff> {
        caller.require(Permission::Read)?;
        let (first, as_of) = self.summary_for(caller, left).await?;
        let (second, _) = self.summary_for(caller, right).await?;
        let _turn = self.comparing.acquire().await.map_err(broken)?;
        let one = self.record(left).await?;
        let other = self.record(right).await?;
        // It is work of one core, for as long as there are steps.
        let compared = tokio::task::spawn_blocking(move || compare(&one, &other)).await;
        let compared = compared.map_err(|error| broken(format!("the comparison was broken off: {error}")))??;
        Ok(shown(first, second, compared, as_of))
    }

    /// A run of the caller's project.
    ///
    /// # Errors
    /// `WORKFLOW-041`, also for one of another project, whatever its state; those of storage.
    pub(super) async fn summary_for(&self, caller: &Caller, id: RunId) -> Result<(RunSummary, EventSeq), Problem> {
        let found = self.parts.journals.journal(journal(id)).await?;
        let found = found.filter(|(head, _)| head.project == caller.project && head.kind == JournalKind::Run);
        let (head, as_of) = found.ok_or_else(|| no_such_run(id))?;
        Ok((serde_json::from_value(head.summary).map_err(broken)?, as_of))
    }
}

fn shown(left: RunSummary, right: RunSummary, compared: Comparison, as_of: EventSeq) -> RunDiff {
    let Comparison { first, further, differing, same } = compared;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    RunDiff { left, right, first: first.map(divergence), further, differing: count(differing), same: count(same), as_of }
}

fn divergence(found: Divergence) -> RunDivergence {
    let Divergence { step, what, differences } = found;
    let callee = |(kind, name): (CallKind, String)| {
        let kind = match kind {
            CallKind::Model => "the model",
            CallKind::Embedding => "the model for texts",
            CallKind::Tool => "the tool",
            CallKind::Skill => "the skill",
        };
        format!("{kind} {name}")
    };
    let (what, call, left, right) = match what {
        What::Step { only_right: false } => (DiffKind::OnlyLeft, None, None, None),
        What::Step { only_right: true } => (DiffKind::OnlyRight, None, None, None),
        What::After => (DiffKind::After, None, None, None),
        What::Input => (DiffKind::Input, None, None, None),
        What::Callee { call, left, right } => (DiffKind::Callee, Some(call), Some(callee(left)), Some(callee(right))),
        What::Request { call } => (DiffKind::Request, Some(call), None, None),
        What::Answer { call } => (DiffKind::Answer, Some(call), None, None),
        What::Calls { left, right } => (DiffKind::Calls, None, Some(format!("{left} calls")), Some(format!("{right} calls"))),
        What::Outcome => (DiffKind::Outcome, None, None, None),
    };
    let places = differences.into_iter().map(|place| DiffPlace { pointer: place.pointer, left: place.left, right: place.right });
    RunDivergence { step, what, call: call.and_then(|call| u32::try_from(call).ok()), left, right, places: places.collect() }
}

#[cfg(test)]
mod tests {
    use baton_negotiation::replay::{Call, Recording, Step};
    use serde_json::json;

    use super::*;

    fn step(calls: Vec<Call>) -> Recording {
        let step = Step { path: "rate".into(), after: Vec::new(), input_hash: None, input: None, calls, outcome_hash: None, outcome: None };
        Recording { steps: vec![step] }
    }

    #[test]
    fn both_sides_are_said_in_words_where_no_content_differs() {
        let call = |kind, name: &str| Call::new(kind, name, json!({}), json!({})).unwrap();
        let first = |left: Vec<Call>, right: Vec<Call>| divergence(compare(&step(left), &step(right)).unwrap().first.unwrap());
        let found = first(vec![call(CallKind::Model, "a")], vec![call(CallKind::Skill, "nlp.sentiment")]);
        assert_eq!((found.what, found.call), (DiffKind::Callee, Some(0)));
        assert_eq!((found.left.as_deref(), found.right.as_deref()), (Some("the model a"), Some("the skill nlp.sentiment")));
        let found = first(vec![], vec![call(CallKind::Tool, "a"), call(CallKind::Embedding, "b")]);
        assert_eq!((found.what, found.left.as_deref(), found.right.as_deref()), (DiffKind::Calls, Some("0 calls"), Some("2 calls")));
        let other = Call::new(CallKind::Model, "a", json!({"n": [1]}), json!({})).unwrap();
        let found = first(vec![Call::new(CallKind::Model, "a", json!({"n": [2]}), json!({})).unwrap()], vec![other]);
        assert_eq!(found.what, DiffKind::Request);
        assert_eq!(found.places, [DiffPlace { pointer: "/n/0".into(), left: Some("2".into()), right: Some("1".into()) }]);
    }
}
