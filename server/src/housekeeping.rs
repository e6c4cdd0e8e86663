//! What does a server forget by itself, and when? And when does it look whether what it keeps is as it should be?

use std::sync::Arc;
use std::time::Duration;

use baton_auth::Auth;
use baton_bus::EventStream;
use baton_domain::ports::Clock;
use baton_observability::InvariantWatch;
use baton_orchestration::Chores;
use baton_storage::Store;
use baton_storage::blobs::Blobs;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often old rows are looked for; the first time right after the start.
const EVERY: Duration = Duration::from_secs(3_600);
/// How soon a server to which the clean-up does not fall looks again whether it does. Looking is reading a flag.
const AGAIN: Duration = Duration::from_secs(5);
/// How many checkpoints of ended tasks are forgotten in one commit; each may have 64 KiB.
const CHECKPOINTS_AT_ONCE: u32 = 500;
/// How long calls of models are kept, and how many are forgotten in one commit.
const MODEL_CALLS: Duration = Duration::from_secs(90 * 24 * 3_600);
/// Each may have a megabyte.
const MODEL_CALLS_AT_ONCE: u32 = 200;
/// How long a run, a decision or whatever else was a journal is kept once it is over, and how many are forgotten in one commit: one may have
/// tens of thousands of rows.
const JOURNALS: Duration = Duration::from_secs(90 * 24 * 3_600);
const JOURNALS_AT_ONCE: u32 = 10;
/// How long notifications are kept, and how many are forgotten in one commit.
const NOTIFICATIONS: Duration = Duration::from_secs(90 * 24 * 3_600);
const NOTIFICATIONS_AT_ONCE: u32 = 1_000;
/// How long what agents remember is kept after it was last written, and how much is forgotten in one commit.
const AGENT_MEMORY: Duration = Duration::from_secs(180 * 24 * 3_600);
const AGENT_MEMORY_AT_ONCE: u32 = 1_000;
/// How often old events are: under load there are thousands of them a second.
const EVENTS_EVERY: Duration = Duration::from_secs(60);
/// How long the answer to an idempotency key is kept; `docs/api-design.md` promises it.
const IDEMPOTENCY_KEYS: Duration = Duration::from_secs(24 * 3_600);

/// How long bytes that no artifact refers to are kept: an upload has stored its artifact long before.
const UNUSED_BYTES: Duration = Duration::from_secs(3_600);

/// What the clean-up works on.
pub(crate) struct Housekeeping {
    pub(crate) auth: Arc<Auth>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) events: Arc<EventStream>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Of several servers, one cleans up.
    pub(crate) chores: Chores,
    pub(crate) watch: Arc<InvariantWatch>,
    /// How often it looks; none if never.
    pub(crate) look_every: Option<Duration>,
}

/// Forgets old rows until it is told to stop. A failure is logged and tried again the next time: nothing depends on it but room.
pub(crate) async fn run(work: Housekeeping, stop: CancellationToken) {
    // Each step is a commit of its own: one that is broken off leaves the rest for the next time.
    stop.run_until_cancelled(async { tokio::join!(work.forget_rows(), work.forget_old_events(), work.watch_invariants()) }).await;
}

fn rounds(every: Duration) -> Interval {
    let mut rounds = tokio::time::interval(every);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rounds
}

impl Housekeeping {
    /// Waits for the next round that falls to this server.
    async fn turn(&self, rounds: &mut Interval) {
        rounds.tick().await;
        while !self.chores.are_mine() {
            // A server to which it falls later should not wait for a whole round.
            rounds.reset_after(AGAIN);
            rounds.tick().await;
        }
    }

    async fn forget_rows(&self) {
        let mut rounds = rounds(EVERY);
        loop {
            self.turn(&mut rounds).await;
            self.clean_up().await;
        }
    }

    async fn forget_old_events(&self) {
        let mut rounds = rounds(EVENTS_EVERY);
        loop {
            self.turn(&mut rounds).await;
            self.forget_events().await;
        }
    }

