//! What a person does with agents and skills.

use baton_domain::agent::Skill;
use baton_domain::id::AgentId;
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// All agents, by name.
///
/// # Errors
/// As [`AgentService::list`](baton_domain::services::AgentService::list).
#[server(endpoint = "/agents/list", input = Json, output = Json)]
pub async fn list() -> Called<AgentList> {
    serve::answer(serve::services()?.agents.list(&serve::caller()).await)
}

/// One agent and what it runs.
///
/// # Errors
/// As [`AgentService::get`](baton_domain::services::AgentService::get).
#[server(endpoint = "/agents/get", input = Json, output = Json)]
pub async fn get(id: AgentId) -> Called<AgentDetail> {
    serve::answer(serve::services()?.agents.get(&serve::caller(), id).await)
}

/// Lets the agent finish what it has and take no more.
///
/// # Errors
/// As [`AgentService::drain`](baton_domain::services::AgentService::drain).
#[server(endpoint = "/agents/drain", input = PostUrl, output = Json)]
pub async fn drain(id: AgentId) -> Called<AgentView> {
    let agent = serve::answer(serve::services()?.agents.drain(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(agent)
}

/// Lets the agent take work again.
///
/// # Errors
/// As [`AgentService::resume`](baton_domain::services::AgentService::resume).
#[server(endpoint = "/agents/resume", input = PostUrl, output = Json)]
pub async fn resume(id: AgentId) -> Called<AgentView> {
    let agent = serve::answer(serve::services()?.agents.resume(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(agent)
}

/// Closes the agent's circuit and starts instances that wait.
///
/// # Errors
/// As [`AgentService::reset_circuit`](baton_domain::services::AgentService::reset_circuit).
#[server(endpoint = "/agents/reset_circuit", input = PostUrl, output = Json)]
pub async fn reset_circuit(id: AgentId) -> Called<AgentStanding> {
    let standing = serve::answer(serve::services()?.agents.reset_circuit(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(standing)
}

/// How work is balanced.
///
/// # Errors
/// As [`AgentService::balancing`](baton_domain::services::AgentService::balancing).
#[server(name = ReadBalancing, endpoint = "/agents/balancing", input = Json, output = Json)]
pub async fn balancing() -> Called<Balancing> {
    serve::answer(serve::services()?.agents.balancing(&serve::caller()).await)
}

/// All skills, by name.
///
/// # Errors
/// As [`AgentService::skills`](baton_domain::services::AgentService::skills).
#[server(endpoint = "/agents/skills", input = Json, output = Json)]
pub async fn skills() -> Called<Vec<Skill>> {
    serve::answer(serve::services()?.agents.skills(&serve::caller()).await)
}

/// One skill.
///
/// # Errors
/// As [`AgentService::skill`](baton_domain::services::AgentService::skill).
#[server(name = ReadSkill, endpoint = "/agents/skill", input = Json, output = Json)]
pub async fn skill(name: String) -> Called<Skill> {
    serve::answer(serve::services()?.agents.skill(&serve::caller(), &name).await)
}
