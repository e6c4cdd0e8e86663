//! How skills and their schemas are read over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::agent::Skill;

use crate::extract::{Name, SignedIn};
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
