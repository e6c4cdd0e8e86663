//! Who sends this request? An access token, an API key or a browser's cookies say so, and storage confirms it.

use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, Authenticated, ClientInfo, Credential};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::auth::Secret;
use baton_storage::ApiKeyRecord;

use crate::api_key::PresentedKey;
use crate::auth::Auth;
use crate::session::{Exchanged, ended, person};
use crate::session_cache::LiveSession;
use crate::token::{Claims, Refused};

impl Auth {
    /// Proves a credential.
    pub(crate) async fn prove(&self, client: &ClientInfo, credential: Option<Credential>) -> Answer<Authenticated> {
        match credential {
            None => Ok(nobody(client)),
            Some(Credential::Bearer(text)) if PresentedKey::is_meant(&text.0) => self.by_key(client, &text).await,
            Some(Credential::Bearer(text)) => self.by_token(client, &text).await,
            Some(Credential::Cookies { access, refresh }) => self.by_cookies(client, access, refresh).await,
        }
    }

    /// Whether a caller proven before is still one, with which role, and until when.
    ///
    /// A changed role does not end a live connection, since every role may read; what is published over it goes by the new one.
    pub(crate) async fn prove_again(&self, caller: &Caller) -> Answer<Authenticated> {
        let (role, valid_until) = match (&caller.principal, caller.session) {
            (Principal::System, _) => (caller.role, None),
            (Principal::User { id, .. }, Some(session)) => {
                let session = self.live_session(session).await?;
                if session.user != *id {
                    return Err(ended());
                }
                (Some(session.role), Some(self.ask_again(session.expires_at)))
            }
            (Principal::ApiKey { id, .. }, _) => match self.store.api_key(*id).await? {
                Some(key) if key.revoked_at.is_none() => (Some(key.role), Some(self.ask_again(Timestamp::from_millis(i64::MAX)))),
                _ => return Err(Problem::new(Code::SessionEnded, "The API key was revoked. Use another.")),
            },
            (Principal::Anonymous | Principal::User { .. }, _) => return Err(ended()),
        };
        Ok(Authenticated { caller: Caller { role, ..caller.clone() }, valid_until, renewed: None })
    }

    async fn by_token(&self, client: &ClientInfo, text: &Secret) -> Answer<Authenticated> {
        match self.access_tokens.read(&text.0) {
            Ok(claims) => self.by_claims(client, &claims).await,
            Err(Refused::Expired(_)) => Err(expired()),
            Err(Refused::Invalid(why)) => Err(refused_token(client, why)),
        }
    }

    async fn by_claims(&self, client: &ClientInfo, claims: &Claims) -> Answer<Authenticated> {
        let session = self.live_session(claims.sid).await?;
        if session.user != claims.sub {
            return Err(refused_token(client, "of another user than its session"));
        }
        Ok(self.proven(client, &session, claims.expires_at()))
    }

    async fn by_cookies(&self, client: &ClientInfo, access: Option<Secret>, refresh: Option<Secret>) -> Answer<Authenticated> {
        let read = access.map(|access| self.access_tokens.read(&access.0));
        match (read, refresh) {
            (None, None) => Ok(nobody(client)),
            // The browser drops the access cookie when it is over.
            (None, Some(refresh)) => self.renew(client, &refresh, None).await,
            (Some(Err(Refused::Expired(claims))), Some(refresh)) => self.renew(client, &refresh, Some(&claims)).await,
            (Some(Err(Refused::Expired(_))), None) => Err(expired()),
            (Some(Err(Refused::Invalid(why))), _) => Err(refused_token(client, why)),
            (Some(Ok(claims)), refresh) => {
                let proven = self.by_claims(client, &claims).await?;
                match refresh.filter(|_| claims.is_nearly_over(self.sources.clock.now())) {
                    None => Ok(proven),
                    Some(refresh) => match self.renew(client, &refresh, Some(&claims)).await {
                        // The token at hand is still good; only a session that is over counts against it.
                        Err(problem) if !problem.is(Code::SessionEnded) => Ok(proven),
                        renewed => renewed,
                    },
                }
            }
        }
    }

    /// Gives a browser fresh tokens. Its two cookies must be of one session, or somebody has planted one of them.
    async fn renew(&self, client: &ClientInfo, refresh: &Secret, claims: Option<&Claims>) -> Answer<Authenticated> {
        let Exchanged { tokens, session } = self.exchange(client, refresh, claims.map(|claims| claims.sid)).await?;
        let proven = self.proven(client, &session, tokens.access_expires_at);
        Ok(Authenticated { renewed: Some(tokens), ..proven })
    }

    async fn by_key(&self, client: &ClientInfo, text: &Secret) -> Answer<Authenticated> {
        let refused = || {
            tracing::warn!(address = ?client.address, request_id = ?client.request_id, "refused an API key");
            Problem::new(Code::TokenInvalid, "The API key is not valid, or was revoked.")
        };
        let presented = PresentedKey::parse(&text.0).ok_or_else(refused)?;
        let stored = self.store.api_key(presented.id).await?;
        let key = stored.filter(|key| presented.fits(&key.secret_hash) && key.revoked_at.is_none()).ok_or_else(refused)?;
        self.note_use(&key).await;
        Ok(Authenticated {
            caller: Caller {
                principal: Principal::ApiKey { id: key.id, name: key.name },
                role: Some(key.role),
                project: DEFAULT_PROJECT,
                session: None,
                request_id: client.request_id.clone(),
            },
            valid_until: Some(self.ask_again(Timestamp::from_millis(i64::MAX))),
            renewed: None,
        })
    }

    /// Stores that a key is in use, once a minute.
    async fn note_use(&self, key: &ApiKeyRecord) {
        let minute = Timestamp::from_millis(self.sources.clock.now().as_millis().div_euclid(60_000) * 60_000);
        if key.last_used_at.is_some_and(|last| last >= minute) {
            return;
        }
        // The key is good all the same: reading may go on while storage cannot be written.
        if let Err(error) = self.store.touch_api_key(key.id, minute).await {
            tracing::warn!(%error, key = %key.id, "the use of an API key could not be stored");
        }
    }

    fn proven(&self, client: &ClientInfo, session: &LiveSession, token_ends: Timestamp) -> Authenticated {
        Authenticated {
            caller: Caller {
                principal: person(session),
                role: Some(session.role),
                project: DEFAULT_PROJECT,
                session: Some(session.id),
                request_id: client.request_id.clone(),
            },
            valid_until: Some(self.ask_again(token_ends.min(session.expires_at))),
            renewed: None,
        }
    }

    /// When a live connection must ask again: soon, so that signing out ends it too.
    fn ask_again(&self, at_the_latest: Timestamp) -> Timestamp {
        self.sources.clock.now().plus(self.options.recheck).min(at_the_latest)
    }
}

fn nobody(client: &ClientInfo) -> Authenticated {
    Authenticated { caller: Caller { request_id: client.request_id.clone(), ..Caller::anonymous() }, valid_until: None, renewed: None }
}

fn expired() -> Problem {
    Problem::new(Code::TokenExpired, "Refresh the access token, or sign in again.")
}

/// Refuses a token. Why stands in the log only: it would help whoever forges them.
fn refused_token(client: &ClientInfo, why: &'static str) -> Problem {
    tracing::warn!(why, address = ?client.address, request_id = ?client.request_id, "refused an access token");
    Problem::new(Code::TokenInvalid, "The access token is not valid. Sign in again.")
}
