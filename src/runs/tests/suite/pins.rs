//! Does a run use, at every level below it, what was there when it began?

use baton_domain::id::{JournalId, RunId};
use baton_domain::services::{RunService, WorkflowService};
use baton_domain::wire::run::{NewFork, RunFilter, RunRetry, RunState, RunSummary};
use baton_storage::{JournalOpened, JournalStore, NewJournal, WorkflowRecord, WorkflowStore, WorkflowStored};
use baton_workflow::validate::MAXIMUM_NESTING;
use serde_json::{Value, json};

use crate::harness::{Server, World, alice, bob};

/// Gives its number.
fn numbered(number: u32) -> String {
    format!("name: c\nversion: 1\nsteps:\n  s: {{uses: test.work, with: {{v: {number}}}}}\noutputs: {{v: '${{{{ steps.s.output.v }}}}'}}\n")
}

/// Works, and then uses another workflow.
fn using(name: &str, used: &str) -> String {
    format!(
        "name: {name}\nversion: 1\nsteps:\n  first: {{uses: test.work, with: {{v: 0}}}}\n  down: {{uses: 'workflow:{used}', needs: [first]}}\noutputs: {{v: '${{{{ steps.down.output.v }}}}'}}\n"
    )
}

/// `a` uses `b`, which uses `c`; a run of `a` has begun, and nothing below it.
async fn begun(world: &World) -> (Server, RunId) {
    let server = world.server();
    server.store(&numbered(1)).await;
    server.store(&using("b", "c")).await;
    server.store(&using("a", "b")).await;
    let id = server.start("a", json!({})).await;
    (server, id)
}

/// The run of `c` below a run of `a`.
async fn lowest(server: &Server, id: RunId) -> RunSummary {
    let below = async |id: RunId| {
        let filter = RunFilter { parent: Some(id), ..RunFilter::default() };
        RunService::list(&*server.runs, &alice(), filter).await.unwrap().items.remove(0)
    };
    let between = below(id).await;
    below(between.id).await
}

/// A copy of a run that has begun nothing yet, with something changed of what it began with.
async fn copied(world: &World, id: RunId, change: impl FnOnce(&mut Value)) -> RunId {
    let from = JournalId::new(*id.as_uuid());
    let mut head = world.store.journal(from).await.unwrap().unwrap().0;
    let mut opening = world.store.journal_opening(from).await.unwrap().unwrap();
    let (rows, _) = world.store.journal_rows(from, None, None, 1_000).await.unwrap();
    let id = JournalId::new(world.sources.ids.next());
    opening["beginning"]["id"] = json!(id.to_string());
    change(&mut opening);
    head.id = id;
    head.summary["id"] = json!(id.to_string());
    let opened = world.store.open_journal(NewJournal { head, opening, rows, events: Vec::new() }).await.unwrap();
    assert!(matches!(opened, JournalOpened::Stored));
    RunId::new(*id.as_uuid())
}

/// Stores a document without looking at it, as one of two servers that store at once does.
async fn unseen_by_others(world: &World, text: &str) {
    let read = baton_workflow::parse(text).unwrap();
    let record = WorkflowRecord {
        project: alice().project,
        name: read.name,
        version: 0,
        text: text.to_owned(),
        hash: read.hash,
        summary: json!({"title": "x", "steps": 1}),
        created_at: world.sources.clock.now(),
        created_by: "alice@example.org".to_owned(),
        retired: false,
    };
    let stored = world.store.store_workflow(record, None, 1_000, Vec::new()).await.unwrap();
    assert!(matches!(stored, WorkflowStored::Stored(_)), "{stored:?}");
}

#[tokio::test]
async fn what_is_edited_or_retired_two_levels_below_changes_nothing_of_a_run() {
    for (edited, retired) in [(true, false), (false, true), (true, true)] {
        let world = World::new();
        let (server, id) = begun(&world).await;
        server.runs.settle().await;
        if edited {
            assert_eq!(server.store(&numbered(2)).await.version, 2);
        }
        if retired {
            WorkflowService::retire(&server.workflows, &bob(), "c").await.unwrap();
        }
        let server = world.server();
        server.runs.take_up().await.unwrap();
        server.echo().await;
        let detail = server.detail(id).await;
        assert_eq!((detail.summary.state, detail.outputs), (RunState::Completed, Some(json!({"v": 1}))), "{edited} {retired}");
        assert_eq!(lowest(&server, id).await.version, 1);
        if !retired {
            let new = server.start("a", json!({})).await;
            server.echo().await;
            assert_eq!(server.detail(new).await.outputs, Some(json!({"v": 2})), "what begins now uses what there is now");
        }
    }
}

