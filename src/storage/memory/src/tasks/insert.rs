//! How are new tasks stored, each with its event, and how is a repeated request known?

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::event::NewEvent;
use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::wire::task::TaskSummary;
use baton_storage::{Idempotency, Inserted, NewTaskRecord, StoreError, TaskRecord};

use super::Told;
use super::announce::event;
use super::table::TaskRow;
use crate::PlantedBug;
use crate::commit::{State, taken};

/// What a request is answered whose key is known.
pub(super) fn remembered(state: &State, key: &Idempotency) -> Option<Inserted> {
    let remembered = state.tasks.remembered(key)?;
    let same = remembered.request_hash == key.request_hash;
    Some(if same { Inserted::Replayed(remembered.tasks.clone()) } else { Inserted::KeyConflict })
}

pub(super) fn insert(state: &mut State, new: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Told<Inserted> {
    if let Some(answer) = idempotency.as_ref().and_then(|key| remembered(state, key)) {
        return Ok((answer, Vec::new()));
    }
    let mut ids = BTreeSet::new();
    for NewTaskRecord { task, .. } in &new {
        State::project_exists(task.summary.project_id)?;
        if !ids.insert(task.summary.id) || state.tasks.get(task.summary.id).is_some() {
            return Err(taken());
        }
    }
    let known = |id: &TaskId, of: &TaskSummary| match state.tasks.get(*id) {
        Some(row) => row.record.summary.project_id == of.project_id,
        None => ids.contains(id),
    };
    let missing = new.iter().find_map(|new| new.depends_on.iter().find(|id| !known(id, &new.task.summary)));
    if let Some(missing) = missing {
        return Ok((Inserted::NoSuchDependency(*missing), Vec::new()));
    }
    let announced = |new: &NewTaskRecord| event(&new.task.summary, new.task.created_by.clone(), new.task.summary.created_at);
    let events: Vec<NewEvent> = new.iter().map(announced).collect::<Result<_, StoreError>>()?;
    let forgotten = state.makes(PlantedBug::KeyOutsideTransaction) && state.head().0 % 5 == 4;
    if let (Some(key), Some(first), false) = (idempotency, new.first(), forgotten) {
        let tasks: Vec<TaskId> = new.iter().map(|new| new.task.summary.id).collect();
        state.tasks.remember(key, tasks, first.task.summary.created_at);
    }
    let awaited: BTreeSet<TaskId> = new.iter().flat_map(|new| new.depends_on.iter().copied()).collect();
    for task in new {
        state.tasks.put(row(task));
    }
    for id in awaited {
        state.tasks.set_awaited(id, true);
    }
    Ok((Inserted::Stored, events))
}

/// A new task as it is stored: nobody has held it, whatever the record says.
fn row(NewTaskRecord { task, input, depends_on }: NewTaskRecord) -> TaskRow {
    let deadline = |span: Option<u64>| span.map(|span| task.ready_at.plus(Duration::from_millis(span)));
    // One that waits for others is begun no sooner than they have completed.
    let start_by = deadline(task.timeouts.schedule_to_start_ms).filter(|_| depends_on.is_empty());
    let close_by = deadline(task.timeouts.schedule_to_close_ms);
    let created_by = task.created_by.label().to_owned();
    let summary =
        TaskSummary { agent: None, started_at: None, cancel_requested_at: None, pause_requested_at: None, created_by, ..task.summary };
    let record = TaskRecord { summary, lease: LeaseToken(0), lease_until: None, deadline_at: None, awaited: false, ..task };
    TaskRow { record, input, result: None, start_by, close_by, depends_on }
}
