//! How do several servers reach one another quickly?

use std::path::PathBuf;
use std::sync::Arc;

use baton_bus::{Carrier, InProcessCarrier, RedisCarrierOptions};
use baton_domain::ports::{Clock, IdSource, SharedCache};
use baton_domain::problem::Code;
use baton_storage_cache::{FallbackCache, RedisCacheOptions};

use crate::start_error::StartError;

/// The Redis that servers share.
#[derive(Clone, clap::Args)]
pub(crate) struct RedisConfig {
    /// Redis that several servers share, as redis://host:6379, or rediss://host:6379 for TLS. Nothing is lost without it: they find
    /// each other's work slower.
    #[arg(long, env = "BATON_REDIS", hide_env_values = true)]
    pub(crate) redis: Option<String>,
    /// The authority whose certificate a Redis with TLS shows, a PEM file. By default those that the system trusts.
    #[arg(long, env = "BATON_REDIS_CA")]
    pub(crate) redis_ca: Option<PathBuf>,
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_struct("RedisConfig").field("redis", &self.redis.is_some()).field("redis_ca", &self.redis_ca).finish()
    }
}

/// What one server remembers by itself while Redis is away.
const OWN_ENTRIES: usize = 10_000;

impl RedisConfig {
    /// The certificates of the authority to trust; read at the start, so that a wrong path is named there.
    fn authority(&self) -> Result<Option<Vec<u8>>, StartError> {
        let Some(path) = &self.redis_ca else { return Ok(None) };
        if self.redis.as_ref().is_some_and(|url| !url.starts_with("rediss://")) {
            let detail =
                "--redis-ca is for a Redis with TLS, whose address begins with rediss://. Change --redis, or leave --redis-ca out.";
            return Err(StartError::new(Code::ConfigurationInvalid, detail));
        }
        let wrong = |what: String| StartError::new(Code::ConfigurationInvalid, format!("--redis-ca {}: {what}", path.display()));
        let pem = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        // Without any, no Redis could ever prove who it is.
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(wrong("there is no certificate in it; a PEM file is expected".to_owned()));
        }
        Ok(Some(pem.into_bytes()))
    }

    /// What servers remember together, if they share a Redis.
    pub(crate) fn cache(&self, clock: &Arc<dyn Clock>) -> Result<Option<Arc<dyn SharedCache>>, StartError> {
        let Some(url) = &self.redis else { return Ok(None) };
        let cache = RedisCacheOptions { authority: self.authority()?, ..RedisCacheOptions::new(url) }.open();
        let cache = cache.map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("--redis: {error}")))?;
        Ok(Some(Arc::new(FallbackCache::new(Arc::new(cache), OWN_ENTRIES, Arc::clone(clock)))))
    }

    /// What carries messages between servers; a server alone carries them in memory.
    pub(crate) fn carrier(&self, ids: &dyn IdSource) -> Result<Arc<dyn Carrier>, StartError> {
        let Some(url) = &self.redis else { return Ok(Arc::new(InProcessCarrier::alone())) };
        let options = RedisCarrierOptions::new(url, ids.next().simple().to_string());
        let carrier = RedisCarrierOptions { authority: self.authority()?, ..options }.start();
        let carrier = carrier.map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("--redis: {error}")))?;
        Ok(Arc::new(carrier))
    }
}
