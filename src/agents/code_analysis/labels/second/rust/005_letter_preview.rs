use std::collections::BTreeMap;

use actix_web::{post, web, HttpResponse, ResponseError};
use serde::Deserialize;
use tera::{Context, Tera};
use thiserror::Error;

#[derive(Debug, Deserialize)]
pub struct PreviewRequest {
    subject: String,
    template: String,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

#[derive(Debug, Error)]
pub enum PreviewError {
    #[error("template is too long")]
    TooLong,
    #[error("template could not be rendered")]
    Render(#[source] tera::Error),
}

impl ResponseError for PreviewError {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::UnprocessableEntity().json(serde_json::json!({ "error": self.to_string() }))
    }
}

fn context(req: &PreviewRequest) -> Context {
    let mut ctx = Context::new();
    ctx.insert("subject", &req.subject);
    for (name, value) in &req.fields {
        ctx.insert(name.as_str(), value);
    }
    ctx
}

fn render(source: &str, ctx: Context) -> Result<String, PreviewError> {
    Tera::one_off(source, &ctx, true)
        .map_err(PreviewError::Render)
}

#[post("/letters/preview")]
pub async fn preview(req: web::Json<PreviewRequest>) -> Result<HttpResponse, PreviewError> {
    let req = req.into_inner();
    if req.template.len() > 20_000 {
        return Err(PreviewError::TooLong);
    }
    let ctx = context(&req);
    let text = render(&req.template, ctx)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text))
}

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::JsonConfig::default().limit(64 * 1024)).service(preview);
}
