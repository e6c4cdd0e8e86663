//! How many tasks have not ended, so that a full queue is refused without counting rows?
//!
//! On a store of this server's own the count grows with what it takes in, and is brought down by a new count once it says that
//! the queue is full. On a shared one it follows the events of all servers, both ways, so that the maximum holds for all of them
//! together; it lags behind by the time that events take to travel. Whatever it says, a full queue is counted before it refuses.

use baton_domain::event::Event;
use baton_domain::id::EventSeq;
use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::wire::task::StateCount;
use baton_storage::{Store, StoreError};
use parking_lot::Mutex;
use serde::Deserialize;

/// The count.
#[derive(Debug, Default)]
pub(crate) struct LiveTasks {
    count: Mutex<Count>,
    /// Held while rows are counted.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Count {
    live: i64,
    /// The events up to this one are in it.
    as_of: EventSeq,
    /// What was heard while rows are counted: those rows may be from before it.
    meanwhile: Vec<(EventSeq, i64)>,
    counting: bool,
    /// How many counts of the rows were begun, and the newest of them that ended well.
    begun: u64,
    ended: u64,
}

/// A count of the rows that is under way; whoever wanted it may go away meanwhile.
struct Counting<'a>(&'a Mutex<Count>);

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        let mut count = self.0.lock();
        (count.counting, count.meanwhile) = (false, Vec::new());
    }
}

impl LiveTasks {
    /// Counts the rows.
    ///
    /// # Errors
    /// Only those of storage.
    pub(crate) async fn count(&self, store: &dyn Store) -> Result<(), StoreError> {
        self.count_by(store.state_counts()).await
    }

    /// `read` is not begun if somebody else's count answers, too.
    async fn count_by(&self, read: impl Future<Output = Result<(Vec<StateCount>, EventSeq), StoreError>>) -> Result<(), StoreError> {
        let before = self.count.lock().begun;
        let _turn = self.turn.lock().await;
        let number = {
            let mut count = self.count.lock();
            if count.ended > before {
                // Somebody else's count began after this was wanted.
                return Ok(());
            }
            count.begun += 1;
            (count.counting, count.meanwhile) = (true, Vec::new());
            count.begun
        };
        let _counting = Counting(&self.count);
        let (counts, as_of) = read.await?;
        let mut count = self.count.lock();
        let meanwhile = std::mem::take(&mut count.meanwhile);
        count.ended = number;
        let live: u64 = counts.iter().filter(|count| !count.state.is_terminal()).map(|count| count.count).sum();
        count.live = i64::try_from(live).unwrap_or(i64::MAX);
        count.as_of = as_of;
        for (seq, change) in meanwhile {
            count.add(seq, change);
        }
        Ok(())
    }

    /// Adds what this server took in, where no events tell of it.
    pub(crate) fn took_in(&self, tasks: usize) {
        let mut count = self.count.lock();
        count.live = count.live.saturating_add(i64::try_from(tasks).unwrap_or(i64::MAX));
    }

    /// Takes over what an event tells.
    pub(crate) fn hear(&self, event: &Event) {
        let change = change(event);
        if change != 0 {
            let mut count = self.count.lock();
            if count.counting {
                count.meanwhile.push((event.seq, change));
            }
            count.add(event.seq, change);
        }
    }

    /// Whether this many more tasks have room.
    fn has_room(&self, wanted: usize, maximum: u64) -> bool {
        let (wanted, maximum) = (i64::try_from(wanted).unwrap_or(i64::MAX), i64::try_from(maximum).unwrap_or(i64::MAX));
        self.count.lock().live.saturating_add(wanted) <= maximum
    }

    /// Refuses new tasks while too many have not ended.
    ///
    /// # Errors
    /// `TASK-006`, and those of storage.
    pub(crate) async fn check_room(&self, store: &dyn Store, wanted: usize, maximum: u64) -> Result<(), Problem> {
        if self.has_room(wanted, maximum) {
            return Ok(());
        }
        self.count(store).await?;
        if self.has_room(wanted, maximum) {
            return Ok(());
        }
        Err(Problem::new(Code::QueueFull, format!("{maximum} tasks have not ended; send more when some have.")).retry_after(5))
    }
}

