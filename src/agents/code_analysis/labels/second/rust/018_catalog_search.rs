use axum::{
    extract::{Query, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};

#[derive(Clone)]
pub struct AppState {
    pool: PgPool,
}

#[derive(Debug, Deserialize)]
pub struct SearchParams {
    text: String,
    category: Option<String>,
    #[serde(default)]
    page: u32,
}

#[derive(Debug, Serialize, FromRow)]
pub struct Item {
    id: i64,
    name: String,
    category: String,
    price_cents: i64,
}

pub fn router(pool: PgPool) -> Router {
    Router::new()
        .route("/catalog", get(search))
        .route("/healthz", get(|| async { StatusCode::NO_CONTENT }))
        .with_state(AppState { pool })
}

async fn search(
    State(state): State<AppState>,
    Query(params): Query<SearchParams>,
) -> Result<Json<Vec<Item>>, StatusCode> {
    let mut sql = format!(
        "SELECT id, name, category, price_cents FROM items WHERE name ILIKE '%{}%'",
        params.text
    );
    if let Some(category) = &params.category {
        sql = format!("{sql} AND category = '{category}'");
    }
    sql += &format!(" ORDER BY id LIMIT 50 OFFSET {}", u64::from(params.page) * 50);

    let rows = sqlx::query_as::<_, Item>(&sql).fetch_all(&state.pool).await;
    match rows {
        Ok(items) => Ok(Json(items)),
        Err(err) => {
            tracing::error!(error = %err, "catalog search failed");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
