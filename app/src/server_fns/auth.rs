//! What a person does to sign in and out.

use baton_domain::wire::auth::{FirstRunStatus, Me, Secret};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Signs a person in and gives the browser its cookies. `next` is where a plain form goes afterwards.
///
/// # Errors
/// As [`AuthService::login`](baton_domain::services::AuthService::login).
#[server(endpoint = "/auth/login", input = PostUrl, output = Json)]
pub async fn login(email: String, password: Secret, #[server(default)] next: Option<String>) -> Called<Me> {
    let request = baton_domain::wire::auth::Login { email, password };
    let tokens = serve::answer(serve::services()?.auth.login(&serve::client(), request).await)?;
    begin(&tokens, next.as_deref())
}

/// Creates the first administrator with the one-time code, and signs in.
///
/// # Errors
/// As [`AuthService::first_run`](baton_domain::services::AuthService::first_run).
#[server(endpoint = "/auth/first_run", input = PostUrl, output = Json)]
pub async fn first_run(code: Secret, email: String, password: Secret) -> Called<Me> {
    let request = baton_domain::wire::auth::FirstRun { code, email, password };
    let tokens = serve::answer(serve::services()?.auth.first_run(&serve::client(), request).await)?;
    begin(&tokens, None)
}

/// Gives the browser fresh cookies for its refresh token.
///
/// # Errors
/// As [`AuthService::refresh`](baton_domain::services::AuthService::refresh).
#[server(endpoint = "/auth/refresh", input = PostUrl, output = Json)]
pub async fn refresh() -> Called<Me> {
    use baton_domain::problem::{Code, Problem};

    let cookies = serve::session_cookies()?;
    let token = serve::cookies()
        .and_then(|header| cookies.refresh_token(&header))
        .ok_or_else(|| serve::refuse(Problem::new(Code::NotSignedIn, "Sign in.")))?;
    let tokens = serve::answer(serve::services()?.auth.refresh(&serve::client(), token).await)?;
    for cookie in cookies.set(&tokens) {
        serve::set_cookie(&cookie);
    }
    Ok(tokens.me)
}

/// Ends the session at once and takes the browser's cookies away.
///
/// # Errors
/// As [`AuthService::logout`](baton_domain::services::AuthService::logout).
#[server(endpoint = "/auth/logout", input = PostUrl, output = Json)]
pub async fn logout() -> Called<()> {
    serve::answer(serve::services()?.auth.logout(&serve::caller()).await)?;
    for cookie in serve::session_cookies()?.clear() {
        serve::set_cookie(&cookie);
    }
    serve::go("/sign-in");
    Ok(())
}

/// Who is signed in.
///
/// # Errors
/// As [`AuthService::me`](baton_domain::services::AuthService::me).
#[server(name = ReadMe, endpoint = "/auth/me", input = Json, output = Json)]
pub async fn me() -> Called<Me> {
    serve::answer(serve::services()?.auth.me(&serve::caller()).await)
}

/// Whether the first administrator is still missing.
///
/// # Errors
/// Only those of storage.
#[server(name = ReadFirstRunStatus, endpoint = "/auth/first_run_status", input = Json, output = Json)]
pub async fn first_run_status() -> Called<FirstRunStatus> {
    serve::answer(serve::services()?.auth.first_run_status().await)
}

#[cfg(feature = "ssr")]
fn begin(tokens: &baton_domain::wire::auth::Tokens, next: Option<&str>) -> Called<Me> {
    for cookie in serve::session_cookies()?.set(tokens) {
        serve::set_cookie(&cookie);
    }
    serve::go(next.unwrap_or("/"));
    Ok(tokens.me.clone())
}
