use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};
use axum::{
    extract::{Query, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use serde::Deserialize;

const SCRIPT: &str = r#"zcat -f -- "$1" | grep -F -m 200 -e "$2" | cut -c 1-500"#;

#[derive(Clone)]
struct Logs {
    dir: PathBuf,
}

#[derive(Deserialize)]
struct SearchParams {
    service: Service,
    text: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Service {
    Api,
    Worker,
    Scheduler,
}

impl Service {
    fn file(self) -> &'static str {
        match self {
            Service::Api => "api.log.gz",
            Service::Worker => "worker.log.gz",
            Service::Scheduler => "scheduler.log.gz",
        }
    }
}

fn grep(logs: &Logs, p: &SearchParams) -> Result<Vec<String>> {
    let file = logs.dir.join(p.service.file());
    let out = Command::new("/bin/sh")
        .arg("-c")
        .arg(SCRIPT)
        .arg("log-search")
        .arg(&file)
        .arg(&p.text)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .context("start sh")?;
    if !out.status.success() {
        bail!("search ended with {}", out.status);
    }
    Ok(String::from_utf8_lossy(&out.stdout).lines().map(String::from).collect())
}

async fn search(State(logs): State<Logs>, Query(p): Query<SearchParams>) -> Result<Json<Vec<String>>, StatusCode> {
    if p.text.is_empty() || p.text.len() > 200 || p.text.contains(['\n', '\0']) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let found = tokio::task::spawn_blocking(move || grep(&logs, &p))
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    found.map(Json).map_err(|e| {
        tracing::error!("log search: {e:#}");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}

pub fn router(dir: PathBuf) -> Router {
    Router::new().route("/logs/search", get(search)).with_state(Logs { dir })
}
