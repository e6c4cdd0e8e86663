//! How is something remembered on Redis? As keys with an end. It answers within a fifth of a second or counts as away.

use std::time::Duration;

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script, TlsCertificates};

use crate::{Cache, CacheError, Counted, MAXIMUM_AGE, MAXIMUM_KEY_BYTES, fits};

/// Longer than this nobody waits for a cache.
const ANSWER: Duration = Duration::from_millis(200);

/// Counts and, with the first count, sets the window's end: both or nothing, or a counter could stay for ever.
const COUNT: &str = "local count = redis.call('INCRBY', KEYS[1], ARGV[1])
    local left = redis.call('PTTL', KEYS[1])
    if left < 0 then
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        left = tonumber(ARGV[2])
    end
    return {count, left}";

/// How to reach it.
#[derive(Clone)]
pub struct RedisCacheOptions {
    /// Where it is, as `redis://host:6379`, or `rediss://host:6379` for TLS.
    pub url: String,
    /// Over TLS, the certificates of the authority to trust instead of the system's, as PEM.
    pub authority: Option<Vec<u8>>,
    /// What every key begins with, so that several installations can share a Redis.
    pub prefix: String,
}

impl RedisCacheOptions {
    /// The defaults for this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), authority: None, prefix: "baton:cache:".to_owned() }
    }

    /// A cache that connects when it is first asked. Needs a runtime.
    ///
    /// # Errors
    /// [`CacheError::InvalidAddress`], also for an authority that is none or that the address has no use for.
    pub fn open(self) -> Result<RedisCache, CacheError> {
        // What stands behind # would switch verification off.
        let url = Some(self.url.as_str()).filter(|url| !url.contains('#')).ok_or(CacheError::InvalidAddress)?;
        let client = match self.authority {
            Some(pem) => Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(pem) }),
            None => Client::open(url),
        };
        let client = client.map_err(|_| CacheError::InvalidAddress)?;
        let config =
            ConnectionManagerConfig::new().set_number_of_retries(0).set_response_timeout(Some(ANSWER)).set_connection_timeout(Some(ANSWER));
        let manager = ConnectionManager::new_lazy_with_config(client, config).map_err(|_| CacheError::InvalidAddress)?;
        Ok(RedisCache { manager, prefix: self.prefix, count: Script::new(COUNT) })
    }
}

impl std::fmt::Debug for RedisCacheOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_struct("RedisCacheOptions").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// A cache that servers share.
pub struct RedisCache {
    manager: ConnectionManager,
    prefix: String,
    count: Script,
}

impl std::fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisCache").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl RedisCache {
    fn value(&self, key: &str) -> String {
        format!("{}v:{key}", self.prefix)
    }

    async fn within<T>(&self, asked: impl Future<Output = Result<T, RedisError>>) -> Result<T, CacheError> {
        match tokio::time::timeout(ANSWER, asked).await {
            Ok(answer) => answer.map_err(|error| CacheError::Unavailable(error.to_string())),
            Err(_) => Err(CacheError::Unavailable("no answer in time".to_owned())),
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.min(MAXIMUM_AGE).as_millis()).unwrap_or(u64::MAX).max(1)
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let mut command = redis::cmd("GET");
        command.arg(self.value(key));
        self.within(command.query_async(&mut self.manager.clone())).await
    }

    async fn put(&self, key: &str, value: Vec<u8>, age: Duration) -> Result<(), CacheError> {
        if age.is_zero() || !fits(key, &value) {
            return self.remove(key).await;
        }
        let mut command = redis::cmd("SET");
        command.arg(self.value(key)).arg(value).arg("PX").arg(millis(age));
        self.within(command.query_async(&mut self.manager.clone())).await
    }

    async fn remove(&self, key: &str) -> Result<(), CacheError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.value(key));
        self.within(command.query_async(&mut self.manager.clone())).await
    }

    async fn count(&self, key: &str, by: u32, window: Duration) -> Result<Counted, CacheError> {
        if key.len() > MAXIMUM_KEY_BYTES {
            return Ok(Counted { count: by.into(), resets_in: window });
        }
        let mut invocation = self.count.prepare_invoke();
        invocation.key(format!("{}c:{key}", self.prefix)).arg(by).arg(millis(window));
        let mut manager = self.manager.clone();
        let (count, left): (u64, u64) = self.within(invocation.invoke_async(&mut manager)).await?;
        Ok(Counted { count, resets_in: Duration::from_millis(left) })
    }
}
