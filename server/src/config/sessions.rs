//! How long do sessions and their tokens live?

use std::time::Duration;

use baton_auth::AuthOptions;

/// The sessions' settings.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SessionsConfig {
    /// Seconds that an access token lives.
    #[arg(long, env = "BATON_ACCESS_TOKEN_SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=900))]
    pub(crate) access_token_seconds: u64,
}

impl SessionsConfig {
    /// The options of sign-in and sessions.
    pub(crate) fn options(&self) -> AuthOptions {
        AuthOptions { access_ttl: Duration::from_secs(self.access_token_seconds), ..AuthOptions::default() }
    }
}
