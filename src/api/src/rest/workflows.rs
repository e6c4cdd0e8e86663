//! How workflows are checked, stored, shown and taken out of use over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::LINK;
use axum::http::{HeaderName, StatusCode};
use baton_domain::page::Page;
use baton_domain::wire::workflow::{NewWorkflow, WorkflowCheck, WorkflowDetail, WorkflowDraft, WorkflowFilter, WorkflowSummary};
use serde::Deserialize;

use super::tasks::next_link;
use super::{Created, created};
use crate::extract::{Body, Params, SignedIn, WorkflowInPath};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List workflows
///
/// The newest version of each that is in use, by name.
#[utoipa::path(
    get, path = "/workflows", tag = "workflows", operation_id = "list_workflows",
    params(
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of workflows", body = Page<WorkflowSummary>, headers(("Link", description = "The next page, as rel=\"next\"")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_workflows(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<WorkflowFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<WorkflowSummary>>)> {
    let page = gateway.services.workflows.list(&caller, filter).await?;
    Ok(([(LINK, next_link("workflows", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Store a workflow
///
/// As the newest version of the workflow that the document names, if nothing is wrong with it. A document that says the same as the newest version is
/// that version. With `seen_version` it is refused if somebody else has stored one meanwhile.
#[utoipa::path(
    post, path = "/workflows", tag = "workflows", operation_id = "store_workflow",
    request_body(content = NewWorkflow, example = json!({"text": "name: moods\nversion: 1\ninputs: {texts: {type: array, items: {type: string}}}\nsteps:\n  rate:\n    uses: nlp.sentiment\n    foreach: ${{ inputs.texts }}\n    with: {text: \"${{ item }}\"}\n"})),
    responses((status = 201, description = "Stored", body = WorkflowSummary, headers(("Location", description = "The workflow's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!([
        "WORKFLOW-001", "WORKFLOW-002", "WORKFLOW-003", "WORKFLOW-004", "WORKFLOW-005", "WORKFLOW-006", "WORKFLOW-007", "WORKFLOW-008",
        "WORKFLOW-009", "WORKFLOW-010", "WORKFLOW-011", "WORKFLOW-012", "WORKFLOW-013", "WORKFLOW-014", "WORKFLOW-043", "WORKFLOW-044",
        "REQUEST-002", "STORAGE-002"
    ])))
)]
pub(crate) async fn store_workflow(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(workflow): Body<NewWorkflow>,
) -> Reply<Created<WorkflowSummary>> {
    let stored = gateway.services.workflows.store(&caller, workflow).await?;
    Ok(created("workflows", stored.name.clone(), stored))
}

/// Check a document
///
/// Stores nothing. What is wrong with the document is the answer, each thing with its line and column; with it come the graph for drawing and the
/// schema of the inputs.
#[utoipa::path(
    post, path = "/workflows/check", tag = "workflows", operation_id = "check_workflow",
    request_body(content = WorkflowDraft, example = json!({"text": "name: moods\nversion: 1\nsteps:\n  rate: {uses: nlp.sentiment, with: {text: fine}}\n"})),
    responses((status = 200, description = "What it says and what is wrong with it", body = WorkflowCheck)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn check_workflow(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(draft): Body<WorkflowDraft>,
) -> Reply<Json<WorkflowCheck>> {
    Ok(Json(gateway.services.workflows.check(&caller, draft).await?))
}

/// Which version.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WhichVersion {
    version: Option<u32>,
}

/// Get a workflow
///
/// A version with its document, its graph, and what is wrong with it by now: skills and workflows that it uses may have changed.
#[utoipa::path(
    get, path = "/workflows/{name}", tag = "workflows", operation_id = "get_workflow",
    params(
        ("name" = String, Path, description = "The workflow's name"),
        ("version" = Option<u32>, Query, minimum = 1, description = "The version; the newest by default"),
    ),
    responses((status = 200, description = "The workflow", body = WorkflowDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-040"])))
)]
pub(crate) async fn get_workflow(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    WorkflowInPath(name): WorkflowInPath,
    Params(which): Params<WhichVersion>,
) -> Reply<Json<WorkflowDetail>> {
    Ok(Json(gateway.services.workflows.workflow(&caller, &name, which.version).await?))
}

/// List versions of a workflow
///
/// The newest first.
#[utoipa::path(
    get, path = "/workflows/{name}/versions", tag = "workflows", operation_id = "list_workflow_versions",
    params(
        ("name" = String, Path, description = "The workflow's name"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of versions", body = Page<WorkflowSummary>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-040"])))
)]
pub(crate) async fn list_workflow_versions(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    WorkflowInPath(name): WorkflowInPath,
    Params(filter): Params<WorkflowFilter>,
) -> Reply<Json<Page<WorkflowSummary>>> {
    Ok(Json(gateway.services.workflows.versions(&caller, &name, filter).await?))
}

/// Take a workflow out of use
///
/// No run of it begins any more; those that have begun go on with their versions. Storing it again brings it back.
#[utoipa::path(
    delete, path = "/workflows/{name}", tag = "workflows", operation_id = "retire_workflow",
    params(("name" = String, Path, description = "The workflow's name")),
    responses((status = 204, description = "It is out of use")),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["WORKFLOW-040"])))
)]
pub(crate) async fn retire_workflow(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    WorkflowInPath(name): WorkflowInPath,
) -> Reply<StatusCode> {
    gateway.services.workflows.retire(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
