//! Is a run forked at a step with one change, as a run of its own that outlives everything?

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_domain::id::{ProjectId, RunId};
use baton_domain::problem::Problem;
use baton_domain::services::{Answer, ApprovalService, RunService, WorkflowService};
use baton_domain::user::{Caller, Role};
use baton_domain::wire::approval::ApprovalVerdict;
use baton_domain::wire::run::{
    ItemFilter, MAXIMUM_CHANGE_BYTES, MAXIMUM_RUN_TITLE, NewFork, RunFilter, RunRetry, RunState, RunSummary, StepState,
};
use baton_domain::wire::task::NewTask;
use baton_storage::JournalStore;
use serde_json::{Value, json};

use crate::crash::Quick;
use crate::harness::{Server, World, alice, bob, user};

const FOUR: &str = "
name: four
version: 1
title: Four steps
inputs: {texts: {type: array, items: {type: string}}}
steps:
  beside: {uses: test.work, with: {beside: true}}
  each: {uses: test.work, foreach: '${{ inputs.texts }}', with: {text: '${{ item }}'}}
  sum: {uses: test.work, with: {all: '${{ steps.each.output }}'}}
  never: {uses: test.work, if: 'inputs.texts[0] == \"never\"'}
outputs: {sum: '${{ steps.sum.output }}', beside: '${{ steps.beside.output }}'}
";

pub(crate) fn input(step: &str, input: Value) -> NewFork {
    NewFork { step: step.to_owned(), input: Some(input), output: None, title: None }
}

pub(crate) fn output(step: &str, output: Value) -> NewFork {
    NewFork { step: step.to_owned(), input: None, output: Some(output), title: None }
}

fn carol() -> Caller {
    user("carol", Role::Operator)
}

pub(crate) async fn fork(server: &Server, id: RunId, fork: NewFork) -> Answer<RunSummary> {
    RunService::fork(&*server.runs, &carol(), id, fork, None).await
}

/// A run of `FOUR` that has ended.
async fn ended(server: &Server) -> RunId {
    server.store(FOUR).await;
    let id = server.start("four", json!({"texts": ["a", "b"]})).await;
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
    id
}

#[tokio::test]
async fn a_fork_does_what_follows_and_keeps_the_rest() {
    let world = World::new();
    let server = world.server();
    let id = ended(&server).await;
    let before = server.tasks.all().len();
    let made = fork(
        &server,
        id,
        NewFork { title: Some("  With other texts ".to_owned()), ..input("each", json!([{"text": "c"}, {"text": "d"}])) },
    )
    .await
    .unwrap();
    assert_eq!((made.forked_from.as_ref().unwrap().run, made.forked_from.as_ref().unwrap().step.as_str()), (id, "each"));
    assert_eq!(
        (made.title.as_str(), made.created_by.as_str(), made.version, made.parent.as_ref()),
        ("With other texts", "carol@example.org", 1, None)
    );
    server.echo().await;
    let (source, detail) = (server.detail(id).await, server.detail(made.id).await);
    assert_eq!(detail.summary.state, RunState::Completed);
    assert_eq!(detail.outputs, Some(json!({"sum": {"all": [{"text": "c"}, {"text": "d"}]}, "beside": {"beside": true}})));
    assert_eq!((server.tasks.all().len() - before, detail.summary.tasks), (3, 3), "two items and what follows");
    assert!(
        server.tasks.all()[before..]
            .iter()
            .all(|(_, task)| task.by == carol().principal && task.new.fairness_key == Some(format!("run:{}", made.id)))
    );
    let copied: Vec<Option<RunId>> = detail.steps.iter().map(|step| step.copied_from).collect();
    assert_eq!(copied, [Some(id), None, None, Some(id)]);
    // What was not done again is where it was done.
    assert_eq!(detail.steps[0].item, source.steps[0].item);
    assert_eq!((detail.input, detail.changes.len()), (source.input, 1));
    assert_eq!(detail.changes[0].input, Some(json!([{"text": "c"}, {"text": "d"}])));
    let items = RunService::items(&*server.runs, &alice(), made.id, "each", ItemFilter::default()).await.unwrap();
    assert!(items.items.iter().all(|item| item.task.is_some()));
    let kinds: Vec<String> =
        world.events().await.into_iter().filter(|event| event.subject == format!("run:{}", made.id)).map(|event| event.kind).collect();
    assert_eq!((kinds.first().unwrap().as_str(), kinds.last().unwrap().as_str()), ("run.started", "run.completed"));
    // The source is as it was.
    assert_eq!(server.detail(id).await.summary, source.summary);
    // A list is copied with its items, and where they were done.
    let second = fork(&server, made.id, output("sum", json!({"said": 1}))).await.unwrap();
    server.echo().await;
    let detail = server.detail(second.id).await;
    assert_eq!(detail.outputs, Some(json!({"sum": {"said": 1}, "beside": {"beside": true}})));
    let copied: Vec<Option<RunId>> = detail.steps.iter().map(|step| step.copied_from).collect();
    assert_eq!(copied, [Some(id), Some(made.id), None, Some(id)]);
    let again = RunService::items(&*server.runs, &alice(), second.id, "each", ItemFilter::default()).await.unwrap();
    assert_eq!(again.items, items.items);
    assert_eq!((detail.summary.tasks, detail.changes.len()), (0, 2));
    // A new process knows it as it was.
    let other = world.server();
    other.runs.take_up().await.unwrap();
    assert_eq!(other.detail(second.id).await.summary, detail.summary);
}

