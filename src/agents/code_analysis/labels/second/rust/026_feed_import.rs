use std::time::Duration;

use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use feed_rs::parser;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

const MAX_FEED: usize = 2 * 1024 * 1024;

#[derive(Clone)]
struct Importer {
    http: reqwest::Client,
}

#[derive(Deserialize)]
struct ImportRequest {
    feed_url: String,
}

#[derive(Serialize)]
struct ImportReply {
    title: Option<String>,
    entries: Vec<String>,
}

fn unreachable(err: reqwest::Error) -> StatusCode {
    tracing::info!("feed fetch failed: {err}");
    StatusCode::BAD_GATEWAY
}

async fn read_limited(response: reqwest::Response) -> Result<Vec<u8>, StatusCode> {
    let mut data = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(unreachable)?;
        if data.len() + chunk.len() > MAX_FEED {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        data.extend_from_slice(&chunk);
    }
    Ok(data)
}

async fn import(
    State(state): State<Importer>,
    Json(req): Json<ImportRequest>,
) -> Result<Json<ImportReply>, StatusCode> {
    let response = state.http.get(&req.feed_url).send().await.map_err(unreachable)?;
    if !response.status().is_success() {
        return Err(StatusCode::BAD_GATEWAY);
    }
    let data = read_limited(response).await?;
    let feed = parser::parse(data.as_slice()).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    Ok(Json(ImportReply {
        title: feed.title.map(|t| t.content),
        entries: feed
            .entries
            .into_iter()
            .filter_map(|e| e.title.map(|t| t.content))
            .take(100)
            .collect(),
    }))
}

pub fn router() -> reqwest::Result<Router> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    Ok(Router::new().route("/feeds", post(import)).with_state(Importer { http }))
}
