//! How a task's state changes: looked up in the transition table, guarded by the lease or the state, with its event.

use std::time::Duration;

use baton_domain::id::{DecisionId, TaskId};
use baton_domain::task::{AttemptEffect, TaskState, Trigger, WaitKind, apply};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advance, Advanced, AttemptEnd, CancelRequest, DECISION_OPENED, Guard, TaskRecord};
use serde_json::Value;

use super::announce::{event, fact};
use super::dependencies;
use super::read;
use super::rows::outcome_name;
use crate::columns::{maybe_plain, maybe_text, stored_small};
use crate::failure::{Fault, failed};
use crate::writer::Tx;

pub(super) async fn advance(tx: &mut Tx, change: &Advance) -> Result<Advanced, Fault> {
    let Some(mut record) = read::record(tx.sql(), change.task).await? else { return Ok(Advanced::Missing) };
    let change = &change.clone().as_wished(&record);
    let state = record.summary.state;
    let guarded = match change.guard {
        Guard::Lease(lease) => record.lease == lease && state.holds_lease(),
        Guard::State(wanted) => state == wanted,
    };
    let Ok(row) = apply(Some(state), change.trigger) else { return Ok(Advanced::Refused(Box::new(record))) };
    let exhausted = row.attempt == AttemptEffect::Next && record.summary.attempt >= record.summary.maximum_attempts;
    // An agent needs a lease, which only `begin` gives out.
    if !guarded || exhausted || change.trigger == Trigger::Assign || !change.fits(&record) {
        return Ok(Advanced::Refused(Box::new(record)));
    }
    let lease = record.lease;
    let summary = &mut record.summary;
    let pauses = summary.pause_requested_at.take_if(|_| !row.to.holds_lease()).is_some() && summary.cancel_requested_at.is_none();
    summary.state = row.to;
    summary.reason.clone_from(&change.reason);
    summary.wait_kind = change.wait_kind.filter(|_| row.to == TaskState::Waiting);
    if row.attempt == AttemptEffect::Next {
        summary.attempt += 1;
    }
    match row.to {
        TaskState::Queued => {
            summary.not_before = change.not_before;
            record.ready_at = change.not_before.map_or(change.at, |at| at.max(change.at));
        }
        TaskState::Waiting => summary.not_before = change.not_before,
        TaskState::Running => {
            summary.started_at.get_or_insert(change.at);
            record.deadline_at = Some(change.at.plus(Duration::from_millis(record.timeouts.start_to_close_ms)));
        }
        state if state.is_terminal() => {
            summary.finished_at = Some(change.at);
            summary.failure.clone_from(&change.failure);
        }
        _ => {}
    }
    if !row.to.holds_lease() {
        record.lease_until = None;
        record.deadline_at = None;
    }
    write(tx, &record, change.result.as_ref()).await?;
    if record.summary.wait_kind == Some(WaitKind::Dependency) {
        // Whoever waits for others again has to be told of their end again.
        dependencies::await_again(tx, change.task).await?;
    }
    if row.to == TaskState::Running {
        sqlx::query("UPDATE attempts SET started_at = $1 WHERE task_id = $2 AND lease = $3")
            .bind(change.at.as_millis())
            .bind(*change.task.as_uuid())
            .bind(lease.0)
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    if let Some(end) = &change.attempt_end {
        end_attempt(tx, &record, end, change.at).await?;
    }
    event(tx, &record.summary, record.summary.state, change.actor.clone(), change.at)?;
    if pauses && row.to == TaskState::Queued {
        // No checkpoint met the request; the end of the attempt does.
        let pause = Advance::new(change.task, Guard::State(row.to), Trigger::Pause, Principal::System, change.at);
        return Box::pin(advance(tx, &Advance { reason: Some("paused".to_owned()), ..pause })).await;
    }
    Ok(Advanced::Applied(Box::new(record)))
}

pub(super) async fn differ(tx: &mut Tx, task: TaskId, decision: DecisionId, at: Timestamp) -> Result<Option<DecisionId>, Fault> {
    let changed = sqlx::query(
        "UPDATE tasks SET decision_id = $2
         WHERE id = $1 AND decide IS NOT NULL AND state = 'waiting' AND wait_kind = 'decision' AND decision_id IS NULL",
    )
    .bind(*task.as_uuid())
    .bind(*decision.as_uuid())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    let Some(record) = read::record(tx.sql(), task).await? else { return Ok(None) };
    if changed.rows_affected() > 0 {
        fact(tx, &record.summary, DECISION_OPENED.to_owned(), Principal::System, at)?;
    }
    let summary = record.summary;
    let waits = summary.state == TaskState::Waiting && summary.wait_kind == Some(WaitKind::Decision);
    Ok(summary.decision_id.filter(|_| waits))
}

pub(super) async fn request_cancel(tx: &mut Tx, id: TaskId, actor: &Principal, at: Timestamp) -> Result<CancelRequest, Fault> {
    let Some(mut record) = read::record(tx.sql(), id).await? else { return Ok(CancelRequest::Missing) };
    let state = record.summary.state;
    if state.is_terminal() {
        return Ok(CancelRequest::Ended(Box::new(record)));
    }
    if state.holds_lease() {
        if record.summary.cancel_requested_at.is_none() {
            record.summary.cancel_requested_at = Some(at);
            write(tx, &record, None).await?;
            fact(tx, &record.summary, "task.cancel_requested".to_owned(), actor.clone(), at)?;
        }
        return Ok(CancelRequest::Running(Box::new(record)));
    }
    let mut change = Advance::new(id, Guard::State(state), Trigger::Cancel, actor.clone(), at);
    change.reason = Some("canceled".to_owned());
    record.summary.cancel_requested_at = Some(at);
    write(tx, &record, None).await?;
    match advance(tx, &change).await? {
        Advanced::Applied(record) => Ok(CancelRequest::Canceled(record)),
        Advanced::Refused(record) => Ok(CancelRequest::Ended(record)),
        Advanced::Missing => Ok(CancelRequest::Missing),
    }
}

/// Writes what can change of a task.
pub(super) async fn write(tx: &mut Tx, record: &TaskRecord, result: Option<&Value>) -> Result<(), Fault> {
    let summary = &record.summary;
    sqlx::query(
        "UPDATE tasks SET state = $2, wait_kind = $3, reason = $4, rank = $5, attempt = $6, lease = $7, lease_until = $8, deadline_at = $9,
             agent_id = $10, agent_name = $11, ready_at = $12, not_before = $13, started_at = $14, finished_at = $15,
             cancel_requested_at = $16, result = COALESCE($17, result), failure = $18, pause_requested_at = $19
         WHERE id = $1",
    )
    .bind(*summary.id.as_uuid())
    .bind(summary.state.as_str())
    .bind(summary.wait_kind.map(|kind| kind.as_str()))
    .bind(maybe_plain(summary.reason.as_deref()))
    .bind(summary.priority.rank(record.ready_at))
    .bind(stored_small(summary.attempt))
    .bind(record.lease.0)
    .bind(record.lease_until.map(Timestamp::as_millis))
    .bind(record.deadline_at.map(Timestamp::as_millis))
    .bind(summary.agent.as_ref().map(|agent| *agent.id.as_uuid()))
    .bind(summary.agent.as_ref().map(|agent| agent.name.as_str()))
    .bind(record.ready_at.as_millis())
    .bind(summary.not_before.map(Timestamp::as_millis))
    .bind(summary.started_at.map(Timestamp::as_millis))
    .bind(summary.finished_at.map(Timestamp::as_millis))
    .bind(summary.cancel_requested_at.map(Timestamp::as_millis))
    .bind(maybe_text(result)?)
    .bind(maybe_text(summary.failure.as_ref())?)
    .bind(summary.pause_requested_at.map(Timestamp::as_millis))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(())
}

async fn end_attempt(tx: &mut Tx, task: &TaskRecord, end: &AttemptEnd, at: Timestamp) -> Result<(), Fault> {
    sqlx::query("UPDATE attempts SET ended_at = $1, outcome = $2, failure = $3 WHERE task_id = $4 AND lease = $5")
        .bind(at.as_millis())
        .bind(outcome_name(end.outcome))
        .bind(maybe_text(end.failure.as_ref())?)
        .bind(*task.summary.id.as_uuid())
        .bind(task.lease.0)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    let (completed, failed_count) = match end.outcome {
        AttemptOutcome::Completed => (1, 0),
        AttemptOutcome::Failed | AttemptOutcome::TimedOut | AttemptOutcome::Lost => (0, 1),
        AttemptOutcome::Canceled | AttemptOutcome::HandedBack | AttemptOutcome::Paused | AttemptOutcome::Refused => (0, 0),
    };
    if let Some(agent) = &task.summary.agent {
        tx.count(agent.id, completed, failed_count, at);
    }
    Ok(())
}