#[tokio::test]
async fn the_same_key_is_the_same_fork() {
    let world = World::new();
    let server = world.server();
    let id = ended(&server).await;
    let ask = |id: RunId, new: NewFork, key: &'static str| {
        let runs = Arc::clone(&server.runs);
        async move { RunService::fork(&*runs, &carol(), id, new, Some(key.to_owned())).await }
    };
    let first = ask(id, output("sum", json!(1)), "k").await.unwrap();
    assert_eq!(ask(id, output("sum", json!(1)), "k").await.unwrap().id, first.id);
    assert_eq!(ask(id, output("sum", json!(2)), "k").await.unwrap_err().code, "REQUEST-009");
    assert_eq!(ask(first.id, output("sum", json!(1)), "k").await.unwrap_err().code, "REQUEST-009", "of another run it is another request");
    assert_ne!(ask(id, output("sum", json!(1)), "l").await.unwrap().id, first.id);
    assert_eq!(ask(id, output("sum", json!(1)), "").await.unwrap_err().code, "REQUEST-002");
    // The key of a start is another one.
    assert_ne!(server.try_start("four", json!({"texts": []}), Some("k")).await.unwrap().id, first.id);
}

fn told(problem: &Problem) -> (&str, &str) {
    (&problem.code, problem.errors.first().map_or("", |error| &error.field))
}

