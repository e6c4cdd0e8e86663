//! How do measurements get into storage? Every second the buckets that changed are stored, and once more at shutdown.
//!
//! While storage fails they stay in memory, which is bounded, and are stored when it answers again.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::ports::Clock;
use baton_storage::{MetricStore, StoreError};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::recorder::{Changed, MetricsRecorder};

/// How often changed buckets are stored.
const EVERY: Duration = Duration::from_secs(1);
/// Buckets of one transaction.
const BATCH: usize = 500;
/// How often the last flush is tried, and how long each time.
const LAST_TRIES: u32 = 3;
const LAST_TRY: Duration = Duration::from_secs(2);

/// Stores what a recorder counted.
pub struct MetricsFlusher {
    recorder: Arc<MetricsRecorder>,
    store: Arc<dyn MetricStore>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for MetricsFlusher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsFlusher")
    }
}

impl MetricsFlusher {
    /// Stores what this recorder counts in this store. A recorder has one flusher.
    #[must_use]
    pub fn new(recorder: Arc<MetricsRecorder>, store: Arc<dyn MetricStore>, clock: Arc<dyn Clock>) -> Self {
        Self { recorder, store, clock }
    }

    /// Stores changes every second until shutdown, then what is left. Give the shutdown after the engine has stopped
    /// and before the store closes.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                _ = ticks.tick() => {}
            }
            match self.flush().await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("measurements are stored again");
                }
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "measurements cannot be stored; they are kept in memory and tried again every second");
                }
                Ok(()) | Err(_) => {}
            }
        }
        for _ in 0..LAST_TRIES {
            match tokio::time::timeout(LAST_TRY, self.flush()).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => tracing::warn!(%error, "the last measurements cannot be stored"),
                Err(_) => tracing::warn!("storage did not take the last measurements in time"),
            }
        }
        tracing::error!("the last measurements were not stored; charts lack the seconds before this shutdown");
    }

    /// Stores the buckets that changed.
    ///
    /// # Errors
    /// What storage says; the buckets stay in memory then.
    pub async fn flush(&self) -> Result<(), StoreError> {
        for at in self.recorder.unsettled() {
            let stored = self.store.buckets(at, at, None, None).await?;
            self.recorder.settle(at, &stored);
        }
        let mut changed = self.recorder.changed().into_iter();
        loop {
            let (rows, versions): (Vec<_>, Vec<_>) = changed.by_ref().take(BATCH).map(Changed::split).unzip();
            if rows.is_empty() {
                break;
            }
            self.store.put_buckets(rows).await?;
            self.recorder.stored(&versions);
        }
        let lost = self.recorder.forget(self.clock.now());
        if lost > 0 {
            tracing::error!(lost, "buckets of measurements were thrown away: storage failed for too long");
        }
        Ok(())
    }
}
