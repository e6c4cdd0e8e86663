//! Do the limits of a run hold for all that it begins: runs of other workflows, and decisions?

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use baton_domain::id::DecisionId;
use baton_domain::services::{Answer, RunService};
use baton_domain::task::Budget;
use baton_domain::user::Caller;
use baton_domain::wire::run::{RunFilter, RunState, RunSummary};
use baton_runs::{DecisionEnd, DecisionOrder, Decisions};
use baton_workflow::run::Usage;
use parking_lot::Mutex;
use serde_json::json;

use crate::harness::{Server, World, alice};

const CHAIN: &str =
    "name: inner\nversion: 1\nsteps:\n  a: {uses: test.work, with: {at: a}}\n  b: {uses: test.work, with: {at: b}, needs: [a]}\n";

async fn children(server: &Server, id: baton_domain::id::RunId) -> Vec<RunSummary> {
    RunService::list(&*server.runs, &alice(), RunFilter { parent: Some(id), ..RunFilter::default() }).await.unwrap().items
}

fn code(summary: &RunSummary) -> &str {
    summary.error.as_ref().map_or("", |error| error.code.as_str())
}

#[tokio::test]
async fn what_is_left_of_the_tokens_is_all_that_a_run_below_has() {
    for (each, ends, tasks) in [(30, RunState::Completed, 3), (60, RunState::Failed, 2)] {
        let world = World::new();
        world.tasks.tokens.store(each, Ordering::SeqCst);
        let server = world.server();
        server.store(CHAIN).await;
        server
            .store("name: outer\nversion: 1\nsteps:\n  first: {uses: test.work, with: {at: first}}\n  sub: {uses: 'workflow:inner', needs: [first]}\nlimits: {tokens: 100}\n")
            .await;
        let id = server.start("outer", json!({})).await;
        server.echo().await;
        let budgets: Vec<Option<u64>> =
            server.tasks.all().iter().map(|(_, task)| task.new.budget.and_then(|budget| budget.tokens)).collect();
        let left = u64::try_from(each).unwrap();
        let expected: Vec<Option<u64>> = (0..tasks).map(|task| Some(100 - task * left)).collect();
        assert_eq!(budgets, expected, "of {each} each");
        let summary = server.detail(id).await.summary;
        let below = children(&server, id).await.remove(0);
        assert_eq!((summary.state, below.state, summary.tokens), (ends, ends, tasks * left));
        if ends == RunState::Failed {
            assert_eq!((code(&summary), code(&below)), ("WORKFLOW-024", "WORKFLOW-024"));
        }
    }
}

#[tokio::test]
async fn runs_that_begin_together_share_what_is_left() {
    let world = World::new();
    let server = world.server();
    server.store(CHAIN).await;
    server
        .store("name: outer\nversion: 1\nsteps:\n  subs: {uses: 'workflow:inner', foreach: '${{ range(4) }}'}\n  beside: {uses: test.work}\nlimits: {tokens: 100, cost: 5}\n")
        .await;
    server.start("outer", json!({})).await;
    server.runs.settle().await;
    let open = server.tasks.open();
    assert_eq!(open.len(), 5);
    for (_, task) in open {
        assert_eq!(task.budget, Some(Budget { tokens: Some(20), cost: Some(1.0) }));
    }
    // What a document states of itself counts too, where it is less.
    server.store(&CHAIN.replace("name: inner", "name: frugal").replace("steps:", "limits: {tokens: 7}\nsteps:")).await;
    server.store("name: over\nversion: 1\nsteps:\n  sub: {uses: 'workflow:frugal'}\nlimits: {tokens: 100}\n").await;
    server.start("over", json!({})).await;
    server.runs.settle().await;
    assert!(server.tasks.open().iter().any(|(_, task)| task.budget.is_some_and(|budget| budget.tokens == Some(7))));
}

#[tokio::test]
async fn tasks_below_count_and_are_no_more_than_are_left() {
    let world = World::new();
    let server = world.server();
    server.store(CHAIN).await;
    let outer = |tasks: u32| {
        format!(
            "name: outer{tasks}\nversion: 1\nsteps:\n  sub: {{uses: 'workflow:inner'}}\n  last: {{uses: test.work, needs: [sub]}}\nlimits: {{tasks: {tasks}}}\n"
        )
    };
    // The run below, its two tasks, and the last one.
    for (tasks, ends, begun) in [(4, RunState::Completed, 3), (3, RunState::Failed, 2), (2, RunState::Failed, 1)] {
        let before = server.tasks.all().len();
        server.store(&outer(tasks)).await;
        let id = server.start(&format!("outer{tasks}"), json!({})).await;
        server.echo().await;
        let summary = server.detail(id).await.summary;
        assert_eq!((summary.state, server.tasks.all().len() - before), (ends, begun), "{tasks}");
        if ends == RunState::Failed {
            assert_eq!(code(&summary), "WORKFLOW-024");
        } else {
            assert_eq!(summary.tasks, 4);
        }
    }
}

/// Keeps what it is asked for, and says that three voters answered.
#[derive(Default)]
struct Kept(Mutex<Vec<DecisionOrder>>);

#[async_trait]
impl Decisions for Kept {
    async fn open(&self, _: &Caller, order: DecisionOrder) -> Answer<DecisionId> {
        let mut kept = self.0.lock();
        if let Some(place) = kept.iter().position(|known| known.key == order.key) {
            assert_eq!(kept[place], order, "the same key is the same request");
            return Ok(DecisionId::new(uuid::Uuid::from_u128(2_000 + place as u128)));
        }
        kept.push(order);
        Ok(DecisionId::new(uuid::Uuid::from_u128(1_999 + kept.len() as u128)))
    }
    async fn end(&self, _: &Caller, _: DecisionId) -> Answer<Option<DecisionEnd>> {
        Ok(Some(DecisionEnd::Decided(json!({"key": "yes"}))))
    }
    async fn used(&self, _: &Caller, _: DecisionId) -> Answer<Usage> {
        Ok(Usage { tokens: 30, cost_micros: 0, tasks: 3 })
    }
    async fn cancel(&self, _: &Caller, _: DecisionId) -> Answer<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_decision_has_what_is_left_and_its_voters_count() {
    let kept = Arc::new(Kept::default());
    let world = World { decisions: Some(Arc::clone(&kept) as _), ..World::new() };
    let server = world.server();
    let text = "
name: asks
version: 1
steps:
  one: {decide: {question: 'One?', options: [yes, no], voters: 3}}
  two: {decide: {question: 'Two?', options: [yes, no], voters: 3}, needs: [one]}
  last: {uses: test.work, needs: [two]}
limits: {tokens: 100, tasks: 8}
";
    server.store(text).await;
    let id = server.start("asks", json!({})).await;
    server.echo().await;
    let orders = kept.0.lock().clone();
    let given: Vec<(Option<u64>, Option<u64>)> =
        orders.iter().map(|order| (order.budget.and_then(|budget| budget.tokens), order.tasks)).collect();
    // Each decision is one, and its three voters are three.
    assert_eq!(given, [(Some(100), Some(7)), (Some(70), Some(3))]);
    let summary = server.detail(id).await.summary;
    assert_eq!((summary.state, code(&summary), summary.tasks, summary.tokens), (RunState::Failed, "WORKFLOW-024", 8, 60));
    assert!(server.tasks.all().is_empty());
}
