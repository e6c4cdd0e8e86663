use axum::{
    extract::{Query, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SortBy {
    #[default]
    Issued,
    Amount,
    Customer,
}

impl SortBy {
    fn column(self) -> &'static str {
        match self {
            SortBy::Issued => "issued_at",
            SortBy::Amount => "amount_cents",
            SortBy::Customer => "customer_name",
        }
    }
}

#[derive(Debug, Deserialize)]
struct ListParams {
    #[serde(default)]
    sort: SortBy,
    #[serde(default)]
    desc: bool,
    #[serde(default)]
    page: u16,
    customer: Option<String>,
}

#[derive(Debug, Serialize, FromRow)]
struct Invoice {
    id: i64,
    customer_name: String,
    amount_cents: i64,
}

const PAGE: i64 = 50;

fn statement(p: &ListParams) -> String {
    let direction = if p.desc { "DESC" } else { "ASC" };
    format!(
        "SELECT id, customer_name, amount_cents FROM invoices \
         WHERE ($1::text IS NULL OR customer_name = $1) \
         ORDER BY {} {} LIMIT {} OFFSET $2",
        p.sort.column(),
        direction,
        PAGE
    )
}

async fn list(
    State(pool): State<PgPool>,
    Query(p): Query<ListParams>,
) -> Result<Json<Vec<Invoice>>, StatusCode> {
    let sql = statement(&p);
    sqlx::query_as::<_, Invoice>(&sql)
        .bind(&p.customer)
        .bind(i64::from(p.page) * PAGE)
        .fetch_all(&pool)
        .await
        .map(Json)
        .map_err(|e| {
            tracing::error!("list invoices: {e}");
            StatusCode::INTERNAL_SERVER_ERROR
        })
}

pub fn router(pool: PgPool) -> Router {
    Router::new().route("/invoices", get(list)).with_state(pool)
}
