//! Whether the caller behind an open connection still is one.

use std::time::Duration;

use baton_domain::problem::Code;
use baton_domain::services::{ClientInfo, Credential};
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::auth::Secret;

use crate::gateway::Gateway;
use crate::middleware::authenticate::Proof;
use crate::session_cookies::MAXIMUM_TOKEN_BYTES;

/// How long one look may take; a slow one is repeated at the next turn.
const LOOK_LIMIT: Duration = Duration::from_secs(3);

/// Watches over the caller of one connection.
pub(crate) struct Vigil {
    gateway: Gateway,
    pub(crate) caller: Caller,
    client: ClientInfo,
    valid_until: Option<Timestamp>,
    by_session: bool,
}

/// The caller is none any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionEnded;

impl Vigil {
    pub(crate) fn new(gateway: Gateway, caller: Caller, proof: Proof, client: ClientInfo) -> Self {
        Self { gateway, caller, client, valid_until: proof.valid_until, by_session: proof.by_session }
    }

    /// Looks at the session, or key, and at the end of the proof. A browser's session renews itself; the proof of a
    /// token ends with the token, unless a fresh one came in time.
    pub(crate) async fn look(&mut self) -> Result<(), SessionEnded> {
        let look = self.gateway.services.auth.still_valid(&self.caller);
        match tokio::time::timeout(LOOK_LIMIT, look).await {
            Ok(Ok(valid_until)) if self.by_session => self.valid_until = valid_until,
            Ok(Ok(_)) => {}
            Ok(Err(problem)) if problem.status == 401 || problem.is(Code::Forbidden) => return Err(SessionEnded),
            // Storage that does not answer for a moment is no reason to send everybody away.
            Ok(Err(problem)) => tracing::warn!(%problem, "could not look at the session behind a live connection"),
            Err(_) => tracing::warn!("the look at the session behind a live connection took too long"),
        }
        let now = self.gateway.config.sources.clock.now();
        if self.valid_until.is_some_and(|end| end <= now) { Err(SessionEnded) } else { Ok(()) }
    }

    /// Takes a fresh token of the same caller.
    pub(crate) async fn renew(&mut self, token: Secret) -> Result<(), SessionEnded> {
        if token.0.len() > MAXIMUM_TOKEN_BYTES {
            return Err(SessionEnded);
        }
        let proven = self.gateway.services.auth.authenticate(&self.client, Some(Credential::Bearer(token))).await;
        let proven = proven.map_err(|_| SessionEnded)?;
        if proven.caller.principal.tag() != self.caller.principal.tag() {
            return Err(SessionEnded);
        }
        self.caller = Caller { request_id: self.caller.request_id.take(), ..proven.caller };
        self.valid_until = proven.valid_until;
        self.by_session = false;
        Ok(())
    }
}
