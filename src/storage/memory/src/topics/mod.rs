//! How are topics, messages and subscriptions kept?

mod declare;
mod deliver;
mod letters;
mod publish;
mod tidy;

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::id::{EventSeq, LeaseToken, ProjectId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::user::Principal;
use baton_domain::wire::topic::{
    DeadLetterList, MessageList, MessageView, Settled, SubscriptionList, SubscriptionView, TopicList, TopicView,
};
use baton_storage::{
    Declared, NewMessageRecord, NewSubscriptionRecord, NewTopicRecord, PublishOutcome, Pull, PulledRows, Settlement, StoreError,
    Subscribed, Tidied, TopicStore,
};

use crate::MemoryStore;
use crate::commit::State;

/// Everything of topics.
#[derive(Default)]
pub(crate) struct Topics {
    topics: BTreeMap<TopicName, Topic>,
    messages: BTreeMap<EventSeq, MessageView>,
    subscriptions: BTreeMap<SubscriptionName, Subscription>,
}

struct Topic {
    project: ProjectId,
    kind: TopicKind,
    retention: Retention,
    created_at: Timestamp,
    created_by: String,
}

struct Subscription {
    project: ProjectId,
    pattern: TopicPattern,
    policy: DeliveryPolicy,
    cursor: EventSeq,
    next_token: i64,
    acknowledged: u64,
    missed: u64,
    created_at: Timestamp,
    created_by: String,
    deliveries: BTreeMap<EventSeq, Outstanding>,
}

/// A message that was handed out and is not acknowledged.
struct Outstanding {
    stage: Stage,
    deliveries: u32,
    token: i64,
    consumer: String,
}

enum Stage {
    /// A consumer has it, until this instant.
    InFlight(Timestamp),
    /// It is delivered again at this instant.
    Waiting(Timestamp),
    /// It was given up: why, and when.
    Dead(&'static str, Timestamp),
}

impl Outstanding {
    /// When it is to be delivered again.
    fn due_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::InFlight(at) | Stage::Waiting(at) => Some(at),
            Stage::Dead(..) => None,
        }
    }
}

#[async_trait]
impl TopicStore for MemoryStore {
    async fn declare_topic(&self, topic: NewTopicRecord, maximum: u32) -> Result<Declared, StoreError> {
        self.commit(|state| declare::topic(state, topic, maximum))
    }

    async fn delete_topic(&self, name: &TopicName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.commit(|state| Ok(declare::delete(state, name, actor, at)))
    }

    async fn topics(&self) -> Result<TopicList, StoreError> {
        let look = |state: &State| {
            let items = state.topics.topics.keys().filter_map(|name| declare::view(&state.topics, name)).collect();
            TopicList { items, as_of: state.head() }
        };
        Ok(self.read(look))
    }

    async fn topic(&self, name: &TopicName) -> Result<Option<TopicView>, StoreError> {
        Ok(self.read(|state| declare::view(&state.topics, name)))
    }

    async fn topic_kind(&self, name: &TopicName) -> Result<Option<TopicKind>, StoreError> {
        Ok(self.read(|state| state.topics.topics.get(name).map(|topic| topic.kind)))
    }

    async fn publish(
        &self,
        messages: Vec<NewMessageRecord>,
        guard: Option<(TaskId, LeaseToken)>,
    ) -> Result<Vec<PublishOutcome>, StoreError> {
        self.commit(|state| Ok(publish::publish(state, messages, guard)))
    }

    async fn messages(&self, topic: &TopicName, before: Option<EventSeq>, limit: u32) -> Result<MessageList, StoreError> {
        Ok(self.read(|state| publish::messages(state, topic, before, limit)))
    }

    async fn subscribe(&self, subscription: NewSubscriptionRecord, maximum: u32) -> Result<Subscribed, StoreError> {
        self.commit(|state| declare::subscription(state, subscription, maximum))
    }

    async fn unsubscribe(&self, name: &SubscriptionName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.commit(|state| Ok(declare::unsubscribe(state, name, actor, at)))
    }

    async fn subscriptions(&self, now: Timestamp) -> Result<SubscriptionList, StoreError> {
        let look = |state: &State| {
            let items = state.topics.subscriptions.keys().filter_map(|name| deliver::view(&state.topics, name, now)).collect();
            SubscriptionList { items, as_of: state.head() }
        };
        Ok(self.read(look))
    }

    async fn subscription_patterns(&self) -> Result<Vec<(SubscriptionName, TopicPattern)>, StoreError> {
        let pair = |(name, one): (&SubscriptionName, &Subscription)| (name.clone(), one.pattern.clone());
        Ok(self.read(|state| state.topics.subscriptions.iter().map(pair).collect()))
    }

    async fn subscription(&self, name: &SubscriptionName, now: Timestamp) -> Result<Option<SubscriptionView>, StoreError> {
        Ok(self.read(|state| deliver::view(&state.topics, name, now)))
    }

    async fn pull(&self, pull: Pull) -> Result<Option<PulledRows>, StoreError> {
        self.commit(|state| Ok(deliver::pull(state, pull)))
    }

    async fn settle(&self, settlement: Settlement) -> Result<Option<Settled>, StoreError> {
        self.commit(|state| Ok(deliver::settle(state, settlement)))
    }

    async fn dead_letters(
        &self,
        subscription: &SubscriptionName,
        after: Option<EventSeq>,
        limit: u32,
    ) -> Result<Option<DeadLetterList>, StoreError> {
        Ok(self.read(|state| letters::list(state, subscription, after, limit)))
    }

    async fn redrive(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        self.commit(|state| Ok(letters::redrive(state, subscription, which, limit, actor, at)))
    }

    async fn purge(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        self.commit(|state| Ok(letters::purge(state, subscription, which, limit, actor, at)))
    }

    async fn tidy_topics(&self, now: Timestamp, limit: u32) -> Result<Tidied, StoreError> {
        self.commit(|state| Ok(tidy::tidy(state, now, limit)))
    }
}
