//! How do subscribers in the same process hear of commits? Over two bounded broadcast channels that never block the sender.
//!
//! Commits and fleeting messages travel apart, so that a flood of log lines cannot push commits out of the channel
//! and make every subscriber read the log.

use std::sync::{Arc, OnceLock};

use baton_domain::event::Event;
use baton_domain::wire::live::Transient;
use baton_storage::CommitSink;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::Message;
use crate::carrier::Relay;

/// The most events of one message. A large commit is cut, so that the memory a slow subscriber holds is bounded by
/// the capacity times this, whatever the size of the commits.
const EVENTS_PER_MESSAGE: usize = 64;

/// The largest capacity: a subscriber that lags by more reads the log faster than the channel.
const MAXIMUM_CAPACITY: usize = 65_536;

/// The bus of a single process.
#[derive(Debug)]
pub struct InProcessBus {
    committed: broadcast::Sender<Arc<[Arc<Event>]>>,
    transient: broadcast::Sender<Arc<Transient>>,
    /// Where other servers are told, if there are any.
    relay: OnceLock<Arc<Relay>>,
}

impl InProcessBus {
    /// A bus that keeps this many messages for its slowest subscriber; 1 to 65,536, other values are moved there.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, MAXIMUM_CAPACITY);
        Self { committed: broadcast::Sender::new(capacity), transient: broadcast::Sender::new(capacity), relay: OnceLock::new() }
    }

    /// Tells other servers from now on; the first relay stays.
    pub fn relay_to(&self, relay: Arc<Relay>) {
        // A second one changes nothing.
        let _ = self.relay.set(relay);
    }

    /// Gives everything that is sent from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        Subscription { committed: self.committed.subscribe(), transient: Some(self.transient.subscribe()) }
    }

    /// Gives the commits from now on and nothing fleeting.
    #[must_use]
    pub fn subscribe_to_commits(&self) -> Subscription {
        Subscription { committed: self.committed.subscribe(), transient: None }
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.committed.receiver_count()
    }

    /// Sends something fleeting to whoever listens, on all servers. Returns at once.
    pub fn transient(&self, transient: Transient) {
        if let Some(relay) = self.relay.get() {
            relay.transient(&transient);
        }
        self.heard_elsewhere(transient);
    }

    /// Something fleeting from another server.
    pub(crate) fn heard_elsewhere(&self, transient: Transient) {
        // An error says that nobody listens.
        let _ = self.transient.send(Arc::new(transient));
    }
}

impl CommitSink for InProcessBus {
    fn committed(&self, events: &[Arc<Event>]) {
        if let (Some(relay), Some(last)) = (self.relay.get(), events.last()) {
            relay.committed(last.seq);
        }
        // Whoever subscribes after this line finds the events in the log, since they are committed.
        if self.committed.receiver_count() == 0 {
            return;
        }
        for part in events.chunks(EVENTS_PER_MESSAGE) {
            let _ = self.committed.send(Arc::from(part));
        }
    }
}

/// A subscriber's end of the bus. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Subscription {
    committed: broadcast::Receiver<Arc<[Arc<Event>]>>,
    transient: Option<broadcast::Receiver<Arc<Transient>>>,
}

impl Subscription {
    /// The next message; commits go before what is fleeting. `None` once the bus is gone. Cancelling the call loses nothing.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let Some(transient) = &mut self.transient else {
                return commit(self.committed.recv().await);
            };
            tokio::select! {
                biased;
                received = self.committed.recv() => return commit(received),
                received = transient.recv() => match received {
                    Ok(transient) => return Some(Message::Transient(transient)),
                    // What was fleeting is past.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => self.transient = None,
                },
            }
        }
    }

    /// A message that is already there, if there is one.
    pub fn try_next(&mut self) -> Option<Message> {
        match self.committed.try_recv() {
            Ok(events) => return Some(Message::Committed(events)),
            Err(TryRecvError::Lagged(_)) => return Some(Message::Lagged),
            Err(TryRecvError::Empty | TryRecvError::Closed) => {}
        }
        let transient = self.transient.as_mut()?;
        loop {
            match transient.try_recv() {
                Ok(transient) => return Some(Message::Transient(transient)),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }
}

fn commit(received: Result<Arc<[Arc<Event>]>, RecvError>) -> Option<Message> {
    match received {
        Ok(events) => Some(Message::Committed(events)),
        Err(RecvError::Lagged(_)) => Some(Message::Lagged),
        Err(RecvError::Closed) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::id::{DEFAULT_PROJECT, EventSeq, TaskId};
    use baton_domain::time::Timestamp;
    use baton_domain::user::Principal;

    fn events(places: std::ops::RangeInclusive<i64>) -> Vec<Arc<Event>> {
        places
            .map(|seq| {
                Arc::new(Event {
                    seq: EventSeq(seq),
                    at: Timestamp::from_millis(seq),
                    project_id: DEFAULT_PROJECT,
                    kind: "task.queued".to_owned(),
                    subject: "task:1".to_owned(),
                    actor: Principal::System,
                    data: baton_domain::event::Payload::default(),
                })
            })
            .collect()
    }

    fn progress(fraction: f64) -> Transient {
        Transient::Progress { task_id: TaskId::new(*DEFAULT_PROJECT.as_uuid()), fraction, message: String::new(), written: None }
    }

    #[tokio::test]
    async fn a_large_commit_arrives_whole_in_parts() {
        let bus = InProcessBus::new(16);
        let mut subscription = bus.subscribe();
        bus.committed(&events(1..=200));
        let mut places = Vec::new();
        while let Some(Message::Committed(part)) = subscription.try_next() {
            assert!(part.len() <= EVENTS_PER_MESSAGE);
            places.extend(part.iter().map(|event| event.seq.0));
        }
        assert_eq!(places, (1..=200).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn who_is_too_slow_is_told_so_and_then_gets_what_is_left() {
        let bus = InProcessBus::new(2);
        let mut subscription = bus.subscribe();
        for seq in 1..=5 {
            bus.committed(&events(seq..=seq));
        }
        assert_eq!(subscription.next().await, Some(Message::Lagged));
        assert_eq!(subscription.next().await, Some(Message::Committed(events(4..=4).into())));
    }

    #[tokio::test]
    async fn a_flood_of_fleeting_messages_pushes_no_commit_out() {
        let bus = InProcessBus::new(4);
        let mut subscription = bus.subscribe();
        bus.committed(&events(1..=1));
        for _ in 0..1_000 {
            bus.transient(progress(0.5));
        }
        assert_eq!(subscription.next().await, Some(Message::Committed(events(1..=1).into())));
        assert_eq!(subscription.next().await, Some(Message::Transient(Arc::new(progress(0.5)))));
    }

    #[tokio::test]
    async fn a_subscription_ends_with_its_bus() {
        let bus = InProcessBus::new(4);
        let mut subscription = bus.subscribe();
        bus.transient(progress(1.0));
        drop(bus);
        assert!(matches!(subscription.next().await, Some(Message::Transient(_)) | None));
        assert_eq!(subscription.next().await, None);
    }
}
