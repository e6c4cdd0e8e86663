use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Html,
    routing::get,
    Router,
};
use handlebars::Handlebars;
use serde::Serialize;
use sqlx::SqlitePool;

const ISSUE: &str = r#"<!doctype html>
<title>{{title}}</title>
<h1>{{title}}</h1>
{{#each items}}
<article><h2>{{headline}}</h2><p>{{summary}}</p></article>
{{else}}<p>No articles yet.</p>
{{/each}}"#;

const TEXT: &str = "{{title}}\n\n{{#each items}}* {{headline}}\n{{/each}}";

#[derive(Clone)]
pub struct Newsletter {
    pool: SqlitePool,
    views: Arc<Handlebars<'static>>,
}

#[derive(Serialize, sqlx::FromRow)]
struct Item {
    headline: String,
    summary: String,
}

#[derive(Serialize)]
struct Issue {
    title: String,
    items: Vec<Item>,
}

impl Newsletter {
    pub fn new(pool: SqlitePool) -> Result<Self, Box<handlebars::TemplateError>> {
        let mut views = Handlebars::new();
        views.set_strict_mode(true);
        views.register_template_string("issue", ISSUE)?;
        views.register_template_string("text", TEXT)?;
        Ok(Newsletter { pool, views: Arc::new(views) })
    }

    async fn issue(&self, number: i64) -> sqlx::Result<Option<Issue>> {
        let title: Option<String> = sqlx::query_scalar("SELECT title FROM issues WHERE number = ?")
            .bind(number)
            .fetch_optional(&self.pool)
            .await?;
        let Some(title) = title else { return Ok(None) };
        let items = sqlx::query_as("SELECT headline, summary FROM items WHERE issue = ? ORDER BY position")
            .bind(number)
            .fetch_all(&self.pool)
            .await?;
        Ok(Some(Issue { title, items }))
    }

    async fn view(&self, name: &str, number: i64) -> Result<String, StatusCode> {
        let issue = self.issue(number).await.map_err(|e| {
            tracing::error!("load issue {number}: {e}");
            StatusCode::INTERNAL_SERVER_ERROR
        })?;
        let issue = issue.ok_or(StatusCode::NOT_FOUND)?;
        self.views.render(name, &issue).map_err(|e| {
            tracing::error!("render issue {number}: {e}");
            StatusCode::INTERNAL_SERVER_ERROR
        })
    }
}

async fn html(State(n): State<Newsletter>, Path(number): Path<i64>) -> Result<Html<String>, StatusCode> {
    n.view("issue", number).await.map(Html)
}

async fn text(State(n): State<Newsletter>, Path(number): Path<i64>) -> Result<String, StatusCode> {
    n.view("text", number).await
}

pub fn router(newsletter: Newsletter) -> Router {
    Router::new()
        .route("/issues/:number", get(html))
        .route("/issues/:number/text", get(text))
        .with_state(newsletter)
}
