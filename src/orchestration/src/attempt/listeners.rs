//! What do agents publish, listen to and consume while they work? The topics of the server: publishing and pulling only under the attempt's lease.

use std::collections::HashMap;
use std::sync::Arc;

use baton_agents_runtime::protocol::{FromAgent, MAXIMUM_PULL, MAXIMUM_PULLS, MAXIMUM_SUBSCRIPTIONS, ToAgent};
use baton_bus::pub_sub::{PublishingAttempt, Topics};
use baton_domain::id::MessageId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::TopicService;
use baton_domain::user::Caller;
use baton_domain::wire::task::Failure;
use baton_domain::wire::topic::{Acknowledgement, NewMessage, PullRequest, Refusal, Settled};
use baton_storage::TaskRecord;
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use super::failure;
use crate::engine::Shared;

/// So many answers may wait for an agent to read them before it may not pull any more: each is large, and the agent asks for it.
const UNREAD: usize = 4 * MAXIMUM_PULLS;

/// The topics' side of one attempt.
pub(super) struct Listeners<'a> {
    shared: &'a Arc<Shared>,
    task: &'a TaskRecord,
    to_agent: mpsc::Sender<ToAgent>,
    running: JoinSet<()>,
    subscriptions: HashMap<u64, AbortHandle>,
    /// Room for pulls that wait.
    pulls: Arc<Semaphore>,
}

impl<'a> Listeners<'a> {
    pub(super) fn new(shared: &'a Arc<Shared>, task: &'a TaskRecord, to_agent: mpsc::Sender<ToAgent>) -> Self {
        let pulls = Arc::new(Semaphore::new(MAXIMUM_PULLS));
        Self { shared, task, to_agent, running: JoinSet::new(), subscriptions: HashMap::new(), pulls }
    }

    /// Takes what concerns topics; gives back what does not.
    pub(super) async fn hear(&mut self, message: FromAgent) -> Option<FromAgent> {
        match message {
            FromAgent::Publish { request, topic, payload, key } => {
                // Answered before the next message is heard, so that an agent's messages keep their order.
                let result = self.publish(&topic, NewMessage { payload, key }).await;
                let _ = self.to_agent.send(ToAgent::Published { request, result }).await;
            }
            FromAgent::Subscribe { request, pattern } => {
                let result = self.subscribe(request, &pattern).await;
                let refused = result.is_err();
                let _ = self.to_agent.send(ToAgent::Subscribed { request, result }).await;
                if refused {
                    self.unsubscribe(request);
                }
            }
            FromAgent::Unsubscribe { subscription } => self.unsubscribe(subscription),
            FromAgent::Pull { request, subscription, maximum, wait_seconds } => {
                if let Err(failure) = self.pull(request, subscription, maximum, wait_seconds) {
                    let _ = self.to_agent.send(ToAgent::Pulled { request, result: Err(failure) }).await;
                }
            }
            FromAgent::Acknowledge { request, subscription, ack_ids } => {
                let result = self.acknowledge(&subscription, Acknowledgement { ack_ids }).await;
                let _ = self.to_agent.send(ToAgent::Settled { request, result }).await;
            }
            FromAgent::RefuseDeliveries { request, subscription, ack_ids, delay_ms } => {
                let result = self.refuse(&subscription, Refusal { ack_ids, delay_ms }).await;
                let _ = self.to_agent.send(ToAgent::Settled { request, result }).await;
            }
            other => return Some(other),
        }
        None
    }

    fn topics(&self) -> Result<&Arc<Topics>, Failure> {
        self.shared.topics.get().ok_or_else(|| failure(Code::NoSuchTopic, "This server has no topics.", false))
    }

    fn caller(&self) -> Caller {
        Caller { project: self.task.summary.project_id, ..Caller::system() }
    }

    async fn publish(&self, topic: &str, message: NewMessage) -> Result<MessageId, Failure> {
        let agent = self.task.summary.agent.as_ref().map_or_else(String::new, |agent| agent.name.clone());
        let attempt = PublishingAttempt { task: self.task.summary.id, lease: self.task.lease, agent };
        let published = self.topics()?.publish_as(&self.caller(), topic, message, Some(attempt)).await;
        published.map(|published| published.id).map_err(refused)
    }

