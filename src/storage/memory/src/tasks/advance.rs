//! How does a task's state change? As the transition table says, guarded by the lease or the state, with its event.

use std::time::Duration;

use baton_domain::id::{DecisionId, TaskId};
use baton_domain::task::{AttemptEffect, TaskState, Trigger, WaitKind, apply};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::{AttemptOutcome, TaskSummary};
use baton_storage::{Advance, Advanced, AttemptEnd, CancelRequest, DECISION_OPENED, Guard, TaskRecord};

use super::Told;
use super::announce::{event, fact};
use super::table::TaskRow;
use crate::PlantedBug;
use crate::commit::State;

pub(super) fn advance(state: &mut State, change: Advance) -> Told<Advanced> {
    let Some(row) = state.tasks.get(change.task) else { return Ok((Advanced::Missing, Vec::new())) };
    let mut row = row.clone();
    let change = change.as_wished(&row.record);
    let Some(to) = allowed(&row.record, &change) else { return Ok((Advanced::Refused(Box::new(row.record)), Vec::new())) };
    let record = &mut row.record;
    let summary = &mut record.summary;
    let pauses = summary.pause_requested_at.take_if(|_| !to.state.holds_lease()).is_some() && summary.cancel_requested_at.is_none();
    summary.state = to.state;
    summary.reason = change.reason;
    summary.wait_kind = change.wait_kind.filter(|_| to.state == TaskState::Waiting);
    if to.next_attempt {
        summary.attempt += if state.makes(PlantedBug::AttemptCountedTwice) { 2 } else { 1 };
        if state.makes(PlantedBug::CancelForgottenOnRetry) {
            summary.cancel_requested_at = None;
        }
    }
    match to.state {
        TaskState::Queued => {
            summary.not_before = change.not_before;
            record.ready_at = change.not_before.map_or(change.at, |at| at.max(change.at));
        }
        TaskState::Waiting => summary.not_before = change.not_before,
        TaskState::Running => {
            summary.started_at.get_or_insert(change.at);
            record.deadline_at = Some(change.at.plus(Duration::from_millis(record.timeouts.start_to_close_ms)));
        }
        ended if ended.is_terminal() => {
            summary.finished_at = Some(change.at);
            summary.failure = change.failure;
        }
        _ => {}
    }
    if !to.state.holds_lease() {
        record.lease_until = None;
        record.deadline_at = None;
    }
    let told = event(&record.summary, change.actor, change.at)?;
    let now = record.clone();
    // Whoever waits for others again has to be told of their end again.
    let awaited = if summary_waits(&now.summary) { row.depends_on.clone() } else { Vec::new() };
    row.result = change.result.or(row.result);
    state.tasks.put(row);
    for dependency in awaited {
        state.tasks.set_awaited(dependency, true);
    }
    if to.state == TaskState::Running
        && let Some(attempt) = state.tasks.attempt(change.task, now.lease)
    {
        attempt.started_at = Some(change.at);
    }
    if let Some(end) = change.attempt_end {
        end_attempt(state, &now, end, change.at);
    }
    if pauses && to.state == TaskState::Queued {
        // No checkpoint met the request; the end of the attempt does.
        let pause = Advance::new(change.task, Guard::State(to.state), Trigger::Pause, Principal::System, change.at);
        let (answer, more) = advance(state, Advance { reason: Some("paused".to_owned()), ..pause })?;
        return Ok((answer, [vec![told], more].concat()));
    }
    Ok((Advanced::Applied(Box::new(now)), vec![told]))
}

fn summary_waits(summary: &TaskSummary) -> bool {
    summary.state == TaskState::Waiting && summary.wait_kind == Some(WaitKind::Dependency)
}

/// Where a change leads.
struct To {
    state: TaskState,
    next_attempt: bool,
}

