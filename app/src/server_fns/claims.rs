//! What a person does with claims on shared things.

#[cfg(feature = "ssr")]
use baton_domain::wire::claim::{BreakClaim, ClaimRef, ClaimRelease};
use baton_domain::wire::claim::{ClaimCheck, ClaimFilter, ClaimList, ClaimRenewal, ClaimRequest, ClaimView, Claimed};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Who holds what, and who waits for what.
///
/// # Errors
/// As [`ClaimService::list`](baton_domain::services::ClaimService::list).
#[server(name = ListClaims, endpoint = "/claims/list", input = Json, output = Json)]
pub async fn list(filter: ClaimFilter) -> Called<ClaimList> {
    serve::answer(serve::services()?.claims.list(&serve::caller(), filter).await)
}

/// Claims one or several things; with `wait_seconds`, once all are held or that time has passed.
///
/// # Errors
/// As [`ClaimService::claim`](baton_domain::services::ClaimService::claim).
#[server(name = ClaimThings, endpoint = "/claims/claim", input = Json, output = Json)]
pub async fn claim(request: ClaimRequest, #[server(default)] wait_seconds: Option<u64>) -> Called<Claimed> {
    let wait = wait_seconds.map(std::time::Duration::from_secs);
    serve::answer(serve::services()?.claims.claim(&serve::caller(), request, wait).await)
}

/// Gives one claim of the person's own back: with its number, or without if it waits.
///
/// # Errors
/// As [`ClaimService::release`](baton_domain::services::ClaimService::release).
#[server(name = ReleaseClaim, endpoint = "/claims/release", input = PostUrl, output = Json)]
pub async fn release(resource: String, #[server(default)] fence: Option<i64>) -> Called<()> {
    let release = ClaimRelease { holder: None, claims: vec![ClaimRef { resource, fence }] };
    serve::answer(serve::services()?.claims.release(&serve::caller(), release).await)?;
    serve::go_back();
    Ok(())
}

/// Breaks a claim of somebody else.
///
/// # Errors
/// As [`ClaimService::break_claim`](baton_domain::services::ClaimService::break_claim).
#[server(name = BreakOneClaim, endpoint = "/claims/break", input = PostUrl, output = Json)]
pub async fn break_claim(resource: String, holder: String, because: String) -> Called<()> {
    let which = BreakClaim { resource, holder, because };
    serve::answer(serve::services()?.claims.break_claim(&serve::caller(), which).await)?;
    serve::go_back();
    Ok(())
}

/// Keeps the person's own claims for longer.
///
/// # Errors
/// As [`ClaimService::renew`](baton_domain::services::ClaimService::renew).
#[server(name = RenewClaims, endpoint = "/claims/renew", input = Json, output = Json)]
pub async fn renew(renewal: ClaimRenewal) -> Called<Vec<ClaimView>> {
    serve::answer(serve::services()?.claims.renew(&serve::caller(), renewal).await)
}

/// Whether a number of a claim still gives access to a thing.
///
/// # Errors
/// As [`ClaimService::check`](baton_domain::services::ClaimService::check).
#[server(name = CheckOneClaim, endpoint = "/claims/check", input = Json, output = Json)]
pub async fn check(check: ClaimCheck) -> Called<ClaimView> {
    serve::answer(serve::services()?.claims.check(&serve::caller(), check).await)
}
