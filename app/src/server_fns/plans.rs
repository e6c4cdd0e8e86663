//! What a person does with plans.

use baton_domain::id::PlanId;
use baton_domain::page::Page;
#[cfg(feature = "ssr")]
use baton_domain::wire::plan::PlanRefusal;
use baton_domain::wire::plan::{NewPlan, NewReplan, PlanAccepted, PlanDetail, PlanEdit, PlanFilter, PlanSummary};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Plans a goal.
///
/// # Errors
/// As [`PlanService::propose`](baton_domain::services::PlanService::propose).
#[server(name = ProposePlan, endpoint = "/plans/propose", input = Json, output = Json)]
pub async fn propose(plan: NewPlan) -> Called<PlanDetail> {
    serve::answer(serve::services()?.plans.propose(&serve::caller(), plan).await)
}

/// Plans, the newest first.
///
/// # Errors
/// As [`PlanService::list`](baton_domain::services::PlanService::list).
#[server(name = ListPlans, endpoint = "/plans/list", input = Json, output = Json)]
pub async fn list(filter: PlanFilter) -> Called<Page<PlanSummary>> {
    serve::answer(serve::services()?.plans.list(&serve::caller(), filter).await)
}

/// One plan with its document, its graph and why it is so.
///
/// # Errors
/// As [`PlanService::plan`](baton_domain::services::PlanService::plan).
#[server(name = GetPlan, endpoint = "/plans/get", input = Json, output = Json)]
pub async fn get(id: PlanId) -> Called<PlanDetail> {
    serve::answer(serve::services()?.plans.plan(&serve::caller(), id).await)
}

/// Changes the document of a plan.
///
/// # Errors
/// As [`PlanService::edit`](baton_domain::services::PlanService::edit).
#[server(name = EditPlan, endpoint = "/plans/edit", input = Json, output = Json)]
pub async fn edit(id: PlanId, edit: PlanEdit) -> Called<PlanDetail> {
    serve::answer(serve::services()?.plans.edit(&serve::caller(), id, edit).await)
}

/// Stores the workflow of a plan and begins a run of it.
///
/// # Errors
/// As [`PlanService::accept`](baton_domain::services::PlanService::accept).
#[server(name = AcceptPlan, endpoint = "/plans/accept", input = PostUrl, output = Json)]
pub async fn accept(id: PlanId) -> Called<PlanAccepted> {
    let accepted = serve::answer(serve::services()?.plans.accept(&serve::caller(), id).await)?;
    serve::go(&format!("/runs/{}", accepted.run.id));
    Ok(accepted)
}

/// Refuses a plan.
///
/// # Errors
/// As [`PlanService::refuse`](baton_domain::services::PlanService::refuse).
#[server(name = RefusePlan, endpoint = "/plans/refuse", input = PostUrl, output = Json)]
pub async fn refuse(id: PlanId, #[server(default)] why: String) -> Called<PlanSummary> {
    let refused = serve::answer(serve::services()?.plans.refuse(&serve::caller(), id, PlanRefusal { why }).await)?;
    serve::go_back();
    Ok(refused)
}

/// Proposes another way for a step that failed for good.
///
/// # Errors
/// As [`PlanService::replan`](baton_domain::services::PlanService::replan).
#[server(name = Replan, endpoint = "/plans/replan", input = Json, output = Json)]
pub async fn replan(replan: NewReplan) -> Called<PlanDetail> {
    serve::answer(serve::services()?.plans.replan(&serve::caller(), replan).await)
}
