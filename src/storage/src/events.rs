//! What is stored of events and of the audit record.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{AuditId, EventSeq};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;

use crate::StoreError;

/// Events of the log, read in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct EventsSince {
    /// The events that pass the filter, oldest first.
    pub items: Vec<Event>,
    /// The last place that was looked at: all wanted events up to here are given.
    pub next_since: EventSeq,
    /// Whether there is more now.
    pub more: bool,
    /// The oldest place that can be asked for; asking for an older one means a resync.
    pub floor: EventSeq,
    /// The newest event.
    pub head: EventSeq,
}

/// Which events are kept; what either limit does not keep is forgotten. Without limits nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// The most events.
    pub count: Option<u64>,
    /// Only events from then on. An event stays as long as an older one in the log does, whatever the clocks said.
    pub since: Option<Timestamp>,
}

/// What was forgotten of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// How many events.
    pub events: u64,
    /// The oldest place that can be asked for now.
    pub floor: EventSeq,
    /// Whether more are to be forgotten now.
    pub more: bool,
}

impl Retention {
    /// The floor that the number of events alone asks for.
    #[must_use]
    pub fn floor_by_count(&self, head: EventSeq) -> EventSeq {
        let most = self.count.and_then(|count| i64::try_from(count).ok()).unwrap_or(i64::MAX);
        EventSeq(head.0.saturating_sub(most).max(0))
    }

    /// Where the floor goes in one step of at most `limit` events, and whether it has to go further. `first_young` is the
    /// place of the first event above the floor, among the next `limit`, that is young enough; none if all of them are too old.
    #[must_use]
    pub fn next_floor(&self, floor: EventSeq, head: EventSeq, limit: u32, first_young: Option<EventSeq>) -> (EventSeq, bool) {
        let reach = EventSeq(floor.0.saturating_add(i64::from(limit)).min(head.0));
        let by_age = match (self.since, first_young) {
            (None, _) => floor,
            (Some(_), Some(young)) => EventSeq(young.0 - 1),
            (Some(_), None) => reach,
        };
        let by_count = self.floor_by_count(head);
        let next = by_age.max(by_count).min(reach).max(floor);
        // Where age found nothing young, it was not the last step unless the log ends there.
        let age_goes_on = self.since.is_some() && first_young.is_none() && reach < head;
        (next, by_count > next || age_goes_on)
    }
}

/// What a principal asked or was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// The row.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub principal: Principal,
    /// What they asked, as `auth.login`.
    pub action: String,
    /// Of what, as `user:<id>`.
    pub target: Option<String>,
    /// Whether it was allowed and done.
    pub allowed: bool,
    /// The code of the refusal.
    pub code: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
}

/// The event log and the audit record.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// The newest event's place.
    ///
    /// # Errors
    /// Only those of storage.
    async fn head(&self) -> Result<EventSeq, StoreError>;

    /// Events after a place, oldest first; looks at no more than `limit` rows. Below the floor it begins at the floor: the caller sees
    /// that something is missing by comparing the two.
    ///
    /// # Errors
    /// Only those of storage.
    async fn events_since(&self, since: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError>;

    /// Forgets the oldest events that are not to be kept, at most `limit` of them, and raises the floor to the last of them: always
    /// a whole beginning of the log, sealed or not, so that what remains is a log without gaps whose chain can be followed from its
    /// first row on. The next event takes the next place as if nothing had been forgotten. No event tells of it, and the sink is
    /// not told. Writers wait for one such step at most.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_events(&self, retention: Retention, limit: u32) -> Result<Forgotten, StoreError>;

    /// Stores audit rows.
    ///
    /// # Errors
    /// Only those of storage.
    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError>;

    /// Answers if storage can write: takes and releases the write lock.
    ///
    /// # Errors
    /// If it cannot.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Is told what was committed, in the order of commits, right after each commit.
pub trait CommitSink: Send + Sync {
    /// These events are committed. Must return at once.
    fn committed(&self, events: &[Arc<Event>]);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSink;

impl CommitSink for NoSink {
    fn committed(&self, _events: &[Arc<Event>]) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(count: Option<u64>, since: Option<i64>, first_young: Option<i64>) -> (i64, bool) {
        let retention = Retention { count, since: since.map(Timestamp::from_millis) };
        let (floor, more) = retention.next_floor(EventSeq(10), EventSeq(100), 20, first_young.map(EventSeq));
        (floor.0, more)
    }

    #[test]
    fn either_limit_moves_the_floor_and_no_step_goes_too_far() {
        assert_eq!(next(None, None, None), (10, false), "nothing limits the log");
        assert_eq!(next(Some(90), None, None), (10, false));
        assert_eq!(next(Some(85), None, None), (15, false));
        assert_eq!(next(Some(5), None, None), (30, true), "a step forgets 20 at most");
        assert_eq!(next(None, Some(9), Some(11)), (10, false), "the next event is young");
        assert_eq!(next(None, Some(9), Some(16)), (15, false));
        assert_eq!(next(None, Some(9), None), (30, true));
        assert_eq!(next(Some(85), Some(9), Some(13)), (15, false));
        assert_eq!(next(Some(0), Some(9), Some(13)), (30, true));
    }

    #[test]
    fn a_log_can_be_forgotten_whole_and_no_more() {
        let retention = Retention { count: Some(0), since: None };
        assert_eq!(retention.next_floor(EventSeq(95), EventSeq(100), 20, None), (EventSeq(100), false));
        let retention = Retention { count: None, since: Some(Timestamp::from_millis(1)) };
        assert_eq!(retention.next_floor(EventSeq(100), EventSeq(100), 20, None), (EventSeq(100), false));
        assert_eq!(retention.next_floor(EventSeq(0), EventSeq(0), 20, None), (EventSeq(0), false));
    }
}
