use axum::{http::StatusCode, response::{IntoResponse, Response}, extract::{Path, State}, Json};
use serde_json::json;
use sqlx::PgPool;

pub struct AppError(sqlx::Error);

impl From<sqlx::Error> for AppError {
    fn from(e: sqlx::Error) -> Self {
        AppError(e)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let body = json!({
            "error": format!("{:?}", self.0),
            "database": std::env::var("DATABASE_URL").unwrap_or_default(),
        });
        (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
    }
}

pub async fn invoice(State(pool): State<PgPool>, Path(id): Path<i64>) -> Result<Json<i64>, AppError> {
    let total: i64 = sqlx::query_scalar("SELECT total FROM invoice WHERE id = $1")
        .bind(id)
        .fetch_one(&pool)
        .await?;
    Ok(Json(total))
}
