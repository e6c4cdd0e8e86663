//! What can be set of sign-in, and what is refused as unsafe.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_storage::Store;

use crate::auth::Auth;
use crate::password::Cost;
use crate::token_key::TokenKey;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The settings of sign-in, sessions and tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthOptions {
    /// # Life of an access token
    /// From 1 second to 15 minutes. Default: 10 minutes. A session that has ended is refused at once all the same.
    pub access_ttl: Duration,
    /// # Idle end of a session
    /// A session that is not refreshed for so long is over. Default: 14 days.
    pub refresh_ttl: Duration,
    /// # Fixed end of a session
    /// No refresh prolongs a session beyond this. Default: 90 days.
    pub absolute_ttl: Duration,
    /// # Grace of a refresh token
    /// How long after its use it may come again, because two tabs refreshed at once. At most 60 seconds. Default: 10
    /// seconds.
    pub grace: Duration,
    /// # How often a live connection proves itself again
    /// A socket outlives a sign-out by no more than this. From 1 to 60 seconds. Default: 4 seconds.
    pub recheck: Duration,
    /// # Issuer of access tokens
    /// Written into them and demanded of them. Default: `baton`.
    pub issuer: String,
    /// # Audience of access tokens
    /// Written into them and demanded of them. Default: `baton-api`.
    pub audience: String,
}

impl Default for AuthOptions {
    fn default() -> Self {
        Self {
            access_ttl: 10 * MINUTE,
            refresh_ttl: 14 * DAY,
            absolute_ttl: 90 * DAY,
            grace: Duration::from_secs(10),
            recheck: Duration::from_secs(4),
            issuer: "baton".to_owned(),
            audience: "baton-api".to_owned(),
        }
    }
}

impl AuthOptions {
    /// The service, over this store and with this key.
    ///
    /// # Errors
    /// `SERVER-006` if a setting is unsafe; `INTERNAL-001` if the system has no randomness.
    pub fn build(self, store: Arc<dyn Store>, sources: Sources, token_key: &TokenKey) -> Answer<Auth> {
        self.build_with(store, sources, token_key, Cost::OWASP)
    }

    pub(crate) fn build_with(self, store: Arc<dyn Store>, sources: Sources, token_key: &TokenKey, cost: Cost) -> Answer<Auth> {
        self.check()?;
        Auth::new(self, store, sources, token_key, cost)
    }

    fn check(&self) -> Answer<()> {
        let second = Duration::from_secs(1);
        let wrong = [
            (self.access_ttl < second || self.access_ttl > 15 * MINUTE, "access tokens must live from 1 second to 15 minutes"),
            (self.refresh_ttl <= self.access_ttl, "a session must outlive its access tokens"),
            (self.absolute_ttl < self.refresh_ttl, "a session's fixed end must not come before its idle end"),
            (self.grace > MINUTE, "the grace of a refresh token must be at most 60 seconds"),
            (self.recheck < second || self.recheck > MINUTE, "live connections must prove themselves every 1 to 60 seconds"),
            (self.issuer.is_empty() || self.issuer.len() > 200, "the issuer of tokens must have 1 to 200 bytes"),
            (self.audience.is_empty() || self.audience.len() > 200, "the audience of tokens must have 1 to 200 bytes"),
        ];
        match wrong.iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, message)) => Err(Problem::new(Code::ConfigurationInvalid, format!("Change the setting: {message}."))),
            None => Ok(()),
        }
    }
}
