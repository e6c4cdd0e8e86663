//! Who calls: the token of a program first, then the cookies of a browser.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Authenticated, ClientInfo, Credential};
use baton_domain::user::Caller;
use baton_domain::wire::auth::Secret;

use super::rate_limit::{self, ClientKey};
use crate::gateway::{Audience, Gateway};
use crate::problem_response::Failure;
use crate::session_cookies::{self, MAXIMUM_TOKEN_BYTES};

pub(crate) async fn run(State(gateway): State<Gateway>, audience: Audience, mut request: Request, next: Next) -> Response {
    let client = request.extensions().get::<ClientInfo>().cloned().unwrap_or_default();
    let credential = match bearer(request.headers()) {
        Ok(Some(token)) => Some(Credential::Bearer(token)),
        Ok(None) => gateway.cookies.read(request.headers()),
        Err(problem) => return refused(&gateway, &client, problem),
    };
    let by_session = matches!(credential, Some(Credential::Cookies { .. }));
    match gateway.services.auth.authenticate(&client, credential).await {
        Ok(Authenticated { caller, renewed, .. }) => {
            admit(&mut request, caller, &client);
            let mut response = next.run(request).await;
            if let Some(tokens) = renewed
                && !gateway.cookies.decided_by(response.headers())
            {
                session_cookies::append(response.headers_mut(), &gateway.cookies.set(&tokens));
            }
            response
        }
        Err(problem) if by_session && has_ended(&problem) => {
            let mut response = match audience {
                Audience::Api => refused(&gateway, &client, problem),
                Audience::Pages => {
                    admit(&mut request, Caller::anonymous(), &client);
                    next.run(request).await
                }
            };
            // Somebody may just have signed in with this very request.
            if !gateway.cookies.decided_by(response.headers()) {
                session_cookies::append(response.headers_mut(), &gateway.cookies.clear());
            }
            response
        }
        Err(problem) => refused(&gateway, &client, problem),
    }
}

fn admit(request: &mut Request, mut caller: Caller, client: &ClientInfo) {
    caller.request_id.clone_from(&client.request_id);
    request.extensions_mut().insert(caller);
}

/// A refusal counts against the address, so that guessing tokens is no faster than anything else.
fn refused(gateway: &Gateway, client: &ClientInfo, problem: Problem) -> Response {
    match gateway.requests.take(&ClientKey::address(client)) {
        Ok(()) => Failure(problem).into_response(),
        Err(seconds) => rate_limit::refusal(seconds).into_response(),
    }
}

/// Whether the proof is gone for good, rather than not looked at because something is out of order.
fn has_ended(problem: &Problem) -> bool {
    [Code::TokenExpired, Code::TokenInvalid, Code::SessionEnded].into_iter().any(|code| problem.is(code))
}

fn bearer(headers: &HeaderMap) -> Result<Option<Secret>, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let invalid = || Problem::new(Code::TokenInvalid, "Send Authorization: Bearer with an access token or an API key.");
    let (scheme, token) = value.to_str().ok().and_then(|text| text.trim().split_once(' ')).ok_or_else(invalid)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > MAXIMUM_TOKEN_BYTES {
        return Err(invalid());
    }
    Ok(Some(Secret(token.to_owned())))
}
