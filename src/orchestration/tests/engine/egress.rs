//! Do attempts keep to the rules of where agents may reach out to, also those that run already when they are set?

use std::sync::Arc;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Skill};
use baton_domain::egress::EgressPolicy;
use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::task::TaskState;
use baton_domain::user::{Caller, Role};
use baton_domain::wire::egress::EgressRules;
use baton_domain::wire::task::NewTask;
use baton_orchestration::EngineOptions;
use baton_storage::{SettingsKind, SettingsStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Notify, Semaphore};

use super::world::{World, card, options, skill};

const REACH: &str = "reaching.reach";

/// Asks for a host twice, and waits in between for the test.
struct Reaching {
    asked: Arc<Notify>,
    through: Arc<Semaphore>,
}

#[async_trait]
impl Agent for Reaching {
    fn card(&self) -> AgentCard {
        let reach = Skill { network: true, ..skill(REACH, "Reach", "Asks for a host twice.") };
        card("reaching", "Reaching", 4, vec![reach])
    }

    async fn perform(&self, context: Context, _: &str, input: Value) -> Result<Value, SkillError> {
        let host = input["host"].as_str().unwrap_or_default();
        context.permit(host).await?;
        self.asked.notify_one();
        let _through = self.through.acquire().await.map_err(|error| SkillError::internal(error.to_string()))?;
        context.permit(host).await?;
        Ok(json!({"policy": context.egress()}))
    }
}

struct Place {
    world: World,
    asked: Arc<Notify>,
    through: Arc<Semaphore>,
}

impl Place {
    async fn new() -> Self {
        let (asked, through) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let agent = Arc::new(Reaching { asked: Arc::clone(&asked), through: Arc::clone(&through) });
        let egress =
            EgressPolicy { per_host_interval_ms: 0, maximum_redirects: 3, deny: vec!["started.example".into()], ..EgressPolicy::default() };
        let options = EngineOptions { egress, ..options() };
        let world = World::open_with(TempDir::with_prefix("baton-engine-").unwrap(), options, vec![agent]).await;
        Self { world, asked, through }
    }

    async fn set(&self, rules: EgressRules) {
        self.world.engine.egress().set(&self.world.caller, rules).await.unwrap();
    }
}

fn reach(host: &str) -> NewTask {
    NewTask::new(REACH, json!({"host": host}))
}

fn denying(host: &str) -> EgressRules {
    EgressRules { deny: vec![host.to_owned()], ..EgressRules::default() }
}

#[tokio::test]
async fn an_attempt_begins_within_the_rules() {
    let place = Place::new().await;
    place.through.add_permits(16);
    place.set(EgressRules { allow: vec!["*.Example.ORG".into()], maximum_redirects: Some(1), ..denying("b.example.org") }).await;
    let ended = place.world.run(reach("a.example.org")).await;
    let policy: EgressPolicy = serde_json::from_value(ended.result.unwrap()["policy"].clone()).unwrap();
    assert_eq!((policy.also_allow, policy.maximum_redirects), (vec!["*.example.org".to_owned()], 1));
    assert_eq!(policy.deny, ["started.example", "b.example.org"], "what the server was started with stays");
    for host in ["b.example.org", "elsewhere.example"] {
        let failure = place.world.run(reach(host)).await.summary.failure.unwrap();
        assert_eq!((failure.code.as_str(), failure.retryable), ("EGRESS-002", false), "{host}: {}", failure.message);
    }
}

#[tokio::test]
async fn rules_hold_for_attempts_that_run_already() {
    let place = Place::new().await;
    let running = place.world.submit(reach("a.example")).await.unwrap();
    place.asked.notified().await;
    place.set(denying("a.example")).await;
    place.through.add_permits(16);
    let ended = place.world.ended(running).await;
    assert_eq!((ended.summary.state, ended.summary.failure.unwrap().code.as_str()), (TaskState::Failed, "EGRESS-002"));
    // And no longer once they are gone.
    place.set(EgressRules::default()).await;
    assert_eq!(place.world.run(reach("a.example")).await.summary.state, TaskState::Completed);
}

#[tokio::test]
async fn operators_see_the_rules_and_administrators_set_them() {
    let place = Place::new().await;
    let service = place.world.engine.egress();
    let role = |role| Caller { role: Some(role), ..place.world.caller.clone() };
    let before = service.get(&role(Role::Operator)).await.unwrap();
    assert_eq!((before.rules, before.updated_at, before.bounds.maximum_redirects), (EgressRules::default(), None, 3));
    assert_eq!(service.get(&role(Role::Viewer)).await.unwrap_err().code, "AUTH-005");
    assert_eq!(service.set(&role(Role::Operator), EgressRules::default()).await.unwrap_err().code, "AUTH-005");
    let wider = EgressRules { maximum_redirects: Some(4), ..EgressRules::default() };
    let refused = service.set(&role(Role::Admin), wider).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.errors[0].field.as_str()), ("REQUEST-002", "/maximum_redirects"));
    service.set(&role(Role::Admin), denying("A.example.")).await.unwrap();
    let set = service.set(&role(Role::Admin), denying("B.example.")).await.unwrap();
    assert_eq!((set.rules.deny.as_slice(), set.updated_by.is_some()), (["b.example".to_owned()].as_slice(), true));
    let stored = place.world.store.settings(SettingsKind::Egress, DEFAULT_PROJECT).await.unwrap();
    assert_eq!(stored.len(), 1, "one for the project");
    assert_eq!(service.get(&role(Role::Operator)).await.unwrap(), set);
}
