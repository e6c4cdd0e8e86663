//! How is it kept where an attempt stands? One checkpoint after the other, while its conversation goes on.
//!
//! A store that is away must not deafen the conversation: a cancellation, the attempt's deadline and a server's end are heard while a
//! checkpoint is on its way. The agent's order is kept: the next is stored when the one before has been.

use std::collections::VecDeque;
use std::sync::Arc;

use baton_agents_runtime::protocol::{MAXIMUM_CHECKPOINT_BYTES, ToAgent};
use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;
use baton_storage::{Checkpoint, Checkpointed, StoreError, TaskRecord};
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc;

use super::conversation::End;
use super::failure;
use crate::engine::{Order, Shared};

/// The most checkpoints of one attempt that wait for the one on its way. An agent that awaits its answers has none that waits.
const MAXIMUM_WAITING: usize = 16;

/// What the store said of the checkpoint on its way.
pub(super) type Saved = Result<Checkpointed, StoreError>;

/// The checkpoints of one attempt.
pub(super) struct Checkpoints<'a> {
    shared: &'a Arc<Shared>,
    task: &'a TaskRecord,
    declared: bool,
    to_agent: mpsc::Sender<ToAgent>,
    /// The request that is being answered, and its answer.
    saving: Option<(u64, BoxFuture<'static, Saved>)>,
    waiting: VecDeque<(u64, Checkpoint)>,
}

impl<'a> Checkpoints<'a> {
    pub(super) fn new(shared: &'a Arc<Shared>, task: &'a TaskRecord, declared: bool, to_agent: mpsc::Sender<ToAgent>) -> Self {
        Self { shared, task, declared, to_agent, saving: None, waiting: VecDeque::new() }
    }

    /// Whether none is on its way.
    pub(super) const fn is_idle(&self) -> bool {
        self.saving.is_none()
    }

    /// Sends a checkpoint on its way, or lets it wait for the one before. What cannot be kept is answered at once.
    pub(super) async fn take(&mut self, request: u64, state: Value) {
        if let Err(failure) = self.check(&state) {
            return self.answer(request, Err(failure)).await;
        }
        let (task, lease, at) = (self.task.summary.id, self.task.lease, self.shared.sources.clock.now());
        self.waiting.push_back((request, Checkpoint { task, lease, state, at }));
        if self.is_idle() {
            self.next();
        }
    }

    fn check(&self, state: &Value) -> Result<(), Failure> {
        if !self.declared {
            return Err(failure(Code::ProtocolViolated, "The skill declares no checkpoints, and its agent made one.", false));
        }
        let bytes = serde_json::to_vec(state).map_or(usize::MAX, |text| text.len());
        if bytes > MAXIMUM_CHECKPOINT_BYTES {
            let text = format!(
                "The checkpoint has {bytes} bytes; at most {MAXIMUM_CHECKPOINT_BYTES} are allowed. What is large belongs into artifacts."
            );
            return Err(failure(Code::LimitExceeded, text, false));
        }
        if self.waiting.len() >= MAXIMUM_WAITING {
            let text =
                format!("At most {MAXIMUM_WAITING} checkpoints of an attempt wait to be kept. Await the answer to one before the next.");
            return Err(failure(Code::LimitExceeded, text, false));
        }
        Ok(())
    }

    fn next(&mut self) {
        self.saving = self.waiting.pop_front().map(|(request, checkpoint)| {
            let store = Arc::clone(&self.shared.store);
            let saving: BoxFuture<'static, Saved> = Box::pin(async move { store.save_checkpoint(checkpoint).await });
            (request, saving)
        });
    }

    /// Returns when the store has answered; never while no checkpoint is on its way. Nothing is lost if it is dropped before.
    pub(super) async fn saved(&mut self) -> (u64, Saved) {
        match &mut self.saving {
            Some((request, saving)) => {
                let (request, saved) = (*request, saving.await);
                self.saving = None;
                (request, saved)
            }
            None => std::future::pending().await,
        }
    }

    /// Tells the agent, and sends the next on its way; gives the end of the attempt, if it ends here.
    pub(super) async fn settle(&mut self, request: u64, saved: Saved) -> Option<End> {
        match saved {
            Ok(Checkpointed::Kept { pause: false }) => {}
            Ok(Checkpointed::Kept { pause: true }) => return Some(End::Paused),
            Ok(Checkpointed::Stale) => return Some(End::Ordered(Order::Stale)),
            // The one before stands; more of the work is done twice if this attempt is lost.
            Err(error) => tracing::warn!(%error, task = %self.task.summary.id, "a checkpoint could not be kept"),
        }
        self.answer(request, Ok(())).await;
        self.next();
        None
    }

    async fn answer(&mut self, request: u64, result: Result<(), Failure>) {
        let _ = self.to_agent.send(ToAgent::Checkpointed { request, result }).await;
    }
}
