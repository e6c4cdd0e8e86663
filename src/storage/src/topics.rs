//! What is stored of topics: their declarations, the messages of durable ones, and how far each subscription has come.
//!
//! A message's place is that of its `topic.published` event in the one global sequence, written in the same transaction. So the
//! order of messages is the order of commits, over all topics, and a cursor that moves along it can skip no late committer.
//!
//! A subscription has one cursor and, for each message that was handed out and is not acknowledged, one delivery. Consumers that
//! share a subscription are serialised by its row. An acknowledgement names its delivery by a token that is given once, so a late
//! one changes nothing. Handing out and acknowledging are bookkeeping, as heartbeats are, and write no events.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use baton_domain::id::{EventSeq, LeaseToken, MessageId, ProjectId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::user::Principal;
use baton_domain::wire::topic::{
    DeadLetterList, Delivery, MessageList, Settled, StartAt, SubscriptionList, SubscriptionView, TopicList, TopicView,
};
use serde_json::Value;

use crate::StoreError;

/// How long dead letters are kept, in days; so long their messages stay, too.
pub const DEAD_LETTER_DAYS: u64 = 30;

/// Why a delivery became a dead letter: its last consumer refused it.
pub const REFUSED: &str = "refused";
/// Why a delivery became a dead letter: its last consumer said nothing in time.
pub const EXPIRED: &str = "expired";

/// The most messages that one pull looks at. One that found too few says that there is more.
pub const PULL_SCAN: u32 = 2_000;

/// A topic to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopicRecord {
    /// Its name.
    pub name: TopicName,
    /// Whose work it concerns.
    pub project: ProjectId,
    /// What becomes of a message that nobody hears.
    pub kind: TopicKind,
    /// How long messages are kept.
    pub retention: Retention,
    /// Who declares it.
    pub actor: Principal,
    /// When.
    pub at: Timestamp,
}

/// What became of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// It is declared as asked; it was there before or not.
    As,
    /// It exists with this other kind; nothing was changed.
    OtherKind(TopicKind),
    /// There are as many as are allowed.
    TooMany,
}

/// A message to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessageRecord {
    /// The message.
    pub id: MessageId,
    /// Its topic.
    pub topic: TopicName,
    /// Whose work it concerns.
    pub project: ProjectId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub publisher: Principal,
    /// What people read of the publisher.
    pub label: String,
    /// Of two messages of a topic with the same key only the first is stored, while that is kept.
    pub key: Option<String>,
    /// What it says.
    pub payload: Value,
    /// The payload's bytes as JSON text.
    pub size: u64,
}

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishOutcome {
    /// It is stored.
    Stored,
    /// This one was stored before, under the same key.
    Repeated(MessageId),
    /// There is no durable topic of that name.
    NoTopic,
    /// The attempt that publishes does not hold the task's lease; nothing of the call was stored.
    Stale,
}

/// A subscription to make, or whose policy to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubscriptionRecord {
    /// Its name.
    pub name: SubscriptionName,
    /// Whose work it concerns.
    pub project: ProjectId,
    /// Which topics it wants.
    pub pattern: TopicPattern,
    /// How it is served.
    pub policy: DeliveryPolicy,
    /// Where it begins, if it is new.
    pub start: StartAt,
    /// Who makes it.
    pub actor: Principal,
    /// When.
    pub at: Timestamp,
}

/// What became of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    /// It is there as asked.
    As,
    /// It exists with this other pattern; nothing was changed.
    OtherPattern(TopicPattern),
    /// There are as many as are allowed.
    TooMany,
}

/// A consumer asks for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Of this subscription.
    pub subscription: SubscriptionName,
    /// What the consumer is called.
    pub consumer: String,
    /// The most messages.
    pub maximum: u32,
    /// Now.
    pub at: Timestamp,
}

/// What a pull gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PulledRows {
    /// Those that are delivered again first, then new ones; each by place.
    pub items: Vec<Delivery>,
    /// How many became dead letters instead.
    pub died: u64,
    /// Whether another pull may find more now.
    pub more: bool,
    /// When the next delivery falls due, if one waits or is in somebody's hands.
    pub next_due: Option<Timestamp>,
}

/// Which delivery is acknowledged: the message's place and the token of this one delivery, as `17-4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AckId {
    /// The message.
    pub seq: EventSeq,
    /// Given once within a subscription.
    pub token: i64,
}

impl fmt::Display for AckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.seq, self.token)
    }
}

/// Text that names no delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAckId;

impl FromStr for AckId {
    type Err = InvalidAckId;

    fn from_str(text: &str) -> Result<Self, InvalidAckId> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0).ok_or(InvalidAckId);
        let (seq, token) = text.split_once('-').ok_or(InvalidAckId)?;
        Ok(Self { seq: EventSeq(number(seq)?), token: number(token)? })
    }
}

/// What a consumer says of its deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They were dealt with.
    Acknowledge,
    /// They were not; they come again after this many milliseconds, or the policy's backoff.
    Refuse(Option<u64>),
}

/// A consumer's word on some deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Which deliveries.
    pub deliveries: Vec<AckId>,
    /// What became of them.
    pub verdict: Verdict,
    /// Now.
    pub at: Timestamp,
}

/// What tidying did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Messages that were past their topic's retention and went.
    pub messages: u64,
    /// Deliveries that were given up, since nobody pulls.
    pub died: u64,
    /// Dead letters that were too old and went.
    pub letters: u64,
}

