//! How does one subscriber stay gap-free? It knows the place up to which it was served, and only ever moves it by one.
//!
//! While it replays, it reads pages of the log until it has reached the head. Then it listens. A message that begins
//! right after its place moves it on; one that begins later, or a lag, or a long silence while the log has grown, sends
//! it back to reading the log from its place. So the bus may lose, repeat or reorder what it likes.
//!
//! It runs no task: everything happens while its reader waits for the next item, and what a slow reader leaves lying
//! is bounded by one page, one batch of messages and the capacity of the bus.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::EventSeq;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, LiveItem};
use baton_domain::topic::SUBJECT_PREFIX;
use baton_storage::EventStore;

use crate::message_bus::{Message, Subscription};

/// Rows of one page of the replay.
const PAGE: u32 = 500;
/// The most messages that are taken together.
const BATCH_MESSAGES: usize = 64;
/// Once this many wanted events are together, they are given.
const BATCH_EVENTS: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Reads the log for the first time.
    FirstReplay,
    /// Reads the log because the doorbell was missed.
    Replay,
    /// Listens.
    Live,
    /// Has failed, or the bus is gone.
    Ended,
}

/// One subscriber's way along the log.
pub(super) struct Follower {
    store: Arc<dyn EventStore>,
    subscription: Subscription,
    filter: TopicFilter,
    idle_check: Duration,
    phase: Phase,
    /// Everything up to here was given or is not wanted.
    position: EventSeq,
    /// The last place that the reader heard of.
    told: EventSeq,
    pending: VecDeque<LiveItem>,
}

/// Whether the filter names a task or a pattern of topics, and so wants what is fleeting about it.
pub(super) fn wants_transients(filter: &TopicFilter) -> bool {
    filter.topics().iter().any(|topic| topic.starts_with("task:") || topic.starts_with(SUBJECT_PREFIX))
}

impl Follower {
    /// Begins after `since`. The subscription must be older than this call.
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        subscription: Subscription,
        filter: TopicFilter,
        since: EventSeq,
        idle_check: Duration,
    ) -> Self {
        let pending = VecDeque::new();
        Self { store, subscription, filter, idle_check, phase: Phase::FirstReplay, position: since, told: since, pending }
    }

    /// The next item; `None` at the end. A failure is the last item: the reader comes back with the place it has.
    pub(super) async fn next(&mut self) -> Option<Answer<LiveItem>> {
        loop {
            if let Some(item) = self.pending.pop_front() {
                return Some(Ok(item));
            }
            let step = match self.phase {
                Phase::FirstReplay | Phase::Replay => self.replay().await,
                Phase::Live => self.listen().await,
                Phase::Ended => return None,
            };
            if let Err(problem) = step {
                self.phase = Phase::Ended;
                return Some(Err(problem));
            }
        }
    }

    /// Reads one page of the log.
    async fn replay(&mut self) -> Answer<()> {
        let page = self.store.events_since(self.position, &self.filter, PAGE).await?;
        if self.position < page.floor || self.position > page.head {
            // Below the floor the events are gone; beyond the head the log went back in time (a restored backup).
            // The reader takes the state anew, which covers the head at least, and the stream goes on from there.
            self.position = page.head;
            self.told = page.head;
            self.pending.push_back(LiveItem::Resync(page.head));
            return Ok(());
        }
        if page.more && page.next_since <= self.position {
            return Err(Problem::new(Code::Internal, "The event log does not go on where it should. The server's log says more."));
        }
        self.give(page.items.into_iter().map(Arc::new).collect());
        self.position = page.next_since;
        if !page.more {
            if self.phase == Phase::FirstReplay {
                // Always said once: the reader has caught up.
                self.told = self.position;
                self.pending.push_back(LiveItem::HighWater(self.position));
            }
            self.phase = Phase::Live;
        }
        self.tell();
        Ok(())
    }

    /// Waits for messages and takes those that have come.
    async fn listen(&mut self) -> Answer<()> {
        let mut next = match tokio::time::timeout(self.idle_check, self.subscription.next()).await {
            Ok(Some(message)) => Some(message),
            Ok(None) => {
                self.phase = Phase::Ended;
                return Ok(());
            }
            Err(_) => {
                if self.store.head().await? != self.position {
                    tracing::debug!(position = self.position.0, "the log has grown and nobody rang: reading it");
                    self.phase = Phase::Replay;
                }
                return Ok(());
            }
        };
        let mut wanted = Vec::new();
        let mut taken = 0;
        while let Some(message) = next {
            match message {
                Message::Committed(events) => {
                    if !self.take(&events, &mut wanted) {
                        self.phase = Phase::Replay;
                    }
                }
                Message::Lagged => self.phase = Phase::Replay,
                Message::Transient(transient) => {
                    if self.filter.names(&transient.subject()) {
                        self.give(std::mem::take(&mut wanted));
                        self.pending.push_back(LiveItem::Transient(transient));
                    }
                }
            }
            taken += 1;
            if self.phase != Phase::Live || taken == BATCH_MESSAGES || wanted.len() >= BATCH_EVENTS {
                break;
            }
            next = self.subscription.try_next();
        }
        self.give(wanted);
        self.tell();
        Ok(())
    }

    /// Moves along these events; `false` where one is missing before them.
    fn take(&mut self, events: &[Arc<Event>], wanted: &mut Vec<Arc<Event>>) -> bool {
        for event in events {
            if event.seq <= self.position {
                continue;
            }
            if event.seq.0 - 1 != self.position.0 {
                return false;
            }
            self.position = event.seq;
            if self.filter.wants(&event.kind, &event.subject) {
                wanted.push(Arc::clone(event));
            }
        }
        true
    }

    fn give(&mut self, events: Vec<Arc<Event>>) {
        if let Some(last) = events.last() {
            self.told = last.seq;
            self.pending.push_back(LiveItem::Events(events));
        }
    }

    /// Says how far the log was looked at, if unwanted events came after the last wanted one.
    fn tell(&mut self) {
        if self.position > self.told {
            self.told = self.position;
            self.pending.push_back(LiveItem::HighWater(self.position));
        }
    }
}
