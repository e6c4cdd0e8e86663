use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
    Router,
};
use axum_extra::extract::cookie::{Cookie, PrivateCookieJar};
use axum_extra::extract::cookie::Key;
use axum::extract::FromRef;
use serde::Deserialize;
use sqlx::PgPool;

#[derive(Clone)]
pub struct Portal {
    pool: PgPool,
    key: Key,
}

impl FromRef<Portal> for Key {
    fn from_ref(p: &Portal) -> Self {
        p.key.clone()
    }
}

#[derive(Deserialize)]
pub struct LogoutQuery {
    redirect_to: Option<String>,
}

async fn end_session(pool: &PgPool, sid: &str) -> sqlx::Result<u64> {
    let res = sqlx::query("DELETE FROM sessions WHERE sid = $1")
        .bind(sid)
        .execute(pool)
        .await?;
    Ok(res.rows_affected())
}

async fn logout(
    State(portal): State<Portal>,
    Query(q): Query<LogoutQuery>,
    jar: PrivateCookieJar,
) -> Response {
    if let Some(cookie) = jar.get("sid") {
        if let Err(e) = end_session(&portal.pool, cookie.value()).await {
            tracing::error!("logout: {e}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    let jar = jar.remove(Cookie::from("sid"));
    let target = q
        .redirect_to
        .filter(|t| !t.is_empty())
        .unwrap_or_else(|| "/".to_owned());
    (
        jar,
        Redirect::to(&target),
    )
        .into_response()
}

pub fn router(pool: PgPool, key: Key) -> Router {
    Router::new()
        .route("/logout", get(logout))
        .with_state(Portal { pool, key })
}
