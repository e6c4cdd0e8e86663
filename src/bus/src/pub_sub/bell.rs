//! Who waits for messages on this server, and what wakes them?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::ports::Sources;
use baton_domain::time::Timestamp;
use baton_domain::topic::{PatternTrie, SUBJECT_PREFIX, SubscriptionName, TopicName, TopicPattern};
use baton_storage::{Store, StoreError};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::message_bus::Message;

/// How long the list of subscriptions is believed; it only decides who is rung.
const BELIEVED: Duration = Duration::from_secs(2);

/// The bells of subscriptions that somebody waits for.
#[derive(Default)]
pub(super) struct Bells {
    waiting: Mutex<Waiting>,
    known: Mutex<Option<(Timestamp, Arc<PatternTrie<SubscriptionName>>)>>,
}

#[derive(Default)]
struct Waiting {
    patterns: PatternTrie<SubscriptionName>,
    /// In order, so that those who are rung together are rung in the same order every time.
    bells: BTreeMap<SubscriptionName, (TopicPattern, Arc<Notify>, usize)>,
}

/// Somebody waits; ends when it is dropped.
pub(super) struct Waiter<'a> {
    bells: &'a Bells,
    name: SubscriptionName,
    pub(super) bell: Arc<Notify>,
}

impl Bells {
    /// Somebody waits for messages of this subscription.
    pub(super) fn wait_for(&self, name: &SubscriptionName, pattern: &TopicPattern) -> Waiter<'_> {
        let mut waiting = self.waiting.lock();
        let Waiting { patterns, bells } = &mut *waiting;
        let (_, bell, count) = bells.entry(name.clone()).or_insert_with(|| {
            patterns.insert(pattern, name.clone());
            (pattern.clone(), Arc::new(Notify::new()), 0)
        });
        *count += 1;
        Waiter { bells: self, name: name.clone(), bell: Arc::clone(bell) }
    }

    /// Something was committed, perhaps messages.
    pub(super) fn heard(&self, message: &Message) {
        let waiting = self.waiting.lock();
        if waiting.bells.is_empty() {
            return;
        }
        let ring = |name: &SubscriptionName| {
            if let Some((_, bell, _)) = waiting.bells.get(name) {
                bell.notify_one();
            }
        };
        match message {
            Message::Committed(events) => {
                for event in events.iter().filter(|event| event.kind == "topic.published") {
                    let topic = event.subject.strip_prefix(SUBJECT_PREFIX).and_then(|name| TopicName::parse(name).ok());
                    if let Some(topic) = topic {
                        waiting.patterns.each_match(&topic, ring);
                    }
                }
            }
            Message::Lagged => waiting.bells.keys().for_each(ring),
            Message::Transient(_) => {}
        }
    }

    /// Rings one who waits on this server.
    pub(super) fn ring(&self, name: &SubscriptionName) {
        if let Some((_, bell, _)) = self.waiting.lock().bells.get(name) {
            bell.notify_one();
        }
    }

    /// The subscriptions that want a topic, as they were two seconds ago at most.
    pub(super) async fn subscriptions_of(
        &self,
        topic: &TopicName,
        store: &dyn Store,
        sources: &Sources,
    ) -> Result<Vec<SubscriptionName>, StoreError> {
        let now = sources.clock.now();
        let known =
            self.known.lock().as_ref().filter(|(at, _)| *at <= now && now.since(*at) < BELIEVED).map(|(_, known)| Arc::clone(known));
        let known = match known {
            Some(known) => known,
            None => {
                let mut patterns = PatternTrie::default();
                for (name, pattern) in store.subscription_patterns().await? {
                    patterns.insert(&pattern, name);
                }
                let read = Arc::new(patterns);
                *self.known.lock() = Some((now, Arc::clone(&read)));
                read
            }
        };
        let mut names = Vec::new();
        known.each_match(topic, |name| names.push(name.clone()));
        Ok(names)
    }

    /// The list of subscriptions has changed.
    pub(super) fn forget_known(&self) {
        self.known.lock().take();
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiting = self.bells.waiting.lock();
        let Waiting { patterns, bells } = &mut *waiting;
        let Some((pattern, _, count)) = bells.get_mut(&self.name) else { return };
        *count -= 1;
        if *count == 0 {
            patterns.remove(pattern, |name| *name == self.name);
            bells.remove(&self.name);
        }
    }
}