    /// A look changes nothing, and one that fails is made up for by the next.
    async fn watch_invariants(&self) {
        let Some(every) = self.look_every else { return };
        let mut rounds = rounds(every);
        loop {
            self.turn(&mut rounds).await;
            match self.watch.look().await {
                Ok(violations) => tracing::debug!(violations = violations.len(), "what is stored was held against the invariants"),
                Err(error) => tracing::warn!(%error, "what is stored cannot be held against the invariants now"),
            }
        }
    }

    async fn clean_up(&self) {
        let now = self.clock.now();
        match self.auth.forget_ended_sessions().await {
            Ok(sessions) => tracing::debug!(sessions, "ended sessions were forgotten"),
            Err(problem) => tracing::warn!(%problem, "ended sessions could not be forgotten"),
        }
        match self.store.forget_idempotency_keys(now, IDEMPOTENCY_KEYS).await {
            Ok(keys) => tracing::debug!(keys, "old idempotency keys were forgotten"),
            Err(error) => tracing::warn!(%error, "old idempotency keys could not be forgotten"),
        }
        self.forget_checkpoints().await;
        self.forget_model_calls().await;
        self.forget_journals().await;
        self.forget_notifications().await;
        self.forget_agent_memory().await;
        match self.blobs.forget_unused(now.minus(UNUSED_BYTES)).await {
            Ok(blobs) => tracing::debug!(blobs, "unused bytes were forgotten"),
            Err(error) => tracing::warn!(%error, "unused bytes could not be forgotten"),
        }
    }

    /// Piece by piece: a checkpoint may be large, and other writes go on in between.
    async fn forget_checkpoints(&self) {
        loop {
            match self.store.forget_checkpoints(CHECKPOINTS_AT_ONCE).await {
                Ok(forgotten) if forgotten < u64::from(CHECKPOINTS_AT_ONCE) => return,
                Ok(checkpoints) => tracing::debug!(checkpoints, "checkpoints of ended tasks were forgotten"),
                Err(error) => {
                    tracing::warn!(%error, "checkpoints of ended tasks could not be forgotten");
                    return;
                }
            }
        }
    }

    async fn forget_model_calls(&self) {
        loop {
            match self.store.forget_model_calls(self.clock.now().minus(MODEL_CALLS), MODEL_CALLS_AT_ONCE).await {
                Ok(forgotten) if forgotten < u64::from(MODEL_CALLS_AT_ONCE) => return,
                Ok(calls) => tracing::debug!(calls, "old calls of models were forgotten"),
                Err(error) => {
                    tracing::warn!(%error, "old calls of models could not be forgotten");
                    return;
                }
            }
        }
    }

    /// Until a step finds none: children become free once their parents are gone, so that one that forgets few is not yet the last.
    async fn forget_journals(&self) {
        loop {
            match self.store.forget_journals(self.clock.now().minus(JOURNALS), JOURNALS_AT_ONCE).await {
                Ok(0) => return,
                Ok(journals) => tracing::debug!(journals, "old journals were forgotten"),
                Err(error) => {
                    tracing::warn!(%error, "old journals could not be forgotten");
                    return;
                }
            }
        }
    }

    async fn forget_notifications(&self) {
        loop {
            match self.store.forget_notifications(self.clock.now().minus(NOTIFICATIONS), NOTIFICATIONS_AT_ONCE).await {
                Ok(forgotten) if forgotten < u64::from(NOTIFICATIONS_AT_ONCE) => return,
                Ok(notifications) => tracing::debug!(notifications, "old notifications were forgotten"),
                Err(error) => {
                    tracing::warn!(%error, "old notifications could not be forgotten");
                    return;
                }
            }
        }
    }

    async fn forget_agent_memory(&self) {
        loop {
            match self.store.forget_agent_memory(self.clock.now().minus(AGENT_MEMORY), AGENT_MEMORY_AT_ONCE).await {
                Ok(forgotten) if forgotten < u64::from(AGENT_MEMORY_AT_ONCE) => return,
                Ok(memories) => tracing::debug!(memories, "what agents remembered long ago was forgotten"),
                Err(error) => {
                    tracing::warn!(%error, "what agents remembered long ago could not be forgotten");
                    return;
                }
            }
        }
    }

    async fn forget_events(&self) {
        match self.events.forget_old(self.clock.now()).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "old events were forgotten"),
            Err(problem) => tracing::warn!(%problem, "old events could not be forgotten"),
        }
    }
}
