//! Which topics and subscriptions are there, how are they reached from a server, and what must hold of them in the end?

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{DEFAULT_PROJECT, EventSeq, LeaseToken, TaskId};
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::ports::Clock as _;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::user::Principal;
use baton_domain::wire::topic::{
    DeadLetterList, MessageList, MessageView, Settled, StartAt, SubscriptionList, SubscriptionView, TopicList, TopicView,
};
use baton_storage::{
    AckId, Declared, NewMessageRecord, NewSubscriptionRecord, NewTopicRecord, PublishOutcome, Pull, PulledRows, Settlement, StoreError,
    Subscribed, TaskStore, Tidied, TopicStore, Verdict,
};
use baton_storage_memory::PlantedBug;

use crate::link::Link;
use crate::store::COMMITTED_LATER;
use crate::world::World;

type Answer<T> = Result<T, StoreError>;

/// Topics whose messages are stored.
pub(crate) const DURABLE: [&str; 2] = ["sim.one", "sim.two"];
/// A topic whose messages are gone when nobody hears them.
pub(crate) const EPHEMERAL: &str = "sim.news";
/// What listeners listen to.
pub(crate) const ALL: &str = "sim.>";
/// Who subscribes durably: to what, how long a consumer has, how often a message is delivered, and the longest wait between.
const SUBSCRIPTIONS: [(&str, &str, u64, u32, u64); 2] = [("every", ALL, 2_000, 3, 1_000), ("ones", DURABLE[0], 1_000, 6, 0)];
/// Rounds after which what is pending must have been handed out, and the pause between them: no delivery waits as long as all of them.
const ROUNDS: usize = 50;
const ROUND: Duration = Duration::from_millis(500);

/// The names of the subscriptions.
pub(crate) fn subscriptions() -> Vec<SubscriptionName> {
    SUBSCRIPTIONS.iter().filter_map(|(name, ..)| SubscriptionName::parse(name)).collect()
}

fn policy(name: &SubscriptionName) -> DeliveryPolicy {
    let found = SUBSCRIPTIONS.iter().find(|(known, ..)| *known == name.as_str());
    found.map_or_else(DeliveryPolicy::default, |(_, _, ack_deadline_ms, maximum_deliveries, backoff)| DeliveryPolicy {
        ack_deadline_ms: *ack_deadline_ms,
        maximum_deliveries: *maximum_deliveries,
        maximum_in_flight: 20,
        backoff_initial_ms: *backoff / 4,
        backoff_maximum_ms: *backoff,
    })
}

/// Declares everything, before there is a server.
pub(crate) async fn declare(world: &World) -> Answer<()> {
    let at = world.clock().now();
    let kinds = DURABLE.iter().map(|name| (*name, TopicKind::Durable)).chain([(EPHEMERAL, TopicKind::Ephemeral)]);
    for (name, kind) in kinds {
        let Ok(name) = TopicName::parse(name) else { continue };
        let topic = NewTopicRecord { name, project: DEFAULT_PROJECT, kind, retention: Retention::default(), actor: Principal::System, at };
        world.store.declare_topic(topic, u32::MAX).await?;
    }
    for (name, (_, pattern, ..)) in subscriptions().into_iter().zip(SUBSCRIPTIONS) {
        let Ok(pattern) = TopicPattern::parse(pattern) else { continue };
        let (policy, start) = (policy(&name), StartAt::Earliest);
        let new = NewSubscriptionRecord { name, project: DEFAULT_PROJECT, pattern, policy, start, actor: Principal::System, at };
        world.store.subscribe(new, u32::MAX).await?;
    }
    Ok(())
}

/// What does not hold of topics. All servers still run; nobody publishes or consumes any more.
pub(crate) async fn check(world: &World) -> Answer<Vec<Violation>> {
    let stored = stored(world).await?;
    world.messages.lock().check_stored(&stored);
    for name in subscriptions() {
        count(world, &name, &stored).await?;
    }
    let unkept: Vec<_> = {
        let messages = world.messages.lock();
        messages.assured.keys().filter(|place| !messages.acknowledged.contains(place)).cloned().collect()
    };
    for (name, seq) in unkept {
        let detail = format!("{name}: a consumer was told that its acknowledgement of {seq} counts, and it is not stored");
        world.messages.lock().wrong.push(Violation { invariant: Invariant::SettledStaysSettled, detail });
    }
    drain(world).await?;
    let mut messages = world.messages.lock();
    for (name, (_, pattern, ..)) in subscriptions().into_iter().zip(SUBSCRIPTIONS) {
        for message in stored.iter().filter(|message| baton_domain::topic::matches(pattern, message.topic.as_str())) {
            if !messages.acknowledged.contains(&(name.clone(), message.seq)) {
                let detail = format!("{name}: message {} was never acknowledged, however often what is pending was asked for", message.seq);
                messages.wrong.push(Violation { invariant: Invariant::MessageIsKept, detail });
            }
        }
    }
    Ok(std::mem::take(&mut messages.wrong))
}

