//! How people sign in and out over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Credential;
use baton_domain::wire::auth::{FirstRun, FirstRunStatus, Login, Me, Refresh, Tokens};

use crate::extract::{Body, Browser, Client, OptionalBody, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;
use crate::session_cookies;

/// Sign in
///
/// Gives the tokens of a new session, and sets them as cookies. A browser finds its refresh token only in the
/// cookie, which scripts cannot read; a program finds both in the body and sends the access token as
/// `Authorization: Bearer`.
#[utoipa::path(
    post, path = "/auth/login", tag = "auth", operation_id = "login",
    request_body(content = Login, example = json!({"email": "ada@example.com", "password": "correct horse battery"})),
    responses((status = 200, description = "Signed in", body = Tokens, headers(("Set-Cookie", description = "The session's cookies")))),
    extensions(("x-errors" = json!(["AUTH-002", "AUTH-006"])))
)]
pub(crate) async fn login(
    State(gateway): State<Gateway>,
    Client(client): Client,
    Browser(browser): Browser,
    Body(request): Body<Login>,
) -> Reply<Response> {
    let tokens = gateway.services.auth.login(&client, request).await?;
    Ok(session(&gateway, tokens, browser))
}

/// Renew a session
///
/// Gives fresh tokens for a refresh token: that of the body, else that of the cookie. Each is good for one use; a
/// second use more than ten seconds later counts as theft and ends the session.
#[utoipa::path(
    post, path = "/auth/refresh", tag = "auth", operation_id = "refresh",
    request_body(content = Option<Refresh>, example = json!({"refresh_token": "…"})),
    responses((status = 200, description = "Renewed", body = Tokens, headers(("Set-Cookie", description = "The session's cookies")))),
    extensions(("x-errors" = json!(["AUTH-004", "AUTH-009"])))
)]
pub(crate) async fn refresh(
    State(gateway): State<Gateway>,
    Client(client): Client,
    Browser(browser): Browser,
    headers: axum::http::HeaderMap,
    OptionalBody(request): OptionalBody<Refresh>,
) -> Reply<Response> {
    let (token, by_cookie) = match request.refresh_token {
        Some(token) => (Some(token), false),
        None => match gateway.cookies.read(&headers) {
            Some(Credential::Cookies { refresh, .. }) => (refresh, true),
            _ => (None, false),
        },
    };
    let token = token.ok_or_else(|| Problem::new(Code::TokenInvalid, "Send a refresh token in the body or the cookie."))?;
    let tokens = gateway.services.auth.refresh(&client, token).await?;
    Ok(session(&gateway, tokens, browser || by_cookie))
}

/// Sign out
///
/// Ends the session at once, everywhere it is open, and clears the cookies.
#[utoipa::path(
    post, path = "/auth/logout", tag = "auth", operation_id = "logout",
    responses((status = 204, description = "Signed out", headers(("Set-Cookie", description = "Clears the session's cookies")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn logout(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Response> {
    gateway.services.auth.logout(&caller).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    session_cookies::append(response.headers_mut(), &gateway.cookies.clear());
    Ok(response)
}

/// Who am I
#[utoipa::path(
    get, path = "/auth/me", tag = "auth", operation_id = "me",
    responses((status = 200, description = "The caller", body = Me)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn me(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<Me>> {
    Ok(Json(gateway.services.auth.me(&caller).await?))
}

/// Is the first administrator missing
#[utoipa::path(
    get, path = "/auth/first-run", tag = "auth", operation_id = "first_run_status",
    responses((status = 200, description = "Whether the installation waits for its first administrator", body = FirstRunStatus)),
    extensions(("x-errors" = json!([])))
)]
pub(crate) async fn first_run_status(State(gateway): State<Gateway>) -> Reply<Json<FirstRunStatus>> {
    Ok(Json(gateway.services.auth.first_run_status().await?))
}

/// Create the first administrator
///
/// Needs the one-time code that the server printed when it started, and signs in.
#[utoipa::path(
    post, path = "/auth/first-run", tag = "auth", operation_id = "first_run",
    request_body(content = FirstRun, example = json!({"code": "ABCD-EFGH-JKLM", "email": "ada@example.com", "password": "correct horse battery"})),
    responses((status = 200, description = "Created and signed in", body = Tokens, headers(("Set-Cookie", description = "The session's cookies")))),
    extensions(("x-errors" = json!(["AUTH-006", "AUTH-007", "AUTH-008"])))
)]
pub(crate) async fn first_run(
    State(gateway): State<Gateway>,
    Client(client): Client,
    Browser(browser): Browser,
    Body(request): Body<FirstRun>,
) -> Reply<Response> {
    let tokens = gateway.services.auth.first_run(&client, request).await?;
    Ok(session(&gateway, tokens, browser))
}

/// The tokens as cookies and body. What a browser's scripts could read they could also leak, so the long-lived
/// token stays out of a browser's body.
fn session(gateway: &Gateway, mut tokens: Tokens, browser: bool) -> Response {
    let cookies = gateway.cookies.set(&tokens);
    if browser {
        tokens.refresh_token = None;
    }
    let mut response = Json(tokens).into_response();
    session_cookies::append(response.headers_mut(), &cookies);
    response
}
