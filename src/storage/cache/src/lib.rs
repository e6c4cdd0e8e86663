//! What does Baton remember for a while? Values with an end and counters with a window, in memory or on a Redis that servers share.
//!
//! A cache is never the record: whatever it says can be found out without it. [`MemoryCache`] is bounded and forgets what is used
//! least; [`RedisCache`] is shared; [`FallbackCache`] asks Redis and goes on in memory while that is away, so that no work is ever
//! refused because a cache is gone.

mod fallback;
mod memory;
mod port;
mod redis;

use std::time::Duration;

use async_trait::async_trait;

pub use fallback::FallbackCache;
pub use memory::MemoryCache;
pub use redis::{RedisCache, RedisCacheOptions};

/// The longest key, in bytes.
pub const MAXIMUM_KEY_BYTES: usize = 512;
/// The largest value, in bytes. Larger ones are not kept.
pub const MAXIMUM_VALUE_BYTES: usize = 64 << 10;
/// The longest that anything is kept.
pub const MAXIMUM_AGE: Duration = Duration::from_secs(86_400);

/// Why a cache did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// It does not answer, or not in time.
    #[error("the cache does not answer: {0}")]
    Unavailable(String),
    /// The address is none.
    #[error("not an address of Redis: expected redis://[user:password@]host[:port][/database], or rediss:// for TLS")]
    InvalidAddress,
}

/// A counter as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How much was counted in this window, this time included.
    pub count: u64,
    /// When the window ends and the count begins anew.
    pub resets_in: Duration,
}

/// Remembers for a while.
///
/// Keys longer than [`MAXIMUM_KEY_BYTES`] and values larger than [`MAXIMUM_VALUE_BYTES`] are not kept; reading them finds nothing.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value under a key, unless its time is over.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`].
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError>;

    /// Keeps a value for a while, instead of one that was there; [`MAXIMUM_AGE`] at most, no time at all removes it.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`].
    async fn put(&self, key: &str, value: Vec<u8>, age: Duration) -> Result<(), CacheError>;

    /// Forgets a value.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`].
    async fn remove(&self, key: &str) -> Result<(), CacheError>;

    /// Counts, in a window that begins with the first count and is as long as that one said.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`].
    async fn count(&self, key: &str, by: u32, window: Duration) -> Result<Counted, CacheError>;
}

/// Whether an entry is one that is kept.
fn fits(key: &str, value: &[u8]) -> bool {
    key.len() <= MAXIMUM_KEY_BYTES && value.len() <= MAXIMUM_VALUE_BYTES
}
