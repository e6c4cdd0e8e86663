//! How do ready tasks get their agents and begin?

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::id::LeaseToken;
use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptView;
use baton_storage::{Assignment, BegunTask, StoreError};

use super::Told;
use super::announce::event;
use super::table::TaskRow;
use crate::PlantedBug;
use crate::commit::{State, taken};

pub(super) fn begin(state: &mut State, assignments: Vec<Assignment>) -> Told<Vec<BegunTask>> {
    let (Ok(assign), Ok(start)) = (apply(Some(TaskState::Queued), Trigger::Assign), apply(Some(TaskState::Assigned), Trigger::Start))
    else {
        return Err(StoreError::Corrupt("the transition table does not let tasks begin".to_owned()));
    };
    let (mut tasks, mut attempts) = (BTreeSet::new(), BTreeSet::new());
    let (mut begun, mut events) = (Vec::new(), Vec::new());
    let mut room = state.limits.room(state.tasks.leased().map(|row| &row.record.summary));
    for assignment in assignments {
        let Some(row) = state.tasks.get(assignment.task).filter(|row| wanted(row, &assignment)) else { continue };
        // Whoever comes second in the same call finds it begun.
        if tasks.contains(&assignment.task) || !room.take(&row.record.summary.skill, row.record.summary.fairness_key.as_deref()) {
            continue;
        }
        tasks.insert(assignment.task);
        let mut row = row.clone();
        let record = &mut row.record;
        if record.lease.0 == 0 || !state.makes(PlantedBug::LeaseNotIncreased) {
            record.lease = LeaseToken(record.lease.0 + 1);
            state.tasks.attempt_is_new(assignment.task, record.lease, assignment.attempt)?;
        }
        if !attempts.insert(assignment.attempt) {
            return Err(taken());
        }
        record.lease_until = Some(assignment.lease_until);
        record.deadline_at = Some(assignment.at.plus(Duration::from_millis(record.timeouts.start_to_close_ms)));
        record.summary.reason = None;
        record.summary.wait_kind = None;
        record.summary.agent = Some(assignment.agent.clone());
        record.summary.state = assign.to;
        events.push(event(&record.summary, Principal::System, assignment.at)?);
        record.summary.state = start.to;
        record.summary.started_at.get_or_insert(assignment.at);
        events.push(event(&record.summary, Principal::System, assignment.at)?);
        begun.push((row, assignment));
    }
    let mut answer = Vec::with_capacity(begun.len());
    for (row, assignment) in begun {
        state.tasks.insert_attempt(assignment.task, attempt(&row, &assignment));
        answer.push(BegunTask { task: row.record.clone(), input: row.input.clone(), attempt: assignment.attempt });
        state.tasks.put(row);
    }
    Ok((answer, events))
}

/// Whether the task is still queued, due, and nobody wants it to end.
fn wanted(row: &TaskRow, assignment: &Assignment) -> bool {
    let summary = &row.record.summary;
    summary.state == TaskState::Queued
        && summary.cancel_requested_at.is_none()
        && summary.not_before.is_none_or(|not_before| not_before <= assignment.at)
}

fn attempt(row: &TaskRow, assignment: &Assignment) -> AttemptView {
    AttemptView {
        id: assignment.attempt,
        number: row.record.summary.attempt,
        lease: row.record.lease.0,
        agent: assignment.agent.clone(),
        server: Some(assignment.server.clone()),
        ready_at: Some(row.record.ready_at),
        assigned_at: assignment.at,
        started_at: Some(assignment.at),
        ended_at: None,
        outcome: None,
        failure: None,
        explanation: assignment.explanation.clone(),
    }
}
