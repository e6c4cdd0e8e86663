//! In which order does this server hear of events? In that of the log, each once, whichever server committed it.
//!
//! What this server commits is handed to the sink at once if everything before it was. Otherwise it waits until the events in
//! between, which are other writers', have come: from them, or read from the log when a notification says that there are some.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use baton_domain::event::Event;
use baton_domain::id::EventSeq;
use baton_storage::CommitSink;
use parking_lot::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

/// The channel of the notifications. Each says which server committed and the last place it took.
pub(crate) const CHANNEL: &str = "baton_events";

/// Events that may wait for those before them. More are forgotten; the log has them.
const EARLY: usize = 10_000;

/// Hands events over.
pub(crate) struct Feed {
    sink: Arc<dyn CommitSink>,
    origin: Uuid,
    order: Mutex<Order>,
    bell: Notify,
}

/// How far the sink has been told.
#[derive(Debug, Default)]
struct Order {
    seen: EventSeq,
    early: BTreeMap<EventSeq, Arc<Event>>,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("origin", &self.origin).field("seen", &self.seen()).finish_non_exhaustive()
    }
}

impl Feed {
    /// A feed that begins after this place.
    pub(crate) fn new(sink: Arc<dyn CommitSink>, seen: EventSeq) -> Self {
        Self { sink, origin: Uuid::new_v4(), order: Mutex::new(Order { seen, early: BTreeMap::new() }), bell: Notify::new() }
    }

    /// What this server calls itself in notifications.
    pub(crate) const fn origin(&self) -> Uuid {
        self.origin
    }

    /// How far the sink has been told.
    pub(crate) fn seen(&self) -> EventSeq {
        self.order.lock().seen
    }

    /// A writer of this server committed these.
    pub(crate) fn committed(&self, events: &[Arc<Event>]) {
        if !events.is_empty() && !self.accept(events) {
            self.ring();
        }
    }

    /// These were read from the log after a place. The log has no gap: what is missing between that place and the first of them was
    /// forgotten before this server had read it, and nobody waits for it any more. Whoever follows sees the gap and is told.
    pub(crate) fn read(&self, since: EventSeq, events: &[Arc<Event>]) {
        if let Some(first) = events.first()
            && first.seq.0 > since.0 + 1
        {
            let mut order = self.order.lock();
            order.seen = order.seen.max(EventSeq(first.seq.0 - 1));
            let seen = order.seen;
            order.early.retain(|seq, _| *seq > seen);
        }
        self.accept(events);
    }

    /// A notification came.
    pub(crate) fn notified(&self, payload: &str) {
        let (origin, last) = payload.split_once(' ').unwrap_or(("", payload));
        let own = origin.parse() == Ok(self.origin);
        let known = last.parse().is_ok_and(|last| EventSeq(last) <= self.seen());
        // What this server committed its writers hand over.
        if !own && !known {
            self.ring();
        }
    }

    /// There may be something in the log that no notification came for.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until somebody rang.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Hands over what can be; gives whether nothing waits for events in between.
    fn accept(&self, events: &[Arc<Event>]) -> bool {
        let mut order = self.order.lock();
        let seen = order.seen;
        order.early.extend(events.iter().filter(|event| event.seq > seen).map(|event| (event.seq, Arc::clone(event))));
        let mut next = Vec::new();
        while let Some(entry) = order.early.first_entry()
            && entry.key().0 == seen.0 + 1 + next.len() as i64
        {
            next.push(entry.remove());
        }
        if let Some(last) = next.last() {
            order.seen = last.seq;
            // Told under the lock: whoever comes next must not overtake.
            self.sink.committed(&next);
        }
        let nothing_waits = order.early.is_empty();
        if order.early.len() > EARLY {
            order.early.clear();
        }
        nothing_waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::id::DEFAULT_PROJECT;
    use baton_domain::time::Timestamp;
    use baton_domain::user::Principal;

    #[derive(Default)]
    struct Told(Mutex<Vec<i64>>);

    impl CommitSink for Told {
        fn committed(&self, events: &[Arc<Event>]) {
            self.0.lock().extend(events.iter().map(|event| event.seq.0));
        }
    }

    fn events(places: std::ops::RangeInclusive<i64>) -> Vec<Arc<Event>> {
        let event = |seq| Event {
            seq: EventSeq(seq),
            at: Timestamp::from_millis(0),
            project_id: DEFAULT_PROJECT,
            kind: "task.queued".to_owned(),
            subject: "task:1".to_owned(),
            actor: Principal::System,
            data: baton_domain::event::Payload::default(),
        };
        places.map(|seq| Arc::new(event(seq))).collect()
    }

    fn rings(feed: &Feed) -> bool {
        let rung = std::pin::pin!(feed.rung());
        futures::FutureExt::now_or_never(rung).is_some()
    }

    #[test]
    fn events_are_told_in_their_order_and_once() {
        let told = Arc::new(Told::default());
        let feed = Feed::new(Arc::clone(&told) as Arc<dyn CommitSink>, EventSeq(10));
        feed.committed(&events(11..=12));
        assert!(!rings(&feed), "nothing is missing");
        feed.committed(&events(15..=16));
        assert_eq!(*told.0.lock(), [11, 12], "13 and 14 are somebody else's");
        assert!(rings(&feed), "the log is asked for them");
        feed.read(EventSeq(11), &events(12..=15));
        feed.read(EventSeq(10), &events(11..=16));
        assert_eq!(*told.0.lock(), [11, 12, 13, 14, 15, 16]);
        assert_eq!(feed.seen(), EventSeq(16));
    }

    #[test]
    fn events_that_were_forgotten_unread_are_not_waited_for() {
        let told = Arc::new(Told::default());
        let feed = Feed::new(Arc::clone(&told) as Arc<dyn CommitSink>, EventSeq(10));
        feed.committed(&events(14..=15));
        feed.read(EventSeq(10), &events(13..=13));
        assert_eq!(*told.0.lock(), [13, 14, 15]);
        assert_eq!(feed.seen(), EventSeq(15));
    }

    #[test]
    fn only_news_of_others_rings() {
        let feed = Feed::new(Arc::new(Told::default()), EventSeq(5));
        feed.notified(&format!("{} 9", feed.origin()));
        feed.notified(&format!("{} 5", Uuid::from_u128(7)));
        assert!(!rings(&feed));
        feed.notified(&format!("{} 6", Uuid::from_u128(7)));
        assert!(rings(&feed));
        feed.notified("of a version that says it otherwise");
        assert!(rings(&feed));
    }
}