#[tokio::test]
async fn what_is_begun_anew_or_forked_uses_the_same_versions_at_every_level() {
    let world = World::new();
    let (server, id) = begun(&world).await;
    server.play(|task| Some(if task.input["v"] == json!(1) { Err(("ATTEMPT-001", "it broke")) } else { Ok(task.input.clone()) })).await;
    assert_eq!(server.state(id).await, RunState::Failed);
    server.store(&numbered(2)).await;
    RunService::retry(&*server.runs, &alice(), id, RunRetry::default()).await.unwrap();
    server.echo().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.summary.state, detail.outputs), (RunState::Completed, Some(json!({"v": 1}))));
    let fork = || NewFork { step: "down".to_owned(), input: Some(json!({})), output: None, title: None };
    let forked = RunService::fork(&*server.runs, &alice(), id, fork(), None).await.unwrap().id;
    server.echo().await;
    assert_eq!(server.detail(forked).await.outputs, Some(json!({"v": 1})));
    assert_eq!(lowest(&server, forked).await.version, 1);
    // A fork is a new run: it does not begin with what was taken out of use, at whatever level.
    WorkflowService::retire(&server.workflows, &bob(), "c").await.unwrap();
    let problem = RunService::fork(&*server.runs, &alice(), id, fork(), None).await.unwrap_err();
    assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("WORKFLOW-009", "/steps/down/uses"));
    let problem = server.try_start("a", json!({}), None).await.unwrap_err();
    assert!(problem.code == "WORKFLOW-009" && problem.detail.contains("`c`") && problem.detail.contains("`b`"), "{problem}");
}

#[tokio::test]
async fn a_run_of_an_earlier_version_goes_on_as_it_did() {
    let world = World::new();
    let (server, id) = begun(&world).await;
    let old = copied(&world, id, |opening| {
        assert_eq!((&opening["pinned"], &opening["uses"]), (&json!(true), &json!({"b": 1, "c": 1})));
        opening.as_object_mut().unwrap().remove("pinned");
        opening["uses"] = json!({"b": 1});
    })
    .await;
    server.store(&numbered(2)).await;
    let server = world.server();
    server.runs.take_up().await.unwrap();
    server.echo().await;
    assert_eq!(server.detail(old).await.outputs, Some(json!({"v": 2})), "below what it knows the newest is used");
    assert_eq!(server.detail(id).await.outputs, Some(json!({"v": 1})));
    let fork = NewFork { step: "down".to_owned(), input: Some(json!({})), output: None, title: None };
    let forked = RunService::fork(&*server.runs, &alice(), old, fork, None).await.unwrap().id;
    server.echo().await;
    assert_eq!(server.detail(forked).await.outputs, Some(json!({"v": 2})));
}

#[tokio::test]
async fn circles_that_two_servers_stored_at_once_do_not_run() {
    let world = World::new();
    let (server, id) = begun(&world).await;
    let between = server.start("b", json!({})).await;
    // The other server has seen no `b` that uses `c`.
    unseen_by_others(&world, &using("c", "a")).await;
    let problem = server.try_start("a", json!({}), None).await.unwrap_err();
    assert_eq!(problem.code, "WORKFLOW-010");
    // One of an earlier version learns it where it would go in circles.
    let deep = copied(&world, between, |opening| opening["depth"] = json!(MAXIMUM_NESTING - 1)).await;
    let less = copied(&world, id, |opening| opening["depth"] = json!(MAXIMUM_NESTING - 3)).await;
    let server = world.server();
    server.runs.take_up().await.unwrap();
    server.echo().await;
    let detail = server.detail(deep).await;
    let error = detail.steps[1].error.clone().unwrap();
    assert_eq!((detail.summary.state, error.code.as_str()), (RunState::Failed, "WORKFLOW-010"), "{error:?}");
    for fine in [less, id, between] {
        assert_eq!(server.state(fine).await, RunState::Completed, "it began before there was a circle");
    }
}

#[tokio::test]
async fn as_many_levels_and_workflows_as_are_allowed_run_and_no_more() {
    let world = World::new();
    let server = world.server();
    server.store(&numbered(1)).await;
    let mut last = "c".to_owned();
    for level in 1..=MAXIMUM_NESTING {
        let name = format!("l{level}");
        unseen_by_others(&world, &using(&name, &last)).await;
        last = name;
    }
    let most = format!("l{}", MAXIMUM_NESTING - 1);
    let id = server.start(&most, json!({})).await;
    server.echo().await;
    assert_eq!(server.detail(id).await.outputs, Some(json!({"v": 1})));
    assert_eq!(server.try_start(&last, json!({}), None).await.unwrap_err().code, "WORKFLOW-010");

    let all = |count: u32| {
        let steps: String = (0..count).map(|number| format!("  s{number}: {{uses: 'workflow:w{number}'}}\n")).collect();
        format!("name: all{count}\nversion: 1\nsteps:\n{steps}")
    };
    for number in 0..257 {
        unseen_by_others(&world, &format!("name: w{number}\nversion: 1\nsteps:\n  s: {{wait: 1h}}\n")).await;
    }
    for count in [256, 257] {
        unseen_by_others(&world, &all(count)).await;
    }
    assert!(server.try_start("all256", json!({}), None).await.is_ok());
    assert_eq!(server.try_start("all257", json!({}), None).await.unwrap_err().code, "WORKFLOW-024");
}
