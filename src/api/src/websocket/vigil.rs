//! Whether the caller behind an open connection still is one.

use std::time::Duration;

use baton_domain::problem::Code;
use baton_domain::services::{ClientInfo, Credential};
use baton_domain::user::Caller;
use baton_domain::wire::auth::Secret;

use super::publisher::Publisher;
use crate::gateway::Gateway;
use crate::session_cookies::MAXIMUM_TOKEN_BYTES;

/// How long one look may take; a slow one is repeated at the next turn.
const LOOK_LIMIT: Duration = Duration::from_secs(3);
/// After so many looks in a row that showed nothing, one minute of them, nobody may rely on the first any more.
const BLIND_LOOKS: u32 = 15;

/// Watches over the caller of one connection: looks every few seconds at their session or key, whatever proved them
/// at first, so that an open connection ends with what it stands on.
pub(crate) struct Vigil {
    gateway: Gateway,
    pub(crate) caller: Caller,
    client: ClientInfo,
    blind: u32,
}

/// Why a connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The caller is none any more.
    SessionEnded,
    /// It could not be seen for too long whether they still are.
    Unseen,
}

impl Vigil {
    pub(crate) fn new(gateway: Gateway, caller: Caller, client: ClientInfo) -> Self {
        Self { gateway, caller, client, blind: 0 }
    }

    /// Publishes for this caller.
    pub(crate) fn publisher(&self) -> Publisher {
        Publisher::new(self.gateway.clone())
    }

    /// Looks once.
    pub(crate) async fn look(&mut self) -> Result<(), Broken> {
        let look = self.gateway.services.auth.still_valid(&self.caller);
        let seen = tokio::time::timeout(LOOK_LIMIT, look).await;
        match seen {
            Ok(Ok(proven)) => {
                self.blind = 0;
                self.caller = proven.caller;
                let now = self.gateway.config.sources.clock.now();
                return if proven.valid_until.is_some_and(|end| end <= now) { Err(Broken::SessionEnded) } else { Ok(()) };
            }
            Ok(Err(problem)) if problem.status == 401 || problem.is(Code::Forbidden) => return Err(Broken::SessionEnded),
            // Storage that does not answer for a moment is no reason to send everybody away.
            Ok(Err(problem)) => tracing::warn!(%problem, "could not look at the session behind a live connection"),
            Err(_) => tracing::warn!("the look at the session behind a live connection took too long"),
        }
        self.blind += 1;
        if self.blind >= BLIND_LOOKS { Err(Broken::Unseen) } else { Ok(()) }
    }

    /// Takes a fresh token of the same caller.
    pub(crate) async fn renew(&mut self, token: Secret) -> Result<(), Broken> {
        if token.0.len() > MAXIMUM_TOKEN_BYTES {
            return Err(Broken::SessionEnded);
        }
        let proven = self.gateway.services.auth.authenticate(&self.client, Some(Credential::Bearer(token))).await;
        let proven = proven.map_err(|_| Broken::SessionEnded)?;
        if proven.caller.principal.tag() != self.caller.principal.tag() {
            return Err(Broken::SessionEnded);
        }
        self.caller = Caller { request_id: self.caller.request_id.take(), ..proven.caller };
        Ok(())
    }
}
