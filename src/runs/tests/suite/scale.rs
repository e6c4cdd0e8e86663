//! Are long lists done without work that grows with them, and lists that are too long contained?

use baton_domain::wire::run::{RunState, StepState};
use serde_json::json;

use crate::harness::World;

#[tokio::test]
async fn a_list_of_a_million_fails_its_step_and_nothing_else() {
    let world = World::new();
    let server = world.server();
    let text = |name: &str, items: &str| {
        format!(
            "
name: {name}
version: 1
inputs: {{list: {{type: array, default: []}}}}
steps:
  each: {{uses: test.work, foreach: '${{{{ {items} }}}}', on_failure: continue}}
  after: {{uses: test.work, if: always(), needs: [each]}}
"
        )
    };
    server.store(&text("given", "inputs.list")).await;
    server.store(&text("made", "range(1000000)")).await;
    let list: Vec<u32> = (0..10_001).collect();
    for (workflow, input, code) in [("given", json!({"list": list}), "WORKFLOW-014"), ("made", json!({}), "WORKFLOW-021")] {
        let id = server.start(workflow, input).await;
        let before = server.tasks.all().len();
        server.echo().await;
        let detail = server.detail(id).await;
        assert_eq!((detail.steps[0].state, detail.summary.state), (StepState::Failed, RunState::Completed));
        assert_eq!(detail.steps[0].error.as_ref().unwrap().code, code);
        assert_eq!(server.tasks.all().len(), before + 1);
    }
}

#[tokio::test]
async fn ten_thousand_items_take_few_writes_and_calls() {
    let world = World::new();
    let server = world.server();
    server.store("name: many\nversion: 1\nsteps:\n  each: {uses: test.work, foreach: {items: '${{ range(10000) }}', concurrency: 1000}, with: {n: '${{ item }}'}}\n").await;
    let id = server.start("many", json!({})).await;
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
    let (writes, calls) = (server.seen.writes.load(std::sync::atomic::Ordering::SeqCst), server.tasks.calls());
    assert_eq!(server.tasks.all().len(), 10_000);
    assert!(writes <= 40 && calls <= 40, "{writes} writes, {calls} calls of the task service");
    // All of it is read back by a new process.
    let server = world.server();
    let who = crate::harness::alice();
    let filter = baton_domain::wire::run::ItemFilter { cursor: Some("9998".to_owned()), limit: None };
    let page = baton_domain::services::RunService::items(&*server.runs, &who, id, "each", filter).await.unwrap();
    assert_eq!(page.items[0].output, Some(json!({"n": 9999})));
}
