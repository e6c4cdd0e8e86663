//! Do runs go through their lives: done, paused, cancelled, retried, signalled, in time and over it?

use std::time::Duration;

use baton_domain::services::{RunService, WorkflowService};
use baton_domain::wire::run::{ItemFilter, NewRun, NewSignal, RunFilter, RunRetry, RunState, StepState, WaitsFor};
use baton_domain::wire::workflow::NewWorkflow;
use serde_json::json;

use crate::harness::{World, alice, bob};

const THREE: &str = "
name: three
version: 1
inputs: {texts: {type: array, items: {type: string}}}
steps:
  each:
    uses: test.work
    foreach: {items: '${{ inputs.texts }}', concurrency: 4}
    with: {text: '${{ item }}'}
  last:
    uses: test.work
    with: {count: '${{ length(steps.each.output) }}'}
outputs: {count: '${{ steps.last.output }}'}
";

#[tokio::test]
async fn a_run_goes_to_its_end_and_everything_of_it_is_shown() {
    let world = World::new();
    let server = world.server();
    server.store(THREE).await;
    let texts: Vec<String> = (0..10).map(|index| format!("text {index}")).collect();
    let id = server.start("three", json!({"texts": texts})).await;
    server.hear();
    server.runs.settle().await;
    let open = server.tasks.open();
    assert_eq!(open.len(), 4);
    assert_eq!(open[0].1.title.as_deref(), Some("three · each[0]"));
    assert_eq!(open[0].1.fairness_key, Some(format!("run:{id}")));
    assert!(open.iter().all(|(_, task)| task.run_id == Some(id)), "each is part of the run");
    assert_eq!(server.tasks.all()[0].1.by, alice().principal);
    let detail = server.detail(id).await;
    assert_eq!(detail.steps[0].waits.as_ref().unwrap().kind, WaitsFor::Work);
    assert_eq!(detail.steps[1].waits.as_ref().unwrap().names, ["each"]);
    // Identifiers of what is under way are stored a second later at the latest.
    world.clock.advance(Duration::from_secs(2));
    server.runs.settle().await;
    let items = RunService::items(&*server.runs, &alice(), id, "each", ItemFilter::default()).await.unwrap();
    assert_eq!(items.items[2].task, Some(open[2].0));
    server.echo().await;
    let detail = server.detail(id).await;
    assert_eq!(detail.summary.state, RunState::Completed);
    assert_eq!(detail.outputs, Some(json!({"count": {"count": 10}})));
    assert_eq!(detail.summary.tasks, 11);
    assert_eq!(detail.graph.unwrap().nodes.len(), 2);
    let item = detail.steps[1].item.clone().unwrap();
    assert_eq!((item.output, item.task.is_some()), (Some(json!({"count": 10})), true));
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let filter = ItemFilter { cursor, limit: Some(3) };
        let page = RunService::items(&*server.runs, &alice(), id, "each", filter).await.unwrap();
        seen.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 10);
    assert!(seen.iter().enumerate().all(|(index, item)| item.index as usize == index && item.task.is_some() && item.output.is_some()));
    let kinds: Vec<String> =
        world.events().await.into_iter().filter(|event| event.subject == format!("run:{id}")).map(|event| event.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "run.started").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| *kind == "run.completed").count(), 1);
    let listed =
        RunService::list(&*server.runs, &alice(), RunFilter { workflow: Some("three".to_owned()), ..RunFilter::default() }).await.unwrap();
    assert_eq!(listed.items, [detail.summary]);
}

#[tokio::test]
async fn the_same_key_is_the_same_run() {
    let world = World::new();
    let server = world.server();
    server.store(THREE).await;
    let first = server.try_start("three", json!({"texts": ["a"]}), Some("k")).await.unwrap();
    assert_eq!(server.try_start("three", json!({"texts": ["a"]}), Some("k")).await.unwrap().id, first.id);
    assert_eq!(server.try_start("three", json!({"texts": ["b"]}), Some("k")).await.unwrap_err().code, "REQUEST-009");
    assert_ne!(server.try_start("three", json!({"texts": ["a"]}), Some("l")).await.unwrap().id, first.id);
    let problem = server.try_start("three", json!({"texts": 1}), None).await.unwrap_err();
    assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("WORKFLOW-020", "/input/texts"));
    assert_eq!(server.try_start("none", json!({}), None).await.unwrap_err().code, "WORKFLOW-040");
}