#[tokio::test]
async fn what_cannot_be_forked_is_refused_with_its_field() {
    let world = World::new();
    let server = world.server();
    let id = ended(&server).await;
    let refused = |new: NewFork| async { fork(&server, id, new).await.unwrap_err() };
    let none = RunId::new(uuid::Uuid::from_u128(9));
    assert_eq!(told(&fork(&server, none, input("each", json!([]))).await.unwrap_err()).0, "WORKFLOW-041");
    let stranger = Caller { project: ProjectId::new(uuid::Uuid::from_u128(8)), ..carol() };
    let others = RunService::fork(&*server.runs, &stranger, id, output("sum", json!(1)), None).await.unwrap_err();
    assert_eq!(others.code, "WORKFLOW-041", "another project's is as if it were not there");
    let viewer = user("vera", Role::Viewer);
    assert_eq!(RunService::fork(&*server.runs, &viewer, id, output("sum", json!(1)), None).await.unwrap_err().code, "AUTH-005");
    assert_eq!(told(&refused(input("none", json!({}))).await), ("REQUEST-002", "/step"));
    assert_eq!(told(&refused(NewFork { output: Some(json!(1)), ..input("sum", json!({})) }).await), ("REQUEST-002", "/output"));
    assert_eq!(told(&refused(NewFork { input: None, ..input("sum", json!({})) }).await), ("REQUEST-002", "/input"));
    let long = "x".repeat(MAXIMUM_RUN_TITLE + 1);
    assert_eq!(told(&refused(NewFork { title: Some(long), ..input("sum", json!({})) }).await), ("REQUEST-002", "/title"));
    assert_eq!(told(&refused(input("never", json!({}))).await), ("WORKFLOW-046", ""));
    assert_eq!(told(&refused(input("sum", json!(1))).await), ("WORKFLOW-047", "/input"), "the skill takes an object");
    assert_eq!(told(&refused(input("each", json!([{}, 1]))).await), ("WORKFLOW-047", "/input/1"));
    assert_eq!(told(&refused(input("each", json!([{}]))).await), ("WORKFLOW-047", "/input"));
    assert_eq!(told(&refused(output("sum", json!("x".repeat(MAXIMUM_CHANGE_BYTES)))).await), ("WORKFLOW-047", "/output"));
    let going = server.start("four", json!({"texts": ["a"]})).await;
    server.runs.settle().await;
    assert_eq!(told(&fork(&server, going, output("sum", json!(1))).await.unwrap_err()).0, "WORKFLOW-023");
    // What is done anew must be there; what is kept need not be.
    world.skills.gone.store(true, Ordering::SeqCst);
    assert_eq!(told(&refused(input("sum", json!({}))).await), ("WORKFLOW-008", "/steps/sum/uses"));
    assert_eq!(told(&refused(output("each", json!([1, 2]))).await), ("WORKFLOW-008", "/steps/sum/uses"));
    let said = fork(&server, id, output("sum", json!(7))).await.unwrap();
    server.echo().await;
    assert_eq!(server.detail(said.id).await.outputs.unwrap()["sum"], json!(7));
    WorkflowService::retire(&server.workflows, &alice(), "four").await.unwrap();
    assert_eq!(told(&refused(output("sum", json!(1))).await), ("WORKFLOW-040", "/workflow"));
}

#[tokio::test]
async fn what_is_forgotten_cannot_be_forked_and_its_forks_stay() {
    let world = World::new();
    let server = world.server();
    let id = ended(&server).await;
    world.clock.advance(Duration::from_secs(100));
    let made = fork(&server, id, output("sum", json!(1))).await.unwrap();
    server.echo().await;
    let now = world.sources.clock.now();
    assert_eq!(world.store.forget_journals(now.minus(Duration::from_secs(50)), 10).await.unwrap(), 1);
    let other = world.server();
    assert_eq!(fork(&other, id, output("sum", json!(1))).await.unwrap_err().code, "WORKFLOW-041");
    assert_eq!(other.detail(made.id).await.outputs.unwrap()["sum"], json!(1));
    let again = fork(&other, made.id, input("sum", json!({"n": 1}))).await.unwrap();
    other.echo().await;
    assert_eq!(other.detail(again.id).await.outputs.unwrap()["sum"], json!({"n": 1}));
}

#[tokio::test]
async fn a_draft_shows_what_could_be_changed() {
    let world = World::new();
    let server = world.server();
    server
        .store(
            "name: kinds\nversion: 1\nsteps:\n  work: {uses: test.work, with: {n: 1}}\n  each: {uses: test.work, foreach: [5, 6], with: {n: '${{ item }}', was: '${{ steps.work.output.n }}'}}\n  rest: {wait: 1s}\n  ok: {approve: true, needs: [work]}\n  careful: {uses: test.work, approve: true, with: {n: 2}, needs: [ok]}\n",
        )
        .await;
    let id = server.start("kinds", json!({})).await;
    let vera = user("vera", Role::Viewer);
    let draft = |step: &'static str| RunService::fork_draft(&*server.runs, &vera, id, step);
    assert_eq!(draft("work").await.unwrap_err().code, "WORKFLOW-023");
    for _ in 0..3 {
        server.echo().await;
        world.clock.advance(Duration::from_secs(2));
        for approval in server.open_approvals().await {
            let verdict = ApprovalVerdict { hash: approval.hash, comment: None };
            ApprovalService::approve(&*server.runs, &bob(), approval.id, verdict).await.unwrap();
        }
    }
    assert_eq!(server.state(id).await, RunState::Completed);
    let work = draft("work").await.unwrap();
    assert_eq!((work.input, work.output, work.items), (Some(json!({"n": 1})), Some(json!({"n": 1})), None));
    assert_eq!(
        (work.takes_input, work.takes_output, work.anew),
        (true, true, ["work", "each", "ok", "careful"].map(str::to_owned).to_vec())
    );
    let each = draft("each").await.unwrap();
    assert_eq!((each.input.clone(), each.items), (Some(json!([{"n": 5, "was": 1}, {"n": 6, "was": 1}])), Some(2)));
    let rest = draft("rest").await.unwrap();
    assert_eq!((rest.takes_input, rest.takes_output, rest.input, rest.output), (false, true, None, Some(Value::Null)));
    let ok = draft("ok").await.unwrap();
    assert_eq!((ok.takes_input, ok.takes_output), (false, false));
    let careful = draft("careful").await.unwrap();
    assert_eq!((careful.takes_input, careful.takes_output), (true, false));
    assert_eq!(draft("none").await.unwrap_err().code, "WORKFLOW-041");
    // What the draft shows can be sent back.
    let same = fork(&server, id, input("each", each.input.unwrap())).await.unwrap();
    server.echo().await;
    assert_eq!(server.detail(same.id).await.summary.state, RunState::Completed);
}

