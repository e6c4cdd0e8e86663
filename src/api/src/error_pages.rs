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

// `PAGES`: (code, markdown), from `docs/errors`.
include!(concat!(env!("OUT_DIR"), "/error_pages.rs"));

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
    match PAGES.iter().find(|(name, _)| *name == code) {
        Some((_, markdown)) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_begins_with_its_name_and_title() {
        for code in Code::ALL {
            let (_, markdown) = PAGES.iter().find(|(name, _)| *name == code.as_str()).unwrap_or_else(|| panic!("{}", code.as_str()));
            let heading = format!("# {}: {}", code.as_str(), code.title());
            assert_eq!(markdown.lines().next(), Some(heading.as_str()));
            let lines = markdown.lines().filter(|line| !line.is_empty()).count();
            assert!((4..=12).contains(&lines), "{} has {lines} lines", code.as_str());
            assert!(markdown.contains("## Cause") && markdown.contains("## What to do"), "{}", code.as_str());
        }
        assert_eq!(PAGES.len(), Code::ALL.len(), "a page without its code");
    }
}