#[tokio::test]
async fn a_paused_run_begins_nothing_and_goes_on() {
    let world = World::new();
    let server = world.server();
    server.store("name: inner\nversion: 1\nsteps:\n  a: {uses: test.work}\n  b: {uses: test.work, needs: [a]}\n").await;
    server.store("name: outer\nversion: 1\nsteps:\n  sub: {uses: 'workflow:inner'}\n  after: {uses: test.work, needs: [sub]}\n").await;
    let id = server.start("outer", json!({})).await;
    server.runs.settle().await;
    RunService::pause(&*server.runs, &bob(), id).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Paused);
    let children = RunService::list(&*server.runs, &alice(), RunFilter { parent: Some(id), ..RunFilter::default() }).await.unwrap().items;
    assert_eq!((children.len(), children[0].state), (1, RunState::Paused));
    assert_eq!(children[0].parent.as_ref().unwrap().step, "sub");
    // A new process knows that the child is held by its parent.
    let server = world.server();
    server.runs.take_up().await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Paused);
    RunService::resume(&*server.runs, &bob(), id).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
    assert_eq!(RunService::pause(&*server.runs, &bob(), id).await.unwrap_err().code, "WORKFLOW-023");
}

#[tokio::test]
async fn who_paused_a_child_by_themselves_lets_it_go_on_by_themselves() {
    let world = World::new();
    let server = world.server();
    server.store("name: inner\nversion: 1\nsteps:\n  a: {uses: test.work}\n").await;
    server.store("name: outer\nversion: 1\nsteps:\n  sub: {uses: 'workflow:inner'}\n").await;
    let id = server.start("outer", json!({})).await;
    server.runs.settle().await;
    let child =
        RunService::list(&*server.runs, &alice(), RunFilter { parent: Some(id), ..RunFilter::default() }).await.unwrap().items[0].id;
    RunService::pause(&*server.runs, &bob(), child).await.unwrap();
    RunService::pause(&*server.runs, &bob(), id).await.unwrap();
    server.runs.settle().await;
    RunService::resume(&*server.runs, &bob(), id).await.unwrap();
    server.runs.settle().await;
    assert_eq!((server.state(id).await, server.state(child).await), (RunState::Running, RunState::Paused));
    RunService::resume(&*server.runs, &bob(), child).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}

#[tokio::test]
async fn cancelling_stops_children_too() {
    let world = World::new();
    let server = world.server();
    server.store("name: inner\nversion: 1\nsteps:\n  a: {uses: test.work}\n").await;
    let outer =
        "name: outer\nversion: 1\nsteps:\n  sub: {uses: 'workflow:inner', foreach: '${{ range(3) }}'}\n  beside: {uses: test.work}\n";
    server.store(outer).await;
    let id = server.start("outer", json!({})).await;
    server.runs.settle().await;
    assert_eq!(server.tasks.open().len(), 4);
    RunService::cancel(&*server.runs, &alice(), id).await.unwrap();
    server.play(|_| None).await;
    assert_eq!(server.state(id).await, RunState::Canceled);
    assert!(server.tasks.open().is_empty());
    let children = RunService::list(&*server.runs, &alice(), RunFilter { parent: Some(id), ..RunFilter::default() }).await.unwrap().items;
    assert!(children.len() == 3 && children.iter().all(|child| child.state == RunState::Canceled), "{children:?}");
    assert_eq!(RunService::cancel(&*server.runs, &alice(), id).await.unwrap().state, RunState::Canceled);
    // Retried, it does everything anew, on behalf of whoever retries.
    RunService::retry(&*server.runs, &bob(), id, RunRetry::default()).await.unwrap();
    server.runs.settle().await;
    assert!(server.tasks.all().iter().rev().take(4).all(|(_, task)| task.by == bob().principal));
    server.echo().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.summary.state, detail.summary.generation), (RunState::Completed, 2));
    assert_eq!(detail.summary.retried_by.as_deref(), Some("bob@example.org"));
    let problem = RunService::retry(&*server.runs, &alice(), children[0].id, RunRetry::default()).await.unwrap_err();
    assert_eq!(problem.code, "WORKFLOW-023");
}

