use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Html,
    routing::get,
    Router,
};
use serde::Deserialize;
use sqlx::PgPool;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<title>{{ name }}</title>
<h1>{{ name }}</h1>
<p>{{ bio }}</p>
{% if let Some(n) = notice %}<div class="notice">{{ n }}</div>{% endif %}
<ul>{% for p in projects %}<li>{{ p }}</li>{% endfor %}</ul>"#
)]
struct ProfilePage {
    name: String,
    bio: String,
    notice: Option<String>,
    projects: Vec<String>,
}

#[derive(Deserialize)]
struct PageParams {
    notice: Option<String>,
}

fn fail<E: std::fmt::Display>(e: E) -> StatusCode {
    tracing::error!("profile page: {e}");
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn profile(
    State(pool): State<PgPool>,
    Path(handle): Path<String>,
    Query(params): Query<PageParams>,
) -> Result<Html<String>, StatusCode> {
    let row: Option<(i64, String, String)> =
        sqlx::query_as("SELECT id, name, bio FROM profiles WHERE handle = $1")
            .bind(&handle)
            .fetch_optional(&pool)
            .await
            .map_err(fail)?;
    let (id, name, bio) = row.ok_or(StatusCode::NOT_FOUND)?;
    let projects = sqlx::query_scalar("SELECT title FROM projects WHERE owner = $1 ORDER BY title LIMIT 100")
        .bind(id)
        .fetch_all(&pool)
        .await
        .map_err(fail)?;
    let page = ProfilePage { name, bio, notice: params.notice, projects };
    page.render().map(Html).map_err(fail)
}

pub fn router(pool: PgPool) -> Router {
    Router::new().route("/u/:handle", get(profile)).with_state(pool)
}
