//! How it is shown and set over REST where agents may reach out to.

use axum::Json;
use axum::extract::State;
use baton_domain::wire::egress::{EgressRules, EgressView};

use crate::extract::{Body, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// Get where agents may reach out to
///
/// The project's rules, and what the server that answers was started with, which they narrow.
#[utoipa::path(
    get, path = "/egress", tag = "egress", operation_id = "get_egress",
    responses((status = 200, description = "The rules and the server's own bounds", body = EgressView)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!([])))
)]
pub(crate) async fn get_egress(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<EgressView>> {
    Ok(Json(gateway.services.egress.get(&caller).await?))
}

/// Set where agents may reach out to
///
/// As a whole: what is left out is no rule. Lists hold within a second on every server and worker, also for attempts that run already; limits hold for
/// attempts that begin from then on. Nothing of what a server was started with is loosened.
#[utoipa::path(
    put, path = "/egress", tag = "egress", operation_id = "set_egress",
    request_body(content = EgressRules, example = json!({"allow": ["*.example.org", "example.net"], "deny": ["old.example.org"], "maximum_redirects": 3})),
    responses((status = 200, description = "The rules as they are now", body = EgressView)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["REQUEST-002", "STORAGE-002"])))
)]
pub(crate) async fn set_egress(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(rules): Body<EgressRules>,
) -> Reply<Json<EgressView>> {
    Ok(Json(gateway.services.egress.set(&caller, rules).await?))
}
