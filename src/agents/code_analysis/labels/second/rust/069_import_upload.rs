use std::io::{BufRead, BufReader, Read};

use actix_web::{post, web, HttpRequest, HttpResponse, ResponseError};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use thiserror::Error;

const MAX_PLAIN: u64 = 16 * 1024 * 1024;
const MAX_ROWS: usize = 100_000;

#[derive(Debug, Error)]
pub enum UploadError {
    #[error("import is too large")]
    TooLarge,
    #[error("import is not readable")]
    Unreadable(#[from] std::io::Error),
    #[error("row {0} is malformed")]
    Row(usize),
}

impl ResponseError for UploadError {
    fn error_response(&self) -> HttpResponse {
        match self {
            UploadError::TooLarge => HttpResponse::PayloadTooLarge().body(self.to_string()),
            _ => HttpResponse::UnprocessableEntity().body(self.to_string()),
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Row {
    pub sku: String,
    pub quantity: i64,
}

fn read_rows(body: &[u8], gzip: bool) -> Result<Vec<Row>, UploadError> {
    let source: Box<dyn Read + '_> = if gzip {
        Box::new(MultiGzDecoder::new(body))
    } else {
        Box::new(body)
    };
    let mut reader = BufReader::new(source.take(MAX_PLAIN + 1));
    let mut rows = Vec::new();
    let mut seen = 0u64;
    let mut line = String::new();
    loop {
        line.clear();
        let n = reader.read_line(&mut line)?;
        if n == 0 {
            return Ok(rows);
        }
        seen += n as u64;
        if seen > MAX_PLAIN || rows.len() >= MAX_ROWS {
            return Err(UploadError::TooLarge);
        }
        let row = serde_json::from_str(line.trim()).map_err(|_| UploadError::Row(rows.len() + 1))?;
        rows.push(row);
    }
}

#[post("/imports")]
pub async fn upload(req: HttpRequest, body: web::Bytes) -> Result<HttpResponse, actix_web::Error> {
    let gzip = req
        .headers()
        .get("content-encoding")
        .is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let rows = web::block(move || read_rows(&body, gzip)).await??;
    let total: i64 = rows.iter().fold(0, |acc, r| acc.saturating_add(r.quantity));
    Ok(HttpResponse::Accepted().json(serde_json::json!({ "rows": rows.len(), "quantity": total })))
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::PayloadConfig::new(4 * 1024 * 1024)).service(upload);
}