/// Topics, the messages of durable ones, and subscriptions.
///
/// Methods that name a subscription give `None` if there is none.
#[async_trait]
pub trait TopicStore: Send + Sync {
    /// Declares a topic, or its retention anew; with at most `maximum` topics in all.
    ///
    /// # Errors
    /// Only those of storage.
    async fn declare_topic(&self, topic: NewTopicRecord, maximum: u32) -> Result<Declared, StoreError>;

    /// Deletes a topic with its messages, their deliveries and dead letters; `false` if there is none.
    ///
    /// # Errors
    /// Only those of storage.
    async fn delete_topic(&self, name: &TopicName, actor: Principal, at: Timestamp) -> Result<bool, StoreError>;

    /// All topics, by name.
    ///
    /// # Errors
    /// Only those of storage.
    async fn topics(&self) -> Result<TopicList, StoreError>;

    /// One topic.
    ///
    /// # Errors
    /// Only those of storage.
    async fn topic(&self, name: &TopicName) -> Result<Option<TopicView>, StoreError>;

    /// What kind a topic is; the cheapest question that can be asked of one.
    ///
    /// # Errors
    /// Only those of storage.
    async fn topic_kind(&self, name: &TopicName) -> Result<Option<TopicKind>, StoreError>;

    /// Stores messages of durable topics with their events, in one transaction; one outcome each, in their order. With a guard,
    /// nothing is stored unless the task runs under that lease.
    ///
    /// # Errors
    /// Only those of storage.
    async fn publish(
        &self,
        messages: Vec<NewMessageRecord>,
        guard: Option<(TaskId, LeaseToken)>,
    ) -> Result<Vec<PublishOutcome>, StoreError>;

    /// Messages that are kept, the newest first: of one topic, before a place.
    ///
    /// # Errors
    /// Only those of storage.
    async fn messages(&self, topic: &TopicName, before: Option<EventSeq>, limit: u32) -> Result<MessageList, StoreError>;

    /// Makes a subscription, or replaces the policy of one with the same pattern; with at most `maximum` in all.
    ///
    /// # Errors
    /// Only those of storage.
    async fn subscribe(&self, subscription: NewSubscriptionRecord, maximum: u32) -> Result<Subscribed, StoreError>;

    /// Ends a subscription with its deliveries and dead letters; `false` if there is none.
    ///
    /// # Errors
    /// Only those of storage.
    async fn unsubscribe(&self, name: &SubscriptionName, actor: Principal, at: Timestamp) -> Result<bool, StoreError>;

    /// All subscriptions, by name, as they are at this instant.
    ///
    /// # Errors
    /// Only those of storage.
    async fn subscriptions(&self, now: Timestamp) -> Result<SubscriptionList, StoreError>;

    /// Which patterns are subscribed to, and by whom; by name.
    ///
    /// # Errors
    /// Only those of storage.
    async fn subscription_patterns(&self) -> Result<Vec<(SubscriptionName, TopicPattern)>, StoreError>;

    /// One subscription.
    ///
    /// # Errors
    /// Only those of storage.
    async fn subscription(&self, name: &SubscriptionName, now: Timestamp) -> Result<Option<SubscriptionView>, StoreError>;

    /// Hands messages to a consumer. Deliveries that are due are first given up, where they were delivered as often as the policy
    /// allows, or delivered again; then come new messages, as long as no more than the policy's number are unacknowledged.
    ///
    /// # Errors
    /// Only those of storage.
    async fn pull(&self, pull: Pull) -> Result<Option<PulledRows>, StoreError>;

    /// Takes a consumer's word on its deliveries. One whose token is no longer the delivery's is late and changes nothing; so is
    /// one after the deadline if the message was delivered again or given up meanwhile, but not if it was not.
    ///
    /// # Errors
    /// Only those of storage.
    async fn settle(&self, settlement: Settlement) -> Result<Option<Settled>, StoreError>;

    /// Dead letters after a place, the oldest first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn dead_letters(
        &self,
        subscription: &SubscriptionName,
        after: Option<EventSeq>,
        limit: u32,
    ) -> Result<Option<DeadLetterList>, StoreError>;

    /// Delivers dead letters again, as if for the first time: these, or the oldest `limit`. Gives how many.
    ///
    /// # Errors
    /// Only those of storage.
    async fn redrive(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError>;

    /// Deletes dead letters: these, or the oldest `limit`. Gives how many.
    ///
    /// # Errors
    /// Only those of storage.
    async fn purge(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError>;

    /// Removes what is past its time, `limit` rows of each at most: messages beyond their topic's retention unless a
    /// delivery or a dead letter needs them, deliveries that expired for the last time, old dead letters.
    ///
    /// # Errors
    /// Only those of storage.
    async fn tidy_topics(&self, now: Timestamp, limit: u32) -> Result<Tidied, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_named_by_place_and_token() {
        let id = AckId { seq: EventSeq(17), token: 4 };
        assert_eq!((id.to_string().as_str(), "17-4".parse()), ("17-4", Ok(id)));
        for text in ["", "17", "-", "17-", "-4", "17--4", "a-b", "17-4-1"] {
            assert_eq!(text.parse::<AckId>(), Err(InvalidAckId), "{text}");
        }
    }
}