impl Count {
    fn add(&mut self, seq: EventSeq, change: i64) {
        if seq > self.as_of {
            self.live = self.live.saturating_add(change);
            self.as_of = seq;
        }
    }
}

/// Why a task is in its state.
#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: Option<String>,
}

/// By how many the tasks that have not ended are more after this event.
fn change(event: &Event) -> i64 {
    let Some(state) = event.kind.strip_prefix("task.").and_then(TaskState::parse) else { return 0 };
    if state.is_terminal() {
        return -1;
    }
    // Their first state: later ones have other reasons.
    let may_be_new = matches!(state, TaskState::Queued | TaskState::Waiting);
    let is_new = may_be_new && event.data.read::<Reason>().is_ok_and(|told| told.reason.as_deref() == Some("submitted"));
    i64::from(is_new)
}

#[cfg(test)]
mod tests {
    use baton_domain::event::Payload;
    use baton_domain::id::DEFAULT_PROJECT;
    use baton_domain::time::Timestamp;
    use baton_domain::user::Principal;
    use serde_json::json;

    use super::*;

    fn event(seq: i64, kind: &str, reason: &str) -> Event {
        Event {
            seq: EventSeq(seq),
            at: Timestamp::from_millis(0),
            project_id: DEFAULT_PROJECT,
            kind: kind.to_owned(),
            subject: String::new(),
            actor: Principal::System,
            data: Payload::of(&json!({"reason": reason})).unwrap(),
        }
    }

    #[test]
    fn beginnings_and_ends_count_and_nothing_between() {
        let changes = [
            ("task.queued", "submitted", 1),
            ("task.waiting", "submitted", 1),
            ("task.queued", "retry", 0),
            ("task.queued", "resumed", 0),
            ("task.running", "", 0),
            ("task.cancel_requested", "submitted", 0),
            ("task.completed", "", -1),
            ("task.canceled", "canceled", -1),
            ("agent.registered", "submitted", 0),
        ];
        for (kind, reason, wanted) in changes {
            assert_eq!(change(&event(1, kind, reason)), wanted, "{kind} {reason}");
        }
    }

    #[test]
    fn an_event_that_is_in_the_count_is_not_counted_again() {
        let live = LiveTasks::default();
        *live.count.lock() = Count { live: 5, as_of: EventSeq(10), ..Count::default() };
        for seq in 9..=12 {
            live.hear(&event(seq, "task.queued", "submitted"));
        }
        assert_eq!(live.count.lock().live, 7);
        assert!(live.has_room(3, 10) && !live.has_room(4, 10));
    }

    #[tokio::test]
    async fn a_count_that_nobody_waits_for_any_more_or_that_failed_leaves_nothing_behind() {
        let live = LiveTasks::default();
        let held = || {
            let count = live.count.lock();
            (count.live, count.counting, count.meanwhile.len())
        };
        let mut never = Box::pin(live.count_by(std::future::pending()));
        assert!(futures::poll!(never.as_mut()).is_pending());
        live.hear(&event(1, "task.queued", "submitted"));
        assert_eq!(held(), (1, true, 1));
        drop(never);
        assert_eq!(held(), (1, false, 0));
        live.hear(&event(2, "task.queued", "submitted"));
        assert_eq!(held(), (2, false, 0), "what is heard does not pile up");

        live.count_by(std::future::ready(Err(StoreError::Unavailable("away".into())))).await.unwrap_err();
        assert_eq!(held(), (2, false, 0));
        let counts = vec![StateCount { state: TaskState::Queued, count: 7 }, StateCount { state: TaskState::Completed, count: 9 }];
        live.count_by(std::future::ready(Ok((counts, EventSeq(2))))).await.unwrap();
        assert_eq!(held(), (7, false, 0), "the next count is not held up");
    }
}
