//! Whether a request that changes something comes from our own pages: the only guard against cross-site forgery.
//!
//! A browser says where a request comes from in `Sec-Fetch-Site` and `Origin`, which pages cannot forge. A program
//! says neither; it is let through if it does not lean on cookies that a browser would add by itself.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use baton_domain::problem::{Code, Problem};

use crate::gateway::Gateway;
use crate::problem_response::Failure;

/// Which origins are our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginPolicy {
    public_origin: Option<String>,
}

impl OriginPolicy {
    pub(crate) fn new(public_origin: Option<&str>) -> Self {
        Self { public_origin: public_origin.map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()) }
    }

    /// Lets a request go on, or says why not.
    pub(crate) fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        if !needs_a_look(method, headers) {
            return Ok(());
        }
        let has_authorization = headers.contains_key(AUTHORIZATION);
        let has_cookies = headers.contains_key(COOKIE);
        if has_authorization && !has_cookies {
            return Ok(());
        }
        let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
        if matches!(site, Some(b"same-origin" | b"none")) {
            return Ok(());
        }
        match headers.get(ORIGIN) {
            Some(origin) if origin.to_str().is_ok_and(|origin| self.is_ours(origin, uri, headers)) => Ok(()),
            Some(_) => Err(refusal("Its Origin is not the address of this server.")),
            None if site.is_some() => Err(refusal("The browser says that it came from another site.")),
            None if has_authorization || !has_cookies => Ok(()),
            None => Err(refusal("It carries cookies but no Origin; programs send Authorization: Bearer instead.")),
        }
    }

    fn is_ours(&self, origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
        let origin = origin.to_ascii_lowercase();
        if self.public_origin.as_ref() == Some(&origin) {
            return true;
        }
        let host = headers.get(HOST).and_then(|value| value.to_str().ok()).or_else(|| uri.authority().map(|host| host.as_str()));
        let origin_host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        matches!((origin_host, host), (Some(ours), Some(host)) if ours.eq_ignore_ascii_case(host))
    }
}

/// Everything but plain reading: methods that change state, and requests for a socket, which CORS does not guard.
fn needs_a_look(method: &Method, headers: &HeaderMap) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    !reads || headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn refusal(why: &str) -> Problem {
    Problem::new(Code::CrossOrigin, format!("{why} If it came from a page of Baton, set its public origin to the address people use."))
}

pub(crate) async fn run(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    match gateway.origins.judge(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            tracing::warn!(code = problem.code, "refused a request from another site");
            Failure(problem).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const OURS: &str = "https://baton.example.com";

    fn judged(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        map.insert(HOST, HeaderValue::from_static("127.0.0.1:3000"));
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        OriginPolicy::new(Some(OURS)).judge(&method, &Uri::from_static("/x"), &map).is_ok()
    }

    const COOKIES: (&str, &str) = ("cookie", "baton_access=a");
    const BEARER: (&str, &str) = ("authorization", "Bearer t");

    #[test]
    fn with_cookies_only_our_own_pages_may_change_anything() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let judged = |rest: &[(&'static str, &'static str)]| judged(method.clone(), &[&[COOKIES], rest].concat());
            assert!(judged(&[("sec-fetch-site", "same-origin")]));
            assert!(judged(&[("sec-fetch-site", "none")]));
            assert!(judged(&[("origin", OURS)]));
            assert!(judged(&[("origin", "http://127.0.0.1:3000")]));
            assert!(!judged(&[]), "no origin at all");
            assert!(!judged(&[("origin", "null")]));
            assert!(!judged(&[("origin", "https://evil.example")]));
            assert!(!judged(&[("origin", "https://baton.example.com.evil.example")]));
            assert!(!judged(&[("origin", "http://127.0.0.1:3001")]));
            assert!(!judged(&[("sec-fetch-site", "cross-site")]));
            assert!(!judged(&[("sec-fetch-site", "same-site")]));
            assert!(!judged(&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]));
        }
    }

    #[test]
    fn a_program_with_a_token_needs_no_origin() {
        assert!(judged(Method::POST, &[BEARER]));
        assert!(judged(Method::POST, &[BEARER, COOKIES]));
        assert!(judged(Method::POST, &[BEARER, ("origin", "https://evil.example")]), "no cookies: nothing to forge");
        assert!(!judged(Method::POST, &[BEARER, COOKIES, ("origin", "https://evil.example")]));
    }

    #[test]
    fn without_any_proof_a_foreign_page_still_cannot_sign_somebody_in() {
        assert!(judged(Method::POST, &[]), "a program signs in");
        assert!(!judged(Method::POST, &[("origin", "https://evil.example")]));
        assert!(!judged(Method::POST, &[("origin", "null")]));
        assert!(!judged(Method::POST, &[("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn a_socket_is_guarded_and_plain_reading_is_not() {
        let socket = ("upgrade", "WebSocket");
        assert!(!judged(Method::GET, &[socket, COOKIES, ("origin", "https://evil.example")]));
        assert!(!judged(Method::GET, &[socket, COOKIES]));
        assert!(judged(Method::GET, &[socket, COOKIES, ("origin", OURS)]));
        assert!(judged(Method::GET, &[COOKIES, ("origin", "https://evil.example")]));
    }
}
