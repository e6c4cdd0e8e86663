//! How language models are configured, tested and looked at over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::id::{ModelId, TaskId};
use baton_domain::wire::model::{ModelBudget, ModelBudgetView, ModelCallView, ModelList, ModelPreset, ModelTest, ModelView, NewModel};
use serde::Deserialize;

use super::{Created, created};
use crate::extract::{Body, Id, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List models
///
/// In the order in which they are asked, the one inside the process last, with what their calls took and the project's budget.
#[utoipa::path(
    get, path = "/models", tag = "models", operation_id = "list_models",
    responses((status = 200, description = "All models", body = ModelList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_models(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<ModelList>> {
    Ok(Json(gateway.services.models.list(&caller).await?))
}

/// List known providers
///
/// What is filled in for whoever configures one of their models.
#[utoipa::path(
    get, path = "/model-presets", tag = "models", operation_id = "list_model_presets",
    responses((status = 200, description = "The providers", body = Vec<ModelPreset>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_model_presets(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<Vec<ModelPreset>>> {
    Ok(Json(gateway.services.models.presets(&caller).await?))
}

/// Configure a model
///
/// Its key is encrypted at rest and is never shown again.
#[utoipa::path(
    post, path = "/models", tag = "models", operation_id = "create_model",
    request_body(content = NewModel, example = json!({
        "name": "lab",
        "settings": {"base_url": "https://genailab.tcs.in/v1", "model": "azure/genailab-maas-gpt-4o-mini", "tier": "medium"},
        "key": "the key"
    })),
    responses((status = 201, description = "Configured", body = ModelView, headers(("Location", description = "The list of models")))),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["MODEL-009", "STORAGE-002"])))
)]
pub(crate) async fn create_model(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(model): Body<NewModel>,
) -> Reply<Created<ModelView>> {
    let model = gateway.services.models.create(&caller, model).await?;
    let id = model.id.map(|id| id.to_string()).unwrap_or_default();
    Ok(created("models", id, model))
}

/// Change a model
///
/// Without `key` the stored one stays, unless the address points to another host; an empty one removes it.
#[utoipa::path(
    put, path = "/models/{id}", tag = "models", operation_id = "update_model",
    params(("id" = String, Path, format = "uuid", description = "The model")),
    request_body(content = NewModel, example = json!({
        "name": "lab",
        "settings": {"base_url": "https://genailab.tcs.in/v1", "model": "azure/genailab-maas-gpt-4o-mini", "tier": "medium", "rank": 10}
    })),
    responses((status = 200, description = "Changed", body = ModelView)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["MODEL-008", "MODEL-009", "STORAGE-002"])))
)]
pub(crate) async fn update_model(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ModelId>,
    Body(model): Body<NewModel>,
) -> Reply<Json<ModelView>> {
    Ok(Json(gateway.services.models.update(&caller, id, model).await?))
}

/// Remove a model
#[utoipa::path(
    delete, path = "/models/{id}", tag = "models", operation_id = "remove_model",
    params(("id" = String, Path, format = "uuid", description = "The model")),
    responses((status = 204, description = "It is gone")),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["MODEL-008"])))
)]
pub(crate) async fn remove_model(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<ModelId>) -> Reply<StatusCode> {
    gateway.services.models.remove(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichModel {
    model: String,
}

/// Test a model
///
/// Asks it something short and finds out what its endpoint can do. That it does not answer is no error: the answer says so.
#[utoipa::path(
    post, path = "/model-tests", tag = "models", operation_id = "test_model",
    params(("model" = String, Query, description = "The model's name here; `local` is the one inside the process", example = json!("local"))),
    responses((status = 200, description = "What was found", body = ModelTest)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["MODEL-008"])))
)]
pub(crate) async fn test_model(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(which): Params<WhichModel>,
) -> Reply<Json<ModelTest>> {
    Ok(Json(gateway.services.models.test(&caller, &which.model).await?))
}

/// Set the budget of models
///
/// What the project may spend in a calendar month (UTC). A part that is left out has no limit.
#[utoipa::path(
    put, path = "/model-budget", tag = "models", operation_id = "set_model_budget",
    request_body(content = ModelBudget, example = json!({"tokens": 2_000_000})),
    responses((status = 200, description = "The budget and what is spent of it", body = ModelBudgetView)),
    extensions(("x-permission" = json!("administer")), ("x-errors" = json!(["REQUEST-002", "STORAGE-002"])))
)]
pub(crate) async fn set_model_budget(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(budget): Body<ModelBudget>,
) -> Reply<Json<ModelBudgetView>> {
    Ok(Json(gateway.services.models.set_budget(&caller, budget).await?))
}

/// List a task's calls of models
///
/// Oldest first, at most 200, each with what was asked, what was answered and what it took.
#[utoipa::path(
    get, path = "/tasks/{id}/model-calls", tag = "tasks", operation_id = "list_model_calls",
    params(("id" = String, Path, format = "uuid", description = "The task")),
    responses((status = 200, description = "The calls", body = Vec<ModelCallView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TASK-001"])))
)]
pub(crate) async fn list_model_calls(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<TaskId>,
) -> Reply<Json<Vec<ModelCallView>>> {
    Ok(Json(gateway.services.models.calls(&caller, id).await?))
}
