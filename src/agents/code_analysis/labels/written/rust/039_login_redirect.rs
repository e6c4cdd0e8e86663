use axum::{extract::State, response::{IntoResponse, Redirect}, http::StatusCode, Form};
use serde::Deserialize;
use std::sync::Arc;
use tower_sessions::Session;

#[derive(Deserialize)]
pub struct LoginForm {
    user: String,
    password: String,
    next: Option<String>,
}

pub trait Verifier: Send + Sync {
    fn verify(&self, user: &str, password: &str) -> bool;
}

fn destination(next: Option<&str>) -> &str {
    match next {
        Some(n) if !n.is_empty() => n,
        _ => "/",
    }
}

pub async fn login(
    State(verifier): State<Arc<dyn Verifier>>,
    session: Session,
    Form(form): Form<LoginForm>,
) -> impl IntoResponse {
    if !verifier.verify(&form.user, &form.password) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if session.insert("user", &form.user).await.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    Redirect::to(destination(form.next.as_deref())).into_response()
}
