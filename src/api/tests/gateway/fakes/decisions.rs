//! How decisions answer in tests.

use async_trait::async_trait;
use baton_domain::id::DecisionId;
use baton_domain::page::Page;
use baton_domain::problem::Problem;
use baton_domain::services::{Answer, DecisionService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::decision::{
    CancelDecision, DecisionDetail, DecisionFilter, DecisionLab, DecisionSummary, DecisionVote, LabFilter, LaterVerdict, NewDecision,
    PersonVerdict, Retallied, RetallyChoice, StepDecision,
};
use serde_json::{Value, json};

use super::Fake;
use super::samples::{of, page};

fn decision() -> Value {
    json!({"id": "00000000-0000-0000-0000-000000000028", "project_id": "00000000-0000-0000-0000-000000000001",
        "question": "Is the customer content?", "state": "open", "stage": "balloting", "round": 1, "rule": "plurality", "voters": 3,
        "answered": 1, "asked": 3, "people": [], "anyone": false, "spent": {"tokens": 0, "cost": 0.0}, "created_by": "operator@example.com",
        "opened_at": "2026-01-31T08:30:00Z", "deadline": "2026-01-31T08:40:00Z"})
}

#[async_trait]
impl DecisionService for Fake {
    async fn open(&self, caller: &Caller, request: NewDecision, idempotency_key: Option<String>) -> Answer<DecisionSummary> {
        self.0.allowed(caller, Permission::Work, format!("open {:?} {idempotency_key:?}", request.question))?;
        Ok(of(decision()))
    }

    async fn open_step(&self, caller: &Caller, step: StepDecision, idempotency_key: Option<String>) -> Answer<DecisionSummary> {
        self.0.allowed(caller, Permission::Work, format!("open for a step {:?} {idempotency_key:?}", step.question))?;
        Ok(of(decision()))
    }

    async fn check_steps(&self, caller: &Caller, steps: Vec<StepDecision>) -> Answer<Vec<Option<Problem>>> {
        self.0.allowed(caller, Permission::Read, format!("check {} steps", steps.len()))?;
        Ok(vec![None; steps.len()])
    }

    async fn list(&self, caller: &Caller, filter: DecisionFilter) -> Answer<Page<DecisionSummary>> {
        self.0.allowed(caller, Permission::Read, format!("decisions {filter:?}"))?;
        Ok(page(decision()))
    }

    async fn decision(&self, caller: &Caller, id: DecisionId) -> Answer<DecisionDetail> {
        self.0.allowed(caller, Permission::Read, format!("decision {id}"))?;
        Ok(of(
            json!({"summary": decision(), "request": {"question": "Is the customer content?", "answers": {"kind": "free"}}, "voters": [],
            "quorum": 2, "requests": [], "choices": [], "left_out": 0, "disclosed": false, "drafts": [], "ballots": [], "arguments": {},
            "counts": [], "judge_words": [], "dissent": [], "story": [], "ignored": {}, "budget_spent": false, "as_of": 7}),
        ))
    }

    async fn vote(&self, caller: &Caller, id: DecisionId, vote: DecisionVote) -> Answer<DecisionSummary> {
        self.0.allowed(caller, Permission::Work, format!("vote {:?} in {id}", vote.says))?;
        Ok(of(decision()))
    }

    async fn answer(&self, caller: &Caller, id: DecisionId, verdict: PersonVerdict) -> Answer<DecisionSummary> {
        self.0.allowed(caller, Permission::Work, format!("answer {:?} to {id}", verdict.answer))?;
        Ok(of(decision()))
    }

    async fn cancel(&self, caller: &Caller, id: DecisionId, why: CancelDecision) -> Answer<DecisionSummary> {
        self.0.allowed(caller, Permission::Work, format!("cancel {id}, {:?}", why.reason))?;
        Ok(of(decision()))
    }

    async fn retally(&self, caller: &Caller, id: DecisionId, choice: RetallyChoice) -> Answer<Retallied> {
        self.0.allowed(caller, Permission::Read, format!("tally {:?} of {id}", choice.rule))?;
        let rule = json!({"rule": "borda", "order": [], "points": {}, "counted": 3, "abstained": 0, "complete": true, "differs": false});
        Ok(of(json!({"own": "plurality", "chosen": rule, "rules": [], "winners": {}, "disagrees": false})))
    }

    async fn judge_later(&self, caller: &Caller, id: DecisionId, verdict: LaterVerdict) -> Answer<DecisionSummary> {
        self.0.allowed(caller, Permission::Work, format!("judge {id} {:?}", verdict.key))?;
        Ok(of(decision()))
    }

    async fn lab(&self, caller: &Caller, filter: LabFilter) -> Answer<DecisionLab> {
        self.0.allowed(caller, Permission::Read, format!("lab {filter:?}"))?;
        Ok(of(json!({"judged": 0, "more": false, "rules": [], "voters": [], "decisions": [], "as_of": 7})))
    }
}
