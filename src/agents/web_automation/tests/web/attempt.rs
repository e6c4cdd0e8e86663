//! How a test holds an attempt in its hand: it sees each message, and can stop the attempt or let it die at any of them.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests; each test file uses a part of it"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{FromAgent, Start, ToAgent, VERSION};
use baton_agents_web_automation::WebAutomation;
use baton_domain::agent::Limits;
use baton_domain::egress::EgressPolicy;
use baton_domain::id::{ArtifactId, AttemptId, TaskId};
use baton_domain::wire::task::Failure;
use serde_json::Value;
use uuid::Uuid;

/// What a test wants after a message.
pub enum Then {
    GoOn,
    /// The attempt is cancelled.
    Cancel,
    /// Its worker dies.
    Die,
}

/// What came of it.
pub struct Seen {
    /// None if it was cancelled or died.
    pub result: Option<Result<Value, Failure>>,
    pub checkpoint: Option<Value>,
    pub checkpoints: usize,
    pub stored: Vec<(String, Vec<u8>)>,
}

/// Runs a skill; `after` sees each message.
pub fn hold(port: u16, skill: &str, input: Value, checkpoint: Option<Value>, after: impl FnMut(&FromAgent) -> Then) -> Seen {
    let scratch = tempfile::tempdir().unwrap();
    hold_in(scratch.path(), port, skill, input, checkpoint, after)
}

/// The same with a scratch folder of one's own.
pub fn hold_in(
    scratch: &Path,
    port: u16,
    skill: &str,
    input: Value,
    checkpoint: Option<Value>,
    mut after: impl FnMut(&FromAgent) -> Then,
) -> Seen {
    let egress = EgressPolicy { private_hosts: vec![format!("127.0.0.1:{port}")], ..EgressPolicy::default() };
    let start = Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(2)),
        task_id: TaskId::new(Uuid::from_u128(1)),
        attempt: 1,
        agent: "web-automation".to_owned(),
        skill: skill.to_owned(),
        input,
        artifacts: BTreeMap::new(),
        scratch: scratch.to_owned(),
        heartbeat_ms: 1_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint,
        egress: Some(egress),
        connections: BTreeMap::new(),
    };
    let mut seen = Seen { result: None, checkpoint: None, checkpoints: 0, stored: Vec::new() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = begin_in_process(Arc::new(WebAutomation::default()), start);
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), connection.from_agent.recv()).await.expect("an attempt that ends");
            let Some(message) = next else { break };
            let then = after(&message);
            match message {
                FromAgent::Artifact { request, file, name, .. } => {
                    seen.stored.push((name, std::fs::read(scratch.join(file)).unwrap()));
                    let result = Ok(ArtifactId::new(Uuid::from_u128(0xa000 + u128::from(request))));
                    connection.to_agent.send(ToAgent::Stored { request, result }).await.unwrap();
                }
                FromAgent::Permit { request, .. } => connection.to_agent.send(ToAgent::Permitted { request }).await.unwrap(),
                FromAgent::Checkpoint { request, state } => {
                    seen.checkpoint = Some(state);
                    seen.checkpoints += 1;
                    connection.to_agent.send(ToAgent::Checkpointed { request, result: Ok(()) }).await.unwrap();
                }
                FromAgent::Outcome { result, .. } => {
                    seen.result = Some(result);
                    break;
                }
                _ => {}
            }
            match then {
                Then::GoOn => {}
                Then::Cancel => connection.to_agent.send(ToAgent::Cancel { reason: "canceled".to_owned() }).await.unwrap(),
                Then::Die => break,
            }
        }
    });
    runtime.shutdown_background();
    seen
}
