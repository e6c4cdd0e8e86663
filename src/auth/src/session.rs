//! How does a session begin, go on and end? With a refresh token that is good for one use and a use of which after that
//! ends everything.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_domain::id::{SessionId, UserId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ClientInfo};
use baton_domain::time::Timestamp;
use baton_domain::user::{Principal, Role};
use baton_domain::wire::auth::{Me, Secret, Tokens};
use baton_storage::{AuditRow, NewSession, RefreshTokenRecord, SessionRecord, UserRecord};
use sha2::{Digest, Sha256};

use crate::audit::action;
use crate::auth::Auth;
use crate::random;
use crate::session_cache::LiveSession;

/// Characters of a refresh token: 32 bytes in base64url.
const TOKEN_LENGTH: usize = 43;

/// How long other servers are told of what has ended; longer than they believe an answer.
const MARKED: Duration = Duration::from_secs(10);

fn session_mark(id: SessionId) -> String {
    format!("session-ended:{id}")
}

fn user_mark(id: UserId) -> String {
    format!("user-changed:{id}")
}

/// A session's fresh tokens, and whose they are.
pub(crate) struct Exchanged {
    pub(crate) tokens: Tokens,
    pub(crate) session: LiveSession,
}

impl Auth {
    /// Begins a session for somebody who has just proven who they are.
    pub(crate) async fn begin_session(&self, user: &UserRecord, client: &ClientInfo, action: &str) -> Answer<Tokens> {
        let now = self.sources.clock.now();
        let (token, token_hash) = new_token()?;
        let session = LiveSession {
            id: SessionId::new(self.sources.ids.next()),
            user: user.id,
            email: user.email.clone(),
            role: user.role,
            expires_at: self.session_end(now, now),
        };
        let audit = self.journal.done(person(&session), action, Some(format!("session:{}", session.id)), client);
        let new = NewSession { id: session.id, user: user.id, created_at: now, expires_at: session.expires_at, token_hash };
        self.store.insert_session(new, audit).await?;
        self.tokens_of(&session, Some(token))
    }

    /// Gives fresh tokens for a refresh token. With `expected`, only if it belongs to that session.
    ///
    /// # Errors
    /// `AUTH-004` if it is none, `AUTH-009` if its session has ended, or ends because the token was used before.
    pub(crate) async fn exchange(&self, client: &ClientInfo, token: &Secret, expected: Option<SessionId>) -> Answer<Exchanged> {
        let Some(hash) = hash(token) else { return Err(no_such_token()) };
        let Some(mut record) = self.store.refresh_token(hash).await? else { return Err(no_such_token()) };
        if expected.is_some_and(|id| id != record.session.id) {
            return Err(no_such_token());
        }
        if record.used_at.is_none() {
            let now = self.sources.clock.now();
            let mut session = live(&record.session, now)?;
            let (next, next_hash) = new_token()?;
            session.expires_at = self.session_end(record.session.created_at, now);
            if self.store.rotate_refresh_token(hash, next_hash, now, session.expires_at).await? {
                self.successors.remember(hash, next.clone());
                self.sessions.forget(session.id);
                return Ok(Exchanged { tokens: self.tokens_of(&session, Some(next))?, session });
            }
            // Another tab was faster, or the session ended meanwhile: look again.
            record = self.store.refresh_token(hash).await?.ok_or_else(no_such_token)?;
        }
        self.exchange_again(client, hash, &record).await
    }

    /// What a refresh token is worth that was used before: within the grace fresh access, after it the session's end.
    async fn exchange_again(&self, client: &ClientInfo, hash: [u8; 32], record: &RefreshTokenRecord) -> Answer<Exchanged> {
        let now = self.sources.clock.now();
        let session = live(&record.session, now)?;
        match record.used_at {
            Some(used_at) if apart(used_at, now) <= self.options.grace => {
                let next = self.successors.of(&hash);
                Ok(Exchanged { tokens: self.tokens_of(&session, next)?, session })
            }
            Some(_) => {
                let target = Some(format!("session:{}", session.id));
                let row = self.journal.denied(person(&session), action::REFRESH_REUSE, target, client, Code::SessionEnded.as_str());
                tracing::warn!(session = %session.id, user = %session.user, address = ?client.address,
                    "a refresh token was used again: the session is ended");
                self.end_session(session.id, row).await?;
                Err(ended())
            }
            // The store said that it is not the newest, and that it was never used: the session ended in between.
            None => Err(ended()),
        }
    }

