//! How does an agent publish, listen and consume? It asks the host, which has the topics.

use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_domain::id::MessageId;
use baton_domain::wire::topic::{Delivery, Settled};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{Context, Pending, from_failure, host_gone};
use crate::SkillError;
use crate::messages::{Inbox, Messages};
use crate::protocol::FromAgent;

impl Context {
    /// Publishes a message under a topic, which must be declared. Of a durable topic it is stored when this returns; with a `key`
    /// only once, however often the attempt or a later one publishes it.
    ///
    /// # Errors
    /// What the host answers: there is no such topic, the message is too large, the attempt has lost its task.
    pub async fn publish(&self, topic: &str, payload: Value, key: Option<&str>) -> Result<MessageId, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Published(send));
        let (topic, key) = (topic.to_owned(), key.map(str::to_owned));
        self.deliver(FromAgent::Publish { request, topic, payload, key }).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)
    }

    /// Listens to topics that match a pattern (`orders.*`, `orders.>`), from now on and until the answer is dropped. Messages are
    /// not acknowledged; whoever must miss none consumes a durable subscription with [`pull`](Self::pull) instead.
    ///
    /// # Errors
    /// What the host answers: the pattern is malformed, the attempt listens to too many.
    pub async fn subscribe(&self, pattern: &str) -> Result<Messages, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        let (inbox, waiting) = Inbox::new();
        // Before the host is asked: the first message may come with its answer.
        let messages = Messages::new(self.clone(), request, waiting, inbox.missed());
        self.shared.subscriptions.lock().insert(request, inbox);
        self.shared.pending.lock().insert(request, Pending::Subscribed(send));
        self.deliver(FromAgent::Subscribe { request, pattern: pattern.to_owned() }).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)?;
        Ok(messages)
    }

    /// Takes messages of a durable subscription, which must have been made: the oldest first, those that are delivered again before
    /// new ones, and none if no message came within `wait`. Each says the how many-th delivery it is, and comes again after its
    /// deadline unless it is acknowledged: that is also so if this call is dropped, or the attempt ends.
    ///
    /// # Errors
    /// What the host answers: `TOPIC-005` without such a subscription, `REQUEST-002` for more than 50 messages or more than 30 seconds,
    /// `REQUEST-007` for more than 16 pulls at once; and when somebody asks to stop.
    pub async fn pull(&self, subscription: &str, maximum: u32, wait: Duration) -> Result<Vec<Delivery>, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Pulled(send));
        let subscription = subscription.to_owned();
        let wait_seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        self.deliver(FromAgent::Pull { request, subscription, maximum, wait_seconds }).await?;
        tokio::select! {
            answer = answer => answer.map_err(|_| host_gone())?.map_err(from_failure),
            () = self.canceled() => self.check().map(|()| Vec::new()),
        }
    }

    /// Says that deliveries of a subscription, by their `ack_id`, were dealt with: they do not come again. Those that were late are named
    /// in the answer.
    ///
    /// # Errors
    /// What the host answers: `TOPIC-005` without such a subscription, `REQUEST-002` for none or more than 500, or for what is no `ack_id`.
    pub async fn acknowledge(&self, subscription: &str, ack_ids: Vec<String>) -> Result<Settled, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let subscription = subscription.to_owned();
        self.settle(request, FromAgent::Acknowledge { request, subscription, ack_ids }).await
    }

    /// Says that deliveries could not be dealt with: they come again after `delay`, or after the subscription's backoff without one, or
    /// become dead letters.
    ///
    /// # Errors
    /// As [`acknowledge`](Self::acknowledge), and `REQUEST-002` for a delay over a day.
    pub async fn refuse(&self, subscription: &str, ack_ids: Vec<String>, delay: Option<Duration>) -> Result<Settled, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let subscription = subscription.to_owned();
        let delay_ms = delay.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self.settle(request, FromAgent::RefuseDeliveries { request, subscription, ack_ids, delay_ms }).await
    }

    async fn settle(&self, request: u64, message: FromAgent) -> Result<Settled, SkillError> {
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Settled(send));
        self.deliver(message).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)
    }

    /// Listens no more.
    pub(crate) fn unsubscribe(&self, subscription: u64) {
        self.shared.subscriptions.lock().remove(&subscription);
        self.say(FromAgent::Unsubscribe { subscription });
    }
}
