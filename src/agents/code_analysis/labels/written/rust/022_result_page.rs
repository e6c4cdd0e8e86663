use axum::{extract::Query, response::Html, routing::get, Router};
use serde::Deserialize;
use std::fmt::Write;

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    q: String,
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

fn hits(_term: &str) -> Vec<String> {
    Vec::new()
}

async fn page(Query(p): Query<Params>) -> Html<String> {
    let mut body = String::from("<!doctype html><meta charset=utf-8><title>Search</title>");
    let _ = write!(body, "<h1>Results for {}</h1><ul>", escape(&p.q));
    for hit in hits(&p.q) {
        let _ = write!(body, "<li>{}</li>", escape(&hit));
    }
    body.push_str("</ul>");
    Html(body)
}

pub fn routes() -> Router {
    Router::new().route("/search", get(page))
}
