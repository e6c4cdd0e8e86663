//! Does the server live, and can it take work now? Storage answers, the engine's loop turns, the disk has room.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::ports::Clock;
use baton_domain::services::{Answer, HealthService};
use baton_domain::time::Timestamp;
use baton_domain::wire::health::{Health, HealthCheck};
use baton_storage::EventStore;

/// No beat was given yet.
const NEVER: i64 = i64::MIN;

/// Touched by the engine's loop each time it turns. Cloning is cheap.
#[derive(Clone)]
pub struct Heartbeat {
    last: Arc<AtomicI64>,
    clock: Arc<dyn Clock>,
}

impl Heartbeat {
    /// A heartbeat that has not beaten yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { last: Arc::new(AtomicI64::new(NEVER)), clock }
    }

    /// The loop turned.
    pub fn beat(&self) {
        self.last.store(self.clock.now().as_millis(), Ordering::Relaxed);
    }

    /// When the loop last turned.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        match self.last.load(Ordering::Relaxed) {
            NEVER => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Heartbeat").field(&self.last()).finish()
    }
}

/// What is checked, and when it counts as broken.
#[derive(Debug, Clone)]
pub struct HealthOptions {
    /// The server's version, as the answers carry it.
    pub version: String,
    /// The folder whose disk must have room.
    pub data_folder: PathBuf,
    /// Bytes that must be free there.
    pub minimum_free: u64,
    /// How long storage, or the disk, may take to answer.
    pub answer_within: Duration,
    /// How long ago the engine's loop may have turned.
    pub beat_within: Duration,
}

impl HealthOptions {
    /// The defaults: 64 MiB, 2 seconds, 10 seconds.
    #[must_use]
    pub fn new(version: impl Into<String>, data_folder: impl Into<PathBuf>) -> Self {
        Self {
            version: version.into(),
            data_folder: data_folder.into(),
            minimum_free: 64 << 20,
            answer_within: Duration::from_secs(2),
            beat_within: Duration::from_secs(10),
        }
    }
}

/// Checks the server's health. The answers go to anyone, so they name no path and no address.
pub struct HealthMonitor {
    store: Arc<dyn EventStore>,
    engine: Heartbeat,
    clock: Arc<dyn Clock>,
    options: HealthOptions,
    advisory: Vec<Advisory>,
}

/// Something that is looked at and said, and without which the server works, slower.
type Advisory = Box<dyn Fn() -> HealthCheck + Send + Sync>;

impl HealthMonitor {
    /// Checks this store and this heartbeat.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, engine: Heartbeat, clock: Arc<dyn Clock>, options: HealthOptions) -> Self {
        Self { store, engine, clock, options, advisory: Vec::new() }
    }

    /// Says one thing more. What it says does not make the server unready.
    #[must_use]
    pub fn with_advisory(mut self, look: impl Fn() -> HealthCheck + Send + Sync + 'static) -> Self {
        self.advisory.push(Box::new(look));
        self
    }

    async fn storage(&self) -> HealthCheck {
        match tokio::time::timeout(self.options.answer_within, self.store.ping()).await {
            Ok(Ok(())) => check("storage", true, "takes writes"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the storage check failed");
                check("storage", false, "does not take writes; the server's log says why")
            }
            Err(_) => {
                tracing::warn!(within = ?self.options.answer_within, "storage did not answer the check in time");
                check("storage", false, "did not answer in time")
            }
        }
    }

    fn engine(&self) -> HealthCheck {
        let Some(last) = self.engine.last() else { return check("engine", false, "has not started yet") };
        let age = self.clock.now().since(last);
        let detail = format!("its loop turned {:.1} s ago", age.as_secs_f64());
        check("engine", age <= self.options.beat_within, detail)
    }

    async fn disk(&self) -> HealthCheck {
        let folder = self.options.data_folder.clone();
        // The call blocks, for as long as it likes on a network disk that is gone.
        let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&folder));
        let status = match tokio::time::timeout(self.options.answer_within, asked).await {
            Ok(Ok(Ok(status))) => status,
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "the disk check failed");
                return check("disk", false, "the data folder cannot be looked at; the server's log says why");
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the disk check failed");
                return check("disk", false, "the check failed; the server's log says why");
            }
            Err(_) => return check("disk", false, "did not answer in time"),
        };
        let free = status.f_bavail.saturating_mul(status.f_frsize);
        let needed = self.options.minimum_free;
        if free >= needed {
            check("disk", true, format!("{} MiB free", free >> 20))
        } else {
            check("disk", false, format!("{} MiB free, fewer than {} MiB: free space in the data folder", free >> 20, needed >> 20))
        }
    }
}

fn check(name: &str, ok: bool, detail: impl Into<String>) -> HealthCheck {
    HealthCheck { name: name.to_owned(), ok, detail: detail.into() }
}

impl std::fmt::Debug for HealthMonitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HealthMonitor").field("options", &self.options).finish_non_exhaustive()
    }
}

#[async_trait]
impl HealthService for HealthMonitor {
    async fn live(&self) -> Answer<Health> {
        Ok(Health { ok: true, version: self.options.version.clone(), checks: Vec::new() })
    }

    async fn ready(&self) -> Answer<Health> {
        let (storage, disk) = tokio::join!(self.storage(), self.disk());
        let mut checks = vec![storage, self.engine(), disk];
        let ok = checks.iter().all(|check| check.ok);
        checks.extend(self.advisory.iter().map(|look| look()));
        Ok(Health { ok, version: self.options.version.clone(), checks })
    }
}
