//! What are topics to a store? Declarations, messages at the places of their events, and subscriptions that each have a cursor.

pub mod declare;
pub mod deliver;
pub mod letters;
pub mod publish;
pub mod share;
pub mod tidy;

use baton_domain::id::{DEFAULT_PROJECT, EventSeq, MessageId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::wire::topic::{Delivery, Settled, StartAt, SubscriptionView};
use baton_storage::{
    AckId, Declared, NewMessageRecord, NewSubscriptionRecord, NewTopicRecord, PublishOutcome, Pull, PulledRows, Settlement, Subscribed,
    Verdict,
};
use serde_json::json;

use crate::World;
use crate::make::{at, person};

/// More than any case needs.
const MANY: u32 = 1_000;

/// A policy whose waits are short and round: 1 s to acknowledge, 100 ms of backoff, three deliveries, ten in flight.
pub(crate) const POLICY: DeliveryPolicy = DeliveryPolicy {
    ack_deadline_ms: 1_000,
    maximum_deliveries: 3,
    maximum_in_flight: 10,
    backoff_initial_ms: 100,
    backoff_maximum_ms: 150,
};

pub(crate) fn topic(name: &str) -> TopicName {
    TopicName::parse(name).unwrap()
}

pub(crate) fn name(text: &str) -> SubscriptionName {
    SubscriptionName::parse(text).unwrap()
}

pub(crate) fn declaration(text: &str, kind: TopicKind) -> NewTopicRecord {
    let retention = Retention::default();
    NewTopicRecord { name: topic(text), project: DEFAULT_PROJECT, kind, retention, actor: person(), at: at(0) }
}

pub(crate) fn subscription(text: &str, pattern: &str) -> NewSubscriptionRecord {
    NewSubscriptionRecord {
        name: name(text),
        project: DEFAULT_PROJECT,
        pattern: TopicPattern::parse(pattern).unwrap(),
        policy: POLICY,
        start: StartAt::Earliest,
        actor: person(),
        at: at(0),
    }
}

/// What messages say, which is how these cases tell them apart.
pub(crate) fn said(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries.iter().map(|delivery| delivery.message.payload["n"].as_i64().unwrap()).collect()
}

pub(crate) fn ids(deliveries: &[Delivery]) -> Vec<AckId> {
    deliveries.iter().map(|delivery| delivery.ack_id.parse().unwrap()).collect()
}

impl World {
    /// Declares durable topics.
    pub(crate) async fn durable(&self, names: &[&str]) {
        for text in names {
            let declared = self.store.declare_topic(declaration(text, TopicKind::Durable), MANY).await.unwrap();
            assert_eq!(declared, Declared::As);
        }
    }

    pub(crate) fn message(&self, text: &str, n: i64, at: Timestamp) -> NewMessageRecord {
        let payload = json!({"n": n});
        NewMessageRecord {
            id: MessageId::new(self.id()),
            topic: topic(text),
            project: DEFAULT_PROJECT,
            at,
            publisher: person(),
            label: person().label().to_owned(),
            key: None,
            size: payload.to_string().len() as u64,
            payload,
        }
    }

    /// Publishes messages that say these numbers.
    pub(crate) async fn say(&self, text: &str, numbers: impl IntoIterator<Item = i64>) {
        for n in numbers {
            let outcome = self.store.publish(vec![self.message(text, n, at(n))], None).await.unwrap();
            assert_eq!(outcome, [PublishOutcome::Stored]);
        }
    }

    /// Subscribes from the beginning.
    pub(crate) async fn subscribed(&self, text: &str, pattern: &str) {
        assert_eq!(self.store.subscribe(subscription(text, pattern), MANY).await.unwrap(), Subscribed::As);
    }

    /// What a consumer gets at this instant.
    pub(crate) async fn pulled(&self, text: &str, maximum: u32, at: Timestamp) -> PulledRows {
        self.pulled_by("one", text, maximum, at).await
    }

    pub(crate) async fn pulled_by(&self, consumer: &str, text: &str, maximum: u32, at: Timestamp) -> PulledRows {
        let pull = Pull { subscription: name(text), consumer: consumer.to_owned(), maximum, at };
        self.store.pull(pull).await.unwrap().expect("there is such a subscription")
    }

    pub(crate) async fn settled(&self, text: &str, deliveries: Vec<AckId>, verdict: Verdict, at: Timestamp) -> Settled {
        let settlement = Settlement { subscription: name(text), deliveries, verdict, at };
        self.store.settle(settlement).await.unwrap().expect("there is such a subscription")
    }

    pub(crate) async fn view(&self, text: &str, now: Timestamp) -> SubscriptionView {
        self.store.subscription(&name(text), now).await.unwrap().expect("there is such a subscription")
    }

    /// The places of a subscription's dead letters.
    pub(crate) async fn dead(&self, text: &str) -> Vec<EventSeq> {
        let letters = self.store.dead_letters(&name(text), None, 100).await.unwrap().expect("there is such a subscription");
        letters.items.into_iter().map(|letter| letter.message.seq).collect()
    }
}
