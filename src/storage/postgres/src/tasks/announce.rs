//! What does the log of events say of a task?

use baton_domain::event::{NewEvent, Payload};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::TaskSummary;
use baton_storage::StoreError;

use crate::writer::Tx;

/// The task is in this state now.
pub(super) fn event(tx: &mut Tx, task: &TaskSummary, state: TaskState, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    fact(tx, task, format!("task.{state}"), actor, at)
}

/// Something else is true of the task now.
pub(super) fn fact(tx: &mut Tx, task: &TaskSummary, kind: String, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: task.project_id,
        kind,
        subject: format!("task:{}", task.id),
        actor,
        data: Payload::of(task).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}
