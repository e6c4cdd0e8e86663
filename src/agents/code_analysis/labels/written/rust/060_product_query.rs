use axum::{extract::{Query, State}, http::StatusCode, Json};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, QueryBuilder};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    Name,
    Price,
    Newest,
}

impl Sort {
    fn column(&self) -> &'static str {
        match self {
            Sort::Name => "name",
            Sort::Price => "price_cents",
            Sort::Newest => "created_at",
        }
    }
}

#[derive(Deserialize)]
pub struct Params {
    text: Option<String>,
    sort: Option<Sort>,
}

#[derive(Serialize, sqlx::FromRow)]
pub struct Product {
    id: i64,
    name: String,
}

pub async fn list(State(pool): State<PgPool>, Query(p): Query<Params>) -> Result<Json<Vec<Product>>, StatusCode> {
    let mut q = QueryBuilder::new("SELECT id, name FROM product WHERE active");
    if let Some(text) = &p.text {
        q.push(" AND strpos(lower(name), lower(").push_bind(text.as_str()).push(")) > 0");
    }
    q.push(" ORDER BY ").push(p.sort.unwrap_or(Sort::Newest).column()).push(" LIMIT 50");
    q.build_query_as::<Product>()
        .fetch_all(&pool)
        .await
        .map(Json)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