    /// Ends a session; the next request that names it is refused.
    pub(crate) async fn end_session(&self, id: SessionId, audit: AuditRow) -> Answer<()> {
        let result = self.store.revoke_session(id, self.sources.clock.now(), audit).await;
        self.forget_everywhere(id).await;
        Ok(result?)
    }

    /// The session, if it lives.
    ///
    /// # Errors
    /// `AUTH-009`.
    pub(crate) async fn live_session(&self, id: SessionId) -> Answer<LiveSession> {
        let asked = match self.sessions.find(id) {
            Ok(session) if !self.ended_elsewhere(&session).await => return Ok(session),
            Ok(_) => {
                self.sessions.forget(id);
                self.sessions.asked()
            }
            Err(asked) => asked,
        };
        // Taken before the question, so that the answer's age counts from when it was certainly true.
        let now = self.sources.clock.now();
        let record = self.store.session(id).await?.ok_or_else(ended)?;
        let session = live(&record, now)?;
        self.sessions.keep(session.clone(), asked, now);
        Ok(session)
    }

    /// Whether another server says that a session kept here has ended or its user has changed; storage is asked then.
    async fn ended_elsewhere(&self, session: &LiveSession) -> bool {
        let Some(shared) = self.shared.0.get() else { return false };
        shared.is_marked(&session_mark(session.id)).await || shared.is_marked(&user_mark(session.user)).await
    }

    /// Forgets a kept session, here and on other servers.
    pub(crate) async fn forget_everywhere(&self, id: SessionId) {
        self.sessions.forget(id);
        if let Some(shared) = self.shared.0.get() {
            shared.mark(&session_mark(id), MARKED).await;
        }
    }

    /// Forgets all kept sessions of a user, here and on other servers.
    pub(crate) async fn forget_user_everywhere(&self, user: UserId) {
        self.sessions.forget_user(user);
        if let Some(shared) = self.shared.0.get() {
            shared.mark(&user_mark(user), MARKED).await;
        }
    }

    fn tokens_of(&self, session: &LiveSession, refresh_token: Option<Secret>) -> Answer<Tokens> {
        let issued = self.access_tokens.issue(session.user, session.id, session.role, session.expires_at)?;
        Ok(Tokens {
            access_token: issued.token,
            access_expires_at: issued.expires_at,
            refresh_token,
            refresh_expires_at: session.expires_at,
            me: me(session, session.role),
        })
    }

    /// When a session ends unless it is refreshed again: it slides, up to a fixed end.
    fn session_end(&self, began: Timestamp, now: Timestamp) -> Timestamp {
        now.plus(self.options.refresh_ttl).min(began.plus(self.options.absolute_ttl))
    }
}

/// The person behind a session.
pub(crate) fn person(session: &LiveSession) -> Principal {
    Principal::User { id: session.user, email: session.email.clone() }
}

fn me(session: &LiveSession, role: Role) -> Me {
    Me { principal: person(session), role }
}

fn live(record: &SessionRecord, now: Timestamp) -> Answer<LiveSession> {
    LiveSession::of(record, now).ok_or_else(ended)
}

/// Sign in again.
pub(crate) fn ended() -> Problem {
    Problem::new(Code::SessionEnded, "Sign in again.")
}

fn no_such_token() -> Problem {
    Problem::new(Code::TokenInvalid, "The refresh token is not valid. Sign in again.")
}

/// The span between two instants, whichever is first: a clock that was set back does not stretch the grace.
fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

fn new_token() -> Answer<(Secret, [u8; 32])> {
    let token = URL_SAFE_NO_PAD.encode(random::bytes::<32>()?);
    let hash = Sha256::digest(token.as_bytes()).into();
    Ok((Secret(token), hash))
}

/// The hash to look a refresh token up by; `None` for what cannot be one, an access token for example.
fn hash(token: &Secret) -> Option<[u8; 32]> {
    (token.0.len() == TOKEN_LENGTH).then(|| Sha256::digest(token.0.as_bytes()).into())
}
