use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::{web, HttpRequest, HttpResponse};
use html_escape::{encode_double_quoted_attribute, encode_text};
use serde::Deserialize;

#[derive(Deserialize)]
struct SearchForm {
    q: Option<String>,
}

struct Page {
    status: StatusCode,
    body: String,
}

impl Page {
    fn new(status: StatusCode, title: &str) -> Self {
        let mut body = String::with_capacity(1024);
        let _ = write!(body, "<!doctype html><title>{0}</title><h1>{0}</h1>", encode_text(title));
        Page { status, body }
    }

    fn paragraph(mut self, text: &str) -> Self {
        let _ = write!(self.body, "<p>{}</p>", encode_text(text));
        self
    }

    fn search_box(mut self, value: &str) -> Self {
        let _ = write!(
            self.body,
            "<form action=\"/search\"><input name=\"q\" value=\"{}\"></form>",
            encode_double_quoted_attribute(value)
        );
        self
    }

    fn finish(self) -> HttpResponse {
        HttpResponse::build(self.status)
            .content_type("text/html; charset=utf-8")
            .insert_header(("Content-Security-Policy", "default-src 'self'"))
            .body(self.body)
    }
}

async fn not_found(req: HttpRequest) -> HttpResponse {
    Page::new(StatusCode::NOT_FOUND, "Page not found")
        .paragraph(&format!("There is nothing at {}", req.path()))
        .search_box(req.path().rsplit('/').next().unwrap_or(""))
        .finish()
}

async fn search(form: web::Query<SearchForm>) -> HttpResponse {
    let q = form.q.as_deref().unwrap_or("").trim();
    Page::new(StatusCode::OK, "Search")
        .paragraph(&format!("No results for \"{q}\""))
        .search_box(q)
        .finish()
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/search", web::get().to(search))
        .default_service(web::to(not_found));
}
