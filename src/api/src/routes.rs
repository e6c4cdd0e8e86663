//! Which layers stand before which routes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use baton_domain::problem::{Code, Problem};

use crate::gateway::{Audience, Gateway};
use crate::middleware::security_headers;
use crate::problem_response::{Failure, method_not_allowed, no_such_route, nothing_but_problems};
use crate::{error_pages, openapi, reader, rest};

pub(crate) fn router(gateway: &Gateway) -> Router {
    let limits = &gateway.config.limits;
    let timed = |router: Router<Gateway>| router.layer(from_fn_with_state(limits.request_time, time_limit));
    let document = document_route(&gateway.config.version);

    let open = timed(rest::open().into()).layer(gateway.rate_limit_layer());
    let sign_in = timed(rest::sign_in().into()).layer(gateway.sign_in_limit_layer());
    let guarded = timed(rest::plain().into())
        .merge(timed(Router::from(rest::batch()).layer(DefaultBodyLimit::max(limits.batch_body_bytes))))
        // Uploads, downloads and live streams take as long as they take; each has bounds of its own.
        .merge(Router::from(rest::unbounded()))
        .layer(gateway.rate_limit_layer())
        .layer(gateway.authenticate_layer(Audience::Api));

    let v1 = open
        .merge(sign_in)
        .merge(guarded)
        .merge(document)
        .layer(gateway.same_origin_layer())
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(limits.json_body_bytes));
    let api = Router::new().nest("/v1", v1).merge(reader::routes()).fallback(no_such_route);
    // Nesting leaves out the bare slash.
    let slash = Router::new().route("/api/", any(no_such_route));
    Router::new()
        .nest("/api", as_data(gateway, api))
        .merge(as_data(gateway, slash))
        .merge(error_pages::routes().layer(gateway.security_headers_layer()).layer(gateway.request_context_layer()))
        .with_state(gateway.clone())
}

/// The outermost layers of everything that answers programs.
fn as_data(gateway: &Gateway, router: Router<Gateway>) -> Router<Gateway> {
    router
        .layer(gateway.panic_layer())
        .layer(from_fn(nothing_but_problems))
        .layer(from_fn(security_headers::for_data))
        .layer(gateway.security_headers_layer())
        .layer(gateway.request_context_layer())
}

/// `openapi.json`, written once, when it is first asked for: the document takes megabytes until it is text, which a server that nobody asks need not spend.
fn document_route(version: &str) -> Router<Gateway> {
    let version = version.to_owned();
    let written: Arc<OnceLock<Result<Bytes, Problem>>> = Arc::default();
    let answer = move || async move {
        match written.get_or_init(|| document(version)) {
            Ok(text) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text.clone()).into_response(),
            Err(problem) => Failure(problem.clone()).into_response(),
        }
    };
    Router::new().route("/openapi.json", get(answer))
}

fn document(version: String) -> Result<Bytes, Problem> {
    let mut document = openapi();
    document.info.version = version;
    document.to_json().map(Bytes::from).map_err(|error| {
        tracing::error!(%error, "the OpenAPI document cannot be written");
        Problem::new(Code::Internal, "The OpenAPI document cannot be written.")
    })
}

async fn time_limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("Nothing came of it within {} s. Send it again; the same idempotency key is safe.", limit.as_secs());
            Failure::new(Code::RequestTimeout, detail).into_response()
        }
    }
}
