//! Who does the work? An agent that does what its input says, attempt by attempt.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, AgentRegistry, Context, DuplicateAgent, SkillError};
use baton_domain::agent::AgentCard;
use baton_domain::problem::Code;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::messages::Hearing;
use crate::topics::{ALL, DURABLE, EPHEMERAL};
use crate::world::World;

/// How long an agent pauses between two messages.
const BETWEEN: Duration = Duration::from_millis(100);
/// How long an agent listens.
const LISTENS: Duration = Duration::from_millis(500);

/// The skills there are.
pub(crate) const SKILLS: [&str; 2] = ["sim.quick", "sim.slow"];

/// A skill and a label that one agent of every other server has together, and no other.
pub(crate) const LABELLED: (&str, &str) = (SKILLS[1], "rare");

/// What an agent can do, on whichever server it is.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) labels: &'static [&'static str],
    pub(crate) skills: &'static [&'static str],
    pub(crate) slots: u32,
}

const BOTH: Kind = Kind { name: "both", labels: &["simulated"], skills: &SKILLS, slots: 4 };
const SLOW: Kind = Kind { name: "slow", labels: &["simulated"], skills: &[SKILLS[1]], slots: 3 };
const RARE: Kind = Kind { name: "rare", labels: &["simulated", LABELLED.1], skills: &[SKILLS[1]], slots: 2 };

/// The agents of a server: each server has the same, and every other one more.
pub(crate) fn carried(server: usize) -> &'static [Kind] {
    if server.is_multiple_of(2) { &[BOTH, SLOW, RARE] } else { &[BOTH, SLOW] }
}

struct Worker {
    world: Arc<World>,
    kind: &'static Kind,
}

/// A server's agents, to be started.
pub(crate) fn registry(world: &Arc<World>, server: usize) -> Result<AgentRegistry, DuplicateAgent> {
    AgentRegistry::new(carried(server).iter().map(|kind| Arc::new(Worker { world: Arc::clone(world), kind }) as Arc<dyn Agent>))
}

#[async_trait]
impl Agent for Worker {
    fn card(&self) -> AgentCard {
        let Kind { name, labels, skills, slots } = self.kind;
        let skills: Vec<Value> = skills.iter().map(|name| skill(name)).collect();
        let card = json!({
            "name": name, "title": name, "description": "Does what its input says.", "family": "custom", "skills": skills,
            "labels": labels, "slots": slots, "version": "1.0.0",
        });
        // Written as JSON, so that what a card may say besides has its default here.
        serde_json::from_value(card).unwrap_or_else(|error| unreachable!("the card is one: {error}"))
    }

    async fn perform(&self, context: Context, _skill: &str, input: Value) -> Result<Value, SkillError> {
        let steps = input["plan"].as_array().map(Vec::as_slice).unwrap_or_default();
        let index = usize::try_from(context.attempt()).unwrap_or(1).saturating_sub(1).min(steps.len().saturating_sub(1));
        let step = steps.get(index).unwrap_or(&Value::Null);
        tokio::time::sleep(Duration::from_millis(step[1].as_u64().unwrap_or(0))).await;
        match step[0].as_str() {
            Some("fail") => return Err(SkillError::passing(Code::Internal, "as planned")),
            Some("fatal") => return Err(SkillError::new(Code::Internal, "as planned, for good")),
            Some("busy") => return Err(SkillError { retry_after_ms: Some(300), ..SkillError::passing(Code::Internal, "come back later") }),
            Some("hang") => std::future::pending().await,
            Some("log") => context.info("still here", Value::Null),
            Some("tell") => self.tell(&context, input["n"].as_u64().unwrap_or(0)).await?,
            Some("listen") => self.listen(&context).await?,
            Some("ask") => {
                let child = json!({"n": input["n"], "plan": [["done", 50]]});
                context.ask(SKILLS[0], child).await?;
            }
            _ => {}
        }
        let number = self.world.ledger.pages().execution(context.task_id());
        Ok(json!({"execution": number}))
    }
}

impl Worker {
    /// Publishes some messages, one after the other: under a key, which another attempt publishes again, or without one.
    async fn tell(&self, context: &Context, number: u64) -> Result<(), SkillError> {
        for index in 0..=number % 3 {
            let topic = DURABLE[usize::try_from(index % 2).unwrap_or(0)];
            let key = (!(number + index).is_multiple_of(2)).then(|| format!("{}/{index}", context.task_id()));
            let message = self.world.messages.lock().send(topic, Some(context.task_id()), key.as_deref());
            let id = context.publish(topic, json!({"n": message}), key.as_deref()).await?;
            self.world.messages.lock().told(message, id);
            tokio::time::sleep(BETWEEN).await;
        }
        let message = self.world.messages.lock().send(EPHEMERAL, Some(context.task_id()), None);
        context.publish(EPHEMERAL, json!({"n": message}), None).await.map(drop)
    }

    /// Listens for a while.
    async fn listen(&self, context: &Context) -> Result<(), SkillError> {
        let mut messages = context.subscribe(ALL).await?;
        let (mut hearing, until) = (Hearing::default(), Instant::now() + LISTENS);
        while let Ok(Some(message)) = tokio::time::timeout_at(until, messages.next()).await {
            self.world.messages.lock().heard(&mut hearing, &message);
        }
        Ok(())
    }
}

fn skill(name: &str) -> Value {
    json!({
        "name": name, "title": name, "description": "Does what its input says.", "family": "custom",
        "input_schema": {"type": "object", "required": ["n", "plan"]}, "output_schema": {"type": "object"}, "examples": [],
        "result_kind": "json", "idempotent": true, "destructive": false, "isolation": "task", "limits": {}, "version": "1.0.0",
        "retry": {"initial_interval_ms": 100, "maximum_interval_ms": 1_000, "maximum_attempts": 4},
    })
}
