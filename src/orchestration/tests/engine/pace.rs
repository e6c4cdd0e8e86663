//! Do all attempts of a server keep to one pace with a host?

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Skill};
use baton_domain::egress::EgressPolicy;
use baton_domain::task::{RetryPolicy, TaskState, Timeouts};
use baton_domain::wire::task::NewTask;
use baton_orchestration::EngineOptions;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::world::{World, card, options, quick, skill};

const TALK: &str = "talking.talk";

/// Waits for its turn with a host, and is done.
struct Talking;

#[async_trait]
impl Agent for Talking {
    fn card(&self) -> AgentCard {
        let talk = Skill { network: true, ..skill(TALK, "Talk", "Waits for its turn with a host.") };
        card("talking", "Talking", 4, vec![talk])
    }

    async fn perform(&self, context: Context, _: &str, input: Value) -> Result<Value, SkillError> {
        context.permit(input["host"].as_str().unwrap_or_default()).await?;
        Ok(json!({}))
    }
}

/// A server whose agents talk to a host once in so many milliseconds.
async fn world(per_host_interval_ms: u64) -> World {
    let options = EngineOptions { egress: EgressPolicy { per_host_interval_ms, ..EgressPolicy::default() }, ..options() };
    World::open_with(TempDir::with_prefix("baton-engine-").unwrap(), options, vec![Arc::new(Talking)]).await
}

fn talk(host: &str) -> NewTask {
    NewTask::new(TALK, json!({"host": host}))
}

#[tokio::test]
async fn a_host_is_talked_to_once_in_an_interval_whichever_task_asks() {
    // Far longer than this test: whoever comes second waits until its attempt has taken too long.
    let world = world(600_000).await;
    assert_eq!(world.run(talk("a.example")).await.summary.state, TaskState::Completed, "the first waits for nobody");
    let timeouts = Timeouts { start_to_close_ms: 500, ..Timeouts::default() };
    let retry = RetryPolicy { maximum_attempts: 1, ..quick() };
    let second = world.run(NewTask { timeouts, retry: Some(retry), ..talk("A.Example") }).await;
    let code = second.summary.failure.map(|failure| failure.code);
    assert_eq!((second.summary.state, code.as_deref()), (TaskState::TimedOut, Some("ATTEMPT-002")), "it is the same host");
    assert_eq!(world.run(talk("b.example")).await.summary.state, TaskState::Completed, "another host has turns of its own");
}

#[tokio::test]
async fn whoever_waits_for_a_host_gets_a_turn() {
    let world = world(150).await;
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.push(world.submit(talk("a.example")).await.unwrap());
    }
    for task in tasks {
        assert_eq!(world.ended(task).await.summary.state, TaskState::Completed);
    }
    // A lower bound alone: the third turn comes two intervals after the first, however slow the rest is.
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
}
