//! Which cookies a browser's session lives in: the one place that names, writes, reads and clears them.

use std::sync::Arc;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use baton_domain::ports::Clock;
use baton_domain::services::Credential;
use baton_domain::time::Timestamp;
use baton_domain::wire::auth::{Secret, Tokens};

const ACCESS: &str = "baton_access";
const REFRESH: &str = "baton_refresh";
const SECURE_ACCESS: &str = "__Host-baton_access";
const SECURE_REFRESH: &str = "__Host-baton_refresh";

/// The longest token that is looked at; ours are far shorter.
pub(crate) const MAXIMUM_TOKEN_BYTES: usize = 8 * 1024;

/// Writes and reads the cookies of a session: `HttpOnly; SameSite=Lax; Path=/`, and over https also `Secure` with
/// the `__Host-` prefix, which keeps other hosts of the same site from setting them.
#[derive(Clone)]
pub struct CookieJarPolicy {
    secure: bool,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for CookieJarPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CookieJarPolicy").field("secure", &self.secure).finish_non_exhaustive()
    }
}

impl CookieJarPolicy {
    /// The policy for a server that browsers reach over https, or not.
    #[must_use]
    pub fn new(https: bool, clock: Arc<dyn Clock>) -> Self {
        Self { secure: https, clock }
    }

    fn names(&self) -> (&'static str, &'static str) {
        if self.secure { (SECURE_ACCESS, SECURE_REFRESH) } else { (ACCESS, REFRESH) }
    }

    /// The `Set-Cookie` values that give a browser these tokens. Without a refresh token its cookie stays as it is.
    #[must_use]
    pub fn set(&self, tokens: &Tokens) -> Vec<String> {
        let (access, refresh) = self.names();
        let mut cookies = vec![self.write(access, &tokens.access_token.0, tokens.access_expires_at)];
        if let Some(token) = &tokens.refresh_token {
            cookies.push(self.write(refresh, &token.0, tokens.refresh_expires_at));
        }
        cookies
    }

    /// The `Set-Cookie` values that end a browser's session.
    #[must_use]
    pub fn clear(&self) -> Vec<String> {
        let (access, refresh) = self.names();
        [access, refresh].map(|name| self.attributes(name, "", 0)).into()
    }

    fn write(&self, name: &str, value: &str, expires: Timestamp) -> String {
        self.attributes(name, value, expires.since(self.clock.now()).as_secs())
    }

    fn attributes(&self, name: &str, value: &str, max_age: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
    }

    /// The session's tokens in a request's cookies, if it has any.
    #[must_use]
    pub fn read(&self, headers: &HeaderMap) -> Option<Credential> {
        let (access_name, refresh_name) = self.names();
        let find = |wanted: &str| {
            let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
            pairs
                .filter_map(|pair| pair.trim().split_once('='))
                .find(|(name, value)| *name == wanted && !value.is_empty() && value.len() <= MAXIMUM_TOKEN_BYTES)
                .map(|(_, value)| Secret(value.to_owned()))
        };
        let (access, refresh) = (find(access_name), find(refresh_name));
        (access.is_some() || refresh.is_some()).then_some(Credential::Cookies { access, refresh })
    }

    /// Whether an answer already says something about the session's cookies, which then must stand.
    #[must_use]
    pub(crate) fn decided_by(&self, headers: &HeaderMap) -> bool {
        let (access, _) = self.names();
        headers
            .get_all(SET_COOKIE)
            .iter()
            .any(|value| value.as_bytes().strip_prefix(access.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'=')))
    }
}

/// Adds `Set-Cookie` values to an answer. A value that is no header text is left out; our tokens are plain ASCII.
pub(crate) fn append(headers: &mut HeaderMap, cookies: &[String]) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, value);
        }
    }
}
