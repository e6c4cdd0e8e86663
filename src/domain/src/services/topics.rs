//! What can be done with topics, messages and durable subscriptions.

use async_trait::async_trait;

use super::Answer;
use crate::user::Caller;
use crate::wire::topic::{
    Acknowledgement, Affected, DeadLetterChoice, DeadLetterFilter, DeadLetterList, MessageFilter, MessageList, NewMessage, NewSubscription,
    NewTopic, Published, PullRequest, Pulled, Refusal, Settled, SubscriptionList, SubscriptionView, TopicList, TopicView,
};

/// Declares topics, publishes, and delivers to durable subscriptions. Whoever wants to listen live follows the event stream with
/// `topic:<pattern>`.
#[async_trait]
pub trait TopicService: Send + Sync {
    /// All topics.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn list(&self, caller: &Caller) -> Answer<TopicList>;

    /// One topic.
    ///
    /// # Errors
    /// `TOPIC-001`.
    async fn get(&self, caller: &Caller, name: &str) -> Answer<TopicView>;

    /// Declares a topic, or its retention anew.
    ///
    /// # Errors
    /// `TOPIC-002` for a malformed name, `TOPIC-003` if it exists with another kind, `TOPIC-007`, `REQUEST-002`.
    async fn declare(&self, caller: &Caller, topic: NewTopic) -> Answer<TopicView>;

    /// Deletes a topic with its messages, those among dead letters included.
    ///
    /// # Errors
    /// `TOPIC-001`.
    async fn delete(&self, caller: &Caller, name: &str) -> Answer<()>;

    /// Publishes a message. Of a durable topic it is stored when this returns.
    ///
    /// # Errors
    /// `TOPIC-001`, `TOPIC-004` over 64 KiB, `REQUEST-002` for a bad key.
    async fn publish(&self, caller: &Caller, name: &str, message: NewMessage) -> Answer<Published>;

    /// Messages that a durable topic keeps, the newest first.
    ///
    /// # Errors
    /// `TOPIC-001`, `REQUEST-010`.
    async fn messages(&self, caller: &Caller, name: &str, filter: MessageFilter) -> Answer<MessageList>;

    /// All durable subscriptions.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn subscriptions(&self, caller: &Caller) -> Answer<SubscriptionList>;

    /// Makes a durable subscription, or changes the policy of one.
    ///
    /// # Errors
    /// `TOPIC-002` for a malformed pattern, `TOPIC-006` if it exists with another, `TOPIC-007`, `REQUEST-002`.
    async fn subscribe(&self, caller: &Caller, subscription: NewSubscription) -> Answer<SubscriptionView>;

    /// Ends a durable subscription, with its dead letters.
    ///
    /// # Errors
    /// `TOPIC-005`.
    async fn unsubscribe(&self, caller: &Caller, name: &str) -> Answer<()>;

    /// Hands messages to a consumer, waiting for the first if told to.
    ///
    /// # Errors
    /// `TOPIC-005`, `REQUEST-002`.
    async fn pull(&self, caller: &Caller, name: &str, request: PullRequest) -> Answer<Pulled>;

    /// Deliveries were dealt with.
    ///
    /// # Errors
    /// `TOPIC-005`, `REQUEST-002`.
    async fn acknowledge(&self, caller: &Caller, name: &str, deliveries: Acknowledgement) -> Answer<Settled>;

    /// Deliveries could not be dealt with: they come again, or become dead letters.
    ///
    /// # Errors
    /// `TOPIC-005`, `REQUEST-002`.
    async fn refuse(&self, caller: &Caller, name: &str, deliveries: Refusal) -> Answer<Settled>;

    /// Dead letters of a subscription, the oldest first.
    ///
    /// # Errors
    /// `TOPIC-005`, `REQUEST-010`.
    async fn dead_letters(&self, caller: &Caller, name: &str, filter: DeadLetterFilter) -> Answer<DeadLetterList>;

    /// Delivers dead letters again, as if for the first time.
    ///
    /// # Errors
    /// `TOPIC-005`, `REQUEST-002`.
    async fn redrive(&self, caller: &Caller, name: &str, which: DeadLetterChoice) -> Answer<Affected>;

    /// Deletes dead letters.
    ///
    /// # Errors
    /// `TOPIC-005`, `REQUEST-002`.
    async fn purge(&self, caller: &Caller, name: &str, which: DeadLetterChoice) -> Answer<Affected>;
}