#[tokio::test]
async fn a_run_is_retried_from_what_failed() {
    let world = World::new();
    let server = world.server();
    let text = "
name: some
version: 1
steps:
  each: {uses: test.work, foreach: {items: '${{ range(6) }}', fail_fast: false}, with: {index: '${{ item }}'}}
  last: {uses: test.work, needs: [each], with: {values: '${{ steps.each.output }}'}}
";
    server.store(text).await;
    let id = server.start("some", json!({})).await;
    server.play(|task| Some(if task.input["index"] == json!(2) { Err(("ATTEMPT-001", "it broke")) } else { Ok(task.input.clone()) })).await;
    let detail = server.detail(id).await;
    assert_eq!(detail.summary.state, RunState::Failed);
    assert!(detail.summary.error.unwrap().message.contains("it broke"));
    let before = server.tasks.all().len();
    assert_eq!(
        RunService::retry(&*server.runs, &alice(), id, RunRetry { steps: vec!["last".to_owned()] }).await.unwrap_err().code,
        "WORKFLOW-023"
    );
    RunService::retry(&*server.runs, &alice(), id, RunRetry::default()).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
    // The one item that failed, and the step after it.
    assert_eq!(server.tasks.all().len(), before + 2);
}

#[tokio::test]
async fn signals_wait_for_steps_and_steps_for_signals() {
    let world = World::new();
    let server = world.server();
    let text = "
name: waits
version: 1
steps:
  first: {wait: {signal: paid, schema: {type: object, properties: {amount: {type: number}}, required: [amount]}, timeout: 1h}}
  second: {wait: {signal: paid, timeout: 1h}, needs: [first]}
  pause: {wait: 10m, needs: [second]}
outputs: {amount: '${{ steps.first.output.amount }}'}
";
    server.store(text).await;
    let id = server.start("waits", json!({})).await;
    server.runs.settle().await;
    let signal = |amount: serde_json::Value| NewSignal { name: "paid".to_owned(), payload: json!({"amount": amount}) };
    let send = |signal, key: &str| RunService::signal(&*server.runs, &PERSON, id, signal, Some(key.to_owned()));
    assert_eq!(send(signal(json!("much")), "1").await.unwrap_err().code, "WORKFLOW-033");
    send(signal(json!(3)), "1").await.unwrap();
    send(signal(json!(3)), "1").await.unwrap();
    server.runs.settle().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.signals.len(), detail.steps[1].state), (1, StepState::Running));
    assert_eq!(detail.steps[1].waits.as_ref().unwrap().names, ["paid"]);
    let other = NewSignal { name: "other".to_owned(), payload: json!(null) };
    assert_eq!(send(other, "2").await.unwrap_err().code, "WORKFLOW-023");
    send(signal(json!(4)), "3").await.unwrap();
    // A new process waits for the same time.
    let server = world.server();
    server.runs.take_up().await.unwrap();
    world.clock.advance(Duration::from_secs(599));
    server.runs.settle().await;
    assert_eq!(server.state(id).await, RunState::Running);
    world.clock.advance(Duration::from_secs(2));
    server.runs.settle().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.summary.state, detail.outputs), (RunState::Completed, Some(json!({"amount": 3}))));
}

static PERSON: std::sync::LazyLock<baton_domain::user::Caller> = std::sync::LazyLock::new(alice);

