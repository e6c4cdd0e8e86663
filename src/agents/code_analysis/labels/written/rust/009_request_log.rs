use axum::{extract::State, http::StatusCode, Form};
use serde::Deserialize;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Debug, Deserialize)]
pub struct SignIn {
    user: String,
    password: String,
}

pub struct App {
    audit: Mutex<File>,
    verify: fn(&str, &str) -> bool,
}

pub async fn sign_in(State(app): State<Arc<App>>, Form(form): Form<SignIn>) -> StatusCode {
    let ok = (app.verify)(&form.user, &form.password);
    if let Ok(mut audit) = app.audit.lock() {
        let _ = writeln!(audit, "sign-in user={} ok={}", form.user, ok);
    }
    if !ok {
        log::warn!("rejected sign-in: {:?}", form);
        return StatusCode::UNAUTHORIZED;
    }
    StatusCode::NO_CONTENT
}
