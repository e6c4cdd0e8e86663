//! How goals become plans, and plans are decided on, over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::{LINK, LOCATION};
use axum::http::{HeaderName, StatusCode};
use baton_domain::id::PlanId;
use baton_domain::page::Page;
use baton_domain::wire::plan::{NewPlan, NewReplan, PlanAccepted, PlanDetail, PlanEdit, PlanFilter, PlanRefusal, PlanSummary};

use super::tasks::next_link;
use crate::extract::{Body, Id, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// Propose a plan
///
/// A goal in plain words, with what is there to work on, becomes a workflow over the registered skills: by rules first and, if wanted, by a language model
/// where they do not suffice. It is checked as any other workflow, and nothing runs before somebody accepts it.
#[utoipa::path(
    post, path = "/plans", tag = "plans", operation_id = "propose_plan",
    request_body(content = NewPlan, example = json!({"goal": "Say how content each of these customers is.", "inputs": {"reviews": {"kind": "json", "value": ["What a fine day.", "It came too late."]}}})),
    responses((status = 201, description = "The plan", body = PlanDetail, headers(("Location", description = "The plan's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["ARTIFACT-001", "PLAN-001", "PLAN-002", "PLAN-003", "PLAN-004", "PLAN-005", "PLAN-006", "PLAN-007", "PLAN-008", "REQUEST-002"])))
)]
pub(crate) async fn propose_plan(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(plan): Body<NewPlan>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<PlanDetail>)> {
    let plan = gateway.services.plans.propose(&caller, plan).await?;
    let location = format!("/api/v1/plans/{}", plan.summary.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(plan)))
}

/// List plans
///
/// The newest first.
#[utoipa::path(
    get, path = "/plans", tag = "plans", operation_id = "list_plans",
    params(
        ("state" = Option<String>, Query, description = "Only this state: `proposed`, `accepted` or `refused`", example = json!("proposed")),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of plans", body = Page<PlanSummary>, headers(("Link", description = "The next page, as rel=\"next\"")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_plans(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<PlanFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<PlanSummary>>)> {
    let page = gateway.services.plans.list(&caller, filter).await?;
    Ok(([(LINK, next_link("plans", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Get a plan
///
/// With its document, its graph, and why each step is as it is.
#[utoipa::path(
    get, path = "/plans/{id}", tag = "plans", operation_id = "get_plan",
    params(("id" = String, Path, format = "uuid", description = "The plan")),
    responses((status = 200, description = "The plan", body = PlanDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["PLAN-009"])))
)]
pub(crate) async fn get_plan(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<PlanId>) -> Reply<Json<PlanDetail>> {
    Ok(Json(gateway.services.plans.plan(&caller, id).await?))
}

/// Edit a plan
///
/// Puts another document in its place. One with problems is kept with them, and cannot be accepted.
#[utoipa::path(
    put, path = "/plans/{id}", tag = "plans", operation_id = "edit_plan",
    params(("id" = String, Path, format = "uuid", description = "The plan")),
    request_body(content = PlanEdit, example = json!({"text": "name: moods\nversion: 1\nsteps:\n  rate: {uses: nlp.sentiment, with: {text: fine}}\n", "seen_version": 1})),
    responses((status = 200, description = "The plan as it is now", body = PlanDetail)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["PLAN-009", "PLAN-010", "REQUEST-002"])))
)]
pub(crate) async fn edit_plan(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<PlanId>,
    Body(edit): Body<PlanEdit>,
) -> Reply<Json<PlanDetail>> {
    Ok(Json(gateway.services.plans.edit(&caller, id, edit).await?))
}

/// Accept a plan
///
/// Stores its workflow and begins its run. Accepting twice begins it once.
#[utoipa::path(
    post, path = "/plans/{id}/accept", tag = "plans", operation_id = "accept_plan",
    params(("id" = String, Path, format = "uuid", description = "The plan")),
    responses((status = 200, description = "The plan, its workflow and its run", body = PlanAccepted)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["PLAN-007", "PLAN-009", "PLAN-010", "WORKFLOW-043", "WORKFLOW-044"])))
)]
pub(crate) async fn accept_plan(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<PlanId>,
) -> Reply<Json<PlanAccepted>> {
    Ok(Json(gateway.services.plans.accept(&caller, id).await?))
}

/// Refuse a plan
///
/// It is kept with the reason.
#[utoipa::path(
    post, path = "/plans/{id}/refuse", tag = "plans", operation_id = "refuse_plan",
    params(("id" = String, Path, format = "uuid", description = "The plan")),
    request_body(content = PlanRefusal, example = json!({"why": "The second step should come first."})),
    responses((status = 200, description = "The plan as it is now", body = PlanSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["PLAN-009", "PLAN-010", "REQUEST-002"])))
)]
pub(crate) async fn refuse_plan(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<PlanId>,
    Body(refusal): Body<PlanRefusal>,
) -> Reply<Json<PlanSummary>> {
    Ok(Json(gateway.services.plans.refuse(&caller, id, refusal).await?))
}

/// Plan anew
///
/// Another way for a step that has failed for good, as a plan of its own.
#[utoipa::path(
    post, path = "/replans", tag = "plans", operation_id = "replan",
    request_body(content = NewReplan, example = json!({"run": "0193e0a5-0000-7000-8000-000000000000", "step": "rate"})),
    responses((status = 201, description = "The plan", body = PlanDetail, headers(("Location", description = "The plan's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["PLAN-010", "PLAN-011", "WORKFLOW-041"])))
)]
pub(crate) async fn replan(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(replan): Body<NewReplan>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<PlanDetail>)> {
    let plan = gateway.services.plans.replan(&caller, replan).await?;
    let location = format!("/api/v1/plans/{}", plan.summary.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(plan)))
}