#[tokio::test]
async fn steps_and_runs_take_no_longer_than_they_may() {
    let world = World::new();
    let server = world.server();
    server.store("name: slow\nversion: 1\nsteps:\n  a: {uses: test.work, timeout: 1m, on_failure: continue}\n  b: {uses: test.work, needs: [a]}\nlimits: {duration: 10m}\n").await;
    let id = server.start("slow", json!({})).await;
    server.runs.settle().await;
    world.clock.advance(Duration::from_secs(61));
    server.play(|_| None).await;
    let detail = server.detail(id).await;
    assert_eq!((detail.steps[0].state, detail.steps[0].error.as_ref().unwrap().code.as_str()), (StepState::Failed, "WORKFLOW-031"));
    assert_eq!(detail.steps[1].state, StepState::Running);
    world.clock.advance(Duration::from_secs(600));
    server.play(|_| None).await;
    let detail = server.detail(id).await;
    assert_eq!((detail.summary.state, detail.summary.error.unwrap().code.as_str()), (RunState::Failed, "WORKFLOW-024"));
    assert!(server.tasks.open().is_empty());
}

#[tokio::test]
async fn tokens_are_counted_and_what_is_left_is_the_budget_of_the_next() {
    let world = World::new();
    let server = world.server();
    server.store("name: dear\nversion: 1\nsteps:\n  a: {uses: test.work}\n  b: {uses: test.work, needs: [a]}\n  c: {uses: test.work, needs: [b]}\nlimits: {tokens: 100}\n").await;
    world.tasks.tokens.store(60, std::sync::atomic::Ordering::SeqCst);
    let id = server.start("dear", json!({})).await;
    server.runs.settle().await;
    assert_eq!(server.tasks.open()[0].1.budget.unwrap().tokens, Some(100));
    server.play(|task| if task.budget.unwrap().tokens == Some(100) { Some(Ok(json!(1))) } else { None }).await;
    assert_eq!(server.tasks.open()[0].1.budget.unwrap().tokens, Some(40));
    server.echo().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.summary.state, detail.summary.tokens), (RunState::Failed, 120));
    assert_eq!(detail.summary.error.unwrap().code, "WORKFLOW-024");
}

#[tokio::test]
async fn what_begins_together_shares_what_is_left() {
    let world = World::new();
    let server = world.server();
    server
        .store("name: dear\nversion: 1\nsteps:\n  each: {uses: test.work, foreach: {items: '${{ range(50) }}', concurrency: 25}}\n  beside: {uses: test.work}\nlimits: {tokens: 130}\n")
        .await;
    server.start("dear", json!({})).await;
    server.runs.settle().await;
    let budgets = || server.tasks.open().iter().map(|(_, task)| task.budget.unwrap().tokens.unwrap()).sum::<u64>();
    assert_eq!((server.tasks.open().len(), budgets()), (26, 130));
    // What has ended leaves its share to what begins.
    for (task, _) in server.tasks.some_open(10) {
        server.tasks.end(task, Ok(json!({})));
    }
    server.hear();
    server.runs.settle().await;
    assert!(budgets() <= 130, "{}", budgets());
}

#[tokio::test]
async fn a_run_goes_on_with_the_document_it_began_with() {
    let world = World::new();
    let server = world.server();
    server
        .store("name: edited\nversion: 1\nsteps:\n  a: {uses: test.work, with: {v: 1}}\n  b: {uses: test.work, needs: [a], with: {v: 1}}\n")
        .await;
    let id = server.start("edited", json!({})).await;
    server.runs.settle().await;
    let stored = server.store("name: edited\nversion: 1\nsteps:\n  a: {uses: test.work, with: {v: 2}}\n").await;
    assert_eq!(stored.version, 2);
    WorkflowService::retire(&server.workflows, &bob(), "edited").await.unwrap();
    let server = world.server();
    server.runs.take_up().await.unwrap();
    server.echo().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.summary.state, detail.summary.version, detail.steps.len()), (RunState::Completed, 1, 2));
    assert!(server.tasks.all().iter().all(|(_, task)| task.new.input["v"] == json!(1)));
    assert_eq!(server.try_start("edited", json!({}), None).await.unwrap_err().code, "WORKFLOW-040");
}

