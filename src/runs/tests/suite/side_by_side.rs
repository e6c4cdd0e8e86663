//! Do requests, runs and servers leave one another in peace?

use std::time::Duration;

use baton_domain::services::ApprovalService;
use baton_domain::wire::approval::ApprovalVerdict;
use baton_domain::wire::run::RunState;
use serde_json::json;

use crate::harness::{World, bob};

const ASKS: &str = "name: asks\nversion: 1\nsteps:\n  pay: {uses: test.work, with: {amount: 7}, approve: true}\n";

fn verdict(hash: &str) -> ApprovalVerdict {
    ApprovalVerdict { hash: hash.to_owned(), comment: None }
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_done_to_its_end() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    let id = server.start("asks", json!({})).await;
    server.runs.settle().await;
    let open = server.open_approvals().await[0].clone();
    let closed = server.seen.gate.write().await;
    let who = bob();
    let approve = ApprovalService::approve(&*server.runs, &who, open.id, verdict(&open.hash));
    tokio::time::timeout(Duration::from_millis(1), approve).await.unwrap_err();
    drop(closed);
    // Whoever asks again is told that it is done, or does it.
    let _ = ApprovalService::approve(&*server.runs, &bob(), open.id, verdict(&open.hash)).await;
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}
