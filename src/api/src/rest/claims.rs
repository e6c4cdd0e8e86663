//! How shared things are claimed, renewed, checked and given back over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::wire::claim::{
    BreakClaim, ClaimCheck, ClaimFilter, ClaimList, ClaimRelease, ClaimRenewal, ClaimRequest, ClaimView, Claimed,
};

use crate::extract::{Body, Params, SignedIn, Wait};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List claims
///
/// Who holds what, who waits for what and for whom, and what was lost within the last hour.
#[utoipa::path(
    get, path = "/claims", tag = "claims", operation_id = "list_claims",
    params(
        ("resource" = Option<String>, Query, description = "Only on this, and on what lies beneath and above", example = json!("path:reports")),
        ("holder" = Option<String>, Query, description = "Only of this holder, as `task:<id>`"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of claims", body = ClaimList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["CLAIM-006", "REQUEST-002"])))
)]
pub(crate) async fn list_claims(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(filter): Params<ClaimFilter>,
) -> Reply<Json<ClaimList>> {
    Ok(Json(gateway.services.claims.list(&caller, filter).await?))
}

/// Claim shared things
///
/// All of them are held or waited for, or nothing is changed. The `fence` of a claim goes with every use of the thing. Sent again, the same
/// request says how it stands. With `wait` the answer comes when all are held or the span has passed.
#[utoipa::path(
    post, path = "/claims", tag = "claims", operation_id = "claim",
    params(
        ("wait" = Option<f64>, Query, minimum = 0, maximum = 60, description = "Seconds to wait until all are held; fractions are allowed"),
    ),
    request_body(content = ClaimRequest, example = json!({"wanted": [{"resource": "path:reports/2026", "mode": "exclusive"}], "lease_ms": 60_000, "wait_ms": 300_000})),
    responses((status = 200, description = "How the claims stand", body = Claimed)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["CLAIM-003", "CLAIM-004", "CLAIM-005", "CLAIM-006", "CLAIM-007", "CLAIM-008", "CLAIM-009", "CLAIM-010", "CLAIM-011", "REQUEST-002", "TASK-001"])))
)]
pub(crate) async fn claim(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(wait): Params<Wait>,
    Body(request): Body<ClaimRequest>,
) -> Reply<Json<Claimed>> {
    Ok(Json(gateway.services.claims.claim(&caller, request, wait.span()?).await?))
}

/// Renew claims
///
/// Those that are named, or all of the holder; all of them or none.
#[utoipa::path(
    post, path = "/claims/renew", tag = "claims", operation_id = "renew_claims",
    request_body(content = ClaimRenewal, example = json!({"claims": [{"resource": "path:reports/2026", "fence": 17}]})),
    responses((status = 200, description = "The claims", body = Vec<ClaimView>)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["CLAIM-001", "CLAIM-006", "CLAIM-010", "CLAIM-011", "REQUEST-002", "TASK-001"])))
)]
pub(crate) async fn renew_claims(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(renewal): Body<ClaimRenewal>,
) -> Reply<Json<Vec<ClaimView>>> {
    Ok(Json(gateway.services.claims.renew(&caller, renewal).await?))
}

/// Release claims
///
/// Gives claims back, and withdraws requests that wait: those that are named, or everything of the holder.
#[utoipa::path(
    post, path = "/claims/release", tag = "claims", operation_id = "release_claims",
    request_body(content = ClaimRelease, example = json!({"claims": [{"resource": "path:reports/2026", "fence": 17}]})),
    responses((status = 204, description = "They are given back")),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["CLAIM-001", "CLAIM-002", "CLAIM-006", "CLAIM-010", "CLAIM-011", "REQUEST-002", "TASK-001"])))
)]
pub(crate) async fn release_claims(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(release): Body<ClaimRelease>,
) -> Reply<StatusCode> {
    gateway.services.claims.release(&caller, release).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Check a claim
///
/// Whoever guards a thing asks whether it may be used under a number. A stale number is refused.
#[utoipa::path(
    post, path = "/claims/check", tag = "claims", operation_id = "check_claim",
    request_body(content = ClaimCheck, example = json!({"resource": "path:reports/2026/q1.csv", "fence": 17, "access": "write"})),
    responses((status = 200, description = "The claim that covers it", body = ClaimView)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["CLAIM-001", "CLAIM-006"])))
)]
pub(crate) async fn check_claim(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(check): Body<ClaimCheck>,
) -> Reply<Json<ClaimView>> {
    Ok(Json(gateway.services.claims.check(&caller, check).await?))
}

/// Break a claim
///
/// Takes a claim from its holder, or a request out of the queue. The holder is told, and later uses are refused.
#[utoipa::path(
    post, path = "/claims/break", tag = "claims", operation_id = "break_claim",
    request_body(content = BreakClaim, example = json!({"resource": "path:reports/2026", "holder": "task:0193e0a5-0000-7000-8000-000000000000", "because": "The host is gone."})),
    responses((status = 204, description = "It is broken")),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["CLAIM-002", "CLAIM-006", "CLAIM-011", "REQUEST-002"])))
)]
pub(crate) async fn break_claim(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(which): Body<BreakClaim>,
) -> Reply<StatusCode> {
    gateway.services.claims.break_claim(&caller, which).await?;
    Ok(StatusCode::NO_CONTENT)
}
