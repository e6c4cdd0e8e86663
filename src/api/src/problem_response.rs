//! How a problem becomes an HTTP answer: `application/problem+json`, its status, `Retry-After`.

use std::any::Any;

use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use baton_domain::problem::{Code, Problem};

/// The media type of problem bodies.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A refused or failed request, on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub Problem);

/// What a handler gives.
pub(crate) type Reply<T> = Result<T, Failure>;

/// Marks an answer whose error status is its content, as that of a failed health check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotAProblem;

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Failure {
    /// A problem with this code.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = write(&self.0);
        // The outermost layer knows the request's id and writes it into the body.
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer for a problem, as it stands.
pub(crate) fn write(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = body.into_response();
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(seconds) = problem.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Turns an error that some library answered in its own words into a problem; the outermost net.
pub(crate) async fn nothing_but_problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let extensions = response.extensions();
    if !is_error || extensions.get::<Failure>().is_some() || extensions.get::<NotAProblem>().is_some() {
        return response;
    }
    let mut replaced = Failure(for_status(status)).into_response();
    if let Some(allow) = response.headers().get(ALLOW) {
        replaced.headers_mut().insert(ALLOW, allow.clone());
    }
    replaced
}

/// The problem for an error status.
fn for_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(Code::NoSuchRoute, "See /api/docs for the addresses there are."),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(Code::MethodNotAllowed, "Use a method that Allow names."),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::BodyTooLarge, "Send less, or store it as an artifact."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Code::UnsupportedMediaType, "Send application/json."),
        StatusCode::REQUEST_TIMEOUT => Problem::new(Code::RequestTimeout, "Send the request again."),
        StatusCode::TOO_MANY_REQUESTS => Problem::new(Code::TooManyRequests, "Send fewer requests.").retry_after(1),
        StatusCode::SERVICE_UNAVAILABLE => Problem::new(Code::StorageUnavailable, "Try again in a moment.").retry_after(1),
        status if status.is_client_error() => {
            Problem { status: status.as_u16(), ..Problem::new(Code::InvalidRequest, "Correct the request and send it again.") }
        }
        _ => Problem::new(Code::Internal, "The server's log says more under the id of this request."),
    }
}

/// The answer where nothing is.
pub(crate) async fn no_such_route(uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(200).collect();
    Failure::new(Code::NoSuchRoute, format!("{path} is no address of the API; /api/docs lists those there are."))
}

/// The answer where something is, but not for this method. The `Allow` header is added by the router.
pub async fn method_not_allowed(method: Method) -> Failure {
    Failure::new(Code::MethodNotAllowed, format!("{method} does nothing here; the Allow header says what does."))
}

/// The answer to a request whose handler panicked. What it said goes to the log, not to the client.
#[allow(clippy::needless_pass_by_value, reason = "the signature that the layer asks for")]
pub(crate) fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    tracing::error!(message, "a request handler panicked");
    Failure::new(Code::Internal, "The server's log says more under the id of this request.").into_response()
}
