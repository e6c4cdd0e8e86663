//! What became of each message? What publishers sent and were told, what was handed out and acknowledged, and what was heard.
//!
//! What is committed is noted where the call is done, at the store's end of the link; what the world outside was told, where it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use baton_domain::id::{EventSeq, MessageId, TaskId};
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::time::Timestamp;
use baton_domain::topic::SubscriptionName;
use baton_domain::wire::topic::{Delivery, MessageView, Settled, TopicMessage};
use baton_storage::{AckId, Pull, Settlement, Verdict};
use serde_json::Value;

/// A message of a subscription.
pub(crate) type Place = (SubscriptionName, EventSeq);

/// What is known of messages.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// By their numbers, which their payloads carry.
    sent: BTreeMap<u64, Sent>,
    keys: BTreeMap<String, u64>,
    /// Those whose publishers were told that they are stored, and as what.
    told: BTreeMap<u64, MessageId>,
    hands: BTreeMap<Place, Hand>,
    /// The newest message that each subscription was handed for the first time.
    first: BTreeMap<SubscriptionName, EventSeq>,
    pub(crate) acknowledged: BTreeSet<Place>,
    /// Acknowledgements of which consumers were told that they count: the delivery's token.
    pub(crate) assured: BTreeMap<Place, i64>,
    pub(crate) counts: MessageCounts,
    /// What was seen to be wrong while the world ran.
    pub(crate) wrong: Vec<Violation>,
}

/// How much happened to messages in a world, so that one in which nothing did cannot pass for a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageCounts {
    /// Durable messages that are stored.
    pub stored: u64,
    /// Messages that were handed out.
    pub delivered: u64,
    /// Those of them that had been handed out before.
    pub again: u64,
    /// Acknowledgements and refusals that came too late.
    pub late: u64,
    /// Dead letters when the world had come to rest.
    pub dead: u64,
    /// Ephemeral messages that somebody heard.
    pub heard: u64,
}

impl AddAssign for MessageCounts {
    fn add_assign(&mut self, other: Self) {
        let Self { stored, delivered, again, late, dead, heard } = other;
        self.stored += stored;
        self.delivered += delivered;
        self.again += again;
        self.late += late;
        self.dead += dead;
        self.heard += heard;
    }
}

#[derive(Debug)]
struct Sent {
    topic: &'static str,
    /// The task whose attempt published it, if it did so once: under a key another attempt may publish it again, and later than others.
    task: Option<TaskId>,
}

/// Who has a message now.
#[derive(Debug)]
struct Hand {
    token: i64,
    /// Nobody else may have it before.
    until: Timestamp,
}

/// What one listener has heard since it began to listen.
#[derive(Debug, Default)]
pub(crate) struct Hearing(BTreeSet<MessageId>);

const fn wrong(invariant: Invariant, detail: String) -> Violation {
    Violation { invariant, detail }
}

impl Messages {
    /// The number of a message that is published: the same for the same key.
    pub(crate) fn send(&mut self, topic: &'static str, task: Option<TaskId>, key: Option<&str>) -> u64 {
        let next = self.sent.len() as u64 + 1;
        let number = key.map_or(next, |key| *self.keys.entry(key.to_owned()).or_insert(next));
        self.sent.entry(number).or_insert(Sent { topic, task: task.filter(|_| key.is_none()) });
        number
    }

    /// A publisher was told that its durable message is stored.
    pub(crate) fn told(&mut self, number: u64, id: MessageId) {
        let before = *self.told.entry(number).or_insert(id);
        if before != id {
            self.wrong.push(wrong(Invariant::MessageIsKept, format!("message {number} was answered as {before} and then as {id}")));
        }
    }

    /// Messages were handed to a consumer.
    pub(crate) fn handed(&mut self, pull: &Pull, maximum_deliveries: u32, items: &[Delivery]) {
        for item in items {
            let Ok(AckId { seq, token }) = item.ack_id.parse::<AckId>() else {
                self.wrong.push(wrong(Invariant::SettledStaysSettled, format!("{} names no delivery", item.ack_id)));
                continue;
            };
            let of = format!("{}: message {seq} ({})", pull.subscription, item.ack_id);
            let place = (pull.subscription.clone(), seq);
            self.counts.delivered += 1;
            if self.acknowledged.contains(&place) {
                self.wrong.push(wrong(Invariant::SettledStaysSettled, format!("{of} was delivered again after its acknowledgement")));
            }
            if self.assured.get(&place).is_some_and(|assured| *assured < token) {
                let detail = format!("{of} was delivered again after a consumer was told that its acknowledgement counts");
                self.wrong.push(wrong(Invariant::SettledStaysSettled, detail));
            }
            if item.delivery > maximum_deliveries {
                let detail = format!("{of} was delivered {} times, and {maximum_deliveries} are allowed", item.delivery);
                self.wrong.push(wrong(Invariant::MessageIsKept, detail));
            }
            match self.hands.insert(place, Hand { token, until: item.deadline_at }) {
                Some(before) => {
                    self.counts.again += 1;
                    if before.until > pull.at || before.token >= token {
                        let detail =
                            format!("{of} was delivered at {} while delivery {} had it until {}", pull.at, before.token, before.until);
                        self.wrong.push(wrong(Invariant::SettledStaysSettled, detail));
                    }
                }
                None => {
                    if let Some(before) = self.first.insert(pull.subscription.clone(), seq).filter(|before| *before > seq) {
                        self.wrong.push(wrong(Invariant::MessagesInOrder, format!("{of} was delivered for the first time after {before}")));
                    }
                }
            }
        }
    }

