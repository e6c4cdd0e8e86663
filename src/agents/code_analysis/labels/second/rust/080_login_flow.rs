use axum::{
    extract::{Form, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
    Router,
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;
use time::Duration;

use crate::accounts::Accounts;
use crate::sessions::Sessions;

#[derive(Clone)]
pub struct LoginState {
    accounts: Accounts,
    sessions: Sessions,
}

#[derive(Deserialize)]
struct LoginForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

fn local_path(next: &str) -> &str {
    let ok = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|b| (0x21..0x7f).contains(&b));
    if ok {
        next
    } else {
        "/home"
    }
}

fn session_cookie(id: String) -> Cookie<'static> {
    Cookie::build(("__Host-sid", id))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::hours(8))
        .build()
}

async fn login(State(st): State<LoginState>, jar: CookieJar, Form(form): Form<LoginForm>) -> Response {
    let user = match st.accounts.verify(&form.email, &form.password).await {
        Ok(Some(user)) => user,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(e) => {
            tracing::error!("login: {e}");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    match st.sessions.create(user.id).await {
        Ok(id) => (jar.add(session_cookie(id)), Redirect::to(local_path(&form.next))).into_response(),
        Err(e) => {
            tracing::error!("create session: {e}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

pub fn router(state: LoginState) -> Router {
    Router::new().route("/login", post(login)).with_state(state)
}
