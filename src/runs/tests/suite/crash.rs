//! Whatever dies between any two steps: does a new process bring the run to the same end, each outcome once?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{DecisionId, JournalId, RunId};
use baton_domain::services::{Answer, ApprovalService, RunService};
use baton_domain::user::Caller;
use baton_domain::wire::approval::ApprovalVerdict;
use baton_domain::wire::run::{RunFilter, RunState};
use baton_runs::{DecisionEnd, DecisionOrder, Decisions};
use baton_storage::{JournalStore, JournalWrite};
use baton_workflow::run::Usage;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::harness::{Server, World, alice, bob};

/// Decides at once.
#[derive(Default)]
pub(crate) struct Quick {
    /// How often it was asked how a decision has ended.
    asked: std::sync::atomic::AtomicUsize,
    made: Mutex<BTreeMap<String, DecisionId>>,
}

#[async_trait]
impl Decisions for Quick {
    async fn open(&self, _: &Caller, order: DecisionOrder) -> Answer<DecisionId> {
        let mut made = self.made.lock();
        let next = DecisionId::new(uuid::Uuid::from_u128(1_000 + made.len() as u128));
        Ok(*made.entry(order.key).or_insert(next))
    }
    async fn end(&self, _: &Caller, _: DecisionId) -> Answer<Option<DecisionEnd>> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(Some(DecisionEnd::Decided(json!({"answer": "yes"}))))
    }
    async fn used(&self, _: &Caller, _: DecisionId) -> Answer<Usage> {
        Ok(Usage { tokens: 10, cost_micros: 0, tasks: 0 })
    }
    async fn cancel(&self, _: &Caller, _: DecisionId) -> Answer<()> {
        Ok(())
    }
}

/// Fifty steps: a chain of work with a list, an approval, another workflow, a decision, and steps beside.
fn fifty() -> String {
    let mut text = "name: fifty\nversion: 1\nsteps:\n".to_owned();
    for step in 0..45 {
        let needs = if step < 5 { String::new() } else { format!(", needs: [s{}]", step - 5) };
        text.push_str(&format!("  s{step}: {{uses: test.work, with: {{step: {step}}}{needs}}}\n"));
    }
    text.push_str(
        "  each: {uses: test.work, foreach: {items: '${{ range(7) }}', concurrency: 3}, with: {item: '${{ item }}'}, needs: [s10]}\n",
    );
    text.push_str("  agree: {uses: test.work, with: {sum: '${{ length(steps.each.output) }}'}, approve: true}\n");
    text.push_str("  sub: {uses: 'workflow:inner', foreach: '${{ range(2) }}', needs: [agree]}\n");
    text.push_str("  choose: {decide: {question: 'Well?', options: [yes, no], voters: 3}, needs: [sub]}\n");
    text.push_str("  last: {uses: test.work, needs: [choose, s44], with: {chosen: '${{ steps.choose.output }}'}}\n");
    text.push_str("outputs: {chosen: '${{ steps.last.output }}', items: '${{ steps.each.output }}'}\n");
    text
}

async fn prepared() -> World {
    let world = World { decisions: Some(Arc::new(Quick::default())), ..World::new() };
    let server = world.server();
    server.store("name: inner\nversion: 1\nsteps:\n  a: {uses: test.work}\n  b: {uses: test.work, needs: [a]}\n").await;
    server.store(&fifty()).await;
    world
}

/// Goes on until nothing moves; agrees to what is asked.
async fn through(server: &Server) {
    for _ in 0..20 {
        server.echo().await;
        if server.fuse.is_dead() {
            return;
        }
        let filter = baton_domain::wire::approval::ApprovalFilter { open: Some(true), ..Default::default() };
        let Ok(page) = ApprovalService::list(&*server.runs, &bob(), filter).await else { return };
        if page.items.is_empty() {
            return;
        }
        for approval in page.items {
            let verdict = ApprovalVerdict { hash: approval.hash, comment: None };
            // The run may have gone on although the list has not followed yet.
            let _ = ApprovalService::approve(&*server.runs, &bob(), approval.id, verdict).await;
        }
    }
}

