use std::fmt::Write as _;

use anyhow::{ensure, Result};
use deadpool_postgres::Pool;
use serde::Deserialize;
use tokio_postgres::types::ToSql;
use warp::http::StatusCode;
use warp::{Filter, Rejection, Reply};

const MAX_KEYS: usize = 250;

#[derive(Debug, Deserialize)]
pub struct BulkUpdate {
    keys: Vec<String>,
    state: State,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Open,
    Held,
    Done,
}

impl State {
    fn code(self) -> i16 {
        match self {
            State::Open => 0,
            State::Held => 1,
            State::Done => 2,
        }
    }
}

fn placeholders(first: usize, n: usize) -> String {
    let mut out = String::with_capacity(n * 5);
    for i in 0..n {
        if i > 0 {
            out.push(',');
        }
        let _ = write!(out, "${}", first + i);
    }
    out
}

async fn update(pool: &Pool, req: &BulkUpdate) -> Result<u64> {
    ensure!(!req.keys.is_empty() && req.keys.len() <= MAX_KEYS, "bad number of keys");
    let code = req.state.code();
    let mut args: Vec<&(dyn ToSql + Sync)> = vec![&code];
    args.extend(req.keys.iter().map(|k| k as &(dyn ToSql + Sync)));
    let sql = format!(
        "UPDATE tasks SET state = $1, changed_at = now() WHERE key IN ({})",
        placeholders(2, req.keys.len())
    );
    let client = pool.get().await?;
    Ok(client.execute(sql.as_str(), &args).await?)
}

async fn handle(pool: Pool, req: BulkUpdate) -> Result<impl Reply, Rejection> {
    let (code, rows) = match update(&pool, &req).await {
        Ok(n) => (StatusCode::OK, n),
        Err(e) => {
            tracing::warn!("bulk update: {e:#}");
            (StatusCode::UNPROCESSABLE_ENTITY, 0)
        }
    };
    Ok(warp::reply::with_status(warp::reply::json(&rows), code))
}

pub fn route(pool: Pool) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    warp::path!("tasks" / "state")
        .and(warp::post())
        .map(move || pool.clone())
        .and(warp::body::content_length_limit(64 * 1024))
        .and(warp::body::json())
        .and_then(handle)
}
