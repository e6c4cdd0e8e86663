//! How does a request to end a task reach what runs of it, and the tasks that its agent asked for?

use baton_domain::id::TaskId;
use baton_domain::user::Principal;
use baton_storage::{CancelRequest, StoreError};

use crate::engine::{Order, Shared};

/// The most children that one look finds; each is asked to end in a transaction of its own.
const PART: u32 = 256;

/// Asks for a task to end, then for everything below it. If the server dies in between, the sweep finds those that were not asked.
pub(crate) async fn end(shared: &Shared, id: TaskId, actor: &Principal) -> Result<CancelRequest, StoreError> {
    let answer = ask(shared, id, actor).await?;
    if matches!(answer, CancelRequest::Canceled(_) | CancelRequest::Running(_)) {
        end_children(shared, id, actor).await?;
    }
    Ok(answer)
}

/// Asks for everything below a task to end.
pub(crate) async fn end_children(shared: &Shared, parent: TaskId, actor: &Principal) -> Result<(), StoreError> {
    let mut parents = vec![parent];
    while let Some(parent) = parents.pop() {
        loop {
            let children = shared.store.live_children(parent, PART).await?;
            for child in &children {
                ask(shared, *child, actor).await?;
            }
            // Those that were asked are not found again.
            let more = children.len() >= PART as usize;
            parents.extend(children);
            if !more {
                break;
            }
        }
    }
    Ok(())
}

async fn ask(shared: &Shared, id: TaskId, actor: &Principal) -> Result<CancelRequest, StoreError> {
    let now = shared.sources.clock.now();
    let answer = shared.store.request_cancel(id, actor.clone(), now).await?;
    match &answer {
        CancelRequest::Canceled(record) => {
            shared.recorder.canceled(now, &record.summary.skill);
            super::dependencies::ended(shared, record);
        }
        CancelRequest::Running(record) => drop(shared.order(id, record.lease, Order::Cancel)),
        CancelRequest::Ended(_) | CancelRequest::Missing => {}
    }
    Ok(answer)
}