/// All messages that are kept, by place.
async fn stored(world: &World) -> Answer<Vec<MessageView>> {
    let mut stored = Vec::new();
    for name in DURABLE.iter().filter_map(|name| TopicName::parse(name).ok()) {
        stored.extend(world.store.messages(&name, None, u32::MAX).await?.items);
    }
    stored.sort_by_key(|message| message.seq);
    Ok(stored)
}

/// Every message of a subscription is acknowledged, a dead letter, or pending, and the books say so.
async fn count(world: &World, name: &SubscriptionName, stored: &[MessageView]) -> Answer<()> {
    let Some(view) = world.store.subscription(name, world.clock().now()).await? else { return Ok(()) };
    let mut messages = world.messages.lock();
    let wanted = stored.iter().filter(|message| view.pattern.matches(&message.topic)).count() as u64;
    let acknowledged = messages.acknowledged.iter().filter(|(of, _)| of == name).count() as u64;
    let kept = view.acknowledged + view.in_flight + view.waiting + view.dead + view.lag;
    messages.counts.dead += view.dead;
    if kept != wanted || view.acknowledged != acknowledged || view.missed != 0 {
        let detail = format!("{wanted} messages are for {name}, and {acknowledged} were acknowledged; its books say {view:?}");
        messages.wrong.push(Violation { invariant: Invariant::MessageIsKept, detail });
    }
    Ok(())
}

/// Takes everything that is pending, and everything that was given up, as a consumer that does its work.
async fn drain(world: &World) -> Answer<()> {
    for _ in 0..ROUNDS {
        let mut left = 0;
        for name in subscriptions() {
            let at = world.clock().now();
            world.store.redrive(&name, None, u32::MAX, Principal::System, at).await?;
            let rows = pull(world, Pull { subscription: name.clone(), consumer: "last".to_owned(), maximum: 500, at }).await?;
            let deliveries: Vec<AckId> = rows.into_iter().flat_map(|rows| rows.items).filter_map(|item| item.ack_id.parse().ok()).collect();
            settle(world, Settlement { subscription: name.clone(), deliveries, verdict: Verdict::Acknowledge, at }).await?;
            let view = world.store.subscription(&name, at).await?;
            left += view.map_or(0, |view| view.in_flight + view.waiting + view.dead + view.lag);
        }
        if left == 0 {
            break;
        }
        tokio::time::sleep(ROUND).await;
    }
    Ok(())
}

/// Hands messages out, and notes it.
async fn pull(world: &World, pull: Pull) -> Answer<Option<PulledRows>> {
    let rows = world.store.pull(pull.clone()).await?;
    if let Some(rows) = &rows {
        for item in &rows.items {
            world.trace.note(format_args!("{} of {} has {} ({})", pull.consumer, pull.subscription, item.ack_id, item.delivery));
        }
        world.messages.lock().handed(&pull, policy(&pull.subscription).maximum_deliveries, &rows.items);
    }
    Ok(rows)
}

/// Takes a consumer's word, and notes it.
async fn settle(world: &World, settlement: Settlement) -> Answer<Option<Settled>> {
    let settled = world.store.settle(settlement.clone()).await?;
    if let Some(settled) = &settled {
        world.messages.lock().settled(&settlement, settled);
    }
    Ok(settled)
}

/// Stores messages; what an attempt publishes counts only while it holds its task.
async fn publish(world: &World, messages: Vec<NewMessageRecord>, guard: Option<(TaskId, LeaseToken)>) -> Answer<Vec<PublishOutcome>> {
    let outcomes = world.store.publish(messages, guard).await?;
    if let Some((task, lease)) = guard
        && outcomes.contains(&PublishOutcome::Stored)
    {
        let record = world.store.task(task).await?;
        if !record.as_ref().is_some_and(|record| record.lease == lease && record.summary.state == TaskState::Running) {
            let detail = format!("an attempt published under lease {} of task {task}, which is {record:?}", lease.0);
            world.ledger.pages().wrong(Invariant::StaleLeaseIsPowerless, detail);
        }
    }
    Ok(outcomes)
}