/// Where the change leads, if the table, its guard and the number of attempts allow it.
fn allowed(record: &TaskRecord, change: &Advance) -> Option<To> {
    let state = record.summary.state;
    let row = apply(Some(state), change.trigger).ok()?;
    let guarded = match change.guard {
        Guard::Lease(lease) => record.lease == lease && state.holds_lease(),
        Guard::State(wanted) => state == wanted,
    };
    let next_attempt = row.attempt == AttemptEffect::Next;
    let exhausted = next_attempt && record.summary.attempt >= record.summary.maximum_attempts;
    // An agent needs a lease, which only `begin` gives out.
    let assigns = change.trigger == Trigger::Assign;
    (guarded && !exhausted && !assigns && change.fits(record)).then_some(To { state: row.to, next_attempt })
}

fn end_attempt(state: &mut State, task: &TaskRecord, end: AttemptEnd, at: Timestamp) {
    if let Some(attempt) = state.tasks.attempt(task.summary.id, task.lease) {
        attempt.ended_at = Some(at);
        attempt.outcome = Some(end.outcome);
        attempt.failure = end.failure;
    }
    let (completed, failed) = match end.outcome {
        AttemptOutcome::Completed => (1, 0),
        AttemptOutcome::Failed | AttemptOutcome::TimedOut | AttemptOutcome::Lost => (0, 1),
        AttemptOutcome::Canceled | AttemptOutcome::HandedBack | AttemptOutcome::Paused | AttemptOutcome::Refused => (0, 0),
    };
    if let Some(agent) = &task.summary.agent {
        state.agents.count(agent.id, completed, failed, at);
    }
}

pub(super) fn differ(state: &mut State, task: TaskId, decision: DecisionId, at: Timestamp) -> Told<Option<DecisionId>> {
    let voted = |row: &&TaskRow| row.decide.is_some() && waits_for_voters(&row.record.summary);
    let Some(mut row) = state.tasks.get(task).filter(voted).cloned() else { return Ok((None, Vec::new())) };
    if let Some(known) = row.record.summary.decision_id {
        return Ok((Some(known), Vec::new()));
    }
    row.record.summary.decision_id = Some(decision);
    let told = fact(&row.record.summary, DECISION_OPENED, Principal::System, at)?;
    state.tasks.put(row);
    Ok((Some(decision), vec![told]))
}

pub(super) fn waits_for_voters(summary: &TaskSummary) -> bool {
    summary.state == TaskState::Waiting && summary.wait_kind == Some(WaitKind::Decision)
}

pub(super) fn request_cancel(state: &mut State, id: TaskId, actor: Principal, at: Timestamp) -> Told<CancelRequest> {
    let Some(row) = state.tasks.get(id) else { return Ok((CancelRequest::Missing, Vec::new())) };
    let mut row = row.clone();
    let from = row.record.summary.state;
    if from.is_terminal() {
        return Ok((CancelRequest::Ended(Box::new(row.record)), Vec::new()));
    }
    if from.holds_lease() {
        let mut events = Vec::new();
        let now = &mut row.record;
        if now.summary.cancel_requested_at.is_none() {
            now.summary.cancel_requested_at = Some(at);
            events.push(fact(&now.summary, "task.cancel_requested", actor, at)?);
        }
        let answer = CancelRequest::Running(Box::new(now.clone()));
        state.tasks.put(row);
        return Ok((answer, events));
    }
    let mut change = Advance::new(id, Guard::State(from), Trigger::Cancel, actor, at);
    change.reason = Some("canceled".to_owned());
    if allowed(&row.record, &change).is_some() {
        row.record.summary.cancel_requested_at = Some(at);
        state.tasks.put(row);
    }
    Ok(match advance(state, change)? {
        (Advanced::Applied(record), events) => (CancelRequest::Canceled(record), events),
        (Advanced::Refused(record), events) => (CancelRequest::Ended(record), events),
        (Advanced::Missing, events) => (CancelRequest::Missing, events),
    })
}