/// Everything about an end that must be the same.
async fn end_of(world: &World, server: &Server, id: RunId) -> (RunState, Option<Value>, usize, u64) {
    let detail = server.detail(id).await;
    // Each outcome of a generation is told once.
    let mut outcomes: BTreeMap<(String, u64, u64), u32> = BTreeMap::new();
    let facts = world.facts(id).await;
    for fact in facts.iter().filter(|fact| fact["fact"] == json!("ended")) {
        for list in ["completed", "failed", "canceled"] {
            for index in fact[list].as_array().into_iter().flatten() {
                let key = (fact["step"].as_str().unwrap().to_owned(), fact["generation"].as_u64().unwrap(), index.as_u64().unwrap());
                *outcomes.entry(key).or_default() += 1;
            }
        }
    }
    assert!(outcomes.values().all(|count| *count == 1), "{outcomes:?}");
    assert_eq!(facts.iter().filter(|fact| fact["fact"] == json!("approved")).count(), 1);
    let events = world.events().await;
    for kind in ["run.started", "run.completed"] {
        let count = events.iter().filter(|event| event.kind == kind && event.subject == format!("run:{id}")).count();
        assert_eq!(count, 1, "{kind}");
    }
    for kind in ["approval.requested", "approval.decided"] {
        assert_eq!(events.iter().filter(|event| event.kind == kind).count(), 1, "{kind}");
    }
    let children = RunService::list(&*server.runs, &alice(), RunFilter { parent: Some(id), ..RunFilter::default() }).await.unwrap().items;
    assert!(children.iter().all(|child| child.state == RunState::Completed) && children.len() == 2, "{children:?}");
    (detail.summary.state, detail.outputs, world.tasks.all().len(), detail.summary.tasks)
}

#[tokio::test]
async fn a_crash_between_any_two_steps_changes_nothing_about_the_end() {
    let world = prepared().await;
    let server = world.server();
    let id = server.start("fifty", json!({})).await;
    through(&server).await;
    let expected = end_of(&world, &server, id).await;
    assert_eq!(expected.0, RunState::Completed);
    assert_eq!(expected.2, 45 + 7 + 1 + 4 + 1);
    assert_eq!(server.head(id).await.tokens, 10, "what the decision has used");
    let steps = server.fuse.used.load(std::sync::atomic::Ordering::SeqCst);
    assert!(steps > 40, "{steps} steps");
    // At each step the process dies before it, or after it and before it hears the answer.
    for half in 2..=2 * steps + 1 {
        println!("half step {half} of {}", 2 * steps);
        let world = prepared().await;
        let server = world.server();
        server.fuse.set(half);
        let begun = server.try_start("fifty", json!({}), Some("once")).await;
        through(&server).await;
        drop(server);
        let server = world.server();
        world.clock.advance(Duration::from_secs(1));
        server.runs.take_up().await.unwrap();
        let again = server.try_start("fifty", json!({}), Some("once")).await.unwrap();
        if let Ok(begun) = begun {
            assert_eq!(begun.id, again.id);
        }
        through(&server).await;
        world.clock.advance(Duration::from_secs(1));
        through(&server).await;
        assert_eq!(end_of(&world, &server, again.id).await, expected, "died at half step {half} of {}", 2 * steps);
    }
}

#[tokio::test]
async fn two_servers_at_once_do_everything_once() {
    let world = prepared().await;
    let (one, other) = (world.server(), world.server());
    let id = one.start("fifty", json!({})).await;
    other.runs.take_up().await.unwrap();
    for round in 0..400 {
        for event in world.tasks.events() {
            one.runs.heard(&event);
            other.runs.heard(&event);
        }
        tokio::join!(one.runs.settle(), other.runs.settle());
        for (task, new) in world.tasks.open() {
            world.tasks.end(task, Ok(new.input));
        }
        let by = if round % 2 == 0 { &one } else { &other };
        for approval in by.open_approvals().await {
            let verdict = ApprovalVerdict { hash: approval.hash, comment: None };
            let _ = ApprovalService::approve(&*by.runs, &bob(), approval.id, verdict).await;
        }
        world.clock.advance(Duration::from_secs(1));
        if round % 5 == 0 {
            one.runs.look_around().await.unwrap();
            other.runs.look_around().await.unwrap();
        }
        if one.state(id).await.is_ended() {
            break;
        }
    }
    tokio::join!(one.runs.settle(), other.runs.settle());
    let end = end_of(&world, &one, id).await;
    assert_eq!((end.0, end.2), (RunState::Completed, 45 + 7 + 1 + 4 + 1));
}

