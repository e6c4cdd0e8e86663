use std::fs;
use std::path::PathBuf;
use std::process::Command;

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, Path},
    http::{header, StatusCode},
    response::IntoResponse,
    routing::put,
    Router,
};

const CONVERTER: &str = "/opt/bin/sheet2csv";

struct Sheet {
    id: u32,
    bytes: Bytes,
}

fn paths(id: u32) -> (PathBuf, PathBuf) {
    let base = std::env::temp_dir();
    (base.join(format!("sheet-{id}.ods")), base.join(format!("sheet-{id}.csv")))
}

fn convert(sheet: &Sheet) -> std::io::Result<Vec<u8>> {
    let (input, output) = paths(sheet.id);
    fs::write(&input, &sheet.bytes)?;
    let status = Command::new(CONVERTER).arg(&input).arg(&output).status()?;
    let result = if status.success() {
        fs::read(&output)
    } else {
        Err(std::io::Error::new(std::io::ErrorKind::Other, "converter failed"))
    };
    let _ = fs::remove_file(&input);
    let _ = fs::remove_file(&output);
    result
}

async fn convert_sheet(Path(id): Path<u32>, bytes: Bytes) -> Result<impl IntoResponse, StatusCode> {
    if bytes.is_empty() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let sheet = Sheet { id, bytes };
    let csv = tokio::task::spawn_blocking(move || convert(&sheet))
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
        .map_err(|e| {
            tracing::error!("sheet conversion: {e}");
            StatusCode::UNPROCESSABLE_ENTITY
        })?;
    Ok(([(header::CONTENT_TYPE, "text/csv")], csv))
}

pub fn router() -> Router {
    Router::new()
        .route("/sheets/:id/csv", put(convert_sheet))
        .layer(DefaultBodyLimit::max(8 * 1024 * 1024))
}
