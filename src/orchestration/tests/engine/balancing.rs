//! Does who asks see how work is balanced, and can they close a circuit?

use baton_domain::agent::{CircuitState, InstanceKind, InstanceStatus};
use baton_domain::id::AgentId;
use baton_domain::problem::Code;
use baton_domain::task::{RetryPolicy, TaskState};
use baton_domain::user::{Caller, Role};
use baton_domain::wire::agent::AgentDetail;
use baton_domain::wire::task::NewTask;
use serde_json::json;

use super::world::{World, quick};

async fn diagnostics(world: &World) -> AgentDetail {
    let agents = world.engine.agents();
    let list = agents.list(&world.caller).await.unwrap();
    let agent = list.items.iter().find(|agent| agent.name == "diagnostics").unwrap();
    assert!(list.standings.iter().any(|standing| standing.agent_id == agent.id));
    agents.get(&world.caller, agent.id).await.unwrap()
}

#[tokio::test]
async fn an_agent_shows_its_instances_and_every_skill_its_strategy() {
    let world = World::new().await;
    let AgentDetail { agent, standing, .. } = diagnostics(&world).await;
    let standing = standing.unwrap();
    let [instance] = &standing.instances[..] else { panic!("{:?}", standing.instances) };
    assert_eq!((instance.kind, instance.status, instance.slots), (InstanceKind::InProcess, InstanceStatus::Ready, agent.slots));
    let balancing = world.engine.agents().balancing(&world.caller).await.unwrap();
    let echo = balancing.skills.iter().find(|skill| skill.skill == "diagnostics.echo").unwrap();
    assert_eq!((echo.strategy.as_str(), echo.now.candidates[0].agent.name.as_str()), ("least_loaded", "diagnostics"));
    assert_eq!(echo.now.rejected.iter().map(|fell| (fell.reason.as_str(), fell.count)).collect::<Vec<_>>(), [("skill", 1)]);
}

#[tokio::test]
async fn a_task_waits_while_the_circuit_of_its_only_agent_is_open_and_goes_on_when_it_is_closed() {
    let world = World::new().await;
    let retry = RetryPolicy { maximum_attempts: 12, ..quick() };
    let task = world.submit(NewTask { retry: Some(retry), ..NewTask::new("diagnostics.fail", json!({"times": 100})) }).await.unwrap();
    let opened = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        loop {
            let detail = diagnostics(&world).await;
            if detail.standing.as_ref().unwrap().circuit.state == CircuitState::Open {
                return detail;
            }
            tokio::task::yield_now().await;
        }
    });
    let agent = opened.await.unwrap().agent.id;
    world.reaches(task, TaskState::Queued).await;
    assert_eq!(world.tasks().get(&world.caller, task, None).await.unwrap().summary.attempt, 11, "the eleventh waits");
    let fallen = &world.engine.agents().balancing(&world.caller).await.unwrap().skills[0].now;
    assert!(fallen.candidates.is_empty() && fallen.rejected.iter().any(|fell| fell.reason == "circuit_open"), "{fallen:?}");

    let viewer = Caller { role: Some(Role::Viewer), ..Caller::system() };
    let refused = world.engine.agents().reset_circuit(&viewer, agent).await.unwrap_err();
    assert!(refused.is(Code::Forbidden));
    let unknown = AgentId::new(*baton_domain::id::DEFAULT_PROJECT.as_uuid());
    assert!(world.engine.agents().reset_circuit(&world.caller, unknown).await.unwrap_err().is(Code::NoSuchAgent));

    let standing = world.engine.agents().reset_circuit(&world.caller, agent).await.unwrap();
    assert_eq!((standing.circuit.state, standing.circuit.consecutive_failures), (CircuitState::Closed, 0));
    let ended = world.ended(task).await;
    assert_eq!((ended.summary.state, ended.summary.attempt), (TaskState::Failed, 12));
}
