//! How agents are watched, drained and resumed over REST, and how work is balanced between them.

use axum::Json;
use axum::extract::State;
use baton_domain::id::AgentId;
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};

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

/// Close an agent's circuit
///
/// The failures that opened it are forgotten, and instances that wait for their next start are started at once. Every server and worker
/// that carries the agent hears of it; an agent that only others carry is answered with its instances there and without skills.
#[utoipa::path(
    post, path = "/agents/{id}/reset-circuit", tag = "agents", operation_id = "reset_agent_circuit",
    params(("id" = String, Path, format = "uuid", description = "The agent")),
    responses((status = 200, description = "How the agent stands now", body = AgentStanding)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["AGENT-001"])))
)]
pub(crate) async fn reset_agent_circuit(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<AgentId>,
) -> Reply<Json<AgentStanding>> {
    Ok(Json(gateway.services.agents.reset_circuit(&caller, id).await?))
}

/// Get how work is balanced
///
/// For each skill the strategy, what an attempt needs, and which agent would be chosen now and why; and what is taken of the
/// host. It concerns the server that answers.
#[utoipa::path(
    get, path = "/balancing", tag = "agents", operation_id = "get_balancing",
    responses((status = 200, description = "How work is balanced now", body = Balancing)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn get_balancing(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<Balancing>> {
    Ok(Json(gateway.services.agents.balancing(&caller).await?))
}
