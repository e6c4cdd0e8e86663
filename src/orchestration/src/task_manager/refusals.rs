//! What becomes of a task that an agent refused? Another is asked that has the skill and the labels; once every one has refused, the task is
//! rejected with the code of the last refusal.
//!
//! Who refused stands in the task's attempts. What is remembered here of it only spares agents the same question: a server that has
//! forgotten, or never knew, asks again, and learns from the attempts when the answer is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton_domain::id::{AgentId, TaskId};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::{AttemptOutcome, AttemptView, Failure};
use baton_storage::{Advance, Advanced, Guard, StoreError, TaskRecord};
use parking_lot::Mutex;

use super::dependencies;
use crate::cluster::elsewhere;
use crate::engine::Shared;

/// Why a task is back in the queue that its agent refused.
pub(crate) const REFUSED: &str = "refused";
/// The most tasks whose refusals are remembered; of more the oldest are forgotten.
const MAXIMUM_TASKS: usize = 4_096;
/// How long a task waits that an agent refused a second time, because this server had forgotten the first; twice as long each further time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Doublings beyond which the pause is the longest one anyhow.
const MOST_DOUBLINGS: u32 = 10;

/// The agents that refused a task.
pub(crate) type Refused = Arc<BTreeSet<AgentId>>;

/// Who refused what, as far as this server remembers.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    /// How many tasks are known, for whoever only wants to know that there are none.
    count: AtomicUsize,
    /// By task; identifiers grow with time.
    known: Mutex<BTreeMap<TaskId, Refused>>,
}

impl Refusals {
    /// Remembers that these agents refused the task.
    pub(crate) fn note(&self, task: TaskId, agents: impl IntoIterator<Item = AgentId>) {
        let mut known = self.known.lock();
        Arc::make_mut(known.entry(task).or_default()).extend(agents);
        if known.len() > MAXIMUM_TASKS {
            known.pop_first();
        }
        self.count.store(known.len(), Ordering::Release);
    }

    /// The agents that refused the task are these and no others.
    fn set(&self, task: TaskId, agents: BTreeSet<AgentId>) {
        let mut known = self.known.lock();
        if agents.is_empty() {
            known.remove(&task);
        } else {
            known.insert(task, Arc::new(agents));
        }
        self.count.store(known.len(), Ordering::Release);
    }

    /// The agents that refused the task; nothing if none is known of.
    pub(crate) fn of(&self, task: TaskId) -> Option<Refused> {
        if self.tasks() == 0 {
            return None;
        }
        self.known.lock().get(&task).cloned()
    }

