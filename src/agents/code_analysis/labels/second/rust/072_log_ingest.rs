use std::io::Read;

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{header, HeaderMap, StatusCode},
    routing::post,
    Router,
};
use flate2::read::GzDecoder;
use serde::Deserialize;
use tokio::sync::mpsc::Sender;

#[derive(Debug, Deserialize)]
pub struct Record {
    pub level: String,
    pub message: String,
    pub timestamp: i64,
}

fn is_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.eq_ignore_ascii_case("gzip"))
}

fn decompress(body: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    GzDecoder::new(body)
        .read_to_string(&mut text)
        .map(|_| text)
}

fn parse(text: &str) -> Vec<Record> {
    text.lines()
        .filter(|l| !l.trim().is_empty())
        .filter_map(|l| serde_json::from_str(l).ok())
        .collect()
}

async fn ingest(State(tx): State<Sender<Record>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = if is_gzip(&headers) {
        match tokio::task::spawn_blocking(move || decompress(&body)).await {
            Ok(Ok(t)) => t,
            _ => return StatusCode::BAD_REQUEST,
        }
    } else {
        match String::from_utf8(body.to_vec()) {
            Ok(t) => t,
            Err(_) => return StatusCode::BAD_REQUEST,
        }
    };
    for record in parse(&text) {
        if tx.try_send(record).is_err() {
            return StatusCode::TOO_MANY_REQUESTS;
        }
    }
    StatusCode::ACCEPTED
}

pub fn router(tx: Sender<Record>) -> Router {
    Router::new()
        .route("/logs", post(ingest))
        .layer(DefaultBodyLimit::max(2 * 1024 * 1024))
        .with_state(tx)
}
