//! What every server function needs of its request on the server: the services, the caller, and how to answer a plain
//! form that a browser without scripts has sent.

use std::sync::Arc;

use axum::http::header::{ACCEPT, COOKIE, LOCATION, REFERER, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, CallerContext, ClientInfo, Services};
use baton_domain::user::Caller;
use baton_domain::wire::auth::{Secret, Tokens};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::answer::ApiError;
use crate::flash::Flash;

/// How the browser is given its session; the server decides names and attributes of the cookies, in one place.
pub trait SessionCookies: Send + Sync {
    /// The `Set-Cookie` values that give a browser these tokens.
    fn set(&self, tokens: &Tokens) -> Vec<String>;
    /// The `Set-Cookie` values that take them away.
    fn clear(&self) -> Vec<String>;
    /// The refresh token in a request's `Cookie` header.
    fn refresh_token(&self, cookies: &str) -> Option<Secret>;
    /// Whether cookies may only travel over HTTPS.
    fn secure(&self) -> bool;
}

/// The services that the server has provided.
pub(crate) fn services() -> Result<Services, ApiError> {
    use_context::<Services>().ok_or_else(|| missing("the services"))
}

/// Who calls.
pub(crate) fn caller() -> Caller {
    use_context::<CallerContext>().map_or_else(Caller::anonymous, |context| context.0)
}

/// Where the call comes from.
pub(crate) fn client() -> ClientInfo {
    use_context::<ClientInfo>().unwrap_or_default()
}

/// The cookies that the server has provided.
pub(crate) fn session_cookies() -> Result<Arc<dyn SessionCookies>, ApiError> {
    use_context::<Arc<dyn SessionCookies>>().ok_or_else(|| missing("the session cookies"))
}

fn missing(what: &str) -> ApiError {
    refuse(Problem::new(Code::Internal, format!("The server was wired without {what}; report this.")))
}

/// Turns a service's answer into the server function's.
pub(crate) fn answer<T>(result: Answer<T>) -> Result<T, ApiError> {
    result.map_err(refuse)
}

/// Refuses a call. A page's script gets the problem with its status; a plain form is sent back to its page, which
/// shows the problem once. While a page is rendered nothing is answered yet, so nothing is set.
pub(crate) fn refuse(mut problem: Problem) -> ApiError {
    problem.request_id = problem.request_id.or_else(|| client().request_id);
    // As over REST: who is sent away for now is told when to come back.
    if matches!(problem.status, 429 | 503) && problem.retry_after.is_none() {
        problem.retry_after = Some(1);
    }
    if let Some((parts, response)) = call() {
        if wants_page(&parts) {
            leave(&Flash { problem: Some(problem.clone()), created_key: None });
            go_to(&response, &page_before(&parts));
        } else {
            if let Ok(status) = StatusCode::from_u16(problem.status) {
                response.set_status(status);
            }
            if let Some(seconds) = problem.retry_after {
                response.insert_header(RETRY_AFTER, HeaderValue::from(seconds));
            }
        }
    }
    ApiError(problem)
}

/// Sends a plain form on to a page; a page's script decides itself where to go.
pub(crate) fn go(path: &str) {
    if let Some((parts, response)) = call()
        && wants_page(&parts)
    {
        go_to(&response, path);
    }
}

/// Sends a plain form back to the page it was on.
pub(crate) fn go_back() {
    if let Some((parts, response)) = call()
        && wants_page(&parts)
    {
        go_to(&response, &page_before(&parts));
    }
}

/// Whether a plain form made this call.
pub(crate) fn from_plain_form() -> bool {
    call().is_some_and(|(parts, _)| wants_page(&parts))
}

/// Leaves something for the next page to show once.
pub(crate) fn leave(flash: &Flash) {
    let secure = use_context::<Arc<dyn SessionCookies>>().is_some_and(|cookies| cookies.secure());
    set_cookie(&flash.cookie(secure));
}

/// Adds a `Set-Cookie` header to the answer.
pub(crate) fn set_cookie(value: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        response.append_header(SET_COOKIE, value);
    }
}

/// The request's cookies, as they came.
pub(crate) fn cookies() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let all: Vec<&str> = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).collect();
    Some(all.join("; "))
}

/// One cookie of the request.
pub(crate) fn cookie(name: &str) -> Option<String> {
    let all = cookies()?;
    all.split(';').find_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()))
}

/// Sends whoever asks for a page somewhere else.
pub(crate) fn redirect_page(path: &str) {
    if let (Some(_), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) {
        go_to(&response, path);
    }
}

/// Gives the page being rendered another status than 200.
pub(crate) fn set_page_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// A path on this site, or the front page: a redirect never leaves the site.
pub(crate) fn local(path: &str) -> &str {
    let bytes = path.as_bytes();
    let fits = bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\');
    if fits { path } else { "/" }
}

/// The request and the answer of a call that changes something; pages are read with GET.
fn call() -> Option<(Parts, ResponseOptions)> {
    let parts = use_context::<Parts>().filter(|parts| parts.method == Method::POST)?;
    Some((parts, use_context::<ResponseOptions>()?))
}

fn wants_page(parts: &Parts) -> bool {
    parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn page_before(parts: &Parts) -> String {
    let referer = parts.headers.get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = referer.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
    local(path.split('#').next().unwrap_or("/")).to_owned()
}

fn go_to(response: &ResponseOptions, path: &str) {
    if let Ok(value) = HeaderValue::from_str(local(path)) {
        response.insert_header(LOCATION, value);
        response.set_status(StatusCode::SEE_OTHER);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_site() {
        assert_eq!(local("/tasks?state=failed"), "/tasks?state=failed");
        for elsewhere in ["//evil.example", "/\\evil.example", "https://evil.example", "", "tasks", "/a\r\nSet-Cookie: b", "/\tx"] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }

    #[test]
    fn the_page_before_is_the_path_of_the_referer() {
        let page = |referer: &str| {
            let request = http::Request::builder().header(REFERER, referer).body(()).unwrap();
            page_before(&request.into_parts().0)
        };
        assert_eq!(page("http://127.0.0.1:3000/tasks/new?skill=nlp.sentiment#top"), "/tasks/new?skill=nlp.sentiment");
        assert_eq!(page("http://127.0.0.1:3000"), "/");
        assert_eq!(page("http://a//b"), "/");
    }
}
