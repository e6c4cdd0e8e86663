//! How is the event log read and followed? In pages by sequence, then live, without a gap, a repetition or a change of order.

mod follower;
mod retention;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, EventService, LiveStream};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::live::{EventLog, EventPage, KeepEvents};
use baton_storage::EventStore;
use futures::stream;

use crate::message_bus::InProcessBus;
use follower::Follower;

/// Rows of one page when the caller does not say.
pub const DEFAULT_LIMIT: u32 = 500;
/// The most rows of one page.
pub const MAXIMUM_LIMIT: u32 = 1_000;

/// How long a quiet stream trusts the doorbell before it looks at the log by itself.
const IDLE_CHECK: Duration = Duration::from_secs(10);

/// Reads and follows the event log.
pub struct EventStream {
    store: Arc<dyn EventStore>,
    bus: Arc<InProcessBus>,
    idle_check: Duration,
    keep: KeepEvents,
}

impl EventStream {
    /// Over this log and this doorbell; the store must ring that bell.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, bus: Arc<InProcessBus>) -> Self {
        Self { store, bus, idle_check: IDLE_CHECK, keep: KeepEvents::default() }
    }

    /// Changes how long a quiet stream trusts the doorbell; 10 seconds otherwise.
    #[must_use]
    pub fn with_idle_check(mut self, idle_check: Duration) -> Self {
        self.idle_check = idle_check;
        self
    }

    /// Says how long events are kept; for ever otherwise.
    #[must_use]
    pub fn keeping(mut self, keep: KeepEvents) -> Self {
        self.keep = keep;
        self
    }

    /// Forgets the events that are not kept any longer; gives how many. It goes in steps that let others write in between, and can
    /// be dropped at any moment: what is left is forgotten the next time.
    ///
    /// # Errors
    /// Only those of storage.
    pub async fn forget_old(&self, now: Timestamp) -> Answer<u64> {
        Ok(retention::forget(&*self.store, self.keep, now).await?)
    }
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream").field("idle_check", &self.idle_check).finish_non_exhaustive()
    }
}

#[async_trait]
impl EventService for EventStream {
    async fn head(&self, caller: &Caller) -> Answer<EventSeq> {
        caller.require(Permission::Read)?;
        Ok(self.store.head().await?)
    }

    async fn log(&self, caller: &Caller) -> Answer<EventLog> {
        caller.require(Permission::Read)?;
        let nothing = self.store.events_since(EventSeq(0), &TopicFilter::default(), 0).await?;
        Ok(EventLog { head: nothing.head, floor: nothing.floor, keep: self.keep })
    }

    async fn since(&self, caller: &Caller, since: EventSeq, filter: TopicFilter, limit: Option<u32>) -> Answer<EventPage> {
        caller.require(Permission::Read)?;
        if since.0 < 0 {
            return Err(wrong("since", "0 or the sequence of an event"));
        }
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAXIMUM_LIMIT).contains(&limit) {
            return Err(wrong("limit", "a number from 1 to 1000"));
        }
        let page = self.store.events_since(since, &filter, limit).await?;
        if since < page.floor {
            let detail = format!("Events before {} are no longer kept. Read the state anew, then go on from {}.", page.floor, page.head);
            return Err(Problem::new(Code::ResyncRequired, detail));
        }
        if since > page.head {
            // Only a log that went back in time has forgotten a place that it once gave out.
            let detail = format!(
                "The newest event is {}, so this place is from another log, perhaps before a backup was restored. Read the state anew, then go on from {}.",
                page.head, page.head
            );
            return Err(Problem::new(Code::ResyncRequired, detail));
        }
        Ok(EventPage { items: page.items, next_since: page.next_since, more: page.more })
    }

    async fn follow(&self, caller: &Caller, since: EventSeq, filter: TopicFilter) -> Answer<LiveStream> {
        caller.require(Permission::Read)?;
        // Listen before the log is read, or what is committed in between would be in neither.
        let subscription = if follower::names_a_task(&filter) { self.bus.subscribe() } else { self.bus.subscribe_to_commits() };
        let follower = Follower::new(Arc::clone(&self.store), subscription, filter, since, self.idle_check);
        Ok(Box::pin(stream::unfold(follower, |mut follower| async move {
            let item = follower.next().await?;
            Some((item, follower))
        })))
    }
}

fn wrong(field: &str, expected: &str) -> Problem {
    Problem::new(Code::InvalidQuery, format!("Give {expected} as {field}.")).with_field(field, format!("expected {expected}"))
}