#[tokio::test]
async fn nobody_who_asked_for_the_fork_or_its_source_agrees_to_what_it_does() {
    let world = World::new();
    let server = world.server();
    server.store("name: send\nversion: 1\nsteps:\n  draft: {uses: test.work, with: {text: a}}\n  send: {uses: test.work, approve: true, with: {text: '${{ steps.draft.output.text }}'}}\n").await;
    let id = server.start("send", json!({})).await;
    server.echo().await;
    let [asked] = server.open_approvals().await.try_into().unwrap();
    let agree = |caller: Caller, of: &baton_domain::wire::approval::ApprovalSummary| {
        let (runs, id, hash) = (Arc::clone(&server.runs), of.id, of.hash.clone());
        async move { ApprovalService::approve(&*runs, &caller, id, ApprovalVerdict { hash, comment: None }).await }
    };
    agree(bob(), &asked).await.unwrap();
    server.echo().await;
    let made = fork(&server, id, input("send", json!({"text": "b"}))).await.unwrap();
    server.echo().await;
    let [anew] = server.open_approvals().await.try_into().unwrap();
    assert_eq!((anew.run, anew.step.as_str()), (made.id, "send"));
    assert_ne!(anew.hash, asked.hash);
    let subject = ApprovalService::approval(&*server.runs, &bob(), anew.id).await.unwrap();
    assert_eq!((subject.subject["input"]["text"].as_str(), subject.may_decide), (Some("b"), true));
    for caller in [alice(), carol()] {
        assert!(!ApprovalService::approval(&*server.runs, &caller, anew.id).await.unwrap().may_decide);
        assert_eq!(agree(caller, &anew).await.unwrap_err().code, "WORKFLOW-028");
    }
    // Who retries a fork, or forks it again, is one more who asked.
    let dave = user("dave", Role::Operator);
    RunService::cancel(&*server.runs, &dave, made.id).await.unwrap();
    server.echo().await;
    RunService::retry(&*server.runs, &dave, made.id, RunRetry::default()).await.unwrap();
    server.echo().await;
    let [retried] = server.open_approvals().await.try_into().unwrap();
    assert_eq!(agree(dave, &retried).await.unwrap_err().code, "WORKFLOW-028");
    agree(bob(), &retried).await.unwrap();
    server.echo().await;
    let detail = server.detail(made.id).await;
    assert_eq!((detail.summary.state, detail.steps[1].item.clone().unwrap().output), (RunState::Completed, Some(json!({"text": "b"}))));
}

