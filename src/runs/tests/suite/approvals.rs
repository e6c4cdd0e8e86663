//! Do people decide on exactly what they saw, in time, once, and not on what they asked for themselves?

use std::time::Duration;

use baton_domain::id::JournalId;
use baton_domain::services::{ApprovalService, RunService};
use baton_domain::user::Role;
use baton_domain::wire::approval::{ApprovalFilter, ApprovalState, ApprovalVerdict};
use baton_domain::wire::run::{NewRun, RunRetry, RunState, StepState};
use baton_storage::{JournalStore, JournalWrite};
use serde_json::json;

use crate::harness::{World, alice, bob, key, user};

const ASKS: &str = "
name: asks
version: 1
inputs: {amount: integer}
steps:
  pay:
    uses: test.work
    with: {amount: '${{ inputs.amount }}'}
    approve: {who: ['role:operator'], message: 'Pay ${{ inputs.amount }}?', expires: 1h}
";

fn verdict(hash: &str) -> ApprovalVerdict {
    ApprovalVerdict { hash: hash.to_owned(), comment: Some("fine".to_owned()) }
}

#[tokio::test]
async fn somebody_else_agrees_to_exactly_what_they_saw() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    let id = server.start("asks", json!({"amount": 7})).await;
    server.runs.settle().await;
    assert!(server.tasks.open().is_empty());
    let open = server.open_approvals().await;
    assert_eq!((open.len(), open[0].title.as_str(), open[0].requested_by.as_str()), (1, "Pay 7?", "alice@example.org"));
    let (approval, hash) = (open[0].id, open[0].hash.clone());
    let runs = &*server.runs;
    let detail = ApprovalService::approval(runs, &alice(), approval).await.unwrap();
    assert_eq!(detail.subject, json!({"step": "pay", "uses": "test.work", "input": {"amount": 7}}));
    assert!(!detail.may_decide);
    assert!(ApprovalService::approval(runs, &bob(), approval).await.unwrap().may_decide);
    assert_eq!(ApprovalService::approve(runs, &alice(), approval, verdict(&hash)).await.unwrap_err().code, "WORKFLOW-028");
    // The same person under another address.
    let mut renamed = alice();
    if let baton_domain::user::Principal::User { email, .. } = &mut renamed.principal {
        *email = "carol@example.org".to_owned();
    }
    assert_eq!(ApprovalService::approve(runs, &renamed, approval, verdict(&hash)).await.unwrap_err().code, "WORKFLOW-028");
    assert_eq!(ApprovalService::approve(runs, &bob(), approval, verdict("00")).await.unwrap_err().code, "WORKFLOW-029");
    assert_eq!(ApprovalService::approve(runs, &user("eve", Role::Viewer), approval, verdict(&hash)).await.unwrap_err().code, "AUTH-005");
    let decided = ApprovalService::approve(runs, &user("root", Role::Admin), approval, verdict(&hash)).await.unwrap();
    assert_eq!((decided.state, decided.decided_by.as_deref()), (ApprovalState::Approved, Some("root@example.org")));
    assert_eq!(ApprovalService::approve(runs, &bob(), approval, verdict(&hash)).await.unwrap_err().code, "WORKFLOW-026");
    assert_eq!(ApprovalService::refuse(runs, &bob(), approval, verdict(&hash)).await.unwrap_err().code, "WORKFLOW-026");
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
    assert!(server.open_approvals().await.is_empty());
    let closed = ApprovalService::list(runs, &alice(), ApprovalFilter { open: Some(false), run: Some(id), ..ApprovalFilter::default() })
        .await
        .unwrap();
    assert_eq!(closed.items, [decided]);
    let kinds: Vec<String> =
        world.events().await.into_iter().filter(|event| event.kind.starts_with("approval.")).map(|event| event.kind).collect();
    assert_eq!(kinds, ["approval.requested", "approval.decided"]);
}

#[tokio::test]
async fn a_refusal_fails_the_step_and_a_retry_asks_again() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    let id = server.start("asks", json!({"amount": 7})).await;
    server.runs.settle().await;
    let first = server.open_approvals().await[0].clone();
    ApprovalService::refuse(&*server.runs, &bob(), first.id, verdict(&first.hash)).await.unwrap();
    server.runs.settle().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.summary.state, detail.summary.error.unwrap().code.as_str()), (RunState::Failed, "WORKFLOW-030"));
    RunService::retry(&*server.runs, &bob(), id, RunRetry::default()).await.unwrap();
    server.runs.settle().await;
    let second = server.open_approvals().await[0].clone();
    assert_ne!((second.id, &second.hash), (first.id, &first.hash));
    // Neither who asked nor who began it anew.
    for who in [alice(), bob()] {
        assert_eq!(ApprovalService::approve(&*server.runs, &who, second.id, verdict(&second.hash)).await.unwrap_err().code, "WORKFLOW-028");
    }
    ApprovalService::approve(&*server.runs, &user("carol", Role::Operator), second.id, verdict(&second.hash)).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}

