//! Where people read the API's document: a page that loads nothing from outside.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::gateway::Gateway;

/// Scripts and styles come from this server only; the images are data addresses of the reader's own style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Baton</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="/vendor/swagger-ui.css">
</head>
<body>
<div id="reader"></div>
<script src="/vendor/swagger-ui-bundle.js"></script>
<script src="/api/docs/init.js"></script>
</body>
</html>
"#;

const INIT: &str = r#""use strict";
SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  domNode: document.getElementById("reader"),
  deepLinking: true,
  displayRequestDuration: true,
  // The default asks a validator on the internet about the document.
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
"#;

/// `/docs` and its script, under `/api`.
pub(crate) fn routes() -> Router<Gateway> {
    Router::new().route("/docs", get(page)).route("/docs/init.js", get(init))
}

async fn page() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, PAGE)
}

async fn init() -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    (headers, INIT)
}