over_the_link! {
    TopicStore {
        again declare_topic(topic: NewTopicRecord, maximum: u32) -> Declared;
        read topics() -> TopicList;
        read topic(name: &TopicName) -> Option<TopicView>;
        read topic_kind(name: &TopicName) -> Option<TopicKind>;
        read messages(topic: &TopicName, before: Option<EventSeq>, limit: u32) -> MessageList;
        again subscribe(subscription: NewSubscriptionRecord, maximum: u32) -> Subscribed;
        read subscriptions(now: Timestamp) -> SubscriptionList;
        read subscription_patterns() -> Vec<(SubscriptionName, TopicPattern)>;
        read subscription(name: &SubscriptionName, now: Timestamp) -> Option<SubscriptionView>;
        read dead_letters(of: &SubscriptionName, after: Option<EventSeq>, limit: u32) -> Option<DeadLetterList>;
        again tidy_topics(now: Timestamp, limit: u32) -> Tidied;
    }

    async fn publish(&self, messages: Vec<NewMessageRecord>, guard: Option<(TaskId, LeaseToken)>) -> Answer<Vec<PublishOutcome>> {
        // The same message again is known by its key; one without a key would be another.
        let repeatable = messages.iter().all(|message| message.key.is_some());
        let (world, stuck) = (Arc::clone(&self.world), self.stuck());
        let call = move || {
            let (world, messages) = (Arc::clone(&world), messages.clone());
            async move {
                tokio::time::sleep(stuck).await;
                publish(&world, messages, guard).await
            }
        };
        self.write("publish", repeatable, call).await
    }

    async fn pull(&self, request: Pull) -> Answer<Option<PulledRows>> {
        let world = Arc::clone(&self.world);
        let call = move || {
            let (world, request) = (Arc::clone(&world), request.clone());
            async move { pull(&world, request).await }
        };
        self.write("pull", false, call).await
    }

    async fn settle(&self, settlement: Settlement) -> Answer<Option<Settled>> {
        let world = Arc::clone(&self.world);
        if world.bug == Some(PlantedBug::SettledBeforeCommit) {
            let (host, count) = (Arc::clone(&self.host), settlement.deliveries.len());
            tokio::spawn(async move {
                tokio::time::sleep(COMMITTED_LATER).await;
                if !host.crashed() {
                    let _ = settle(&world, settlement).await;
                }
            });
            return Ok(Some(Settled { settled: u32::try_from(count).unwrap_or(u32::MAX), late: Vec::new() }));
        }
        let call = move || {
            let (world, settlement) = (Arc::clone(&world), settlement.clone());
            async move { settle(&world, settlement).await }
        };
        self.write("settle", true, call).await
    }

    async fn delete_topic(&self, name: &TopicName, actor: Principal, at: Timestamp) -> Answer<bool> {
        let (store, name) = (self.world.store.clone(), name.clone());
        let call = move || {
            let (store, name, actor) = (store.clone(), name.clone(), actor.clone());
            async move { store.delete_topic(&name, actor, at).await }
        };
        self.write("delete_topic", false, call).await
    }

    async fn unsubscribe(&self, name: &SubscriptionName, actor: Principal, at: Timestamp) -> Answer<bool> {
        let (store, name) = (self.world.store.clone(), name.clone());
        let call = move || {
            let (store, name, actor) = (store.clone(), name.clone(), actor.clone());
            async move { store.unsubscribe(&name, actor, at).await }
        };
        self.write("unsubscribe", false, call).await
    }

    async fn redrive(
        &self,
        of: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Answer<Option<u64>> {
        let (store, of) = (self.world.store.clone(), of.clone());
        let call = move || {
            let (store, of, which, actor) = (store.clone(), of.clone(), which.clone(), actor.clone());
            async move { store.redrive(&of, which, limit, actor, at).await }
        };
        self.write("redrive", false, call).await
    }

    async fn purge(
        &self,
        of: &SubscriptionName,
        which: Option<Vec<EventSeq>>,
        limit: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Answer<Option<u64>> {
        let (store, of) = (self.world.store.clone(), of.clone());
        let call = move || {
            let (store, of, which, actor) = (store.clone(), of.clone(), which.clone(), actor.clone());
            async move { store.purge(&of, which, limit, actor, at).await }
        };
        self.write("purge", false, call).await
    }
}
