//! How do several servers reach one another quickly?

use std::sync::Arc;

use baton_bus::{Carrier, InProcessCarrier, RedisCarrierOptions};
use baton_domain::ports::{Clock, IdSource, SharedCache};
use baton_domain::problem::Code;
use baton_storage_cache::{FallbackCache, RedisCacheOptions};

use crate::start_error::StartError;

/// The Redis that servers share.
#[derive(Clone, clap::Args)]
pub(crate) struct RedisConfig {
    /// Redis that several servers share, as redis://host:6379. Nothing is lost without it: they find each other's work slower.
    #[arg(long, env = "BATON_REDIS", hide_env_values = true)]
    pub(crate) redis: Option<String>,
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_struct("RedisConfig").field("redis", &self.redis.is_some()).finish()
    }
}

/// What one server remembers by itself while Redis is away.
const OWN_ENTRIES: usize = 10_000;

impl RedisConfig {
    /// What servers remember together, if they share a Redis.
    pub(crate) fn cache(&self, clock: &Arc<dyn Clock>) -> Result<Option<Arc<dyn SharedCache>>, StartError> {
        let Some(url) = &self.redis else { return Ok(None) };
        let cache = RedisCacheOptions::new(url).open();
        let cache = cache.map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("--redis: {error}")))?;
        Ok(Some(Arc::new(FallbackCache::new(Arc::new(cache), OWN_ENTRIES, Arc::clone(clock)))))
    }

    /// What carries messages between servers; a server alone carries them in memory.
    pub(crate) fn carrier(&self, ids: &dyn IdSource) -> Result<Arc<dyn Carrier>, StartError> {
        let Some(url) = &self.redis else { return Ok(Arc::new(InProcessCarrier::alone())) };
        let carrier = RedisCarrierOptions::new(url, ids.next().simple().to_string()).start();
        let carrier = carrier.map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("--redis: {error}")))?;
        Ok(Arc::new(carrier))
    }
}
