//! How do assignments become attempts while the dispatcher goes on? By claims, which are stored beside it.
//!
//! While one claim is written, the next tasks are read and placed: neither the writer nor the agents wait for the dispatcher. What is
//! being claimed is still queued in the store and would be read again, so the dispatcher leaves it out.

use std::collections::{BTreeMap, HashSet};
use std::future::{self, Future};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use baton_domain::id::TaskId;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{Assignment, ReadyTask, StoreError};
use tokio::task::{Id, JoinSet};

use crate::agent_pool::Reservation;
use crate::attempt;
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;
use crate::precedence::Kind;

/// The most claims that are stored at once: one is written, the next waits for the writer. A third would only wait behind that one.
const DEPTH: usize = 2;

/// Tasks that agents were found for, each with its slot.
#[derive(Default)]
pub(crate) struct Claim {
    /// Whether there may be more behind those that it was taken from.
    pub(crate) more: bool,
    /// Whether another look may find tasks, now that more is known of which ones no free agent can take.
    pub(crate) look_on: bool,
    assignments: Vec<Assignment>,
    reserved: BTreeMap<TaskId, Reserved>,
}

/// A slot, and the kind and key of the task that it is for.
struct Reserved {
    reservation: Reservation,
    kind: Kind,
    key: Option<String>,
}

impl Claim {
    /// How many tasks it holds.
    pub(crate) fn len(&self) -> usize {
        self.assignments.len()
    }

    /// Whether it holds none.
    pub(crate) fn is_empty(&self) -> bool {
        self.assignments.is_empty()
    }

    /// The tasks that it holds.
    pub(crate) fn tasks(&self) -> HashSet<TaskId> {
        self.reserved.keys().copied().collect()
    }

    /// Adds a task and its slot.
    pub(crate) fn add(&mut self, task: ReadyTask, assignment: Assignment, reservation: Reservation) {
        let kind = Kind { skill: task.skill, labels: task.labels };
        self.reserved.insert(assignment.task, Reserved { reservation, kind, key: task.fairness_key });
        self.assignments.push(assignment);
    }

    /// Stores the assignments and starts the attempts that began.
    pub(crate) async fn store(self, shared: Arc<Shared>, orchestrator: Arc<Orchestrator>) -> Result<Settled, StoreError> {
        let Self { assignments, mut reserved, .. } = self;
        let begun = shared.store.begin(assignments).await?;
        let given = begun.len();
        if given > 0 {
            reach(FaultPoint::AfterClaim);
        }
        let mut served: BTreeMap<(String, Option<String>), (u32, f64)> = BTreeMap::new();
        for task in begun {
            let Some(Reserved { reservation, kind, key }) = reserved.remove(&task.task.summary.id) else { continue };
            let of_key = served.entry((kind.skill, key)).or_insert((0, 1.0));
            *of_key = (of_key.0 + 1, task.task.fairness_weight);
            attempt::begin(&shared, &orchestrator, task, reservation);
        }
        for ((skill, key), (tasks, weight)) in served {
            shared.backlog.served(&skill, key.as_deref(), tasks, weight);
        }
        // The reservations of tasks that did not begin are dropped with this, which frees their slots.
        let mut lost = HashSet::new();
        for Reserved { kind, key, .. } in reserved.into_values() {
            if !shared.backlog.left_out(&kind.skill, key.as_deref()) {
                lost.insert(kind);
            }
        }
        Ok(Settled { given, lost })
    }
}

/// What came of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Tasks that began.
    pub(crate) given: usize,
    /// The kinds of those that others took.
    pub(crate) lost: HashSet<Kind>,
}

/// The claims that are being stored.
#[derive(Default)]
pub(crate) struct Storing {
    claims: JoinSet<Result<Settled, StoreError>>,
    held: Vec<(Id, HashSet<TaskId>)>,
}

impl Storing {
    /// Whether another one would only wait.
    pub(crate) fn is_full(&self) -> bool {
        self.held.len() >= DEPTH
    }

    /// How many tasks they hold.
    pub(crate) fn tasks(&self) -> usize {
        self.held.iter().map(|(_, tasks)| tasks.len()).sum()
    }

    /// Whether one of them holds this task.
    pub(crate) fn hold(&self, task: TaskId) -> bool {
        self.held.iter().any(|(_, tasks)| tasks.contains(&task))
    }

