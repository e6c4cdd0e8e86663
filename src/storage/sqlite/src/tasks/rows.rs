//! How rows become tasks, attempts and artifacts. Each reader takes its columns in the order of the list above it.

use baton_domain::id::{AgentId, ArtifactId, AttemptId, DecisionId, LeaseToken, ProjectId, RunId, ServerId, TaskId};
use baton_domain::server::ServerRef;
use baton_domain::task::{Priority, TaskState, WaitKind};
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{AgentRef, AttemptOutcome, AttemptView, TaskSummary};
use baton_storage::{StoreError, TaskRecord};

use crate::columns::Columns;

/// What a summary is made of.
pub(super) const SUMMARY_COLUMNS: &str = "id, project_id, title, skill, state, wait_kind, reason, priority, labels, \
     fairness_key, attempt, maximum_attempts, agent_id, agent_name, created_at, not_before, started_at, finished_at, cancel_requested_at, \
     pause_requested_at, created_by, rerun_of, \
     run_id, parent_id, decision_id, failure";

/// What a record has beyond its summary.
pub(super) const RECORD_COLUMNS: &str = "result_kind, retry, timeouts, lease, lease_until, deadline_at, ready_at, depth, \
     fairness_weight, budget, awaited";

/// What an attempt is made of.
pub(super) const ATTEMPT_COLUMNS: &str = "id, number, lease, agent_id, agent_name, server_id, server_name, ready_at, assigned_at, started_at, ended_at, outcome, \
     failure, explanation";

/// What an artifact is made of.
pub(crate) const ARTIFACT_COLUMNS: &str = "id, project_id, name, media_type, size, sha256, created_by, task_id, created_at";

/// The fairness key; the empty one stands for none, and so does an absent one of a row from before there were keys.
pub(crate) fn key(row: &mut Columns<'_, '_>) -> Result<Option<String>, StoreError> {
    Ok(row.get::<Option<String>>()?.filter(|key| !key.is_empty()))
}

pub(super) fn priority(row: &mut Columns<'_, '_>) -> Result<Priority, StoreError> {
    Priority::new(row.get()?).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn principal_and_summary(row: &mut Columns<'_, '_>) -> Result<(Principal, TaskSummary), StoreError> {
    let (id, project_id) = (row.id(TaskId::new)?, row.id(ProjectId::new)?);
    let (title, skill) = (row.get()?, row.get()?);
    let (state, wait_kind, reason) = (row.named(TaskState::parse)?, row.maybe_named(WaitKind::parse)?, row.get()?);
    let priority = priority(row)?;
    let labels = match row.str()? {
        "[]" => Vec::new(),
        text => serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("labels: {error}")))?,
    };
    let fairness_key = key(row)?;
    let (attempt, maximum_attempts) = (row.small()?, row.small()?);
    let agent = row.maybe_id(AgentId::new)?.zip(row.get()?).map(|(id, name)| AgentRef { id, name });
    let (created_at, not_before, started_at) = (row.instant()?, row.maybe_instant()?, row.maybe_instant()?);
    let (finished_at, cancel_requested_at, pause_requested_at) = (row.maybe_instant()?, row.maybe_instant()?, row.maybe_instant()?);
    let principal: Principal = row.json()?;
    let summary = TaskSummary {
        id,
        project_id,
        title,
        skill,
        state,
        wait_kind,
        reason,
        priority,
        labels,
        fairness_key,
        attempt,
        maximum_attempts,
        agent,
        created_at,
        not_before,
        started_at,
        finished_at,
        cancel_requested_at,
        pause_requested_at,
        created_by: principal.label().to_owned(),
        rerun_of: row.maybe_id(TaskId::new)?,
        run_id: row.maybe_id(RunId::new)?,
        parent_id: row.maybe_id(TaskId::new)?,
        decision_id: row.maybe_id(DecisionId::new)?,
        failure: row.maybe_json()?,
    };
    Ok((principal, summary))
}

pub(super) fn summary(row: &mut Columns<'_, '_>) -> Result<TaskSummary, StoreError> {
    Ok(principal_and_summary(row)?.1)
}

/// The columns of a summary, then those of a record.
pub(super) fn record(row: &mut Columns<'_, '_>) -> Result<TaskRecord, StoreError> {
    let (created_by, summary) = principal_and_summary(row)?;
    Ok(TaskRecord {
        summary,
        result_kind: row.get()?,
        retry: row.json()?,
        timeouts: row.json()?,
        lease: LeaseToken(row.get()?),
        lease_until: row.maybe_instant()?,
        deadline_at: row.maybe_instant()?,
        ready_at: row.instant()?,
        depth: row.small()?,
        fairness_weight: row.get()?,
        budget: row.maybe_json()?,
        awaited: row.get()?,
        created_by,
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

fn outcome(name: &str) -> Option<AttemptOutcome> {
    use AttemptOutcome::{Canceled, Completed, Failed, HandedBack, Lost, Paused, Refused, TimedOut};
    [Completed, Failed, TimedOut, Canceled, Lost, HandedBack, Paused, Refused].into_iter().find(|outcome| outcome_name(*outcome) == name)
}

fn server(row: &mut Columns<'_, '_>) -> Result<Option<ServerRef>, StoreError> {
    let (id, name) = (row.maybe_id(ServerId::new)?, row.get::<Option<String>>()?);
    Ok(id.zip(name).map(|(id, name)| ServerRef { id, name }))
}

pub(super) fn attempt(row: &mut Columns<'_, '_>) -> Result<AttemptView, StoreError> {
    Ok(AttemptView {
        id: row.id(AttemptId::new)?,
        number: row.small()?,
        lease: row.get()?,
        agent: AgentRef { id: row.id(AgentId::new)?, name: row.get()? },
        server: server(row)?,
        ready_at: row.maybe_instant()?,
        assigned_at: row.instant()?,
        started_at: row.maybe_instant()?,
        ended_at: row.maybe_instant()?,
        outcome: row.maybe_named(outcome)?,
        failure: row.maybe_json()?,
        explanation: row.json()?,
    })
}

pub(crate) fn artifact(row: &mut Columns<'_, '_>) -> Result<ArtifactView, StoreError> {
    Ok(ArtifactView {
        id: row.id(ArtifactId::new)?,
        project_id: row.id(ProjectId::new)?,
        name: row.get()?,
        media_type: row.get()?,
        size: row.count()?,
        sha256: row.get()?,
        created_by: row.get()?,
        task_id: row.maybe_id(TaskId::new)?,
        created_at: row.instant()?,
    })
}
