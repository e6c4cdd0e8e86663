//! What happens while the shared cache is away? This process goes on with its own, and asks the shared one again after a pause.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::ports::Clock;
use baton_domain::time::Timestamp;
use parking_lot::Mutex;

use crate::{Cache, CacheError, Counted, MemoryCache};

/// How long the shared cache is left alone after it did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// A shared cache with one in memory behind it. It always answers.
pub struct FallbackCache {
    shared: Arc<dyn Cache>,
    own: MemoryCache,
    clock: Arc<dyn Clock>,
    /// Until when the shared one is not asked; nothing while it answers.
    away_until: Mutex<Option<Timestamp>>,
}

impl FallbackCache {
    /// The shared cache, and this many entries of one's own while it is away.
    #[must_use]
    pub fn new(shared: Arc<dyn Cache>, most: usize, clock: Arc<dyn Clock>) -> Self {
        Self { shared, own: MemoryCache::new(most, Arc::clone(&clock)), clock, away_until: Mutex::new(None) }
    }

    /// Whether the shared cache answered when it was last asked.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.away_until.lock().is_none()
    }

    fn may_ask(&self) -> bool {
        self.away_until.lock().is_none_or(|until| until <= self.clock.now())
    }

    /// Notes how the shared cache answered; says it when that has changed.
    fn note<T>(&self, answer: Result<T, CacheError>) -> Option<T> {
        let mut away = self.away_until.lock();
        match answer {
            Ok(answer) => {
                if away.take().is_some() {
                    tracing::info!("the shared cache answers again");
                }
                Some(answer)
            }
            Err(error) => {
                if away.replace(self.clock.now().plus(PAUSE)).is_none() {
                    tracing::warn!(%error, "the shared cache is away; this server goes on with its own");
                }
                None
            }
        }
    }
}

impl std::fmt::Debug for FallbackCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FallbackCache").field("is_shared", &self.is_shared()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for FallbackCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        if self.may_ask()
            && let Some(found) = self.note(self.shared.get(key).await)
        {
            return Ok(found);
        }
        self.own.get(key).await
    }

    async fn put(&self, key: &str, value: Vec<u8>, age: Duration) -> Result<(), CacheError> {
        // In both, so that what was put before the shared one went away is still there.
        self.own.put(key, value.clone(), age).await?;
        if self.may_ask() {
            self.note(self.shared.put(key, value, age).await);
        }
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), CacheError> {
        self.own.remove(key).await?;
        if self.may_ask() {
            self.note(self.shared.remove(key).await);
        }
        Ok(())
    }

    async fn count(&self, key: &str, by: u32, window: Duration) -> Result<Counted, CacheError> {
        if self.may_ask()
            && let Some(counted) = self.note(self.shared.count(key, by, window).await)
        {
            return Ok(counted);
        }
        self.own.count(key, by, window).await
    }
}
