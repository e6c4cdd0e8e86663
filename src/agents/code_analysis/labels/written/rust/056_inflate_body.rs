use axum::{body::Bytes, extract::State, http::{HeaderMap, StatusCode}};
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::io::Read;
use std::sync::Arc;

#[derive(Deserialize)]
pub struct Point {
    pub series: String,
    pub value: f64,
}

pub trait Sink: Send + Sync {
    fn put(&self, points: Vec<Point>) -> bool;
}

fn expand(headers: &HeaderMap, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let gzip = headers.get("content-encoding").map_or(false, |v| v == "gzip");
    if !gzip {
        return Ok(body.to_vec());
    }
    let mut out = Vec::new();
    GzDecoder::new(body).read_to_end(&mut out)?;
    Ok(out)
}

pub async fn ingest(State(sink): State<Arc<dyn Sink>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Ok(data) = expand(&headers, &body) else {
        return StatusCode::BAD_REQUEST;
    };
    match serde_json::from_slice::<Vec<Point>>(&data) {
        Ok(points) if sink.put(points) => StatusCode::NO_CONTENT,
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