    /// A consumer's word was taken.
    pub(crate) fn settled(&mut self, settlement: &Settlement, settled: &Settled) {
        self.counts.late += settled.late.len() as u64;
        for id in settlement.deliveries.iter().filter(|id| !settled.late.contains(&id.to_string())) {
            let place = (settlement.subscription.clone(), id.seq);
            let hand = self.hands.get_mut(&place).filter(|hand| hand.token == id.token && !self.acknowledged.contains(&place));
            match (hand, settlement.verdict) {
                (None, _) => {
                    let detail = format!("{}: the word on {id} came late and counted", settlement.subscription);
                    self.wrong.push(wrong(Invariant::SettledStaysSettled, detail));
                }
                (Some(_), Verdict::Acknowledge) => drop(self.acknowledged.insert(place)),
                (Some(hand), Verdict::Refuse(_)) => hand.until = settlement.at,
            }
        }
    }

    /// A consumer was told that these acknowledgements count.
    pub(crate) fn assure(&mut self, subscription: &SubscriptionName, ids: &[String], settled: &Settled) {
        for id in ids.iter().filter(|id| !settled.late.contains(id)) {
            if let Ok(AckId { seq, token }) = id.parse::<AckId>() {
                self.assured.insert((subscription.clone(), seq), token);
            }
        }
    }

    /// Somebody heard a message.
    pub(crate) fn heard(&mut self, hearing: &mut Hearing, message: &TopicMessage) {
        let number = message.payload.as_ref().and_then(number);
        let sent = number.and_then(|number| self.sent.get(&number));
        if sent.is_none_or(|sent| sent.topic != message.topic.as_str()) {
            let detail = format!("message {} of {} was heard and nobody published it there", message.id, message.topic);
            self.wrong.push(wrong(Invariant::MessagesInOrder, detail));
        }
        if !hearing.0.insert(message.id) {
            let detail = format!("message {} of {} ({number:?}) was heard twice by one listener", message.id, message.topic);
            self.wrong.push(wrong(Invariant::MessagesInOrder, detail));
        }
        self.counts.heard += u64::from(message.topic.as_str() == super::topics::EPHEMERAL);
    }

    /// What does not hold of the messages that are stored, by place: each was sent, to this topic, and once; each that a publisher was told of
    /// is there; and those that a task published without a key are in the order in which it did.
    pub(crate) fn check_stored(&mut self, stored: &[MessageView]) {
        let mut by_number: BTreeMap<u64, MessageId> = BTreeMap::new();
        let mut newest: BTreeMap<TaskId, u64> = BTreeMap::new();
        let mut found = Vec::new();
        for message in stored {
            let Some((number, sent)) = number(&message.payload).and_then(|number| Some((number, self.sent.get(&number)?))) else {
                found.push(wrong(Invariant::MessageIsKept, format!("message {} is stored and nobody published it", message.seq)));
                continue;
            };
            if sent.topic != message.topic.as_str() || by_number.insert(number, message.id).is_some() {
                let detail = format!("message {} of {} is not, or not for the first time, number {number}", message.seq, message.topic);
                found.push(wrong(Invariant::MessageIsKept, detail));
            }
            if let Some(task) = sent.task
                && let Some(before) = newest.insert(task, number).filter(|before| *before > number)
            {
                let detail = format!("task {task} published {number} before {before}, and it is stored after it at {}", message.seq);
                found.push(wrong(Invariant::MessagesInOrder, detail));
            }
        }
        for (number, id) in &self.told {
            if by_number.get(number) != Some(id) {
                let detail = format!("message {number} was answered as {id}, and {:?} is stored", by_number.get(number));
                found.push(wrong(Invariant::MessageIsKept, detail));
            }
        }
        self.counts.stored = stored.len() as u64;
        self.wrong.extend(found);
    }
}

/// The number that a payload carries.
fn number(payload: &Value) -> Option<u64> {
    payload["n"].as_u64()
}
