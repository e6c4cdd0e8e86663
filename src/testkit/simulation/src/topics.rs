//! How are topics reached from a simulated server? Reads over its link, writes straight: no simulated agent publishes.

use async_trait::async_trait;
use baton_domain::id::{EventSeq, LeaseToken, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::user::Principal;
use baton_domain::wire::topic::{DeadLetterList, MessageList, Settled, SubscriptionList, SubscriptionView, TopicList, TopicView};
use baton_storage::{
    Declared, NewMessageRecord, NewSubscriptionRecord, NewTopicRecord, PublishOutcome, Pull, PulledRows, Settlement, StoreError,
    Subscribed, Tidied, TopicStore,
};

use crate::link::Link;

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl TopicStore for Link {
    async fn declare_topic(&self, topic: NewTopicRecord, maximum: u32) -> Answer<Declared> {
        self.world.store.declare_topic(topic, maximum).await
    }

    async fn delete_topic(&self, name: &TopicName, actor: Principal, at: Timestamp) -> Answer<bool> {
        self.world.store.delete_topic(name, actor, at).await
    }

    async fn topics(&self) -> Answer<TopicList> {
        self.read("topics", self.world.store.topics()).await
    }

    async fn topic(&self, name: &TopicName) -> Answer<Option<TopicView>> {
        self.read("topic", self.world.store.topic(name)).await
    }

    async fn topic_kind(&self, name: &TopicName) -> Answer<Option<TopicKind>> {
        self.read("topic_kind", self.world.store.topic_kind(name)).await
    }

    async fn publish(&self, messages: Vec<NewMessageRecord>, guard: Option<(TaskId, LeaseToken)>) -> Answer<Vec<PublishOutcome>> {
        self.world.store.publish(messages, guard).await
    }

    async fn messages(&self, topic: &TopicName, before: Option<EventSeq>, limit: u32) -> Answer<MessageList> {
        self.read("messages", self.world.store.messages(topic, before, limit)).await
    }

    async fn subscribe(&self, subscription: NewSubscriptionRecord, maximum: u32) -> Answer<Subscribed> {
        self.world.store.subscribe(subscription, maximum).await
    }

    async fn unsubscribe(&self, name: &SubscriptionName, actor: Principal, at: Timestamp) -> Answer<bool> {
        self.world.store.unsubscribe(name, actor, at).await
    }

    async fn subscriptions(&self, now: Timestamp) -> Answer<SubscriptionList> {
        self.read("subscriptions", self.world.store.subscriptions(now)).await
    }

    async fn subscription_patterns(&self) -> Answer<Vec<(SubscriptionName, TopicPattern)>> {
        self.read("subscription_patterns", self.world.store.subscription_patterns()).await
    }

    async fn subscription(&self, name: &SubscriptionName, now: Timestamp) -> Answer<Option<SubscriptionView>> {
        self.read("subscription", self.world.store.subscription(name, now)).await
    }

    async fn pull(&self, pull: Pull) -> Answer<Option<PulledRows>> {
        self.world.store.pull(pull).await
    }

    async fn settle(&self, settlement: Settlement) -> Answer<Option<Settled>> {
        self.world.store.settle(settlement).await
    }

    async fn dead_letters(&self, of: &SubscriptionName, after: Option<EventSeq>, limit: u32) -> Answer<Option<DeadLetterList>> {
        self.read("dead_letters", self.world.store.dead_letters(of, after, limit)).await
    }

    async fn redrive(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Answer<Option<u64>> {
        self.world.store.redrive(subscription, which, limit, actor, at).await
    }

    async fn purge(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Answer<Option<u64>> {
        self.world.store.purge(subscription, which, limit, actor, at).await
    }

    async fn tidy_topics(&self, now: Timestamp, limit: u32) -> Answer<Tidied> {
        self.world.store.tidy_topics(now, limit).await
    }
}
