use actix_web::{delete, get, post, web, HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use thiserror::Error;
use url::Url;

use crate::auth::CurrentUser;

#[derive(Debug, Error)]
pub enum BookmarkError {
    #[error("invalid url")]
    Url,
    #[error("not found")]
    Missing,
    #[error("internal error")]
    Db(#[from] sqlx::Error),
}

impl ResponseError for BookmarkError {
    fn error_response(&self) -> HttpResponse {
        match self {
            BookmarkError::Url => HttpResponse::UnprocessableEntity().finish(),
            BookmarkError::Missing => HttpResponse::NotFound().finish(),
            BookmarkError::Db(e) => {
                log::error!("bookmarks: {e}");
                HttpResponse::InternalServerError().finish()
            }
        }
    }
}

#[derive(Deserialize)]
struct NewBookmark {
    url: String,
    title: String,
}

#[derive(Serialize, sqlx::FromRow)]
struct Bookmark {
    id: i64,
    url: String,
    title: String,
}

#[post("/bookmarks")]
async fn create(
    user: CurrentUser,
    pool: web::Data<SqlitePool>,
    body: web::Json<NewBookmark>,
) -> Result<HttpResponse, BookmarkError> {
    let url = Url::parse(&body.url).map_err(|_| BookmarkError::Url)?;
    if !matches!(url.scheme(), "http" | "https") || body.title.len() > 200 {
        return Err(BookmarkError::Url);
    }
    let id = sqlx::query("INSERT INTO bookmarks (owner, url, title) VALUES (?, ?, ?)")
        .bind(user.id)
        .bind(url.as_str())
        .bind(body.title.trim())
        .execute(pool.get_ref())
        .await?
        .last_insert_rowid();
    Ok(HttpResponse::Created().json(serde_json::json!({ "id": id })))
}

#[get("/bookmarks")]
async fn list(user: CurrentUser, pool: web::Data<SqlitePool>) -> Result<HttpResponse, BookmarkError> {
    let rows = sqlx::query_as::<_, Bookmark>("SELECT id, url, title FROM bookmarks WHERE owner = ? LIMIT 500")
        .bind(user.id)
        .fetch_all(pool.get_ref())
        .await?;
    Ok(HttpResponse::Ok().json(rows))
}

#[delete("/bookmarks/{id}")]
async fn remove(
    user: CurrentUser,
    pool: web::Data<SqlitePool>,
    id: web::Path<i64>,
) -> Result<HttpResponse, BookmarkError> {
    let done = sqlx::query("DELETE FROM bookmarks WHERE id = ? AND owner = ?")
        .bind(id.into_inner())
        .bind(user.id)
        .execute(pool.get_ref())
        .await?;
    if done.rows_affected() == 0 {
        return Err(BookmarkError::Missing);
    }
    Ok(HttpResponse::NoContent().finish())
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(create).service(list).service(remove);
}
