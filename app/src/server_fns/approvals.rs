//! What a person does with what runs ask them for.

use baton_domain::id::ApprovalId;
use baton_domain::page::Page;
#[cfg(feature = "ssr")]
use baton_domain::wire::approval::ApprovalVerdict;
use baton_domain::wire::approval::{ApprovalDetail, ApprovalFilter, ApprovalSummary};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// A page of approvals, the newest first.
///
/// # Errors
/// As [`ApprovalService::list`](baton_domain::services::ApprovalService::list).
#[server(name = ListApprovals, endpoint = "/approvals/list", input = Json, output = Json)]
pub async fn list(filter: ApprovalFilter) -> Called<Page<ApprovalSummary>> {
    serve::answer(serve::services()?.approvals.list(&serve::caller(), filter).await)
}

/// One approval with exactly what it is about.
///
/// # Errors
/// As [`ApprovalService::approval`](baton_domain::services::ApprovalService::approval).
#[server(name = GetApproval, endpoint = "/approvals/get", input = Json, output = Json)]
pub async fn get(id: ApprovalId) -> Called<ApprovalDetail> {
    serve::answer(serve::services()?.approvals.approval(&serve::caller(), id).await)
}

/// Agrees to exactly what has this hash.
///
/// # Errors
/// As [`ApprovalService::approve`](baton_domain::services::ApprovalService::approve).
#[server(name = Approve, endpoint = "/approvals/approve", input = PostUrl, output = Json)]
pub async fn approve(id: ApprovalId, hash: String, #[server(default)] comment: Option<String>) -> Called<ApprovalSummary> {
    let approval = serve::answer(serve::services()?.approvals.approve(&serve::caller(), id, ApprovalVerdict { hash, comment }).await)?;
    serve::go_back();
    Ok(approval)
}

/// Refuses what has this hash.
///
/// # Errors
/// As [`ApprovalService::refuse`](baton_domain::services::ApprovalService::refuse).
#[server(name = RefuseApproval, endpoint = "/approvals/refuse", input = PostUrl, output = Json)]
pub async fn refuse(id: ApprovalId, hash: String, #[server(default)] comment: Option<String>) -> Called<ApprovalSummary> {
    let approval = serve::answer(serve::services()?.approvals.refuse(&serve::caller(), id, ApprovalVerdict { hash, comment }).await)?;
    serve::go_back();
    Ok(approval)
}
