//! How agents are watched, drained and resumed over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::id::AgentId;
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentView};

use crate::extract::{Id, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List agents
#[utoipa::path(
    get, path = "/agents", tag = "agents", operation_id = "list_agents",
    responses((status = 200, description = "All agents, by name", body = AgentList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_agents(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<AgentList>> {
    Ok(Json(gateway.services.agents.list(&caller).await?))
}

/// Get an agent
#[utoipa::path(
    get, path = "/agents/{id}", tag = "agents", operation_id = "get_agent",
    params(("id" = String, Path, format = "uuid", description = "The agent")),
    responses((status = 200, description = "The agent and what it runs", body = AgentDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["AGENT-001"])))
)]
pub(crate) async fn get_agent(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<AgentId>) -> Reply<Json<AgentDetail>> {
    Ok(Json(gateway.services.agents.get(&caller, id).await?))
}

/// Drain an agent
///
/// It finishes what it has and takes no more, until it is resumed; a restart changes nothing of that.
#[utoipa::path(
    post, path = "/agents/{id}/drain", tag = "agents", operation_id = "drain_agent",
    params(("id" = String, Path, format = "uuid", description = "The agent")),
    responses((status = 200, description = "The agent as it is now", body = AgentView)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["AGENT-001"])))
)]
pub(crate) async fn drain_agent(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<AgentId>) -> Reply<Json<AgentView>> {
    Ok(Json(gateway.services.agents.drain(&caller, id).await?))
}

/// Resume an agent
#[utoipa::path(
    post, path = "/agents/{id}/resume", tag = "agents", operation_id = "resume_agent",
    params(("id" = String, Path, format = "uuid", description = "The agent")),
    responses((status = 200, description = "The agent as it is now", body = AgentView)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["AGENT-001"])))
)]
pub(crate) async fn resume_agent(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<AgentId>,
) -> Reply<Json<AgentView>> {
    Ok(Json(gateway.services.agents.resume(&caller, id).await?))
}
