//! How callers prove who they are.

use std::net::IpAddr;

use async_trait::async_trait;

use super::Answer;
use crate::time::Timestamp;
use crate::user::Caller;
use crate::wire::auth::{FirstRun, FirstRunStatus, Login, Me, Secret, Tokens};

/// What a request brings to prove who sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer …`: an access token or an API key.
    Bearer(Secret),
    /// The cookies of a browser.
    Cookies {
        /// The access token.
        access: Option<Secret>,
        /// The refresh token.
        refresh: Option<Secret>,
    },
}

/// Where a request came from, for lock-out and records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientInfo {
    /// The peer's address.
    pub address: Option<IpAddr>,
    /// The request.
    pub request_id: Option<String>,
}

/// A proven caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Who calls.
    pub caller: Caller,
    /// Until when this proof holds; a socket asks again then.
    pub valid_until: Option<Timestamp>,
    /// Fresh tokens that the browser must be given, when its session was renewed on the way.
    pub renewed: Option<Tokens>,
}

/// Sign-in, sessions and tokens.
#[async_trait]
pub trait AuthService: Send + Sync {
    /// Whether the first administrator is still missing.
    ///
    /// # Errors
    /// Only those of storage.
    async fn first_run_status(&self) -> Answer<FirstRunStatus>;

    /// Creates the first administrator with the one-time code, and signs in.
    ///
    /// # Errors
    /// `AUTH-007`, `AUTH-008`, `AUTH-006`, `REQUEST-002`.
    async fn first_run(&self, client: &ClientInfo, request: FirstRun) -> Answer<Tokens>;

    /// Signs a person in.
    ///
    /// # Errors
    /// `AUTH-002`, `AUTH-006` with `retry_after`.
    async fn login(&self, client: &ClientInfo, request: Login) -> Answer<Tokens>;

    /// Gives fresh tokens for a refresh token. A token used twice after its grace ends the session.
    ///
    /// # Errors
    /// `AUTH-009`, `AUTH-004`.
    async fn refresh(&self, client: &ClientInfo, refresh_token: Secret) -> Answer<Tokens>;

    /// Ends the caller's session at once.
    ///
    /// # Errors
    /// `AUTH-001`.
    async fn logout(&self, caller: &Caller) -> Answer<()>;

    /// Who the caller is.
    ///
    /// # Errors
    /// `AUTH-001`.
    async fn me(&self, caller: &Caller) -> Answer<Me>;

    /// Proves a request's credential; without one the caller is anonymous. Renews a browser's session on the way
    /// when its access token has expired or soon will.
    ///
    /// # Errors
    /// `AUTH-003`, `AUTH-004`, `AUTH-009`.
    async fn authenticate(&self, client: &ClientInfo, credential: Option<Credential>) -> Answer<Authenticated>;

    /// Whether a caller proven before still is one, for sockets that stay open; gives them with the role that they have now, and the
    /// new end of the proof.
    ///
    /// # Errors
    /// `AUTH-009`.
    async fn still_valid(&self, caller: &Caller) -> Answer<Authenticated>;
}
