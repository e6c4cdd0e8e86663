//! What a person does with workflows.

use baton_domain::page::Page;
use baton_domain::wire::workflow::{NewWorkflow, WorkflowCheck, WorkflowDetail, WorkflowDraft, WorkflowFilter, WorkflowSummary};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// What is wrong with a document, and how its graph looks.
///
/// # Errors
/// As [`WorkflowService::check`](baton_domain::services::WorkflowService::check).
#[server(name = CheckWorkflow, endpoint = "/workflows/check", input = Json, output = Json)]
pub async fn check(draft: WorkflowDraft) -> Called<WorkflowCheck> {
    serve::answer(serve::services()?.workflows.check(&serve::caller(), draft).await)
}

/// Stores a document.
///
/// # Errors
/// As [`WorkflowService::store`](baton_domain::services::WorkflowService::store).
#[server(name = StoreWorkflow, endpoint = "/workflows/store", input = Json, output = Json)]
pub async fn store(workflow: NewWorkflow) -> Called<WorkflowSummary> {
    serve::answer(serve::services()?.workflows.store(&serve::caller(), workflow).await)
}

/// A page of workflows, by name.
///
/// # Errors
/// As [`WorkflowService::list`](baton_domain::services::WorkflowService::list).
#[server(name = ListWorkflows, endpoint = "/workflows/list", input = Json, output = Json)]
pub async fn list(filter: WorkflowFilter) -> Called<Page<WorkflowSummary>> {
    serve::answer(serve::services()?.workflows.list(&serve::caller(), filter).await)
}

/// A version of a workflow, the newest when absent.
///
/// # Errors
/// As [`WorkflowService::workflow`](baton_domain::services::WorkflowService::workflow).
#[server(name = GetWorkflow, endpoint = "/workflows/get", input = Json, output = Json)]
pub async fn get(name: String, #[server(default)] version: Option<u32>) -> Called<WorkflowDetail> {
    serve::answer(serve::services()?.workflows.workflow(&serve::caller(), &name, version).await)
}

/// A page of the versions of a workflow, the newest first.
///
/// # Errors
/// As [`WorkflowService::versions`](baton_domain::services::WorkflowService::versions).
#[server(name = ListWorkflowVersions, endpoint = "/workflows/versions", input = Json, output = Json)]
pub async fn versions(name: String, filter: WorkflowFilter) -> Called<Page<WorkflowSummary>> {
    serve::answer(serve::services()?.workflows.versions(&serve::caller(), &name, filter).await)
}

/// Takes a workflow out of use.
///
/// # Errors
/// As [`WorkflowService::retire`](baton_domain::services::WorkflowService::retire).
#[server(name = RetireWorkflow, endpoint = "/workflows/retire", input = PostUrl, output = Json)]
pub async fn retire(name: String) -> Called<()> {
    serve::answer(serve::services()?.workflows.retire(&serve::caller(), &name).await)?;
    serve::go_back();
    Ok(())
}
