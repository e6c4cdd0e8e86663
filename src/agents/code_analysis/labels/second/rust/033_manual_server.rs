use std::path::{Component, Path, PathBuf};

use axum::{
    extract::{Path as UrlPath, State},
    http::{header, StatusCode},
    response::IntoResponse,
    routing::get,
    Router,
};
use tokio::fs;

#[derive(Clone)]
struct Manuals {
    root: PathBuf,
}

fn is_plain(path: &Path) -> bool {
    path.components().all(|c| matches!(c, Component::Normal(_)))
}

impl Manuals {
    async fn resolve(&self, name: &str) -> Option<PathBuf> {
        let relative = Path::new(name);
        if !is_plain(relative) {
            return None;
        }
        let full = fs::canonicalize(self.root.join(relative)).await.ok()?;
        if full.starts_with(&self.root) && full.is_file() {
            Some(full)
        } else {
            None
        }
    }
}

async fn manual(
    State(manuals): State<Manuals>,
    UrlPath(name): UrlPath<String>,
) -> Result<impl IntoResponse, StatusCode> {
    let file = manuals.resolve(&name).await.ok_or(StatusCode::NOT_FOUND)?;
    let bytes = fs::read(&file).await.map_err(|e| {
        tracing::error!("read manual: {e}");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/pdf"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        bytes,
    ))
}

pub fn router(root: &Path) -> std::io::Result<Router> {
    let root = std::fs::canonicalize(root)?;
    Ok(Router::new()
        .route("/manuals/*name", get(manual))
        .with_state(Manuals { root }))
}
