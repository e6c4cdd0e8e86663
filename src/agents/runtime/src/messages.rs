//! How does an agent receive messages of topics? From an inbox that the host's messages go into, bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_domain::wire::topic::TopicMessage;
use tokio::sync::mpsc;

use crate::Context;
use crate::protocol::MAXIMUM_WAITING_MESSAGES;

/// Where the host's messages of one subscription go.
pub(crate) struct Inbox {
    waiting: mpsc::Sender<TopicMessage>,
    missed: Arc<AtomicU64>,
}

impl Inbox {
    /// An inbox and what is taken out of it.
    pub(crate) fn new() -> (Self, mpsc::Receiver<TopicMessage>) {
        let (waiting, receive) = mpsc::channel(MAXIMUM_WAITING_MESSAGES);
        (Self { waiting, missed: Arc::default() }, receive)
    }

    /// Counts what found no room.
    pub(crate) fn missed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.missed)
    }

    /// Puts a message in, if there is room.
    pub(crate) fn put(&self, message: TopicMessage) {
        if self.waiting.try_send(message).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Messages of topics that match a pattern. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Messages {
    context: Context,
    subscription: u64,
    waiting: mpsc::Receiver<TopicMessage>,
    missed: Arc<AtomicU64>,
}

impl Messages {
    pub(crate) const fn new(context: Context, subscription: u64, waiting: mpsc::Receiver<TopicMessage>, missed: Arc<AtomicU64>) -> Self {
        Self { context, subscription, waiting, missed }
    }

    /// The next message; `None` once the host is gone. Cancelling the call loses nothing.
    pub async fn next(&mut self) -> Option<TopicMessage> {
        self.waiting.recv().await
    }

    /// How many messages were dropped so far, because this agent took too long.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.context.unsubscribe(self.subscription);
    }
}
