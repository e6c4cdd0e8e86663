use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use serde::{Deserialize, Serialize};
use tokio::process::Command;
use uuid::Uuid;

pub struct Settings {
    pub checkout_root: PathBuf,
}

#[derive(Deserialize)]
pub struct ScanRequest {
    repository: String,
    notify: Option<String>,
}

#[derive(Serialize)]
pub struct ScanReply {
    id: Uuid,
    files: usize,
    notify: Option<String>,
}

fn count_files(dir: &Path) -> std::io::Result<usize> {
    let mut total = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            total += 1;
        } else if entry.file_type()?.is_dir() {
            total += count_files(&entry.path())?;
        }
    }
    Ok(total)
}

async fn scan(
    State(settings): State<Arc<Settings>>,
    Json(req): Json<ScanRequest>,
) -> Result<Json<ScanReply>, StatusCode> {
    let id = Uuid::new_v4();
    let dir = settings.checkout_root.join(id.to_string());
    let target = dir.to_string_lossy().into_owned();

    let status = Command::new("hg")
        .args(["clone", "--quiet", &req.repository, &target])
        .env("HGPLAIN", "1")
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|e| {
            tracing::error!("hg: {e}");
            StatusCode::INTERNAL_SERVER_ERROR
        })?;
    if !status.success() {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }

    let files = tokio::task::spawn_blocking(move || count_files(&dir))
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(ScanReply { id, files, notify: req.notify }))
}

pub fn router(settings: Arc<Settings>) -> Router {
    Router::new().route("/scans", post(scan)).with_state(settings)
}