    /// How many tasks are known that somebody refused.
    pub(crate) fn tasks(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// The task has ended.
    pub(crate) fn forget(&self, task: TaskId) {
        if self.tasks() > 0 {
            let mut known = self.known.lock();
            known.remove(&task);
            self.count.store(known.len(), Ordering::Release);
        }
    }
}

/// Remembers that the holder of a task's lease refuses it, and who refused it before. Says how long the task waits for that: not at all, unless
/// this agent had refused it already.
pub(crate) async fn heard(shared: &Shared, task: &TaskRecord, agent: AgentId) -> Duration {
    let id = task.summary.id;
    // Before the task is back in the queue.
    shared.refusals.note(id, [agent]);
    match shared.store.task_rows(id).await {
        Ok(rows) => {
            let before: Vec<AgentId> = rows.iter().flat_map(|rows| refused(&rows.attempts)).map(|attempt| attempt.agent.id).collect();
            let times = before.iter().filter(|before| **before == agent).count();
            shared.refusals.note(id, before);
            pause(u32::try_from(times).unwrap_or(u32::MAX))
        }
        Err(error) => {
            tracing::warn!(%error, task = %id, "earlier refusals could not be looked at");
            FIRST_PAUSE
        }
    }
}

fn refused(attempts: &[AttemptView]) -> impl DoubleEndedIterator<Item = &AttemptView> {
    attempts.iter().filter(|attempt| attempt.outcome == Some(AttemptOutcome::Refused))
}

/// How long a task waits that its agent had refused so many times before.
fn pause(times: u32) -> Duration {
    match times {
        0 => Duration::ZERO,
        times => FIRST_PAUSE.saturating_mul(1 << (times - 1).min(MOST_DOUBLINGS)).min(LONGEST_PAUSE),
    }
}

/// Rejects a queued task if every agent that could take it has refused it. Whoever sees it first does it; one that is paused or cancelled
/// meanwhile is left alone.
pub(crate) async fn settle(shared: &Arc<Shared>, task: TaskId, skill: &str, labels: &[String]) -> Result<(), StoreError> {
    let Some(refused_by) = shared.refusals.of(task) else { return Ok(()) };
    if elsewhere::somebody_is_left(shared, &refused_by, skill, labels).await? {
        return Ok(());
    }
    let Some(rows) = shared.store.task_rows(task).await? else { return Ok(()) };
    let recorded: BTreeSet<AgentId> = refused(&rows.attempts).map(|attempt| attempt.agent.id).collect();
    if !refused_by.is_subset(&recorded) {
        // Some answered under a lease that was lost by then: nothing of it counts, and they are asked again.
        shared.refusals.set(task, recorded);
        shared.backlog.look_again_at_all();
        shared.backlog.ring_all();
        return Ok(());
    }
    let last = refused(&rows.attempts).next_back().and_then(|attempt| attempt.failure.clone());
    match last {
        Some(failure) if rows.task.summary.cancel_requested_at.is_none() => reject(shared, task, failure).await,
        _ => Ok(()),
    }
}

/// Ends a queued task that nobody is to begin; one that is paused or cancelled meanwhile is left alone.
pub(crate) async fn reject(shared: &Shared, task: TaskId, failure: Failure) -> Result<(), StoreError> {
    let failure = Failure { retryable: false, ..failure };
    let now = shared.sources.clock.now();
    let reject = Advance::new(task, Guard::State(TaskState::Queued), Trigger::Reject, Principal::System, now);
    let reject = Advance { reason: Some(failure.code.clone()), failure: Some(failure), ..reject };
    if let Advanced::Applied(task) = shared.store.advance(reject).await? {
        dependencies::ended(shared, &task);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn task(number: usize) -> TaskId {
        TaskId::new(Uuid::from_u128(number as u128))
    }

    fn agent(number: u128) -> AgentId {
        AgentId::new(Uuid::from_u128(number))
    }

    #[test]
    fn refusals_are_remembered_until_the_end_of_their_task() {
        let refusals = Refusals::default();
        assert_eq!(refusals.of(task(1)), None);
        refusals.note(task(1), [agent(1)]);
        refusals.note(task(1), [agent(2), agent(1)]);
        assert_eq!(refusals.of(task(1)).unwrap().iter().copied().collect::<Vec<_>>(), [agent(1), agent(2)]);
        assert_eq!((refusals.of(task(2)), refusals.tasks()), (None, 1));
        refusals.set(task(1), BTreeSet::from([agent(2)]));
        assert_eq!(refusals.of(task(1)).unwrap().iter().copied().collect::<Vec<_>>(), [agent(2)]);
        refusals.set(task(3), BTreeSet::new());
        assert_eq!(refusals.tasks(), 1);
        refusals.forget(task(1));
        refusals.forget(task(1));
        assert_eq!((refusals.of(task(1)), refusals.tasks()), (None, 0));
    }

    #[test]
    fn of_too_many_tasks_the_oldest_are_forgotten() {
        let refusals = Refusals::default();
        for number in 0..MAXIMUM_TASKS + 10 {
            refusals.note(task(number), [agent(1)]);
        }
        assert_eq!(refusals.tasks(), MAXIMUM_TASKS);
        assert!(refusals.of(task(9)).is_none() && refusals.of(task(10)).is_some());
    }

    #[test]
    fn who_is_asked_again_and_again_is_asked_ever_more_rarely() {
        let pauses: Vec<u64> = (0..=4).map(|times| pause(times).as_secs()).collect();
        assert_eq!(pauses, [0, 1, 2, 4, 8]);
        assert_eq!((pause(11), pause(u32::MAX)), (LONGEST_PAUSE, LONGEST_PAUSE));
    }
}
