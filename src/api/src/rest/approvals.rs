//! How people see what runs ask them for, and decide, over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderName;
use axum::http::header::LINK;
use baton_domain::id::ApprovalId;
use baton_domain::page::Page;
use baton_domain::wire::approval::{ApprovalDetail, ApprovalFilter, ApprovalSummary, ApprovalVerdict};

use super::tasks::next_link;
use crate::extract::{Body, Id, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List approvals
///
/// Of all runs, the newest first.
#[utoipa::path(
    get, path = "/approvals", tag = "approvals", operation_id = "list_approvals",
    params(
        ("open" = Option<bool>, Query, description = "Only open ones, or only those that are not open any more", example = json!(true)),
        ("run" = Option<String>, Query, format = "uuid", description = "Only those of this run", example = json!("0193e0a5-0000-7000-8000-000000000000")),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of approvals", body = Page<ApprovalSummary>, headers(("Link", description = "The next page, as rel=\"next\"")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_approvals(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<ApprovalFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<ApprovalSummary>>)> {
    let page = gateway.services.approvals.list(&caller, filter).await?;
    Ok(([(LINK, next_link("approvals", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Get an approval
///
/// With exactly what it is about, and whether the caller may decide.
#[utoipa::path(
    get, path = "/approvals/{id}", tag = "approvals", operation_id = "get_approval",
    params(("id" = String, Path, format = "uuid", description = "The approval")),
    responses((status = 200, description = "The approval", body = ApprovalDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-042"])))
)]
pub(crate) async fn get_approval(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ApprovalId>,
) -> Reply<Json<ApprovalDetail>> {
    Ok(Json(gateway.services.approvals.approval(&caller, id).await?))
}

/// Approve
///
/// Exactly what has the hash; the step begins. Whoever asked for the run, or began it anew, may not.
#[utoipa::path(
    post, path = "/approvals/{id}/approve", tag = "approvals", operation_id = "approve",
    params(("id" = String, Path, format = "uuid", description = "The approval")),
    request_body(content = ApprovalVerdict, example = json!({"hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "comment": "Checked against the invoice."})),
    responses((status = 200, description = "The approval as it is now", body = ApprovalSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["WORKFLOW-026", "WORKFLOW-027", "WORKFLOW-028", "WORKFLOW-029", "WORKFLOW-042", "REQUEST-002"])))
)]
pub(crate) async fn approve(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ApprovalId>,
    Body(verdict): Body<ApprovalVerdict>,
) -> Reply<Json<ApprovalSummary>> {
    Ok(Json(gateway.services.approvals.approve(&caller, id, verdict).await?))
}

/// Refuse
///
/// The step fails.
#[utoipa::path(
    post, path = "/approvals/{id}/refuse", tag = "approvals", operation_id = "refuse",
    params(("id" = String, Path, format = "uuid", description = "The approval")),
    request_body(content = ApprovalVerdict, example = json!({"hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "comment": "The amount is wrong."})),
    responses((status = 200, description = "The approval as it is now", body = ApprovalSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["WORKFLOW-026", "WORKFLOW-027", "WORKFLOW-028", "WORKFLOW-029", "WORKFLOW-042", "REQUEST-002"])))
)]
pub(crate) async fn refuse(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ApprovalId>,
    Body(verdict): Body<ApprovalVerdict>,
) -> Reply<Json<ApprovalSummary>> {
    Ok(Json(gateway.services.approvals.refuse(&caller, id, verdict).await?))
}
