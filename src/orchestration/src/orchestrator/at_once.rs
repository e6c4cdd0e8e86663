//! May a new task begin in the very commit that stores it? If it would have the next turn and an agent has a free slot.
//!
//! That spares a task that comes alone one synced commit and the dispatcher's round. It changes no order: a queue that was found
//! empty, and that nobody rang for since, holds no task that should go first; and of one that is not empty the next turn is that of a key
//! that has none waiting and has had no more than the others, as [`FairQueue`](crate::fair_queue::FairQueue) says.

use baton_domain::task::TaskState;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{Assignment, Idempotency, Inserted, NewTaskRecord, StoreError};

use super::Orchestrator;
use crate::agent_pool::Reservation;
use crate::backlog::TurnTaken;
use crate::{attempt, dispatcher};

impl Orchestrator {
    /// The agent that can take the only task of a request now, and the turn that the task has for it.
    pub(super) fn at_once(&self, tasks: &[NewTaskRecord]) -> Option<(Assignment, Reservation, TurnTaken)> {
        let [NewTaskRecord { task, .. }] = tasks else { return None };
        let summary = &task.summary;
        let takes_none = self.shared.stop.is_cancelled() || self.shared.cluster.is_draining();
        if summary.state != TaskState::Queued || takes_none {
            return None;
        }
        let backlog = &self.shared.backlog;
        let turn = backlog.take_turn(&summary.skill, summary.fairness_key.as_deref(), summary.priority, task.fairness_weight)?;
        let Some((assignment, mut reservation)) = dispatcher::place(&self.shared, summary.id, &summary.skill, &summary.labels) else {
            backlog.give_back(&turn);
            return None;
        };
        reservation.goes_first = true;
        Some((assignment, reservation, turn))
    }

    /// Stores a task and starts its attempt; gives whether it began. Goes on if the caller goes away: a task that has begun in
    /// the store and nowhere else would stand still until its lease ends.
    pub(super) async fn store_and_begin(
        &self,
        tasks: Vec<NewTaskRecord>,
        idempotency: Option<Idempotency>,
        (assignment, reservation, turn): (Assignment, Reservation, TurnTaken),
    ) -> Result<(Inserted, bool), StoreError> {
        let gone = || StoreError::Unavailable("the server is shutting down".to_owned());
        let me = self.me.upgrade().ok_or_else(gone)?;
        let both = async move {
            let stored = me.shared.store.insert_and_begin(tasks, idempotency, vec![assignment]).await;
            let (inserted, begun) = stored.inspect_err(|_| me.shared.backlog.give_back(&turn))?;
            let task = begun.into_iter().next();
            let began = task.is_some();
            if let Some(task) = task {
                reach(FaultPoint::AfterClaim);
                attempt::begin(&me.shared, &me, task, reservation);
            } else {
                me.shared.backlog.give_back(&turn);
            }
            Ok((inserted, began))
        };
        self.shared.attempts.spawn(both).await.map_err(|_| gone())?
    }
}
