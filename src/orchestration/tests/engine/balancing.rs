//! Does who asks see how work is balanced, and can they close a circuit?

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, CircuitState, InstanceKind, InstanceRange, InstanceStatus, Strategy};
use baton_domain::id::{AgentId, ProjectId};
use baton_domain::ports::{AgentRecords, Clock, Records, SkillRecords};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::task::{RetryPolicy, TaskState};
use baton_domain::user::{Caller, Role};
use baton_domain::wire::agent::AgentDetail;
use baton_domain::wire::task::NewTask;
use baton_orchestration::load_balancer::BalancerOptions;
use baton_orchestration::{EngineOptions, ScalingOptions};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::world::{World, card, options, quick, skill};

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
    let opened = tokio::time::timeout(Duration::from_secs(20), async {
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

const NARROW: &str = "narrow.pass";

/// Does one task at a time, each when the test lets it through.
struct Narrow(Arc<Semaphore>);

#[async_trait]
impl Agent for Narrow {
    fn card(&self) -> AgentCard {
        card("narrow", "Narrow", 1, vec![skill(NARROW, "Narrow", "Waits to be let through.")])
    }

    async fn perform(&self, _: Context, _: &str, _: Value) -> Result<Value, SkillError> {
        self.0.acquire().await.map_err(|_| SkillError::internal("the test is over"))?.forget();
        Ok(json!({}))
    }
}

async fn narrow(world: &World) -> AgentDetail {
    let agents = world.engine.agents();
    let list = agents.list(&world.caller).await.unwrap();
    let id = list.items.iter().find(|agent| agent.name == "narrow").unwrap().id;
    agents.get(&world.caller, id).await.unwrap()
}

/// Lets the time pass by such steps until so many instances have so many attempts.
async fn passes_until(world: &World, instances: usize, busy: u32, step: Duration) {
    let came = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let standing = narrow(world).await.standing.unwrap();
            assert!((1..=3).contains(&standing.instances.len()), "{:?}", standing.instances);
            if (standing.instances.len(), standing.instances.iter().map(|instance| instance.busy).sum::<u32>()) == (instances, busy) {
                return;
            }
            world.clock.advance(step);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    came.await.expect("so many instances");
}

#[tokio::test]
async fn an_old_queue_gets_instances_up_to_the_maximum_and_an_empty_one_loses_them() {
    let through = Arc::new(Semaphore::new(0));
    let range = InstanceRange { minimum: 1, maximum: 3 };
    let options = EngineOptions {
        scaling: ScalingOptions { every: Duration::from_millis(2), ..ScalingOptions::default() },
        instances: [("narrow".to_owned(), range)].into(),
        // Often enough for a time that passes a hundred times as fast.
        heartbeat: Duration::from_millis(20),
        ..options()
    };
    let folder = TempDir::with_prefix("baton-engine-").unwrap();
    let world = World::open_with(folder, options, vec![Arc::new(Narrow(Arc::clone(&through)))]).await;
    assert_eq!(narrow(&world).await.standing.unwrap().range, range);
    let began = world.clock.now();
    let mut tasks = Vec::new();
    for _ in 0..6 {
        tasks.push(world.submit(NewTask::new(NARROW, json!({}))).await.unwrap());
    }
    let step = Duration::from_millis(500);
    passes_until(&world, 1, 1, Duration::ZERO).await;
    passes_until(&world, 2, 2, step).await;
    assert!(world.clock.now().since(began) >= Duration::from_secs(5), "two seconds old, for three seconds");
    passes_until(&world, 3, 3, step).await;
    assert_eq!(narrow(&world).await.agent.slots, 3);

    through.add_permits(tasks.len());
    for task in tasks {
        assert_eq!(world.ended(task).await.summary.state, TaskState::Completed);
    }
    let idle = world.clock.now();
    passes_until(&world, 1, 0, Duration::from_secs(5)).await;
    let waited = world.clock.now().since(idle);
    assert!(waited >= Duration::from_secs(110), "a minute for each of the two: {waited:?}");
}

/// An agent like another one.
struct Twin(&'static str);

const TWIN: &str = "twin.do";

#[async_trait]
impl Agent for Twin {
    fn card(&self) -> AgentCard {
        card(self.0, self.0, 4, vec![skill(TWIN, "Do", "Does it.")])
    }

    async fn perform(&self, _: Context, _: &str, _: Value) -> Result<Value, SkillError> {
        Ok(json!({}))
    }
}

/// Records as the test says; none can be read while there are none.
#[derive(Default)]
struct Told(Mutex<Option<AgentRecords>>);

#[async_trait]
impl Records for Told {
    async fn of_agents(&self, _: ProjectId) -> Answer<Arc<AgentRecords>> {
        let told = self.0.lock().clone();
        told.map(Arc::new).ok_or_else(|| Problem::new(Code::StorageUnavailable, "as asked"))
    }
}

#[tokio::test]
async fn what_decisions_say_of_agents_counts_for_the_next_choice_and_stands_in_its_explanation() {
    let options = EngineOptions {
        balancing: BalancerOptions { strategy: Strategy::Weighted, ..BalancerOptions::default() },
        records_every: Duration::from_millis(5),
        ..options()
    };
    let agents: Vec<Arc<dyn Agent>> = vec![Arc::new(Twin("one")), Arc::new(Twin("two"))];
    let world = World::open_with(TempDir::with_prefix("baton-engine-").unwrap(), options, agents).await;
    let told = Arc::new(Told::default());
    world.engine.use_records(Arc::clone(&told) as Arc<dyn Records>);
    let list = world.engine.agents().list(&world.caller).await.unwrap();
    let id = |name: &str| list.items.iter().find(|agent| agent.name == name).unwrap().id;
    for (good, bad) in [("two", "one"), ("one", "two")] {
        let known = SkillRecords { usual: 0.5, agents: [(id(good), 0.75), (id(bad), 0.25)].into() };
        *told.0.lock() = Some(AgentRecords([(TWIN.to_owned(), known)].into()));
        // Until what is known has been read, and then the next of it goes to the better one.
        let chosen = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let task = world.run(NewTask::new(TWIN, json!({}))).await;
                let best = task.attempts[0].explanation.candidates[0].clone();
                let record = best.terms.iter().find(|term| term.name == "record").unwrap();
                if best.agent.name == good && record.value == 0.75 {
                    return (best, task);
                }
            }
        });
        let (best, task) = chosen.await.expect("a choice by records");
        assert_eq!(task.summary.agent.unwrap().name, best.agent.name);
        // What cannot be read for a moment is believed as it was.
        *told.0.lock() = None;
    }
}
