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
use sqlx::PgConnection;

use crate::PostgresStore;
use crate::events;
use crate::failure::{Fault, failed};
use crate::writer::Locks;

pub(crate) use publish::insert;

/// Locks subscriptions in the order of their names: these, or all.
pub(crate) async fn lock(tx: &mut crate::writer::Tx, names: Vec<String>, all: bool) -> Result<(), Fault> {
    if names.is_empty() && !all {
        return Ok(());
    }
    // Two texts: one for both would keep a plan that goes through all subscriptions for each of them.
    let query = if all {
        sqlx::query("SELECT 1 FROM subscriptions ORDER BY name FOR NO KEY UPDATE")
    } else {
        sqlx::query("SELECT 1 FROM subscriptions WHERE name = ANY($1) ORDER BY name FOR NO KEY UPDATE").bind(names)
    };
    query.execute(tx.sql()).await.map_err(failed)?;
    Ok(())
}

/// A job on one subscription.
fn on(subscription: &SubscriptionName) -> Locks {
    Locks { subscription: Some(subscription.clone()), ..Locks::default() }
}

/// A job that removes messages.
fn on_all() -> Locks {
    Locks { subscriptions: true, ..Locks::default() }
}

/// A topic's name, as it is stored.
fn topic_name(text: &str) -> Result<TopicName, StoreError> {
    TopicName::parse(text).map_err(|error| StoreError::Corrupt(format!("a topic is named {text:?}, which {error}")))
}

/// Whether there is such a subscription.
async fn exists(sql: &mut PgConnection, name: &SubscriptionName) -> Result<bool, Fault> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM subscriptions WHERE name = $1)")
        .bind(name.as_str())
        .fetch_one(sql)
        .await
        .map_err(failed)
}

#[async_trait]
impl TopicStore for PostgresStore {
    async fn declare_topic(&self, topic: NewTopicRecord, maximum: u32) -> Result<Declared, StoreError> {
        self.writer.run((topic, maximum), |tx, (topic, maximum)| Box::pin(declare::topic(tx, topic, *maximum))).await
    }

    async fn delete_topic(&self, name: &TopicName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        let data = (name.clone(), actor, at);
        self.writer.run_with(on_all(), data, |tx, (name, actor, at)| Box::pin(declare::delete(tx, name, actor, *at))).await
    }

    async fn topics(&self) -> Result<TopicList, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let items = view::topics(&mut snapshot, None).await?;
        Ok(TopicList { items, as_of: events::head(&mut snapshot).await?.0 })
    }

    async fn topic(&self, name: &TopicName) -> Result<Option<TopicView>, StoreError> {
        Ok(view::topics(&mut *self.snapshot().await?, Some(name)).await?.pop())
    }

    async fn topic_kind(&self, name: &TopicName) -> Result<Option<TopicKind>, StoreError> {
        Ok(declare::kind(&mut *self.reader().await?, name).await?)
    }

    async fn publish(
        &self,
        messages: Vec<NewMessageRecord>,
        guard: Option<(TaskId, LeaseToken)>,
    ) -> Result<Vec<PublishOutcome>, StoreError> {
        let tasks = guard.iter().map(|(task, _)| *task).collect();
        let locks = Locks { tasks, reads_first: guard.is_some(), ..Locks::default() };
        self.writer.run_with(locks, (messages, guard), |tx, (messages, guard)| Box::pin(publish::publish(tx, messages, *guard))).await
    }

    async fn messages(&self, topic: &TopicName, before: Option<EventSeq>, limit: u32) -> Result<MessageList, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let items = publish::messages(&mut snapshot, topic, before, limit).await?;
        Ok(MessageList { items, as_of: events::head(&mut snapshot).await?.0 })
    }

    async fn subscribe(&self, subscription: NewSubscriptionRecord, maximum: u32) -> Result<Subscribed, StoreError> {
        let locks = on(&subscription.name);
        self.writer.run_with(locks, (subscription, maximum), |tx, (new, maximum)| Box::pin(declare::subscription(tx, new, *maximum))).await
    }

    async fn unsubscribe(&self, name: &SubscriptionName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        let data = (name.clone(), actor, at);
        self.writer.run_with(on(name), data, |tx, (name, actor, at)| Box::pin(declare::unsubscribe(tx, name, actor, *at))).await
    }

    async fn subscriptions(&self, now: Timestamp) -> Result<SubscriptionList, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let items = view::subscriptions(&mut snapshot, None, now).await?;
        Ok(SubscriptionList { items, as_of: events::head(&mut snapshot).await?.0 })
    }

    async fn subscription_patterns(&self) -> Result<Vec<(SubscriptionName, TopicPattern)>, StoreError> {
        Ok(view::patterns(&mut *self.reader().await?).await?)
    }

    async fn subscription(&self, name: &SubscriptionName, now: Timestamp) -> Result<Option<SubscriptionView>, StoreError> {
        Ok(view::subscriptions(&mut *self.snapshot().await?, Some(name), now).await?.pop())
    }

    async fn pull(&self, pull: Pull) -> Result<Option<PulledRows>, StoreError> {
        // A consumer that waits asks often: only if there is something is a transaction begun.
        match deliver::glance(&mut *self.reader().await?, &pull).await? {
            deliver::Glance::NoSubscription => Ok(None),
            deliver::Glance::Nothing(next_due) => Ok(Some(PulledRows { next_due, ..PulledRows::default() })),
            deliver::Glance::Something => {
                self.writer.run_with(on(&pull.subscription), pull, |tx, pull| Box::pin(deliver::pull(tx, pull))).await
            }
        }
    }

    async fn settle(&self, settlement: Settlement) -> Result<Option<Settled>, StoreError> {
        self.writer.run_with(on(&settlement.subscription), settlement, |tx, said| Box::pin(deliver::settle(tx, said))).await
    }

    async fn dead_letters(
        &self,
        subscription: &SubscriptionName,
        after: Option<EventSeq>,
        limit: u32,
    ) -> Result<Option<DeadLetterList>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        if !exists(&mut snapshot, subscription).await? {
            return Ok(None);
        }
        let items = letters::list(&mut snapshot, subscription, after, limit).await?;
        Ok(Some(DeadLetterList { items, as_of: events::head(&mut snapshot).await?.0 }))
    }

    async fn redrive(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let choice = letters::Choice { subscription: subscription.clone(), which, limit, actor, at };
        self.writer.run_with(on(subscription), choice, |tx, choice| Box::pin(letters::redrive(tx, choice))).await
    }

    async fn purge(
        &self,
        subscription: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let choice = letters::Choice { subscription: subscription.clone(), which, limit, actor, at };
        self.writer.run_with(on(subscription), choice, |tx, choice| Box::pin(letters::purge(tx, choice))).await
    }

    async fn tidy_topics(&self, now: Timestamp, limit: u32) -> Result<Tidied, StoreError> {
        if !tidy::is_needed(&mut *self.reader().await?, now).await? {
            return Ok(Tidied::default());
        }
        self.writer.run_with(on_all(), (now, limit), |tx, (now, limit)| Box::pin(tidy::tidy(tx, *now, *limit))).await
    }
}
