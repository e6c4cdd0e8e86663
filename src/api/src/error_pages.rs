//! What `/docs/errors/{code}` shows: the page that a problem's `type` points to.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use baton_domain::problem::Code;
use pulldown_cmark::{Options, Parser, html};

use crate::gateway::Gateway;

const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const STYLE: &str = "\
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; }
body { max-width: 42rem; margin: 0 auto; padding: 2rem 1rem; }
code { font-family: ui-monospace, monospace; font-size: 0.925em; }
nav { margin-bottom: 2rem; }
li { margin: 0.25rem 0; }
";

/// The pages of the error codes and their index.
pub(crate) fn routes() -> Router<Gateway> {
    Router::new().route("/docs/errors", get(index)).route("/docs/errors/style.css", get(style)).route("/docs/errors/{code}", get(page))
}

async fn page(Path(code): Path<String>) -> Response {
    match baton_error_pages::markdown(&code) {
        Some(markdown) => {
            let mut body = String::from("<nav><a href=\"/docs/errors\">All error codes</a></nav>\n");
            html::push_html(&mut body, Parser::new_ext(markdown, Options::empty()));
            document(StatusCode::OK, &code, &body)
        }
        None => document(
            StatusCode::NOT_FOUND,
            "No such code",
            "<h1>There is no such code</h1>\n<p><a href=\"/docs/errors\">All error codes</a></p>",
        ),
    }
}

async fn index() -> Response {
    let mut body = String::from("<h1>Error codes</h1>\n<ul>\n");
    for code in Code::ALL {
        let name = code.as_str();
        // Writing to a string cannot fail.
        let _ = writeln!(body, "<li><a href=\"/docs/errors/{name}\"><code>{name}</code></a> {}</li>", code.title());
    }
    body.push_str("</ul>");
    document(StatusCode::OK, "Error codes", &body)
}

/// A page around our own text: titles and pages are part of this program, nothing of a request is repeated.
fn document(status: StatusCode, title: &str, body: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · Baton</title>\n\
         <link rel=\"stylesheet\" href=\"/docs/errors/style.css\">\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    );
    (status, headers, text).into_response()
}

async fn style() -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    (headers, STYLE)
}
