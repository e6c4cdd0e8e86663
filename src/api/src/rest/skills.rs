//! How skills and their schemas are read over REST, and how one is found for what somebody wants.

use axum::Json;
use axum::extract::State;
use baton_domain::agent::Skill;
use baton_domain::wire::assistance::{SkillSuggestions, SkillWish};

use crate::extract::{Body, Name, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List skills
#[utoipa::path(
    get, path = "/skills", tag = "skills", operation_id = "list_skills",
    responses((status = 200, description = "All skills, by name", body = Vec<Skill>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_skills(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<Vec<Skill>>> {
    Ok(Json(gateway.services.agents.skills(&caller).await?))
}

/// Get a skill
///
/// With the JSON Schemas of its input and result, and examples that work.
#[utoipa::path(
    get, path = "/skills/{name}", tag = "skills", operation_id = "get_skill",
    params(("name" = String, Path, description = "The skill", example = json!("nlp.sentiment"))),
    responses((status = 200, description = "The skill", body = Skill)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["AGENT-002"])))
)]
pub(crate) async fn get_skill(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Name(name): Name) -> Reply<Json<Skill>> {
    Ok(Json(gateway.services.agents.skill(&caller, &name).await?))
}

/// Suggest skills
///
/// Finds the skills that do what somebody wants, the best first, by the words that skills say of themselves. With `with_model` a task of the
/// caller's asks a language model, which may put another of them first; that needs the permission `work`.
#[utoipa::path(
    post, path = "/skills/suggestions", tag = "skills", operation_id = "suggest_skills",
    request_body(content = SkillWish, example = json!({"text": "What do our customers complain about?"})),
    responses((status = 200, description = "The skills", body = SkillSuggestions)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["REQUEST-002", "TASK-006", "STORAGE-002"])))
)]
pub(crate) async fn suggest_skills(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(wish): Body<SkillWish>,
) -> Reply<Json<SkillSuggestions>> {
    Ok(Json(gateway.services.tasks.suggest(&caller, wish).await?))
}