    async fn subscribe(&mut self, request: u64, pattern: &str) -> Result<(), Failure> {
        if self.subscriptions.len() >= MAXIMUM_SUBSCRIPTIONS {
            let detail = format!("An attempt listens to at most {MAXIMUM_SUBSCRIPTIONS} patterns at once.");
            return Err(failure(Code::TooManyTopics, detail, false));
        }
        let mut messages = self.topics()?.listen(&self.caller(), pattern).await.map_err(refused)?;
        let to_agent = self.to_agent.clone();
        let forwarding = self.running.spawn(async move {
            // A full channel waits: the stream behind is bounded, and what lags there is read from the log.
            while let Some(message) = messages.next().await {
                if to_agent.send(ToAgent::Message { subscription: request, message: Box::new(message) }).await.is_err() {
                    return;
                }
            }
        });
        if let Some(before) = self.subscriptions.insert(request, forwarding) {
            before.abort();
        }
        Ok(())
    }

    /// Waits for messages beside the conversation, and no longer than the attempt.
    fn pull(&mut self, request: u64, subscription: String, maximum: u32, wait_seconds: u64) -> Result<(), Failure> {
        let place = self.place(maximum)?;
        let (topics, caller, to_agent) = (Arc::clone(self.topics()?), self.caller(), self.to_agent.clone());
        let asked = PullRequest { consumer: format!("task:{}", self.task.summary.id), maximum, wait_seconds };
        let (task, lease) = (self.task.summary.id, self.task.lease);
        self.running.spawn(async move {
            let pulled = topics.pull_as(&caller, &subscription, asked, task, lease).await;
            // Before the answer: whoever has it may pull again.
            drop(place);
            let result = pulled.map(|pulled| pulled.items).map_err(refused);
            let _ = to_agent.send(ToAgent::Pulled { request, result }).await;
        });
        Ok(())
    }

    /// Room for one more pull of so many messages.
    fn place(&self, maximum: u32) -> Result<OwnedSemaphorePermit, Failure> {
        if !(1..=MAXIMUM_PULL).contains(&maximum) {
            return Err(failure(Code::InvalidRequest, format!("An agent pulls 1 to {MAXIMUM_PULL} messages at once."), false));
        }
        if !takes_more(&self.to_agent) {
            return Err(failure(Code::TooManyRequests, "The agent does not take what it was given.", false));
        }
        let crowded = |_| failure(Code::TooManyRequests, format!("An attempt waits for at most {MAXIMUM_PULLS} pulls at once."), false);
        Arc::clone(&self.pulls).try_acquire_owned().map_err(crowded)
    }

    async fn acknowledge(&self, subscription: &str, deliveries: Acknowledgement) -> Result<Settled, Failure> {
        self.topics()?.acknowledge(&self.caller(), subscription, deliveries).await.map_err(refused)
    }

    async fn refuse(&self, subscription: &str, deliveries: Refusal) -> Result<Settled, Failure> {
        self.topics()?.refuse(&self.caller(), subscription, deliveries).await.map_err(refused)
    }

    fn unsubscribe(&mut self, subscription: u64) {
        if let Some(forwarding) = self.subscriptions.remove(&subscription) {
            forwarding.abort();
        }
    }

    /// Returns when a listener or a pull has ended; never while there is none.
    pub(super) async fn ended(&mut self) {
        if self.running.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    pub(super) async fn stop(&mut self) {
        self.running.shutdown().await;
    }
}

/// Whether an agent reads what it is told: one that only asks would pile up answers.
pub(super) fn takes_more(to_agent: &mpsc::Sender<ToAgent>) -> bool {
    to_agent.max_capacity() - to_agent.capacity() < UNREAD
}

fn refused(problem: Problem) -> Failure {
    Failure { retryable: problem.status >= 500 || problem.status == 429, message: problem.detail, code: problem.code }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_agent_that_does_not_read_may_pull_no_more_until_it_does() {
        let (to_agent, mut agent) = mpsc::channel(1_024);
        for request in 0..64 {
            assert!(takes_more(&to_agent), "{request}");
            to_agent.try_send(ToAgent::Permitted { request }).unwrap();
        }
        assert!(!takes_more(&to_agent));
        agent.try_recv().unwrap();
        assert!(takes_more(&to_agent));
    }
}