    /// A claim of these tasks is stored from now on, after those that were added before.
    ///
    /// It is polled here for the first time, and then by a task of its own, for tasks that are spawned may have their turns in any order, and the tasks of
    /// the earlier claim go first. What is relied on: the first poll of [`TaskStore::begin`](baton_storage::TaskStore::begin) takes a place in the
    /// queue of the store's writer. With SQLite and with PostgreSQL nothing is waited for before the claim is sent there, and neither is here; only a
    /// queue that is full lets it wait, in the same order if the queue keeps one. The store in memory has done it all by then.
    pub(crate) fn add(&mut self, tasks: HashSet<TaskId>, claim: impl Future<Output = Result<Settled, StoreError>> + Send + 'static) {
        let mut claim = Box::pin(claim);
        // Nobody has to be woken: the task polls again as soon as it has its turn. Nor does what the dispatcher has done before in its own turn
        // count against the claim, which would not come to the queue then.
        let first = catch_unwind(AssertUnwindSafe(|| {
            let mut claim = pin!(tokio::task::coop::unconstrained(claim.as_mut()));
            claim.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        }));
        let rest = async move {
            match first {
                Ok(Poll::Ready(settled)) => settled,
                Ok(Poll::Pending) => claim.await,
                // It breaks off where it would have without that poll, and not the dispatcher.
                Err(panic) => resume_unwind(panic),
            }
        };
        self.held.push((self.claims.spawn(rest).id(), tasks));
    }

    /// Waits for the next one that settles, and forgets its tasks. Without any it waits for ever.
    pub(crate) async fn settled(&mut self) -> Result<Settled, StoreError> {
        let Some(ended) = self.claims.join_next_with_id().await else { return future::pending().await };
        let (id, result) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(StoreError::Unavailable(format!("a claim broke off: {error}")))),
        };
        self.held.retain(|(held, _)| *held != id);
        result
    }

    /// Waits for all of them: what began in the store and nowhere else would stand still until its lease ends.
    pub(crate) async fn settle(&mut self) {
        while !self.held.is_empty() {
            if let Err(error) = self.settled().await {
                tracing::warn!(%error, "tasks could not be given out");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use tokio::sync::oneshot;
    use uuid::Uuid;

    use super::*;

    fn tasks(numbers: std::ops::Range<u128>) -> HashSet<TaskId> {
        numbers.map(|number| TaskId::new(Uuid::from_u128(number))).collect()
    }

    fn of(given: usize) -> Settled {
        Settled { given, lost: HashSet::new() }
    }

    #[tokio::test]
    async fn what_is_being_claimed_is_held_until_its_own_claim_settles() {
        let mut storing = Storing::default();
        let (first, one) = oneshot::channel();
        let (second, two) = oneshot::channel();
        storing.add(tasks(0..3), async move { one.await.map_err(|_| StoreError::Unavailable(String::new())) });
        assert!(!storing.is_full(), "the next is read and placed meanwhile");
        storing.add(tasks(3..5), async move { two.await.map_err(|_| StoreError::Unavailable(String::new())) });
        assert!(storing.is_full());
        assert_eq!(storing.tasks(), 5);
        second.send(of(2)).unwrap();
        assert_eq!(storing.settled().await, Ok(of(2)), "a later one may settle first");
        let held = |storing: &Storing| tasks(0..6).into_iter().filter(|task| storing.hold(*task)).collect::<HashSet<_>>();
        assert_eq!(held(&storing), tasks(0..3));
        first.send(of(3)).unwrap();
        storing.settle().await;
        assert_eq!((held(&storing), storing.tasks()), (HashSet::new(), 0));
    }

    #[tokio::test]
    async fn claims_come_to_the_store_in_the_order_in_which_they_were_added() {
        let came = Arc::new(Mutex::new(Vec::new()));
        let mut storing = Storing::default();
        for number in 0..2 {
            let came = Arc::clone(&came);
            storing.add(tasks(number..number + 1), async move {
                came.lock().push(number);
                tokio::task::yield_now().await;
                Ok(of(1))
            });
        }
        assert_eq!(*came.lock(), [0, 1], "before any task has had a turn");
        assert_eq!((storing.settled().await, storing.settled().await), (Ok(of(1)), Ok(of(1))), "each goes on from there");
        assert_eq!((came.lock().len(), storing.tasks()), (2, 0), "and neither begins again");
    }

    #[tokio::test]
    async fn a_claim_that_breaks_off_later_holds_nothing_any_more_either() {
        let mut storing = Storing::default();
        storing.add(tasks(0..1), async {
            tokio::task::yield_now().await;
            panic!("planted")
        });
        assert!(matches!(storing.settled().await, Err(StoreError::Unavailable(_))));
        assert_eq!(storing.tasks(), 0);
    }

    #[tokio::test]
    async fn a_claim_that_breaks_off_holds_nothing_any_more() {
        let mut storing = Storing::default();
        storing.add(tasks(0..1), async { panic!("planted") });
        assert!(matches!(storing.settled().await, Err(StoreError::Unavailable(_))));
        assert_eq!(storing.tasks(), 0);
        assert!(!storing.is_full());
    }
}
