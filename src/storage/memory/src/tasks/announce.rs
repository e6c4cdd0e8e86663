//! What does the log of events say of a task?

use baton_domain::event::NewEvent;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::TaskSummary;
use baton_storage::StoreError;

use crate::commit::data;

/// The subject of a task's events.
pub(super) fn subject(task: &TaskSummary) -> String {
    format!("task:{}", task.id)
}

/// The task is in its state now.
pub(super) fn event(task: &TaskSummary, actor: Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
    fact(task, &format!("task.{}", task.state), actor, at)
}

/// Something else is true of the task now.
pub(super) fn fact(task: &TaskSummary, kind: &str, actor: Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
    Ok(NewEvent { at, project: task.project_id, kind: kind.to_owned(), subject: subject(task), actor, data: data(task)? })
}
