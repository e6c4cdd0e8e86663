//! How is it kept where an attempt stands, and that somebody wants it to pause there?

use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{Checkpoint, Checkpointed, PauseRequest};
use serde_json::Value;

use super::Told;
use super::announce::fact;
use crate::commit::State;

pub(super) fn request_pause(state: &mut State, id: TaskId, wanted: bool, actor: Principal, at: Timestamp) -> Told<PauseRequest> {
    let Some(row) = state.tasks.get(id) else { return Ok((PauseRequest::Missing, Vec::new())) };
    let mut row = row.clone();
    if !row.record.summary.state.holds_lease() {
        return Ok((PauseRequest::NotRunning(Box::new(row.record)), Vec::new()));
    }
    let mut events = Vec::new();
    let summary = &mut row.record.summary;
    if summary.pause_requested_at.is_some() != wanted {
        summary.pause_requested_at = wanted.then_some(at);
        let kind = if wanted { "task.pause_requested" } else { "task.pause_withdrawn" };
        events.push(fact(summary, kind, actor, at)?);
    }
    let answer = PauseRequest::Running(Box::new(row.record.clone()));
    state.tasks.put(row);
    Ok((answer, events))
}

pub(super) fn save(state: &mut State, checkpoint: Checkpoint) -> Checkpointed {
    let held = |record: &baton_storage::TaskRecord| record.summary.state == TaskState::Running && record.lease == checkpoint.lease;
    let Some(row) = state.tasks.get(checkpoint.task).filter(|row| held(&row.record)) else { return Checkpointed::Stale };
    let summary = &row.record.summary;
    let pause = summary.pause_requested_at.is_some() && summary.cancel_requested_at.is_none();
    state.tasks.keep_checkpoint(checkpoint.task, checkpoint.state, checkpoint.at);
    Checkpointed::Kept { pause }
}

/// What the last checkpoint kept of a task that has not ended, and when it was made.
pub(super) fn last(state: &State, id: TaskId) -> Option<(&Value, Timestamp)> {
    state.tasks.get(id).filter(|row| !row.record.summary.state.is_terminal())?;
    state.tasks.checkpoint(id).map(|(state, at)| (state, *at))
}
