//! What does the log of events say of a task?

use baton_domain::event::{NewEvent, Payload};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::TaskSummary;
use baton_storage::StoreError;

use crate::tally::Move;
use crate::writer::Tx;

/// The task went from one state to another; from none if it is new.
pub(super) fn moved(tx: &mut Tx, task: &TaskSummary, change: Move, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.moved(change);
    fact(tx, task, format!("task.{}", change.to), actor, at)
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
