//! What became of a refresh token that was just used? Kept for the grace, so that a browser which never received the next
//! one can still be given it.
//!
//! A browser drops an answer, cookies included, when its user clicks on before the answer arrives. Without this, its next
//! renewal after the grace would look like theft and end the session. The next token is only ever given again to
//! who shows the one before it, within the grace, and only while it is the newest; should two then hold it, the second
//! use of it after the grace ends the session as any reuse does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::ports::Clock;
use baton_domain::time::Timestamp;
use baton_domain::wire::auth::Secret;
use parking_lot::Mutex;

/// Tokens remembered; beyond that a second tab gets an access token only.
const MAXIMUM: usize = 10_000;

/// The tokens that came after those used within the grace. In memory only.
pub(crate) struct Successors {
    clock: Arc<dyn Clock>,
    grace: Duration,
    tokens: Mutex<HashMap<[u8; 32], (Secret, Timestamp)>>,
}

impl std::fmt::Debug for Successors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Successors")
    }
}

impl Successors {
    pub(crate) fn new(clock: Arc<dyn Clock>, grace: Duration) -> Self {
        Self { clock, grace, tokens: Mutex::new(HashMap::new()) }
    }

    /// Remembers which token came after the one with this hash.
    pub(crate) fn remember(&self, used: [u8; 32], next: Secret) {
        let now = self.clock.now();
        let mut tokens = self.tokens.lock();
        tokens.retain(|_, (_, at)| *at <= now && now.since(*at) <= self.grace);
        if tokens.len() < MAXIMUM {
            tokens.insert(used, (next, now));
        }
    }

    /// The token that came after the one with this hash, within the grace.
    pub(crate) fn of(&self, used: &[u8; 32]) -> Option<Secret> {
        let now = self.clock.now();
        let tokens = self.tokens.lock();
        tokens.get(used).filter(|(_, at)| *at <= now && now.since(*at) <= self.grace).map(|(next, _)| next.clone())
    }
}
