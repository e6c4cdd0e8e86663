//! How workflows, their runs and approvals answer in tests.

use async_trait::async_trait;
use baton_domain::id::{ApprovalId, PlanId, RunId};
use baton_domain::page::Page;
use baton_domain::services::{Answer, ApprovalService, PlanService, RunService, WorkflowService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::approval::{ApprovalDetail, ApprovalFilter, ApprovalSummary, ApprovalVerdict};
use baton_domain::wire::plan::{NewPlan, NewReplan, PlanAccepted, PlanDetail, PlanEdit, PlanFilter, PlanRefusal, PlanSummary};
use baton_domain::wire::run::{ForkDraft, ItemFilter, ItemView, NewFork, NewRun, NewSignal, RunDetail, RunFilter, RunRetry, RunSummary};
use baton_domain::wire::workflow::{NewWorkflow, WorkflowCheck, WorkflowDetail, WorkflowDraft, WorkflowFilter, WorkflowSummary};
use serde_json::{Value, json};

use super::Fake;
use super::samples::{of, page};

fn workflow() -> Value {
    json!({"name": "moods", "version": 1, "title": "Moods", "description": null, "steps": 1, "hash": "ab", "created_at": "2026-01-31T08:30:00Z",
        "created_by": "operator@example.com", "retired": false})
}

pub(super) fn run() -> Value {
    json!({"id": "00000000-0000-0000-0000-000000000028", "project_id": "00000000-0000-0000-0000-000000000001", "workflow": "moods", "version": 1,
        "title": "Moods", "state": "running", "generation": 1, "steps": {"total": 1, "ended": 0, "running": 1, "approving": 0, "failed": 0},
        "tasks": 1, "tokens": 0, "cost": 0.0, "created_at": "2026-01-31T08:30:00Z", "updated_at": "2026-01-31T08:30:00Z",
        "created_by": "operator@example.com"})
}

fn approval() -> Value {
    json!({"id": "00000000-0000-0000-0000-000000000028", "project_id": "00000000-0000-0000-0000-000000000001",
        "run": "00000000-0000-0000-0000-000000000029", "workflow": "moods", "version": 1, "step": "send", "generation": 1, "title": "Send it?",
        "uses": "web_automation.api_send", "state": "open", "requested_by": "operator@example.com", "who": [], "hash": "ab",
        "asked_at": "2026-01-31T08:30:00Z", "expires_at": "2026-02-01T08:30:00Z"})
}

#[async_trait]
impl WorkflowService for Fake {
    async fn check(&self, caller: &Caller, draft: WorkflowDraft) -> Answer<WorkflowCheck> {
        self.0.allowed(caller, Permission::Read, format!("check {} bytes", draft.text.len()))?;
        Ok(of(json!({"problems": [], "newest": 0})))
    }

    async fn store(&self, caller: &Caller, workflow: NewWorkflow) -> Answer<WorkflowSummary> {
        self.0.allowed(caller, Permission::Work, format!("store {} bytes", workflow.text.len()))?;
        Ok(of(self::workflow()))
    }

    async fn list(&self, caller: &Caller, filter: WorkflowFilter) -> Answer<Page<WorkflowSummary>> {
        self.0.allowed(caller, Permission::Read, format!("workflows {filter:?}"))?;
        Ok(page(workflow()))
    }

    async fn workflow(&self, caller: &Caller, name: &str, version: Option<u32>) -> Answer<WorkflowDetail> {
        self.0.allowed(caller, Permission::Read, format!("workflow {name} {version:?}"))?;
        Ok(of(json!({"summary": workflow(), "newest": 1, "text": "name: moods", "input_schema": {}, "output_schema": {}, "uses": [],
            "problems": [], "as_of": 7})))
    }

    async fn versions(&self, caller: &Caller, name: &str, filter: WorkflowFilter) -> Answer<Page<WorkflowSummary>> {
        self.0.allowed(caller, Permission::Read, format!("versions of {name} {filter:?}"))?;
        Ok(page(workflow()))
    }

    async fn retire(&self, caller: &Caller, name: &str) -> Answer<()> {
        self.0.allowed(caller, Permission::Operate, format!("retire {name}"))
    }
}

#[async_trait]
impl RunService for Fake {
    async fn start(&self, caller: &Caller, run: NewRun, idempotency_key: Option<String>) -> Answer<RunSummary> {
        self.0.allowed(caller, Permission::Work, format!("run {} {idempotency_key:?}", run.workflow))?;
        Ok(of(self::run()))
    }

    async fn list(&self, caller: &Caller, filter: RunFilter) -> Answer<Page<RunSummary>> {
        self.0.allowed(caller, Permission::Read, format!("runs {filter:?}"))?;
        Ok(page(run()))
    }

    async fn run(&self, caller: &Caller, id: RunId) -> Answer<RunDetail> {
        self.0.allowed(caller, Permission::Read, format!("run {id}"))?;
        Ok(of(json!({"summary": run(), "input": {}, "steps": [], "signals": [], "as_of": 7})))
    }

    async fn items(&self, caller: &Caller, id: RunId, step: &str, filter: ItemFilter) -> Answer<Page<ItemView>> {
        self.0.allowed(caller, Permission::Read, format!("items of {step} of {id} {filter:?}"))?;
        Ok(page(json!({"index": 0, "generation": 1, "state": "running"})))
    }

    async fn pause(&self, caller: &Caller, id: RunId) -> Answer<RunSummary> {
        self.0.allowed(caller, Permission::Operate, format!("pause run {id}"))?;
        Ok(of(run()))
    }

    async fn resume(&self, caller: &Caller, id: RunId) -> Answer<RunSummary> {
        self.0.allowed(caller, Permission::Operate, format!("resume run {id}"))?;
        Ok(of(run()))
    }

    async fn cancel(&self, caller: &Caller, id: RunId) -> Answer<RunSummary> {
        self.0.allowed(caller, Permission::Work, format!("cancel run {id}"))?;
        Ok(of(run()))
    }

    async fn retry(&self, caller: &Caller, id: RunId, which: RunRetry) -> Answer<RunSummary> {
        self.0.allowed(caller, Permission::Work, format!("retry {:?} of {id}", which.steps))?;
        Ok(of(run()))
    }

    async fn signal(&self, caller: &Caller, id: RunId, signal: NewSignal, idempotency_key: Option<String>) -> Answer<RunSummary> {
        self.0.allowed(caller, Permission::Work, format!("signal {} to {id} {idempotency_key:?}", signal.name))?;
        Ok(of(run()))
    }

    async fn fork(&self, caller: &Caller, id: RunId, fork: NewFork, idempotency_key: Option<String>) -> Answer<RunSummary> {
        self.0.allowed(caller, Permission::Work, format!("fork {id} at {} {idempotency_key:?}", fork.step))?;
        Ok(of(run()))
    }

    async fn fork_draft(&self, caller: &Caller, id: RunId, step: &str) -> Answer<ForkDraft> {
        self.0.allowed(caller, Permission::Read, format!("draft of a fork of {id} at {step}"))?;
        Ok(of(json!({"step": step, "takes_input": true, "takes_output": true, "input": {}, "anew": [step], "run": run(), "as_of": 7})))
    }
}

#[async_trait]
impl ApprovalService for Fake {
    async fn list(&self, caller: &Caller, filter: ApprovalFilter) -> Answer<Page<ApprovalSummary>> {
        self.0.allowed(caller, Permission::Read, format!("approvals {filter:?}"))?;
        Ok(page(approval()))
    }

    async fn approval(&self, caller: &Caller, id: ApprovalId) -> Answer<ApprovalDetail> {
        self.0.allowed(caller, Permission::Read, format!("approval {id}"))?;
        Ok(of(json!({"summary": approval(), "subject": {}, "may_decide": true, "as_of": 7})))
    }

    async fn approve(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary> {
        self.0.allowed(caller, Permission::Work, format!("approve {id} {}", verdict.hash))?;
        Ok(of(approval()))
    }

    async fn refuse(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary> {
        self.0.allowed(caller, Permission::Work, format!("refuse {id} {}", verdict.hash))?;
        Ok(of(approval()))
    }
}

fn plan() -> Value {
    json!({"id": "00000000-0000-0000-0000-000000000028", "project_id": "00000000-0000-0000-0000-000000000001", "goal": "Rate them.",
        "state": "proposed", "workflow": "moods", "steps": 1, "by_model": false, "edited": false, "version": 1,
        "created_at": "2026-01-31T08:30:00Z", "updated_at": "2026-01-31T08:30:00Z", "created_by": "operator@example.com"})
}

fn plan_detail() -> Value {
    json!({"summary": plan(), "inputs": {}, "text": "name: moods", "problems": [], "clauses": [], "assumptions": [], "as_of": 7})
}

#[async_trait]
impl PlanService for Fake {
    async fn propose(&self, caller: &Caller, plan: NewPlan) -> Answer<PlanDetail> {
        self.0.allowed(caller, Permission::Work, format!("plan {:?}", plan.goal))?;
        Ok(of(plan_detail()))
    }

    async fn list(&self, caller: &Caller, filter: PlanFilter) -> Answer<Page<PlanSummary>> {
        self.0.allowed(caller, Permission::Read, format!("plans {filter:?}"))?;
        Ok(page(plan()))
    }

    async fn plan(&self, caller: &Caller, id: PlanId) -> Answer<PlanDetail> {
        self.0.allowed(caller, Permission::Read, format!("plan {id}"))?;
        Ok(of(plan_detail()))
    }

    async fn edit(&self, caller: &Caller, id: PlanId, edit: PlanEdit) -> Answer<PlanDetail> {
        self.0.allowed(caller, Permission::Work, format!("edit plan {id} after {}", edit.seen_version))?;
        Ok(of(plan_detail()))
    }

    async fn accept(&self, caller: &Caller, id: PlanId) -> Answer<PlanAccepted> {
        self.0.allowed(caller, Permission::Work, format!("accept plan {id}"))?;
        Ok(of(json!({"plan": plan(), "workflow": workflow(), "run": run()})))
    }

    async fn refuse(&self, caller: &Caller, id: PlanId, refusal: PlanRefusal) -> Answer<PlanSummary> {
        self.0.allowed(caller, Permission::Work, format!("refuse plan {id}, {:?}", refusal.why))?;
        Ok(of(plan()))
    }

    async fn replan(&self, caller: &Caller, replan: NewReplan) -> Answer<PlanDetail> {
        self.0.allowed(caller, Permission::Work, format!("plan {} of {} anew", replan.step, replan.run))?;
        Ok(of(plan_detail()))
    }
}
