use std::sync::Arc;

use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::{MySql, MySqlPool, QueryBuilder};

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Condition {
    Sku { values: Vec<String> },
    MinPrice { cents: u32 },
    NameContains { text: String },
}

#[derive(Debug, Deserialize)]
struct SearchRequest {
    conditions: Vec<Condition>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, sqlx::FromRow)]
struct Product {
    id: u64,
    sku: String,
    name: String,
}

fn build(req: SearchRequest) -> QueryBuilder<'static, MySql> {
    let mut q = QueryBuilder::new("SELECT id, sku, name FROM products WHERE active = 1");
    for c in req.conditions {
        match c {
            Condition::Sku { values } if !values.is_empty() => {
                q.push(" AND sku IN (");
                let mut list = q.separated(", ");
                for v in values {
                    list.push_bind(v);
                }
                q.push(")");
            }
            Condition::Sku { .. } => {
                q.push(" AND 1 = 0");
            }
            Condition::MinPrice { cents } => {
                q.push(" AND price_cents >= ").push_bind(cents);
            }
            Condition::NameContains { text } => {
                q.push(" AND LOCATE(").push_bind(text).push(", name) > 0");
            }
        }
    }
    q.push(" ORDER BY id LIMIT ").push_bind(req.limit.unwrap_or(50).min(200));
    q
}

async fn search(
    State(pool): State<Arc<MySqlPool>>,
    Json(req): Json<SearchRequest>,
) -> Result<Json<Vec<Product>>, StatusCode> {
    if req.conditions.len() > 20 {
        return Err(StatusCode::BAD_REQUEST);
    }
    build(req)
        .build_query_as::<Product>()
        .fetch_all(pool.as_ref())
        .await
        .map(Json)
        .map_err(|e| {
            tracing::error!("product search: {e}");
            StatusCode::INTERNAL_SERVER_ERROR
        })
}

pub fn router(pool: Arc<MySqlPool>) -> Router {
    Router::new().route("/products/search", post(search)).with_state(pool)
}
