//! What a topic is: a name under which messages are published, and the patterns by which subscribers choose among names.
//!
//! Names and patterns follow NATS: tokens between dots, `*` for exactly one token, `>` at the end for one or more.

mod name;
mod policy;
mod trie;

use serde::{Deserialize, Serialize};

use crate::named::named_enum;

pub use name::{InvalidTopic, MAXIMUM_BYTES, MAXIMUM_TOKEN_BYTES, MAXIMUM_TOKENS, TopicName, TopicPattern, matches};
pub use policy::{DeliveryPolicy, Retention, SubscriptionName};
pub use trie::PatternTrie;

/// The most bytes of one message's payload, as JSON text.
pub const MAXIMUM_MESSAGE_BYTES: usize = 64 << 10;
/// The largest payload that travels along in the event of a durable message; of a larger one the event carries the size, and
/// its text is read from the topic.
pub const MAXIMUM_EVENT_PAYLOAD_BYTES: usize = 4 << 10;
/// The longest deduplication key, in bytes.
pub const MAXIMUM_KEY_BYTES: usize = 128;
/// The most topics of an installation.
pub const MAXIMUM_TOPICS: u32 = 10_000;
/// The most durable subscriptions of an installation.
pub const MAXIMUM_SUBSCRIPTIONS: u32 = 1_000;

named_enum!(
    /// What becomes of a message that nobody hears. Fixed when the topic is declared.
    TopicKind {
        /// It is gone: whoever listens at the moment gets it, on all servers.
        Ephemeral = "ephemeral",
        /// It is stored in the publisher's transaction and delivered to every subscription until acknowledged.
        Durable = "durable",
    }
);

/// What events and live filters call a topic: `topic:orders.created`.
#[must_use]
pub fn subject(name: &TopicName) -> String {
    format!("{SUBJECT_PREFIX}{name}")
}

/// How the subjects of topics begin.
pub const SUBJECT_PREFIX: &str = "topic:";
