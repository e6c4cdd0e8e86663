//! What are topics? Names under which people and agents publish, for whoever listens now or subscribed durably.
//!
//! An ephemeral message goes over the bus, and over the carrier to other servers, and is gone. A durable one is a row, written
//! with its event; listeners get it from the event stream, subscriptions by pulling. What wakes a waiting consumer is a bell: the
//! commits that this server hears of, or, where a carrier connects servers, a ring entry that one of them takes. A bell that is
//! not heard costs two seconds.

mod bell;
mod checks;
mod listen;
mod service;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{LeaseToken, MessageId, TaskId};
use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, TopicService};
use baton_domain::topic::{TopicKind, TopicName};
use baton_domain::user::Caller;
use baton_domain::wire::live::Transient;
use baton_domain::wire::topic::{NewMessage, Published, PullRequest, Pulled, TopicMessage};
use baton_storage::{NewMessageRecord, PublishOutcome, Store};
use tokio_util::sync::CancellationToken;

use crate::carrier::Carrier;
use crate::event_stream::EventStream;
use crate::message_bus::InProcessBus;

pub use listen::Listening;

/// How often what is past its time is looked for.
const TIDY: Duration = Duration::from_secs(30);
/// Rows of one look.
const TIDY_ROWS: u32 = 1_000;

/// Topics, as the service and as the engine's door for agents.
pub struct Topics {
    store: Arc<dyn Store>,
    bus: Arc<InProcessBus>,
    events: Arc<EventStream>,
    carrier: Arc<dyn Carrier>,
    sources: Sources,
    bells: bell::Bells,
}

impl std::fmt::Debug for Topics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Topics")
    }
}

/// An attempt that publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishingAttempt {
    /// Its task.
    pub task: TaskId,
    /// The lease that it must hold.
    pub lease: LeaseToken,
    /// Its agent's name, which readers see.
    pub agent: String,
}

impl Topics {
    /// Topics on this store; its commits must ring this bus. The carrier reaches other servers, or none.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        bus: Arc<InProcessBus>,
        events: Arc<EventStream>,
        carrier: Arc<dyn Carrier>,
        sources: Sources,
    ) -> Arc<Self> {
        Arc::new(Self { store, bus, events, carrier, sources, bells: bell::Bells::default() })
    }

    /// Rings for commits and removes what is past its time, until it is told to stop.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut commits = self.bus.subscribe_to_commits();
        let mut tidy = tokio::time::interval(TIDY);
        tidy.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // Commits that never stop coming must not keep what is rare from its turn.
                biased;
                () = stop.cancelled() => return,
                _ = tidy.tick() => self.tidy().await,
                message = commits.next() => match message {
                    Some(message) => self.bells.heard(&message),
                    None => return,
                },
            }
        }
    }

    async fn tidy(&self) {
        loop {
            match self.store.tidy_topics(self.sources.clock.now(), TIDY_ROWS).await {
                Ok(tidied) if tidied.messages + tidied.died + tidied.letters == 0 => return,
                Ok(tidied) => tracing::debug!(?tidied, "what was past its time in topics was removed"),
                Err(error) => {
                    tracing::warn!(%error, "topics could not be tidied; trying again later");
                    return;
                }
            }
        }
    }

    /// Publishes; for an attempt only while it holds its task.
    ///
    /// # Errors
    /// Those of [`TopicService::publish`], `TOPIC-008` for a stale attempt.
    pub async fn publish_as(
        &self,
        caller: &Caller,
        name: &str,
        message: NewMessage,
        attempt: Option<PublishingAttempt>,
    ) -> Answer<Published> {
        let topic = checks::topic(name, "topic")?;
        let size = checks::message(&message)?;
        let Some(kind) = self.store.topic_kind(&topic).await? else { return Err(checks::no_topic(name)) };
        let new = NewMessageRecord {
            id: MessageId::new(self.sources.ids.next()),
            topic,
            project: caller.project,
            at: self.sources.clock.now(),
            publisher: caller.principal.clone(),
            label: attempt.as_ref().map_or_else(|| caller.principal.label().to_owned(), |attempt| attempt.agent.clone()),
            key: message.key,
            payload: message.payload,
            size,
        };
        let guard = attempt.map(|attempt| (attempt.task, attempt.lease));
        match kind {
            TopicKind::Ephemeral => self.send(new, guard).await,
            TopicKind::Durable => self.keep(new, guard).await,
        }
    }

    /// Pulls for an attempt, which must hold its task when it asks.
    ///
    /// # Errors
    /// Those of [`TopicService::pull`], `TOPIC-008` for a stale attempt.
    pub async fn pull_as(&self, caller: &Caller, name: &str, request: PullRequest, task: TaskId, lease: LeaseToken) -> Answer<Pulled> {
        if !self.holds(task, lease).await? {
            return Err(stale("so it is given no messages"));
        }
        self.pull(caller, name, request).await
    }

    /// Whether an attempt with this lease has the task now.
    async fn holds(&self, task: TaskId, lease: LeaseToken) -> Answer<bool> {
        let record = self.store.task(task).await?;
        Ok(record.is_some_and(|record| record.lease == lease && !record.summary.state.is_terminal()))
    }

    async fn send(&self, new: NewMessageRecord, guard: Option<(TaskId, LeaseToken)>) -> Answer<Published> {
        if let Some((task, lease)) = guard
            && !self.holds(task, lease).await?
        {
            return Err(stale(DOES_NOT_COUNT));
        }
        let published = Published { id: new.id, topic: new.topic.clone(), stored: false, repeated: false };
        let NewMessageRecord { id, topic, at, label: publisher, size, payload, .. } = new;
        self.bus.transient(Transient::Message(TopicMessage { id, topic, at, publisher, size, payload: Some(payload) }));
        Ok(published)
    }

    async fn keep(&self, new: NewMessageRecord, guard: Option<(TaskId, LeaseToken)>) -> Answer<Published> {
        let (id, topic) = (new.id, new.topic.clone());
        let outcome = self.store.publish(vec![new], guard).await?.pop();
        let published = |id, repeated| Published { id, topic: topic.clone(), stored: true, repeated };
        match outcome {
            Some(PublishOutcome::Stored) => {
                self.ring(&topic).await;
                Ok(published(id, false))
            }
            Some(PublishOutcome::Repeated(first)) => Ok(published(first, true)),
            Some(PublishOutcome::NoTopic) => Err(checks::no_topic(topic.as_str())),
            Some(PublishOutcome::Stale) => Err(stale(DOES_NOT_COUNT)),
            None => Err(Problem::new(Code::Internal, "The message has no outcome. The server's log says more.")),
        }
    }

    /// Where other servers are connected: lets one consumer of each subscription know, wherever it is. Alone, the commit rings.
    async fn ring(&self, topic: &TopicName) {
        if !self.carrier.is_connected() {
            return;
        }
        match self.bells.subscriptions_of(topic, self.store.as_ref(), &self.sources).await {
            Ok(names) => names.iter().for_each(|name| self.carrier.put(name.as_str(), Arc::from(topic.as_str().as_bytes()))),
            Err(error) => tracing::debug!(%error, "consumers of a message are not rung; they look by themselves"),
        }
    }
}

const DOES_NOT_COUNT: &str = "so what it publishes does not count";

fn stale(therefore: &str) -> Problem {
    Problem::new(Code::PublisherStale, format!("The attempt no longer holds its task, {therefore}."))
}
