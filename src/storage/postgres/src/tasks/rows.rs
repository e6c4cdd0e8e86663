//! How rows become tasks, attempts and artifacts.

use baton_domain::id::{AgentId, ArtifactId, DecisionId, LeaseToken, ProjectId, RunId, TaskId};
use baton_domain::task::{Priority, TaskState, WaitKind};
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{AgentRef, AttemptOutcome, TaskSummary};
use baton_storage::{StoreError, TaskRecord};
use sqlx::postgres::PgRow;

use crate::columns::{count, get, id, instant, json, maybe_id, maybe_instant, maybe_json, maybe_named, named, small};

/// What a summary is made of.
pub(super) const SUMMARY_COLUMNS: &str = "id, project_id, title, skill, state, wait_kind, reason, priority, labels, \
     fairness_key, attempt, maximum_attempts, agent_id, agent_name, created_at, not_before, started_at, finished_at, cancel_requested_at, \
     pause_requested_at, created_by, rerun_of, \
     run_id, parent_id, decision_id, failure";

/// What a record has beyond its summary.
pub(super) const RECORD_COLUMNS: &str = "result_kind, retry, timeouts, lease, lease_until, deadline_at, ready_at, depth, \
     fairness_weight, budget, awaited";

/// What an artifact is made of.
pub(crate) const ARTIFACT_COLUMNS: &str = "id, project_id, name, media_type, size, sha256, created_by, task_id, created_at";

fn agent(row: &PgRow) -> Result<Option<AgentRef>, StoreError> {
    let name: Option<String> = get(row, "agent_name")?;
    Ok(maybe_id(row, "agent_id", AgentId::new)?.zip(name).map(|(id, name)| AgentRef { id, name }))
}

/// The fairness key; the empty one stands for none, and so does an absent one of a row from before there were keys.
pub(crate) fn key(row: &PgRow) -> Result<Option<String>, StoreError> {
    Ok(get::<Option<String>>(row, "fairness_key")?.filter(|key| !key.is_empty()))
}

pub(super) fn priority(row: &PgRow) -> Result<Priority, StoreError> {
    let priority: i16 = get(row, "priority")?;
    let known = u8::try_from(priority).ok().and_then(|priority| Priority::new(priority).ok());
    known.ok_or_else(|| StoreError::Corrupt(format!("priority {priority}")))
}

pub(super) fn summary(row: &PgRow) -> Result<TaskSummary, StoreError> {
    let created_by: Principal = json(row, "created_by")?;
    Ok(TaskSummary {
        id: id(row, "id", TaskId::new)?,
        project_id: id(row, "project_id", ProjectId::new)?,
        title: get(row, "title")?,
        skill: get(row, "skill")?,
        state: named(row, "state", TaskState::parse)?,
        wait_kind: maybe_named(row, "wait_kind", WaitKind::parse)?,
        reason: get(row, "reason")?,
        priority: priority(row)?,
        labels: json(row, "labels")?,
        fairness_key: key(row)?,
        attempt: small(row, "attempt")?,
        maximum_attempts: small(row, "maximum_attempts")?,
        agent: agent(row)?,
        created_at: instant(row, "created_at")?,
        not_before: maybe_instant(row, "not_before")?,
        started_at: maybe_instant(row, "started_at")?,
        finished_at: maybe_instant(row, "finished_at")?,
        cancel_requested_at: maybe_instant(row, "cancel_requested_at")?,
        pause_requested_at: maybe_instant(row, "pause_requested_at")?,
        created_by: created_by.label().to_owned(),
        rerun_of: maybe_id(row, "rerun_of", TaskId::new)?,
        run_id: maybe_id(row, "run_id", RunId::new)?,
        parent_id: maybe_id(row, "parent_id", TaskId::new)?,
        decision_id: maybe_id(row, "decision_id", DecisionId::new)?,
        failure: maybe_json(row, "failure")?,
    })
}

pub(super) fn record(row: &PgRow) -> Result<TaskRecord, StoreError> {
    Ok(TaskRecord {
        summary: summary(row)?,
        result_kind: get(row, "result_kind")?,
        retry: json(row, "retry")?,
        timeouts: json(row, "timeouts")?,
        lease: LeaseToken(get(row, "lease")?),
        lease_until: maybe_instant(row, "lease_until")?,
        deadline_at: maybe_instant(row, "deadline_at")?,
        ready_at: instant(row, "ready_at")?,
        depth: small(row, "depth")?,
        fairness_weight: get(row, "fairness_weight")?,
        budget: maybe_json(row, "budget")?,
        awaited: get(row, "awaited")?,
        created_by: json(row, "created_by")?,
    })
}

/// The name of an outcome in storage.
pub(super) const fn outcome_name(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Completed => "completed",
        AttemptOutcome::Failed => "failed",
        AttemptOutcome::TimedOut => "timed_out",
        AttemptOutcome::Canceled => "canceled",
        AttemptOutcome::Lost => "lost",
        AttemptOutcome::HandedBack => "handed_back",
        AttemptOutcome::Paused => "paused",
        AttemptOutcome::Refused => "refused",
    }
}

pub(super) fn outcome(name: &str) -> Option<AttemptOutcome> {
    use AttemptOutcome::{Canceled, Completed, Failed, HandedBack, Lost, Paused, Refused, TimedOut};
    [Completed, Failed, TimedOut, Canceled, Lost, HandedBack, Paused, Refused].into_iter().find(|outcome| outcome_name(*outcome) == name)
}

pub(crate) fn artifact(row: &PgRow) -> Result<ArtifactView, StoreError> {
    Ok(ArtifactView {
        id: id(row, "id", ArtifactId::new)?,
        project_id: id(row, "project_id", ProjectId::new)?,
        name: get(row, "name")?,
        media_type: get(row, "media_type")?,
        size: count(row, "size")?,
        sha256: get(row, "sha256")?,
        created_by: get(row, "created_by")?,
        task_id: maybe_id(row, "task_id", TaskId::new)?,
        created_at: instant(row, "created_at")?,
    })
}