#[tokio::test]
async fn an_approval_expires_by_itself() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    let id = server.start("asks", json!({"amount": 7})).await;
    server.runs.settle().await;
    let open = server.open_approvals().await[0].clone();
    // Another process, which has only the storage.
    let server = world.server();
    server.runs.take_up().await.unwrap();
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(ApprovalService::approve(&*server.runs, &bob(), open.id, verdict(&open.hash)).await.unwrap_err().code, "WORKFLOW-027");
    server.runs.settle().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.steps[0].state, detail.summary.state), (StepState::Failed, RunState::Failed));
    assert_eq!(ApprovalService::approval(&*server.runs, &bob(), open.id).await.unwrap().summary.state, ApprovalState::Expired);
}

#[tokio::test]
async fn an_approval_is_withdrawn_with_its_run() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    let id = server.start("asks", json!({"amount": 7})).await;
    server.runs.settle().await;
    let open = server.open_approvals().await[0].clone();
    RunService::cancel(&*server.runs, &alice(), id).await.unwrap();
    // The process dies before the list has followed; the next one puts it right.
    let server = world.server();
    world.clock.advance(Duration::from_secs(1));
    server.runs.take_up().await.unwrap();
    server.runs.settle().await;
    assert_eq!(server.state(id).await, RunState::Canceled);
    assert_eq!(ApprovalService::approval(&*server.runs, &bob(), open.id).await.unwrap().summary.state, ApprovalState::Withdrawn);
}

#[tokio::test]
async fn a_program_decides_only_where_it_is_named_and_not_for_whoever_made_it() {
    let world = World::new();
    let server = world.server();
    let runs = &*server.runs;
    server.store(ASKS).await;
    server.store(&ASKS.replace("asks", "named").replace("'role:operator'", "'key:gate', 'key:own'")).await;
    let (gate, own) = (key(&world, "gate", "bob@example.org").await, key(&world, "own", "alice@example.org").await);
    server.start("asks", json!({"amount": 7})).await;
    server.runs.settle().await;
    let open = server.open_approvals().await[0].clone();
    // An operator, but not a person.
    let problem = ApprovalService::approve(runs, &gate, open.id, verdict(&open.hash)).await.unwrap_err();
    assert_eq!(problem.code, "WORKFLOW-028");
    assert!(problem.detail.contains("`key:gate`"), "{}", problem.detail);
    let detail = ApprovalService::approval(runs, &gate, open.id).await.unwrap();
    assert!(!detail.may_decide && detail.why_not.unwrap().contains("API key"));
    ApprovalService::approve(runs, &bob(), open.id, verdict(&open.hash)).await.unwrap();

    server.start("named", json!({"amount": 7})).await;
    server.runs.settle().await;
    let open = server.open_approvals().await[0].clone();
    // Alice has made this key, and has asked for the run.
    assert_eq!(ApprovalService::approve(runs, &own, open.id, verdict(&open.hash)).await.unwrap_err().code, "WORKFLOW-028");
    let decided = ApprovalService::approve(runs, &gate, open.id, verdict(&open.hash)).await.unwrap();
    assert_eq!(decided.decided_by.as_deref(), Some("key:gate"));

    // Bob has asked for this one by the key that he made.
    let run = NewRun { workflow: "asks".to_owned(), version: None, input: json!({"amount": 7}) };
    RunService::start(runs, &gate, run, None).await.unwrap();
    server.runs.settle().await;
    let open = server.open_approvals().await[0].clone();
    assert_eq!(ApprovalService::approve(runs, &bob(), open.id, verdict(&open.hash)).await.unwrap_err().code, "WORKFLOW-028");
    ApprovalService::approve(runs, &alice(), open.id, verdict(&open.hash)).await.unwrap();
}

