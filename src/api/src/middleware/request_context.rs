//! Which request this is: its id, its span in the log, where it came from.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, OriginalUri, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use baton_domain::problem::Problem;
use baton_domain::services::ClientInfo;
use tracing::Instrument;

use crate::gateway::Gateway;
use crate::network::client_address;
use crate::problem_response::{self, Failure};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_REQUEST_ID: usize = 128;
const WRITTEN_WITH_THE_BODY: [HeaderName; 4] = [CONTENT_TYPE, CONTENT_LENGTH, RETRY_AFTER, WWW_AUTHENTICATE];

pub(crate) async fn run(State(gateway): State<Gateway>, mut request: Request, next: Next) -> Response {
    let id = sane_id(request.headers()).unwrap_or_else(|| gateway.config.sources.ids.next().to_string());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = client_address(peer, request.headers(), &gateway.config.trusted_proxies);
    request.extensions_mut().insert(ClientInfo { address, request_id: Some(id.clone()) });

    let method = request.method().clone();
    let path = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri().path(), |uri| uri.path());
    let span = tracing::info_span!("request", %id, %method, path);
    let begun = gateway.config.sources.clock.now();
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = with_id(response, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }

    let elapsed_ms = gateway.config.sources.clock.now().since(begun).as_millis();
    let status = response.status();
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), elapsed_ms, "the request failed");
        } else {
            tracing::debug!(status = status.as_u16(), elapsed_ms, "answered");
        }
    });
    response
}

/// The id that a proxy or client gave, if it is short and cannot break a log line.
fn sane_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    (!id.is_empty() && id.len() <= LONGEST_REQUEST_ID && id.chars().all(fits)).then(|| id.to_owned())
}

/// Writes a problem's body anew with the request's id in it.
fn with_id(mut response: Response, id: &str) -> Response {
    let Some(Failure(problem)) = response.extensions_mut().remove::<Failure>() else { return response };
    let mut complete = problem_response::write(&completed(problem, Some(id)));
    // What layers in between said beside the body stays: cookies, Allow, the security headers.
    for (name, value) in response.headers() {
        if !WRITTEN_WITH_THE_BODY.contains(name) {
            complete.headers_mut().append(name.clone(), value.clone());
        }
    }
    complete
}

/// A problem as it goes out: with the request's id, and a time to come back after if it passes.
pub(crate) fn completed(mut problem: Problem, id: Option<&str>) -> Problem {
    problem.request_id = id.map(str::to_owned);
    // Who is sent away for now is told when to come back.
    if matches!(problem.status, 429 | 503) && problem.retry_after.is_none() {
        problem.retry_after = Some(1);
    }
    problem
}
