//! What a person does with workflows.

use baton_domain::page::Page;
#[cfg(feature = "ssr")]
use baton_domain::wire::workflow::{NewWorkflow, WorkflowDraft};
use baton_domain::wire::workflow::{WorkflowCheck, WorkflowDetail, WorkflowFilter, WorkflowSummary};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// What is wrong with a document, and how its graph looks; stores nothing.
///
/// # Errors
/// As [`WorkflowService::check`](baton_domain::services::WorkflowService::check).
#[server(name = CheckWorkflow, endpoint = "/workflows/check", input = Json, output = Json)]
pub async fn check(text: String) -> Called<WorkflowCheck> {
    serve::answer(serve::services()?.workflows.check(&serve::caller(), WorkflowDraft { text }).await)
}

/// Stores a document as the newest version of its workflow.
///
/// # Errors
/// As [`WorkflowService::store`](baton_domain::services::WorkflowService::store).
#[server(name = StoreWorkflow, endpoint = "/workflows/store", input = PostUrl, output = Json)]
pub async fn store(
    text: String,
    #[server(default)] name: Option<String>,
    #[server(default)] seen_version: Option<u32>,
) -> Called<WorkflowSummary> {
    // A text area sends the line breaks of a text as CR LF.
    let workflow = NewWorkflow { text: text.replace("\r\n", "\n"), name, seen_version };
    let stored = serve::answer(serve::services()?.workflows.store(&serve::caller(), workflow).await)?;
    serve::go(&format!("/workflows/{}", stored.name));
    Ok(stored)
}

/// The newest version of each workflow in use, by name.
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
#[server(name = ReadWorkflow, endpoint = "/workflows/workflow", input = Json, output = Json)]
pub async fn workflow(name: String, #[server(default)] version: Option<u32>) -> Called<WorkflowDetail> {
    serve::answer(serve::services()?.workflows.workflow(&serve::caller(), &name, version).await)
}

/// The versions of a workflow, the newest first.
///
/// # Errors
/// As [`WorkflowService::versions`](baton_domain::services::WorkflowService::versions).
#[server(name = WorkflowVersions, endpoint = "/workflows/versions", input = Json, output = Json)]
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
    serve::go("/workflows");
    Ok(())
}