#[tokio::test]
async fn a_part_of_another_run_is_forked_as_a_run_of_its_own() {
    let world = World::new();
    let server = world.server();
    server.store("name: inner\nversion: 1\nsteps:\n  a: {uses: test.work, with: {n: 1}}\noutputs: {a: '${{ steps.a.output.n }}'}\n").await;
    server.store("name: outer\nversion: 1\nsteps:\n  sub: {uses: 'workflow:inner'}\noutputs: {a: '${{ steps.sub.output.a }}'}\n").await;
    let id = server.start("outer", json!({})).await;
    server.echo().await;
    let children = RunService::list(&*server.runs, &alice(), RunFilter { parent: Some(id), ..RunFilter::default() }).await.unwrap().items;
    let made = fork(&server, children[0].id, input("a", json!({"n": 2}))).await.unwrap();
    server.echo().await;
    let detail = server.detail(made.id).await;
    assert_eq!((detail.summary.parent, detail.outputs), (None, Some(json!({"a": 2}))));
    assert_eq!(server.detail(id).await.outputs, Some(json!({"a": 1})), "the run above is as it was");
    // The newest version of what it uses is not what the source used.
    server.store("name: inner\nversion: 1\ninputs: {more: {type: string, default: x}}\nsteps:\n  a: {uses: test.work, with: {n: 9}}\noutputs: {a: '${{ steps.a.output.n }}'}\n").await;
    let made = fork(&server, id, input("sub", json!({}))).await.unwrap();
    server.echo().await;
    assert_eq!(server.detail(made.id).await.outputs, Some(json!({"a": 1})));
    let wrong = fork(&server, id, input("sub", json!({"more": "y"}))).await.unwrap_err();
    assert_eq!(wrong.code, "WORKFLOW-047", "{wrong}");
    let wrong = fork(&server, id, output("sub", json!({"a": 1, "b": 2}))).await;
    assert!(wrong.is_ok() || wrong.is_err_and(|problem| problem.code == "WORKFLOW-047"));
}

#[tokio::test]
async fn what_somebody_approves_or_decides_is_not_made_up_at_any_level() {
    let world = World { decisions: Some(Arc::new(Quick::default())), ..World::new() };
    let server = world.server();
    let using = |name: &str, used: &str| format!("name: {name}\nversion: 1\nsteps:\n  a: {{uses: '{used}'}}\n");
    server.store("name: asks\nversion: 1\nsteps:\n  a: {uses: test.work, approve: true}\n").await;
    server.store(&using("free", "test.work")).await;
    server.store(&using("between", "workflow:asks")).await;
    let steps = "  deep: {uses: 'workflow:between'}\n  free: {uses: 'workflow:free'}\n  choose: {decide: {question: 'Well?', options: [yes, no], voters: 3}}\n";
    server.store(&format!("name: top\nversion: 1\nsteps:\n{steps}")).await;
    let id = server.start("top", json!({})).await;
    through(&server).await;
    assert_eq!(server.state(id).await, RunState::Completed);
    for (step, may) in [("deep", false), ("free", true), ("choose", false)] {
        let draft = RunService::fork_draft(&*server.runs, &alice(), id, step).await.unwrap();
        assert_eq!(draft.takes_output, may, "{step}");
        let made = fork(&server, id, output(step, json!({}))).await;
        assert_eq!(made.as_ref().err().map(told), (!may).then_some(("WORKFLOW-047", "/output")), "{step}");
    }
}

/// Steps of every kind around the one that is changed.
const MANY: &str = "
name: many
version: 1
steps:
  first: {uses: test.work, with: {n: 1}}
  each: {uses: test.work, foreach: {items: '${{ range(5) }}', concurrency: 2}, with: {n: '${{ item }}'}, needs: [first]}
  beside: {uses: test.work, foreach: '${{ range(3) }}', with: {n: '${{ item }}'}}
  agree: {uses: test.work, approve: true, with: {n: '${{ length(steps.each.output) }}'}}
  sub: {uses: 'workflow:inner', needs: [agree]}
  choose: {decide: {question: 'Well?', options: [yes, no], voters: 3}, needs: [sub]}
  last: {uses: test.work, with: {chosen: '${{ steps.choose.output }}', beside: '${{ steps.beside.output }}'}}
outputs: {last: '${{ steps.last.output }}', each: '${{ steps.each.output }}'}
";

async fn through(server: &Server) {
    for _ in 0..10 {
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
            let _ =
                ApprovalService::approve(&*server.runs, &bob(), approval.id, ApprovalVerdict { hash: approval.hash, comment: None }).await;
        }
    }
}

