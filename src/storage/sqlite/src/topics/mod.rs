//! How topics, their messages and subscriptions are stored.

mod declare;
mod deliver;
mod letters;
mod publish;
mod tidy;
mod view;

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

use crate::SqliteStore;
use crate::events;

/// A topic's name, as it is stored.
fn topic_name(text: &str) -> Result<TopicName, StoreError> {
    TopicName::parse(text).map_err(|error| StoreError::Corrupt(format!("a topic is named {text:?}, which {error}")))
}

/// A subscription's name, as it is stored.
fn subscription_name(text: &str) -> Result<SubscriptionName, StoreError> {
    SubscriptionName::parse(text).ok_or_else(|| StoreError::Corrupt(format!("a subscription is named {text:?}")))
}

#[async_trait]
impl TopicStore for SqliteStore {
    async fn declare_topic(&self, topic: NewTopicRecord, maximum: u32) -> Result<Declared, StoreError> {
        self.writer.run(move |tx| declare::topic(tx, &topic, maximum)).await
    }

    async fn delete_topic(&self, name: &TopicName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        let name = name.clone();
        self.writer.run(move |tx| declare::delete(tx, &name, actor, at)).await
    }

    async fn topics(&self) -> Result<TopicList, StoreError> {
        self.readers.snapshot(|sql| Ok(TopicList { items: view::topics(sql, None)?, as_of: events::head(sql)?.0 })).await
    }

    async fn topic(&self, name: &TopicName) -> Result<Option<TopicView>, StoreError> {
        let name = name.clone();
        self.readers.snapshot(move |sql| Ok(view::topics(sql, Some(&name))?.pop())).await
    }

    async fn topic_kind(&self, name: &TopicName) -> Result<Option<TopicKind>, StoreError> {
        let name = name.clone();
        self.readers.statement(move |sql| declare::kind(sql, &name)).await
    }

    async fn publish(
        &self,
        messages: Vec<NewMessageRecord>,
        guard: Option<(TaskId, LeaseToken)>,
    ) -> Result<Vec<PublishOutcome>, StoreError> {
        self.writer.run(move |tx| publish::publish(tx, messages, guard)).await
    }

    async fn messages(&self, topic: &TopicName, before: Option<EventSeq>, limit: u32) -> Result<MessageList, StoreError> {
        let topic = topic.clone();
        let read = move |sql: &_| Ok(MessageList { items: publish::messages(sql, &topic, before, limit)?, as_of: events::head(sql)?.0 });
        self.readers.snapshot(read).await
    }

    async fn subscribe(&self, subscription: NewSubscriptionRecord, maximum: u32) -> Result<Subscribed, StoreError> {
        self.writer.run(move |tx| declare::subscription(tx, &subscription, maximum)).await
    }

    async fn unsubscribe(&self, name: &SubscriptionName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        let name = name.clone();
        self.writer.run(move |tx| declare::unsubscribe(tx, &name, actor, at)).await
    }

    async fn subscriptions(&self, now: Timestamp) -> Result<SubscriptionList, StoreError> {
        let read = move |sql: &_| Ok(SubscriptionList { items: view::subscriptions(sql, None, now)?, as_of: events::head(sql)?.0 });
        self.readers.snapshot(read).await
    }

    async fn subscription_patterns(&self) -> Result<Vec<(SubscriptionName, TopicPattern)>, StoreError> {
        self.readers.statement(view::patterns).await
    }

    async fn subscription(&self, name: &SubscriptionName, now: Timestamp) -> Result<Option<SubscriptionView>, StoreError> {
        let name = name.clone();
        self.readers.snapshot(move |sql| Ok(view::subscriptions(sql, Some(&name), now)?.pop())).await
    }

    async fn pull(&self, pull: Pull) -> Result<Option<PulledRows>, StoreError> {
        let asked = pull.clone();
        // A consumer that waits asks often: only if there is something is a transaction begun.
        match self.readers.snapshot(move |sql| deliver::glance(sql, &asked)).await? {
            deliver::Glance::NoSubscription => Ok(None),
            deliver::Glance::Nothing(next_due) => Ok(Some(PulledRows { next_due, ..PulledRows::default() })),
            deliver::Glance::Something => self.writer.run(move |tx| deliver::pull(tx, &pull)).await,
        }
    }

    async fn settle(&self, settlement: Settlement) -> Result<Option<Settled>, StoreError> {
        self.writer.run(move |tx| deliver::settle(tx, &settlement)).await
    }

    async fn dead_letters(
        &self,
        subscription: &SubscriptionName,
        after: Option<EventSeq>,
        limit: u32,
    ) -> Result<Option<DeadLetterList>, StoreError> {
        let name = subscription.clone();
        let read = move |sql: &_| {
            let Some(items) = letters::list(sql, &name, after, limit)? else { return Ok(None) };
            Ok(Some(DeadLetterList { items, as_of: events::head(sql)?.0 }))
        };
        self.readers.snapshot(read).await
    }

    async fn redrive(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let name = subscription.clone();
        self.writer.run(move |tx| letters::redrive(tx, &name, (which, limit), actor, at)).await
    }

    async fn purge(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let name = subscription.clone();
        self.writer.run(move |tx| letters::purge(tx, &name, (which, limit), actor, at)).await
    }

    async fn tidy_topics(&self, now: Timestamp, limit: u32) -> Result<Tidied, StoreError> {
        // Most of the time there is nothing, which a reader sees without a commit.
        if !self.readers.snapshot(move |sql| tidy::is_needed(sql, now)).await? {
            return Ok(Tidied::default());
        }
        self.writer.run(move |tx| tidy::tidy(tx, now, limit)).await
    }
}
