//! How a task's state changes: looked up in the transition table, guarded by the lease or the state, with its event.

use std::time::Duration;

use baton_domain::id::{DecisionId, LeaseToken, TaskId};
use baton_domain::task::{AttemptEffect, TaskState, Trigger, WaitKind, apply};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advance, Advanced, AttemptEnd, CancelRequest, DECISION_OPENED, Guard, StoreError, TaskRecord};
use rusqlite::params;
use serde_json::Value;

use super::announce::{fact, moved};
use super::dependencies;
use super::read;
use super::rows::outcome_name;
use crate::columns::maybe_text;
use crate::statement::run;
use crate::tally::Move;
use crate::writer::Tx;

pub(super) fn advance(tx: &mut Tx, change: Advance) -> Result<Advanced, StoreError> {
    let Some(mut record) = read::record(tx.sql(), change.task)? else { return Ok(Advanced::Missing) };
    let change = change.as_wished(&record);
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
    summary.reason = change.reason;
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
            summary.failure = change.failure;
        }
        _ => {}
    }
    if !row.to.holds_lease() {
        record.lease_until = None;
        record.deadline_at = None;
    }
    write(tx, &record, change.result.as_ref())?;
    if record.summary.wait_kind == Some(WaitKind::Dependency) {
        // Whoever waits for others again has to be told of their end again.
        dependencies::await_again(tx.sql(), change.task)?;
    }
    if row.to == TaskState::Running {
        let text = "UPDATE attempts SET started_at = ?1 WHERE task_id = ?2 AND lease = ?3";
        run(tx.sql(), text, params![change.at.as_millis(), change.task.as_uuid().as_bytes(), lease.0])?;
    }
    if let Some(end) = &change.attempt_end {
        end_attempt(tx, change.task, lease, end, change.at)?;
    }
    moved(tx, &record.summary, Move { from: Some(state), to: row.to }, change.actor, change.at)?;
    if pauses && row.to == TaskState::Queued {
        // No checkpoint met the request; the end of the attempt does.
        let pause = Advance::new(change.task, Guard::State(row.to), Trigger::Pause, Principal::System, change.at);
        return advance(tx, Advance { reason: Some("paused".to_owned()), ..pause });
    }
    Ok(Advanced::Applied(Box::new(record)))
}

pub(super) fn differ(tx: &mut Tx, task: TaskId, decision: DecisionId, at: Timestamp) -> Result<Option<DecisionId>, StoreError> {
    let changed = run(
        tx.sql(),
        "UPDATE tasks SET decision_id = ?2
         WHERE id = ?1 AND decide IS NOT NULL AND state = 'waiting' AND wait_kind = 'decision' AND decision_id IS NULL",
        params![task.as_uuid().as_bytes(), decision.as_uuid().as_bytes()],
    )?;
    let Some(record) = read::record(tx.sql(), task)? else { return Ok(None) };
    if changed > 0 {
        fact(tx, &record.summary, DECISION_OPENED.to_owned(), Principal::System, at)?;
    }
    let summary = record.summary;
    let waits = summary.state == TaskState::Waiting && summary.wait_kind == Some(WaitKind::Decision);
    Ok(summary.decision_id.filter(|_| waits))
}

pub(super) fn request_cancel(tx: &mut Tx, id: TaskId, actor: Principal, at: Timestamp) -> Result<CancelRequest, StoreError> {
    let Some(mut record) = read::record(tx.sql(), id)? else { return Ok(CancelRequest::Missing) };
    let state = record.summary.state;
    if state.is_terminal() {
        return Ok(CancelRequest::Ended(Box::new(record)));
    }
    if state.holds_lease() {
        if record.summary.cancel_requested_at.is_none() {
            record.summary.cancel_requested_at = Some(at);
            write(tx, &record, None)?;
            fact(tx, &record.summary, "task.cancel_requested".to_owned(), actor, at)?;
        }
        return Ok(CancelRequest::Running(Box::new(record)));
    }
    let mut change = Advance::new(id, Guard::State(state), Trigger::Cancel, actor, at);
    change.reason = Some("canceled".to_owned());
    record.summary.cancel_requested_at = Some(at);
    write(tx, &record, None)?;
    match advance(tx, change)? {
        Advanced::Applied(record) => Ok(CancelRequest::Canceled(record)),
        Advanced::Refused(record) => Ok(CancelRequest::Ended(record)),
        Advanced::Missing => Ok(CancelRequest::Missing),
    }
}

/// Writes what can change of a task.
pub(super) fn write(tx: &mut Tx, record: &TaskRecord, result: Option<&Value>) -> Result<(), StoreError> {
    let summary = &record.summary;
    run(
        tx.sql(),
        "UPDATE tasks SET state = ?2, wait_kind = ?3, reason = ?4, rank = ?5, attempt = ?6, lease = ?7, lease_until = ?8, deadline_at = ?9,
             agent_id = ?10, agent_name = ?11, ready_at = ?12, not_before = ?13, started_at = ?14, finished_at = ?15,
             cancel_requested_at = ?16, result = COALESCE(?17, result), failure = ?18, pause_requested_at = ?19
         WHERE id = ?1",
        params![
            summary.id.as_uuid().as_bytes(),
            summary.state.as_str(),
            summary.wait_kind.map(|kind| kind.as_str()),
            summary.reason,
            summary.priority.rank(record.ready_at),
            summary.attempt,
            record.lease.0,
            record.lease_until.map(Timestamp::as_millis),
            record.deadline_at.map(Timestamp::as_millis),
            summary.agent.as_ref().map(|agent| agent.id.as_uuid().as_bytes()),
            summary.agent.as_ref().map(|agent| agent.name.as_str()),
            record.ready_at.as_millis(),
            summary.not_before.map(Timestamp::as_millis),
            summary.started_at.map(Timestamp::as_millis),
            summary.finished_at.map(Timestamp::as_millis),
            summary.cancel_requested_at.map(Timestamp::as_millis),
            maybe_text(result)?,
            maybe_text(summary.failure.as_ref())?,
            summary.pause_requested_at.map(Timestamp::as_millis)
        ],
    )?;
    Ok(())
}

fn end_attempt(tx: &mut Tx, task: TaskId, lease: LeaseToken, end: &AttemptEnd, at: Timestamp) -> Result<(), StoreError> {
    let (key, failure) = (task.as_uuid().as_bytes(), maybe_text(end.failure.as_ref())?);
    run(
        tx.sql(),
        "UPDATE attempts SET ended_at = ?1, outcome = ?2, failure = ?3 WHERE task_id = ?4 AND lease = ?5",
        params![at.as_millis(), outcome_name(end.outcome), failure, key, lease.0],
    )?;
    let (completed, failed) = match end.outcome {
        AttemptOutcome::Completed => (1, 0),
        AttemptOutcome::Failed | AttemptOutcome::TimedOut | AttemptOutcome::Lost => (0, 1),
        AttemptOutcome::Canceled | AttemptOutcome::HandedBack | AttemptOutcome::Paused | AttemptOutcome::Refused => (0, 0),
    };
    run(
        tx.sql(),
        "UPDATE agents SET completed = completed + ?1, failed = failed + ?2, last_active_at = ?3
         WHERE id = (SELECT agent_id FROM tasks WHERE id = ?4)",
        params![completed, failed, at.as_millis(), key],
    )?;
    Ok(())
}
