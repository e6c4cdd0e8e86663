//! How is a result recorded, only under the newest lease?

use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advanced, Completion, StoreError};

use super::Told;
use super::announce::event;
use crate::PlantedBug;
use crate::commit::State;

pub(super) fn complete(state: &mut State, completion: Completion) -> Told<Advanced> {
    let Ok(end) = apply(Some(TaskState::Running), Trigger::Complete) else {
        return Err(StoreError::Corrupt("the transition table does not let tasks complete".to_owned()));
    };
    let (id, mut lease) = (completion.task.summary.id, completion.task.lease);
    let Some(row) = state.tasks.get(id) else { return Ok((Advanced::Missing, Vec::new())) };
    let held = row.record.lease == lease || state.makes(PlantedBug::NoLeaseCheckOnComplete);
    let open = row.record.summary.state == TaskState::Running
        || (row.record.summary.state.is_terminal() && state.makes(PlantedBug::EndedTaskChanges));
    if !open || !held {
        return Ok((Advanced::Refused(Box::new(row.record.clone())), Vec::new()));
    }
    if state.makes(PlantedBug::NoLeaseCheckOnComplete) {
        lease = row.record.lease;
    }
    state.traces.spans_are_new(&completion.spans)?;
    let mut row = row.clone();
    row.result = Some(completion.result);
    let record = &mut row.record;
    record.lease_until = None;
    record.deadline_at = None;
    record.summary.state = end.to;
    record.summary.reason = None;
    record.summary.wait_kind = None;
    record.summary.pause_requested_at = None;
    record.summary.failure = None;
    record.summary.finished_at = Some(completion.at);
    let ended = event(&record.summary, Principal::System, completion.at)?;
    let answer = Advanced::Applied(Box::new(record.clone()));
    if let Some(agent) = &record.summary.agent {
        state.agents.count(agent.id, 1, 0, completion.at);
    }
    if let Some(attempt) = state.tasks.attempt(id, lease).filter(|attempt| attempt.outcome.is_none()) {
        attempt.ended_at = Some(completion.at);
        attempt.outcome = Some(AttemptOutcome::Completed);
    }
    state.tasks.put(row);
    state.traces.insert_spans(id, completion.attempt, completion.spans);
    Ok((answer, vec![ended]))
}