#[tokio::test]
async fn refused_items_fail_and_the_others_are_done() {
    let world = World::new();
    let server = world.server();
    let text = "
name: picky
version: 1
steps:
  each: {uses: test.work, foreach: {items: '${{ range(20) }}', fail_fast: false, concurrency: 20}, with: {refuse: '${{ item == 7 }}'}, on_failure: continue}
";
    server.store(text).await;
    let id = server.start("picky", json!({})).await;
    server.echo().await;
    let detail = server.detail(id).await;
    assert_eq!((detail.steps[0].completed, detail.steps[0].failed), (19, 1));
    let items = RunService::items(&*server.runs, &alice(), id, "each", ItemFilter::default()).await.unwrap().items;
    let error = items[7].error.clone().unwrap();
    assert_eq!(error.code, "TASK-003");
    assert!(error.message.contains("it may not be true"), "{}", error.message);
    assert_eq!(server.tasks.all().len(), 19);
}

#[tokio::test]
async fn what_cannot_run_does_not_begin() {
    let world = World::new();
    let server = world.server();
    server.store("name: asks\nversion: 1\nsteps:\n  which: {decide: {question: 'Which?', options: [a, b], voters: 3}}\n").await;
    let problem = server.try_start("asks", json!({}), None).await.unwrap_err();
    assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("WORKFLOW-045", "/steps/which/decide"));
    server.store(THREE).await;
    world.skills.gone.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(server.try_start("three", json!({"texts": []}), None).await.unwrap_err().code, "WORKFLOW-008");
}

#[tokio::test]
async fn projects_do_not_see_one_another() {
    let world = World::new();
    let server = world.server();
    server.store(THREE).await;
    let id = server.start("three", json!({"texts": []})).await;
    let mut stranger = alice();
    stranger.project = baton_domain::id::ProjectId::new(uuid::Uuid::from_u128(99));
    assert_eq!(RunService::run(&*server.runs, &stranger, id).await.unwrap_err().code, "WORKFLOW-041");
    assert_eq!(RunService::cancel(&*server.runs, &stranger, id).await.unwrap_err().code, "WORKFLOW-041");
    assert!(RunService::list(&*server.runs, &stranger, RunFilter::default()).await.unwrap().items.is_empty());
    let run = NewRun { workflow: "three".to_owned(), version: None, input: json!({"texts": []}) };
    assert_eq!(RunService::start(&*server.runs, &stranger, run, None).await.unwrap_err().code, "WORKFLOW-040");
    let mut viewer = alice();
    viewer.role = Some(baton_domain::user::Role::Viewer);
    assert_eq!(RunService::cancel(&*server.runs, &viewer, id).await.unwrap_err().code, "AUTH-005");
    let workflow = NewWorkflow { text: THREE.to_owned(), name: None, seen_version: None };
    assert_eq!(WorkflowService::store(&server.workflows, &viewer, workflow).await.unwrap_err().code, "AUTH-005");
}

#[tokio::test]
async fn lost_events_are_made_up_for() {
    let world = World::new();
    let server = world.server();
    server.store(THREE).await;
    let id = server.start("three", json!({"texts": ["a", "b"]})).await;
    server.runs.settle().await;
    for (task, new) in server.tasks.open() {
        server.tasks.end(task, Ok(new.input));
    }
    drop(server.tasks.events());
    for _ in 0..40 {
        world.clock.advance(Duration::from_secs(5));
        server.runs.look_around().await.unwrap();
        server.runs.settle().await;
    }
    assert_eq!(server.tasks.open().len(), 1, "the first step has ended");
    for (task, new) in server.tasks.open() {
        server.tasks.end(task, Ok(new.input));
    }
    drop(server.tasks.events());
    server.runs.missed();
    server.runs.settle().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}
