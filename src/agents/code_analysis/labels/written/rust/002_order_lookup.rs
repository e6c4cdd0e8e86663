use axum::{extract::{Query, State}, http::StatusCode, routing::get, Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

#[derive(Deserialize)]
pub struct Filter {
    customer: String,
    sort: Option<String>,
}

#[derive(Serialize, sqlx::FromRow)]
pub struct Order {
    id: i64,
    total: i64,
}

fn statement(f: &Filter) -> String {
    let order = f.sort.as_deref().unwrap_or("id");
    format!(
        "SELECT id, total FROM orders WHERE customer = '{}' ORDER BY {}",
        f.customer, order
    )
}

async fn list(
    State(pool): State<PgPool>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<Order>>, StatusCode> {
    let sql = statement(&filter);
    let orders = sqlx::query_as::<_, Order>(&sql)
        .fetch_all(&pool)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(orders))
}

pub fn routes(pool: PgPool) -> Router {
    Router::new().route("/orders", get(list)).with_state(pool)
}
