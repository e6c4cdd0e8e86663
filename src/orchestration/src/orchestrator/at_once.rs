//! May a new task begin in the very commit that stores it? If nobody waits before it and an agent has a free slot.
//!
//! That spares a task that comes alone one synced commit and the dispatcher's round. It changes no order: a queue that was found
//! empty, and that nobody rang for since, holds no task that should go first.

use baton_domain::task::TaskState;
use baton_storage::{Assignment, Idempotency, Inserted, NewTaskRecord, StoreError};

use super::Orchestrator;
use crate::agent_pool::Reservation;
use crate::{attempt, dispatcher};

impl Orchestrator {
    /// The agent that can take the only task of a request now.
    pub(super) fn at_once(&self, tasks: &[NewTaskRecord]) -> Option<(Assignment, Reservation)> {
        let [only] = tasks else { return None };
        let summary = &only.task.summary;
        if summary.state != TaskState::Queued || self.shared.stop.is_cancelled() || !self.shared.backlog.is_empty(&summary.skill) {
            return None;
        }
        dispatcher::place(&self.shared, summary.id, &summary.skill, &summary.labels)
    }

    /// Stores a task and starts its attempt; gives whether it began. Goes on if the caller goes away: a task that has begun in
    /// the store and nowhere else would stand still until its lease ends.
    pub(super) async fn store_and_begin(
        &self,
        tasks: Vec<NewTaskRecord>,
        idempotency: Option<Idempotency>,
        assignment: Assignment,
        reservation: Reservation,
    ) -> Result<(Inserted, bool), StoreError> {
        let gone = || StoreError::Unavailable("the server is shutting down".to_owned());
        let me = self.me.upgrade().ok_or_else(gone)?;
        let both = async move {
            let (inserted, begun) = me.shared.store.insert_and_begin(tasks, idempotency, vec![assignment]).await?;
            let task = begun.into_iter().next();
            let began = task.is_some();
            if let Some(task) = task {
                attempt::begin(&me.shared, &me, task, reservation);
            }
            Ok((inserted, began))
        };
        self.shared.attempts.spawn(both).await.map_err(|_| gone())?
    }
}
