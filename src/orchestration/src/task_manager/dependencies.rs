//! How do tasks hear of the end of those that they depend on? The store marks whose end is waited for; the sweep tells the others.

use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_storage::{StoreError, TaskRecord};

use crate::engine::Shared;

/// The most dependents of one transaction.
const PART: u32 = 256;

/// Wakes the sweep if tasks wait for the end of this one, or a decision is of no more use by it. If the server dies before it has told them, the next sweep finds it all
/// the same.
pub(crate) fn ended(shared: &Shared, task: &TaskRecord) {
    // Of a child, another task may wait for the last of its voters.
    if !task.summary.state.is_terminal() {
        return;
    }
    shared.refusals.forget(task.summary.id);
    if task.awaited || task.summary.decision_id.is_some() {
        shared.backlog.due.notify_one();
    } else if task.summary.parent_id.is_some() {
        shared.backlog.due_soon.notify_one();
    }
}

/// Tells those that depend on a task of its end, and those that depend on them if they fail by it.
pub(crate) async fn settle(shared: &Shared, ended: TaskId) -> Result<(), StoreError> {
    let mut to_tell = vec![ended];
    while let Some(ended) = to_tell.pop() {
        let settled = shared.store.settle_dependents(ended, shared.sources.clock.now(), PART).await?;
        if settled.more {
            to_tell.push(ended);
        }
        for task in settled.changed {
            if task.summary.state == TaskState::Queued {
                shared.backlog.ring_for(&task);
            } else if task.awaited {
                to_tell.push(task.summary.id);
            }
        }
    }
    Ok(())
}
