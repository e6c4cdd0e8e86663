//! What is an access token? A JWT, signed with HS256, that names a session for some minutes.
//!
//! One algorithm, one header, one issuer, one audience, one type: whatever differs is refused. A token is a pointer to a
//! session; whether that session still lives, and what its user may do now, is asked on every request.

use std::sync::Once;
use std::time::Duration;

use baton_domain::id::{SessionId, UserId};
use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_domain::wire::auth::Secret;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::token_key::TokenKey;

/// The longest text that is looked at; a real token has some 450 bytes.
const MAXIMUM_BYTES: usize = 2048;
/// What `typ` in the claims says of an access token.
const ACCESS: &str = "access";
/// How far the clocks of two servers may differ: for `nbf` and `iat` only. `exp` is exact.
const LEEWAY: Duration = Duration::from_secs(5);

/// What a token claims. A claim more or less than these, and it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    pub(crate) sid: SessionId,
    /// The role when it was issued, for whoever reads the token. Nothing here trusts it.
    pub(crate) role: Role,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) jti: Uuid,
    pub(crate) typ: String,
}

impl Claims {
    /// When the token expires.
    pub(crate) fn expires_at(&self) -> Timestamp {
        from_seconds(self.exp)
    }

    /// Whether less than a fifth of the token's life is left.
    pub(crate) fn is_nearly_over(&self, now: Timestamp) -> bool {
        let life = self.expires_at().since(from_seconds(self.iat));
        self.expires_at().since(now) < life / 5
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was good, and is over.
    Expired(Box<Claims>),
    /// It is not one of ours, or not yet good. The text is for the log.
    Invalid(&'static str),
}

/// A token as it is given out.
pub(crate) struct Issued {
    pub(crate) token: Secret,
    pub(crate) expires_at: Timestamp,
}

/// Issues and reads access tokens.
pub(crate) struct AccessTokens {
    issuer: String,
    audience: String,
    life: Duration,
    header: Header,
    /// The header as it stands in every token of ours, with the dot after it.
    prefix: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    sources: Sources,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessTokens")
    }
}

impl AccessTokens {
    /// With this key, for tokens that live this long.
    ///
    /// # Errors
    /// If no token can be signed.
    pub(crate) fn new(key: &TokenKey, issuer: String, audience: String, life: Duration, sources: Sources) -> Answer<Self> {
        install_crypto();
        let header = Header::new(Algorithm::HS256);
        let encoding = EncodingKey::from_secret(key.as_bytes());
        let sample = jsonwebtoken::encode(&header, &(), &encoding).map_err(|_| unsigned())?;
        let prefix = sample.split_once('.').map(|(first, _)| format!("{first}.")).ok_or_else(unsigned)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        // Both are checked below, by the injected clock; the library would read the system's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            issuer,
            audience,
            life,
            header,
            prefix,
            encoding,
            decoding: DecodingKey::from_secret(key.as_bytes()),
            validation,
            sources,
        })
    }

    /// A token for this session, which must not outlive it.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub(crate) fn issue(&self, user: UserId, session: SessionId, role: Role, session_ends: Timestamp) -> Answer<Issued> {
        let now = self.sources.clock.now();
        // Whole seconds, as the format has them, and never later than promised.
        let exp = now.plus(self.life).min(session_ends).as_millis().div_euclid(1000);
        let iat = now.as_millis().div_euclid(1000);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user,
            sid: session,
            role,
            iat,
            nbf: iat,
            exp,
            jti: self.sources.ids.next(),
            typ: ACCESS.to_owned(),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.encoding).map_err(|_| unsigned())?;
        Ok(Issued { token: Secret(token), expires_at: claims.expires_at() })
    }

    /// What a token claims, if it is ours and good now.
    pub(crate) fn read(&self, token: &str) -> Result<Claims, Refused> {
        if token.len() > MAXIMUM_BYTES {
            return Err(Refused::Invalid("too long"));
        }
        // Byte for byte our own header: no other algorithm, no key or link to one, no extension gets as far as a parser.
        if !token.starts_with(&self.prefix) {
            return Err(Refused::Invalid("another header"));
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| Refused::Invalid("wrong signature or claims"))?
            .claims;
        if claims.typ != ACCESS {
            return Err(Refused::Invalid("another type of token"));
        }
        let now = self.sources.clock.now();
        let latest = now.plus(LEEWAY);
        if from_seconds(claims.nbf) > latest || from_seconds(claims.iat) > latest {
            return Err(Refused::Invalid("not valid yet"));
        }
        if claims.expires_at() <= now {
            return Err(Refused::Expired(Box::new(claims)));
        }
        Ok(claims)
    }
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000))
}

fn unsigned() -> Problem {
    Problem::new(Code::Internal, "No access token could be signed. The server's log says more.")
}

/// Says which cryptography the JWT library uses. Without it, a second back-end that another dependency switches on would
/// make the library panic.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that the program has chosen one already.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
    });
}