#[tokio::test]
async fn a_crash_between_any_two_steps_of_a_fork_changes_nothing_about_its_end() {
    let changed: Value = (10..15).map(|n| json!({"n": n})).collect();
    let prepared = || async {
        let world = World { decisions: Some(Arc::new(Quick::default())), ..World::new() };
        let server = world.server();
        server.store("name: inner\nversion: 1\nsteps:\n  a: {uses: test.work}\n").await;
        server.store(MANY).await;
        let id = server.start("many", json!({})).await;
        through(&server).await;
        assert_eq!(server.state(id).await, RunState::Completed);
        (world, id)
    };
    let begin = |server: &Server, id: RunId| {
        let (runs, new) = (Arc::clone(&server.runs), input("each", changed.clone()));
        async move { RunService::fork(&*runs, &carol(), id, new, Some("once".to_owned())).await }
    };
    let end_of = |world: &World, server: &Server, id: RunId| {
        let (tasks, server) = (world.tasks.all().len(), Arc::clone(&server.runs));
        async move {
            let detail = RunService::run(&*server, &alice(), id).await.unwrap();
            let copied: Vec<bool> = detail.steps.iter().map(|step| step.copied_from.is_some()).collect();
            (detail.summary.state, detail.outputs, detail.summary.tasks, copied, tasks)
        }
    };
    let (world, id) = prepared().await;
    let server = world.server();
    let made = begin(&server, id).await.unwrap();
    through(&server).await;
    let expected = end_of(&world, &server, made.id).await;
    assert_eq!((expected.0, expected.2), (RunState::Completed, 5 + 1 + 1 + 1 + 1));
    assert_eq!(expected.3, [true, false, true, false, false, false, false]);
    assert_eq!(expected.1.as_ref().unwrap()["each"], changed);
    let steps = server.fuse.used.load(Ordering::SeqCst);
    assert!(steps > 15, "{steps}");
    for half in 0..=2 * steps + 1 {
        let (world, id) = prepared().await;
        let server = world.server();
        server.fuse.set(half);
        let begun = begin(&server, id).await;
        through(&server).await;
        drop(server);
        let server = world.server();
        world.clock.advance(Duration::from_secs(1));
        server.runs.take_up().await.unwrap();
        let again = begin(&server, id).await.unwrap();
        assert!(begun.is_err() || begun.is_ok_and(|begun| begun.id == again.id));
        through(&server).await;
        world.clock.advance(Duration::from_secs(1));
        through(&server).await;
        assert_eq!(end_of(&world, &server, again.id).await, expected, "died at half step {half} of {}", 2 * steps);
        let started = world
            .events()
            .await
            .into_iter()
            .filter(|event| event.kind == "run.started" && event.subject == format!("run:{}", again.id))
            .count();
        assert_eq!(started, 1);
    }
}

#[tokio::test]
async fn a_failed_step_is_forked_to_its_good_end_and_a_cancelled_run_is_finished() {
    let world = World::new();
    let server = world.server();
    server.store(FOUR).await;
    let id = server.start("four", json!({"texts": ["a", "b"]})).await;
    let fails =
        |task: &NewTask| if task.input.get("all").is_some() { Some(Err(("BOOM", "it broke"))) } else { Some(Ok(task.input.clone())) };
    server.play(fails).await;
    assert_eq!(server.state(id).await, RunState::Failed);
    let made = fork(&server, id, output("sum", json!({"mended": true}))).await.unwrap();
    server.echo().await;
    let detail = server.detail(made.id).await;
    assert_eq!((detail.summary.state, detail.steps[2].state), (RunState::Completed, StepState::Completed));
    // Of one that was cancelled what had not been done is done.
    let id = server.start("four", json!({"texts": ["a", "b"]})).await;
    server.play(|task| task.input.get("text").is_none().then(|| Ok(task.input.clone()))).await;
    RunService::cancel(&*server.runs, &alice(), id).await.unwrap();
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Canceled);
    let made = fork(&server, id, output("beside", json!({"said": 1}))).await.unwrap();
    server.echo().await;
    let detail = server.detail(made.id).await;
    assert_eq!(detail.outputs, Some(json!({"sum": {"all": [{"text": "a"}, {"text": "b"}]}, "beside": {"said": 1}})));
}
