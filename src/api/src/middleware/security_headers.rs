//! Which headers every answer carries to keep browsers careful.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::gateway::Gateway;

static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
static OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
static RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The policy of answers that no browser should draw.
const DATA_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

pub(crate) async fn run(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    unless_set(headers, &X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(headers, &REFERRER_POLICY, "same-origin");
    unless_set(headers, &X_FRAME_OPTIONS, "DENY");
    unless_set(headers, &PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    unless_set(headers, &OPENER_POLICY, "same-origin");
    unless_set(headers, &RESOURCE_POLICY, "same-origin");
    if gateway.config.is_https() {
        unless_set(headers, &STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// For the API: nothing in an answer is to be run, framed or kept by a cache.
pub(crate) async fn for_data(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    unless_set(headers, &CONTENT_SECURITY_POLICY, DATA_POLICY);
    unless_set(headers, &CACHE_CONTROL, "no-store");
    response
}

fn unless_set(headers: &mut HeaderMap, name: &HeaderName, value: &'static str) {
    headers.entry(name.clone()).or_insert_with(|| HeaderValue::from_static(value));
}
