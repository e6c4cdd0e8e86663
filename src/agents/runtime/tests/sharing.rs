//! What does an agent say when it claims what is shared, stores a version of it, or has several do what it asks for?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::carrier::{Connection, begin_in_process};
use baton_agents_runtime::diagnostics::{ASK, CLAIM, Diagnostics};
use baton_agents_runtime::protocol::{FromAgent, Start, ToAgent, VERSION};
use baton_domain::agent::Limits;
use baton_domain::id::{ArtifactId, AttemptId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::claim::{ClaimMode, ClaimRef, ClaimState, ClaimView, Claimed};
use baton_domain::wire::conflict::{LinePolicy, PutVersion};
use baton_domain::wire::task::Failure;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

fn begin(folder: &TempDir, skill: &str, input: Value) -> Connection {
    let start = Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(1)),
        task_id: TaskId::new(Uuid::from_u128(2)),
        attempt: 1,
        agent: "diagnostics".to_owned(),
        skill: skill.to_owned(),
        input,
        artifacts: BTreeMap::new(),
        scratch: folder.path().to_owned(),
        heartbeat_ms: 10_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint: None,
        egress: None,
        connections: BTreeMap::new(),
    };
    begin_in_process(Arc::new(Diagnostics { slots: 1 }), start)
}

/// What an agent asks for next, or at the end; through text, as to a child.
async fn next(connection: &mut Connection) -> FromAgent {
    loop {
        let said = tokio::time::timeout(Duration::from_secs(5), connection.from_agent.recv()).await.unwrap().unwrap();
        if !matches!(said, FromAgent::Started | FromAgent::Heartbeat | FromAgent::Log { .. }) {
            let line = serde_json::to_string(&said).unwrap();
            assert_eq!(serde_json::from_str::<FromAgent>(&line).unwrap(), said, "{line}");
            return said;
        }
    }
}

async fn tell(connection: &Connection, message: ToAgent) {
    let line = serde_json::to_string(&message).unwrap();
    connection.to_agent.send(serde_json::from_str(&line).unwrap()).await.unwrap();
}

fn held(fence: i64) -> ClaimView {
    ClaimView {
        resource: "line:a.txt".to_owned(),
        holder: "attempt:1".to_owned(),
        by: "somebody".to_owned(),
        mode: ClaimMode::Exclusive,
        state: ClaimState::Held,
        fence: Some(fence),
        since: Timestamp::from_millis(0),
        until: None,
        behind: vec![],
    }
}

fn refused(code: &str) -> Failure {
    Failure { code: code.to_owned(), message: "as asked".to_owned(), retryable: false }
}

#[tokio::test]
async fn an_agent_claims_renews_and_stores_under_its_claim() {
    let folder = TempDir::with_prefix("baton-agent-").unwrap();
    let input = json!({"resource": "line:a.txt", "seconds": 3, "until_lost": true, "line": "a.txt", "content": "one", "base": 4});
    let mut connection = begin(&folder, CLAIM, input);
    let FromAgent::Claim { request, wanted, lease_ms, wait_seconds } = next(&mut connection).await else { panic!() };
    assert_eq!((wanted.len(), wanted[0].resource.as_str(), wanted[0].mode), (1, "line:a.txt", ClaimMode::Exclusive));
    assert_eq!((lease_ms, wait_seconds), (60_000, 3));
    tell(&connection, ToAgent::Claimed { request, result: Ok(Claimed { complete: true, claims: vec![held(7)] }) }).await;
    let named = vec![ClaimRef { resource: "line:a.txt".to_owned(), fence: Some(7) }];
    let FromAgent::RenewClaims { request, claims, lease_ms } = next(&mut connection).await else { panic!() };
    assert_eq!((claims, lease_ms), (named, None));
    tell(&connection, ToAgent::Renewed { request, result: Ok(vec![held(7)]) }).await;
    let FromAgent::RenewClaims { request, .. } = next(&mut connection).await else { panic!() };
    tell(&connection, ToAgent::Renewed { request, result: Err(refused("CLAIM-001")) }).await;
    let FromAgent::Artifact { request, .. } = next(&mut connection).await else { panic!() };
    let artifact = ArtifactId::new(Uuid::from_u128(3));
    tell(&connection, ToAgent::Stored { request, result: Ok(artifact) }).await;
    let FromAgent::PutVersion { request, line, version } = next(&mut connection).await else { panic!() };
    let expected = PutVersion { artifact, base: Some(4), policy: Some(LinePolicy::Refuse), form: None, fence: Some(7) };
    assert_eq!((line.as_str(), *version), ("a.txt", expected));
    tell(&connection, ToAgent::VersionPut { request, result: Err(refused("CLAIM-001")) }).await;
    assert!(matches!(next(&mut connection).await, FromAgent::Outcome { result: Err(failure), .. } if failure.code == "CLAIM-001"));
}

#[tokio::test]
async fn who_does_not_get_a_claim_in_time_says_so() {
    let folder = TempDir::with_prefix("baton-agent-").unwrap();
    let mut connection = begin(&folder, CLAIM, json!({"resource": "line:a.txt"}));
    let FromAgent::Claim { request, .. } = next(&mut connection).await else { panic!() };
    tell(&connection, ToAgent::Claimed { request, result: Ok(Claimed { complete: false, claims: vec![] }) }).await;
    assert!(matches!(next(&mut connection).await, FromAgent::Outcome { result: Err(failure), .. } if failure.code == "CLAIM-007"));
}

#[tokio::test]
async fn an_ask_carries_its_terms() {
    let folder = TempDir::with_prefix("baton-agent-").unwrap();
    let terms = json!({"voters": {"samples": 3}, "rule": "majority"});
    let mut connection = begin(&folder, ASK, json!({"skill": "a.b", "input": {"n": 1}, "decide": terms}));
    let FromAgent::Ask { request, skill, input, decide } = next(&mut connection).await else { panic!() };
    assert_eq!((skill.as_str(), input, serde_json::to_value(decide.unwrap()).unwrap()), ("a.b", json!({"n": 1}), terms));
    tell(&connection, ToAgent::Answered { request, result: Ok(json!(5)) }).await;
    assert!(matches!(next(&mut connection).await, FromAgent::Outcome { result: Ok(result), .. } if result == json!({"answer": 5})));
    // Without terms it is as it always was.
    let mut connection = begin(&folder, ASK, json!({"skill": "a.b"}));
    let said = next(&mut connection).await;
    assert!(serde_json::to_value(&said).unwrap().get("decide").is_none(), "{said:?}");
    // Terms that there are not are the input's mistake.
    let mut connection = begin(&folder, ASK, json!({"skill": "a.b", "decide": {"quorm": 2}}));
    assert!(matches!(next(&mut connection).await, FromAgent::Outcome { result: Err(failure), .. } if failure.message.contains("quorm")));
}