#[tokio::test]
async fn what_was_refused_in_part_is_begun_once_though_all_is_taken_after_a_crash() {
    let text = "name: parts\nversion: 1\nsteps:\n  each: {uses: test.work, with: {item: '${{ item }}', refuse: '${{ item == 2 }}'}, foreach: {items: '${{ range(5) }}', fail_fast: false}}\n";
    let mut crashed = 0;
    for half in 2.. {
        let world = World::new();
        let server = world.server();
        server.store(text).await;
        server.fuse.set(half);
        let _ = server.try_start("parts", json!({}), Some("once")).await;
        server.runs.settle().await;
        world.clock.advance(Duration::from_secs(1));
        server.runs.settle().await;
        let finished = !server.fuse.is_dead();
        drop(server);
        // Whatever was refused then would be taken now.
        world.tasks.takes_all.store(true, std::sync::atomic::Ordering::SeqCst);
        let server = world.server();
        world.clock.advance(Duration::from_secs(2));
        server.runs.take_up().await.unwrap();
        let id = server.try_start("parts", json!({}), Some("once")).await.unwrap().id;
        server.echo().await;
        let state = server.state(id).await;
        assert!(state.is_ended(), "half step {half}: {state:?}");
        let mut items: Vec<u64> = world.tasks.all().iter().map(|(_, task)| task.new.input["item"].as_u64().unwrap()).collect();
        items.sort_unstable();
        let distinct: std::collections::BTreeSet<u64> = items.iter().copied().collect();
        assert_eq!(items.len(), distinct.len(), "half step {half}: {items:?}");
        assert!([0, 1, 3, 4].iter().all(|item| distinct.contains(item)), "half step {half}: {items:?}");
        if finished {
            break;
        }
        crashed += 1;
    }
    assert!(crashed > 12, "{crashed} crashes");
}

#[tokio::test]
async fn what_has_begun_is_stored_when_the_driver_stops() {
    let world = World::new();
    let server = world.server();
    server.store("name: one\nversion: 1\nsteps:\n  a: {uses: test.work}\n").await;
    let id = server.start("one", json!({})).await;
    server.runs.settle().await;
    let journal = JournalId::new(*id.as_uuid());
    let works = async || server.seen.store.journal_rows(journal, Some("work"), None, 10).await.unwrap().0;
    let [work] = &*works().await else { panic!("one piece of work") };
    assert_eq!(work.body.as_ref().unwrap().get("ids"), None, "the driver goes on and has time");
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    Arc::clone(&server.runs).run(stop).await;
    let [work] = &*works().await else { panic!("one piece of work") };
    assert_eq!(work.body.as_ref().unwrap()["ids"].as_array().map(Vec::len), Some(1));
    // Nobody has to submit anything again.
    let calls = world.tasks.calls();
    drop(server);
    let server = world.server();
    server.runs.take_up().await.unwrap();
    assert_eq!(world.tasks.calls(), calls);
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}

#[tokio::test]
async fn an_item_that_was_refused_before_a_crash_is_told_and_can_be_cancelled() {
    for cancels in [false, true] {
        let world = World::new();
        let server = world.server();
        server.store("name: two\nversion: 1\nsteps:\n  each: {uses: test.work, with: {item: '${{ item }}'}, foreach: {items: '${{ range(2) }}', fail_fast: false}}\n").await;
        let id = server.start("two", json!({})).await;
        server.runs.settle().await;
        // As an earlier version has left it: one was refused, and that was not told.
        let journal = JournalId::new(*id.as_uuid());
        let store = &server.seen.store;
        let (head, _) = store.journal(journal).await.unwrap().unwrap();
        let (rows, _) = store.journal_rows(journal, Some("work"), None, 10).await.unwrap();
        let [row] = &*rows else { panic!("one piece of work") };
        let mut row = row.clone();
        let first = world.tasks.open()[0].0;
        row.body.as_mut().unwrap()["ids"] = json!([first, null]);
        let write = JournalWrite {
            id: journal,
            version: head.version,
            state: head.state,
            live: true,
            wake_at: head.wake_at,
            summary: None,
            facts: Vec::new(),
            cleared: Vec::new(),
            rows: vec![row],
            events: Vec::new(),
            at: head.updated_at,
        };
        store.write_journal(write).await.unwrap();
        drop(server);
        let server = world.server();
        server.runs.take_up().await.unwrap();
        if cancels {
            RunService::cancel(&*server.runs, &alice(), id).await.unwrap();
        }
        server.echo().await;
        let detail = server.detail(id).await;
        let expected = if cancels { RunState::Canceled } else { RunState::Failed };
        assert_eq!(detail.summary.state, expected);
    }
}

#[tokio::test]
async fn decisions_of_a_long_list_are_each_looked_at_a_few_times() {
    let quick = Arc::new(Quick::default());
    let world = World { decisions: Some(Arc::clone(&quick) as Arc<dyn Decisions>), ..World::new() };
    let server = world.server();
    server.store("name: many\nversion: 1\nsteps:\n  each: {decide: {question: 'Well?', options: [yes, no], voters: 3}, foreach: {items: '${{ range(500) }}', concurrency: 50}}\n").await;
    let id = server.start("many", json!({})).await;
    through(&server).await;
    assert_eq!(server.state(id).await, RunState::Completed);
    let asked = quick.asked.load(std::sync::atomic::Ordering::SeqCst);
    assert!((500..=1_500).contains(&asked), "{asked} times");
}