#[tokio::test]
async fn whoever_asked_first_does_not_decide_on_what_another_has_begun_anew_below() {
    let world = World::new();
    let server = world.server();
    let runs = &*server.runs;
    server.store(ASKS).await;
    server.store("name: outer\nversion: 1\nsteps:\n  sub: {uses: 'workflow:asks', with: {amount: 7}}\n").await;
    let id = server.start("outer", json!({})).await;
    server.runs.settle().await;
    let first = server.open_approvals().await[0].clone();
    assert_eq!(ApprovalService::approve(runs, &alice(), first.id, verdict(&first.hash)).await.unwrap_err().code, "WORKFLOW-028");
    ApprovalService::refuse(runs, &user("carol", Role::Operator), first.id, verdict(&first.hash)).await.unwrap();
    server.runs.settle().await;
    RunService::retry(runs, &bob(), id, RunRetry::default()).await.unwrap();
    server.runs.settle().await;
    let second = server.open_approvals().await[0].clone();
    assert_ne!(second.run, first.run);
    for who in [alice(), bob()] {
        assert!(!ApprovalService::approval(runs, &who, second.id).await.unwrap().may_decide);
        assert_eq!(ApprovalService::approve(runs, &who, second.id, verdict(&second.hash)).await.unwrap_err().code, "WORKFLOW-028");
    }
    ApprovalService::approve(runs, &user("carol", Role::Operator), second.id, verdict(&second.hash)).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}

#[tokio::test]
async fn an_approval_whose_run_was_forgotten_is_withdrawn() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    let id = server.start("asks", json!({"amount": 7})).await;
    server.runs.settle().await;
    let approval = server.open_approvals().await.remove(0);
    // The run ends, and its journal goes, while the approval's write is lost.
    let journal = JournalId::new(*id.as_uuid());
    let (head, _) = server.seen.store.journal(journal).await.unwrap().unwrap();
    let write = JournalWrite {
        id: journal,
        version: head.version,
        state: "canceled".to_owned(),
        live: false,
        wake_at: None,
        summary: None,
        facts: Vec::new(),
        cleared: Vec::new(),
        rows: Vec::new(),
        events: Vec::new(),
        at: head.updated_at,
    };
    server.seen.store.write_journal(write).await.unwrap();
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(server.seen.store.forget_journals(world.sources.clock.now(), 10).await.unwrap(), 1);
    drop(server);
    let server = world.server();
    server.runs.look_around().await.unwrap();
    assert!(server.open_approvals().await.is_empty());
    let filter = ApprovalFilter { open: Some(false), ..ApprovalFilter::default() };
    let closed = ApprovalService::list(&*server.runs, &alice(), filter).await.unwrap().items;
    assert_eq!((closed.len(), closed[0].id, closed[0].state), (1, approval.id, ApprovalState::Withdrawn));
}

#[tokio::test]
async fn whoever_is_named_may_decide_however_their_address_is_written() {
    let world = World::new();
    let server = world.server();
    server.store(&ASKS.replace("'role:operator'", "'Bob@Example.org'")).await;
    let id = server.start("asks", json!({"amount": 7})).await;
    server.runs.settle().await;
    let approval = server.open_approvals().await.remove(0);
    assert!(ApprovalService::approval(&*server.runs, &bob(), approval.id).await.unwrap().may_decide);
    ApprovalService::approve(&*server.runs, &bob(), approval.id, verdict(&approval.hash)).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}

#[tokio::test]
async fn an_approval_that_there_is_not_is_neither_shown_nor_decided() {
    let world = World::new();
    let server = world.server();
    server.store("name: asks\nversion: 1\nsteps:\n  a: {uses: test.work, approve: true}\n").await;
    server.start("asks", json!({})).await;
    server.runs.settle().await;
    let runs = &*server.runs;
    let known = server.open_approvals().await.remove(0).id;
    let mut stranger = bob();
    stranger.project = baton_domain::id::ProjectId::new(uuid::Uuid::from_u128(99));
    let unknown = baton_domain::id::ApprovalId::new(uuid::Uuid::from_u128(5));
    for (caller, id) in [(bob(), unknown), (stranger, known)] {
        assert_eq!(ApprovalService::approval(runs, &caller, id).await.unwrap_err().code, "WORKFLOW-042");
        assert_eq!(ApprovalService::approve(runs, &caller, id, verdict("00")).await.unwrap_err().code, "WORKFLOW-042");
        assert_eq!(ApprovalService::refuse(runs, &caller, id, verdict("00")).await.unwrap_err().code, "WORKFLOW-042");
    }
    assert_eq!(ApprovalService::approval(runs, &bob(), known).await.unwrap().summary.id, known);
}
