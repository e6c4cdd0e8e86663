//! How topics, messages and subscriptions are declared, published and shown.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{EventSeq, MessageId};
use crate::time::Timestamp;
use crate::topic::{DeliveryPolicy, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};

/// The longest that a pull waits for a message, in seconds.
pub const MAXIMUM_PULL_WAIT_SECONDS: u64 = 30;
/// The most messages of one pull, and the most acknowledgements of one request.
pub const MAXIMUM_PULL: u32 = 500;

/// A topic to declare. Its kind stays what it is; its retention can be declared anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTopic {
    /// Tokens between dots, as `orders.created`.
    pub name: String,
    /// What becomes of a message that nobody hears.
    pub kind: TopicKind,
    /// How long messages are kept; without meaning for an ephemeral topic.
    #[serde(default)]
    pub retention: Retention,
}

/// A topic as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicView {
    /// Its name.
    pub name: TopicName,
    /// What becomes of a message that nobody hears.
    pub kind: TopicKind,
    /// How long messages are kept.
    pub retention: Retention,
    /// How many messages are kept now; 0 for an ephemeral topic.
    pub depth: u64,
    /// When the oldest message that is kept was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
    /// When the newest was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_at: Option<Timestamp>,
    /// How many durable subscriptions want it.
    pub subscriptions: u32,
    /// When it was declared.
    pub created_at: Timestamp,
    /// Who declared it, as people read it.
    pub created_by: String,
}

/// All topics, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicList {
    /// The topics.
    pub items: Vec<TopicView>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Any JSON, of at most 64 KiB as text.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub payload: Value,
    /// Of two messages of a topic with the same key only the first is stored, while it is kept; at most 128 bytes. For durable
    /// topics: an ephemeral message is sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What a publisher is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Published {
    /// The message; of one that was published before under the same key, the first.
    pub id: MessageId,
    /// Its topic.
    pub topic: TopicName,
    /// Whether it is stored: the topic is durable.
    pub stored: bool,
    /// Whether it was published before, under the same key.
    pub repeated: bool,
}

/// A message as live readers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicMessage {
    /// The message.
    pub id: MessageId,
    /// Its topic.
    pub topic: TopicName,
    /// When it was published.
    pub at: Timestamp,
    /// By whom, as people read it.
    pub publisher: String,
    /// The payload's bytes as JSON text.
    pub size: u64,
    /// The payload; absent where it is too large to travel along (over 4 KiB, durable topics only), then it is read from the
    /// topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub payload: Option<Value>,
}

/// A stored message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageView {
    /// Its place: that of its event in the one order of all events.
    pub seq: EventSeq,
    /// The message.
    pub id: MessageId,
    /// Its topic.
    pub topic: TopicName,
    /// When it was published.
    pub at: Timestamp,
    /// By whom, as people read it.
    pub publisher: String,
    /// The key it was published under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it says.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub payload: Value,
}

/// Messages of a topic, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageList {
    /// The messages.
    pub items: Vec<MessageView>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// Which messages of a topic are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MessageFilter {
    /// Only those before this place.
    pub before: Option<EventSeq>,
    /// The most; 50 by default, 500 at most.
    pub limit: Option<u32>,
}

/// Where a new subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StartAt {
    /// With what is published from now on.
    #[default]
    New,
    /// With everything that is kept.
    Earliest,
}

/// A durable subscription to make. Made again with the same pattern its policy is replaced; its place stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    /// Its name: 1 to 64 of a-z, 0-9, `_` and `-`.
    pub name: String,
    /// Which durable topics it wants: `*` stands for one token, `>` at the end for the rest.
    pub pattern: String,
    /// Where it begins, if it is new.
    #[serde(default)]
    pub start: StartAt,
    /// How it is served.
    #[serde(default)]
    pub policy: DeliveryPolicy,
}

/// A durable subscription as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubscriptionView {
    /// Its name.
    pub name: SubscriptionName,
    /// Which topics it wants.
    pub pattern: TopicPattern,
    /// How it is served.
    pub policy: DeliveryPolicy,
    /// Up to which place messages were handed out.
    pub cursor: EventSeq,
    /// Messages that were not handed out yet.
    pub lag: u64,
    /// Messages that a consumer has and did not acknowledge.
    pub in_flight: u64,
    /// Messages that wait for their next delivery.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
    /// Messages acknowledged, ever.
    pub acknowledged: u64,
    /// Messages that its topics' retention took before they were handed out, ever.
    pub missed: u64,
    /// When the oldest message that is not acknowledged was published, those not handed out included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
    /// Consumers that have a message now.
    pub consumers: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom, as people read it.
    pub created_by: String,
}

/// All durable subscriptions, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubscriptionList {
    /// The subscriptions.
    pub items: Vec<SubscriptionView>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// A consumer asks for messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PullRequest {
    /// What it is called: 1 to 64 characters. Consumers of one subscription share its messages.
    pub consumer: String,
    /// The most messages: 1 to 500.
    pub maximum: u32,
    /// How long to wait for the first, in seconds: 0 to 30.
    pub wait_seconds: u64,
}

impl Default for PullRequest {
    fn default() -> Self {
        Self { consumer: "default".to_owned(), maximum: 10, wait_seconds: 0 }
    }
}

/// A message in a consumer's hands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// Give this to acknowledge, or to refuse. It is good for this delivery only.
    pub ack_id: String,
    /// The how many-th delivery of the message to this subscription; 1 is the first.
    pub delivery: u32,
    /// When the message is delivered again unless it is acknowledged.
    pub deadline_at: Timestamp,
    /// The message.
    pub message: MessageView,
}

/// What a pull gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pulled {
    /// The messages, the oldest first; those that are delivered again come before new ones.
    pub items: Vec<Delivery>,
}

/// Deliveries that were dealt with, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// What the deliveries carried; 1 to 500.
    pub ack_ids: Vec<String>,
}

/// Deliveries that could not be dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// What the deliveries carried; 1 to 500.
    pub ack_ids: Vec<String>,
    /// How long they wait for their next delivery, in milliseconds, instead of the subscription's backoff; at most 86,400,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

/// What became of acknowledgements or refusals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settled {
    /// How many were in time.
    pub settled: u32,
    /// Those that were late: the message was acknowledged, or delivered again since. They changed nothing.
    pub late: Vec<String>,
}

/// A message that was delivered as often as its subscription allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// The message.
    pub message: MessageView,
    /// How often it was delivered.
    pub deliveries: u32,
    /// `refused` if the last consumer said so, `expired` if it said nothing in time.
    pub reason: String,
    /// Who had it last.
    pub consumer: String,
    /// When it was given up.
    pub died_at: Timestamp,
}

/// Dead letters of a subscription, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetterList {
    /// The letters.
    pub items: Vec<DeadLetter>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// Which dead letters are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeadLetterFilter {
    /// Only those after this place.
    pub after: Option<EventSeq>,
    /// The most; 50 by default, 500 at most.
    pub limit: Option<u32>,
}

/// Which dead letters something is done with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DeadLetterChoice {
    /// The places of the messages, at most 500; all, up to 500 at a time, when absent.
    pub seqs: Option<Vec<EventSeq>>,
}

/// How many rows something was done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Affected {
    /// The count.
    pub count: u64,
}
