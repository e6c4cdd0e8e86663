//! Do runs that were recorded come to the same again, and is what was planted into a recording found at its step?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{AgentId, ArtifactId, AttemptId, DEFAULT_PROJECT, JournalId, LeaseToken, ProjectId, RunId, ServerId, TaskId};
use baton_domain::model::{Embedded, FinishReason, Message, ModelAnswer, ModelRequest, Usage};
use baton_domain::ports::{Prompter, RecordedTask, Rehearsals, Rehearsed, StoredAgain};
use baton_domain::problem::Problem;
use baton_domain::server::ServerRef;
use baton_domain::services::{ApprovalService, ReplayService, RunService};
use baton_domain::task::{Priority, RetryPolicy, TaskState, Timeouts, Trigger};
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::approval::ApprovalVerdict;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::replay::{ReplayReport, TakenKind};
use baton_domain::wire::run::{NewFork, NewSignal, RunRetry, RunState};
use baton_domain::wire::task::{AgentRef, AttemptOutcome, Explanation, Failure, NewTask, TaskSummary};
use baton_negotiation::replay::compare;
use baton_runs::{ReplayBounds, ReplayParts, Replays};
use baton_storage::{
    Advance, Advanced, ArtifactStore, Assignment, AttemptEnd, Completion, Guard, JournalStore, JournalWrite, ModelCallRecord, ModelStore,
    NewTaskRecord, TaskRecord, TaskStore,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Server, World, alice, bob};

/// The agent of `test.work`: what it is told to do, with whoever gives it its lines.
fn act(input: &Value, lines: &dyn Prompter) -> Option<Result<Value, Failure>> {
    let number = input["n"].as_u64().unwrap_or(0);
    let ask = |text: String| ModelRequest { temperature: 0.7, ..ModelRequest::new(vec![Message::user(text)]) };
    Some(match input["do"].as_str().unwrap_or("give") {
        "give" => Ok(input.clone()),
        "double" => Ok(json!({"n": number * 2, "third": number as f64 / 3.0})),
        "fail" => Err(Failure { code: "TEST-001".to_owned(), message: format!("{number} is too many"), retryable: false }),
        "think" => {
            let first = match lines.complete(&ask(format!("first {number}")))? {
                Ok(answer) => answer,
                Err(failure) => return Some(Err(failure)),
            };
            let second = match lines.complete(&ask(format!("second after {}", first.text)))? {
                Ok(answer) => answer,
                Err(failure) => return Some(Err(failure)),
            };
            Ok(json!({"text": second.text, "tokens": second.usage.completion_tokens}))
        }
        "place" => lines.embed(&[format!("text {number}"), "other".to_owned()])?.map(|places| json!({"vectors": places.vectors})),
        "store" => {
            let text = format!("content {number}");
            let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            let file = StoredAgain { name: "out.txt".to_owned(), media_type: "text/plain".to_owned(), size: text.len() as u64, sha256 };
            Ok(json!({"file": lines.stored(&file)?, "link": format!("/artifacts/{}/content", lines.stored(&file)?)}))
        }
        "ask" => lines.ask("test.work", &json!({"do": "think", "n": number}))?.map(|given| json!({"given": given})),
        other => Err(Failure { code: "TEST-002".to_owned(), message: format!("{other} is nothing to do"), retryable: false }),
    })
}

/// What is altered of what a task leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Planted {
    Answer,
    Outcome,
    Input,
    File,
    Child,
}

/// The stage of the tests: the same agent, which may have been changed since.
#[derive(Default)]
struct Theatre {
    changed: AtomicBool,
}

#[async_trait]
impl Rehearsals for Theatre {
    fn apart(&self, agent: &str, skill: &str, input: &Value, _: bool) -> Option<String> {
        assert_eq!((agent, skill), ("tester", "test.work"));
        (input["outside"] == json!(true)).then(|| "it reaches out to other hosts".to_owned())
    }

    async fn rehearse(&self, task: RecordedTask, prompter: Arc<dyn Prompter>) -> Result<Rehearsed, Problem> {
        let mut input = task.input.clone();
        if self.changed.load(Ordering::SeqCst) && input["n"].is_u64() {
            input["n"] = json!(input["n"].as_u64().unwrap() + 1);
        }
        Ok(act(&input, &*prompter).map_or(Rehearsed::Unprompted, Rehearsed::Ended))
    }
}

/// What really happens while an attempt works: models answer, files are stored, other skills are asked; all of it is recorded.
struct Live<'a> {
    world: &'a World,
    /// Whether the answers are from memory, as those of a second run are.
    cached: bool,
    state: Mutex<Noted>,
}

/// A call of a model: its id, the model, the code of what went wrong, what was asked and what was answered.
type Asked = (uuid::Uuid, String, Option<String>, String, String);

#[derive(Default)]
struct Noted {
    calls: Vec<Asked>,
    artifacts: Vec<(ArtifactId, StoredAgain)>,
    children: Vec<Child>,
}

/// A task that an agent asked for.
struct Child {
    id: TaskId,
    input: Value,
    outcome: Result<Value, Failure>,
    noted: Box<Noted>,
}

impl Live<'_> {
    fn note(&self, model: &str, failure: Option<&str>, request: String, answer: String) {
        self.state.lock().calls.push((self.world.sources.ids.next(), model.to_owned(), failure.map(str::to_owned), request, answer));
    }
}

impl Prompter for Live<'_> {
    fn complete(&self, request: &ModelRequest) -> Option<Result<ModelAnswer, Failure>> {
        let asked = request.messages[0].content.clone();
        let text = serde_json::to_string(request).unwrap();
        if asked.contains(" 13") {
            // The first model is away, and the next one refuses.
            self.note("large", Some("MODEL-004"), text.clone(), "large is away".to_owned());
            self.note("small", Some("MODEL-006"), text, "small refuses".to_owned());
            return Some(Err(Failure { code: "MODEL-006".to_owned(), message: "small refuses".to_owned(), retryable: false }));
        }
        if asked.contains('7') {
            self.note("large", Some("MODEL-004"), text.clone(), "large is away".to_owned());
        }
        let said: String = asked.chars().rev().collect();
        let usage = Usage { prompt_tokens: 3, completion_tokens: if self.cached { 0 } else { 5 }, cost_micros: 0 };
        let answer = ModelAnswer {
            model: "small".to_owned(),
            text: said,
            json: None,
            tool_calls: Vec::new(),
            finish: FinishReason::Stop,
            usage,
            cached: self.cached,
        };
        self.note("small", None, text, serde_json::to_string(&answer).unwrap());
        Some(Ok(answer))
    }

    fn embed(&self, texts: &[String]) -> Option<Result<Embedded, Failure>> {
        let place = |text: &String| vec![text.len() as f32 / 7.0, 0.1_f32, -1.5e-7];
        let placed = Embedded { model: "places".to_owned(), vectors: texts.iter().map(place).collect(), usage: Usage::default() };
        self.note("places", None, json!({"texts": texts}).to_string(), serde_json::to_string(&placed).unwrap());
        Some(Ok(placed))
    }

    fn ask(&self, _: &str, input: &Value) -> Option<Result<Value, Failure>> {
        let id = TaskId::new(self.world.sources.ids.next());
        let live = Live { world: self.world, cached: self.cached, state: Mutex::default() };
        let outcome = act(input, &live).unwrap();
        let noted = Box::new(live.state.into_inner());
        self.state.lock().children.push(Child { id, input: input.clone(), outcome: outcome.clone(), noted });
        Some(outcome)
    }

    fn stored(&self, file: &StoredAgain) -> Option<ArtifactId> {
        let id = ArtifactId::new(self.world.sources.ids.next());
        self.state.lock().artifacts.push((id, file.clone()));
        Some(id)
    }
}

/// A task whose row is to be stored.
struct Row {
    id: TaskId,
    parent: Option<TaskId>,
    fairness_key: Option<String>,
    input: Value,
    outcome: Result<Value, Failure>,
}

/// A task as it is stored when it is taken.
fn new_record(world: &World, id: TaskId, parent: Option<TaskId>, fairness_key: Option<String>, input: Value) -> NewTaskRecord {
    let now = world.sources.clock.now();
    let by = alice().principal;
    let summary = TaskSummary {
        id,
        project_id: DEFAULT_PROJECT,
        title: String::new(),
        skill: "test.work".to_owned(),
        state: TaskState::Queued,
        wait_kind: None,
        reason: None,
        priority: Priority::default(),
        labels: Vec::new(),
        fairness_key,
        attempt: 1,
        maximum_attempts: 4,
        agent: None,
        created_at: now,
        not_before: None,
        started_at: None,
        finished_at: None,
        cancel_requested_at: None,
        pause_requested_at: None,
        created_by: by.label().to_owned(),
        rerun_of: None,
        run_id: None,
        parent_id: parent,
        decision_id: None,
        failure: None,
    };
    let task = TaskRecord {
        summary,
        result_kind: "json".to_owned(),
        retry: RetryPolicy::default(),
        timeouts: Timeouts::default(),
        lease: LeaseToken(0),
        lease_until: None,
        deadline_at: None,
        ready_at: now,
        depth: u32::from(parent.is_some()),
        fairness_weight: 1.0,
        budget: None,
        awaited: false,
        created_by: by,
    };
    NewTaskRecord { task, input, depends_on: Vec::new(), decide: None }
}

async fn keep(world: &World, row: Row, noted: Noted, planted: Option<Planted>) {
    let Row { id, parent, fairness_key, mut input, outcome } = row;
    let now = world.sources.clock.now();
    let store = &world.store;
    if planted == Some(Planted::Input) {
        input["n"] = json!(1_000);
    }
    store.insert_tasks(vec![new_record(world, id, parent, fairness_key.clone(), input)], None).await.unwrap();
    let attempt = AttemptId::new(world.sources.ids.next());
    let assignment = Assignment {
        task: id,
        attempt,
        agent: AgentRef { id: AgentId::new(uuid::Uuid::from_u128(5)), name: "tester".to_owned() },
        server: ServerRef { id: ServerId::new(uuid::Uuid::from_u128(6)), name: "here".to_owned() },
        explanation: Explanation::default(),
        at: now,
        lease_until: now.plus(Duration::from_secs(30)),
    };
    let begun = store.begin(vec![assignment]).await.unwrap().remove(0);
    for (place, (id, model, failure, request, mut answer)) in noted.calls.into_iter().enumerate() {
        if planted == Some(Planted::Answer) && place == 0 {
            answer = answer.replace("first", "worst").replace("tsrif", "tsrow");
        }
        let call = ModelCallRecord {
            id,
            project: DEFAULT_PROJECT,
            task: begun.task.summary.id,
            attempt,
            model,
            at: now,
            duration_ms: 1,
            usage: Usage::default(),
            cached: false,
            failure,
            request_key: None,
            request,
            answer,
        };
        store.record_model_call(call).await.unwrap();
    }
    for (id, file) in noted.artifacts {
        let sha256 = if planted == Some(Planted::File) { "0".repeat(64) } else { file.sha256 };
        let artifact = ArtifactView {
            id,
            project_id: DEFAULT_PROJECT,
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            sha256,
            created_by: String::new(),
            task_id: Some(begun.task.summary.id),
            created_at: now,
        };
        store.insert_artifact(artifact, Principal::System).await.unwrap();
    }
    for Child { id: child, input, outcome, noted } in noted.children {
        let row = Row { id: child, parent: Some(id), fairness_key: fairness_key.clone(), input, outcome };
        let planted = (planted == Some(Planted::Child)).then_some(Planted::Answer);
        Box::pin(keep(world, row, *noted, planted)).await;
    }
    let ended = match outcome {
        Ok(mut result) => {
            if planted == Some(Planted::Outcome) {
                result["planted"] = json!(true);
            }
            store.complete(Completion { task: begun.task, attempt, result, at: now, spans: Vec::new(), goes_first: false }).await.unwrap()
        }
        Err(failure) => {
            let end = Advance {
                failure: Some(failure.clone()),
                attempt_end: Some(AttemptEnd { outcome: AttemptOutcome::Failed, failure: Some(failure) }),
                ..Advance::new(id, Guard::Lease(begun.task.lease), Trigger::Fail, Principal::System, now)
            };
            store.advance(end).await.unwrap()
        }
    };
    assert!(matches!(ended, Advanced::Applied(_)));
}

/// Works on every task that waits, until none does. `plant` says what is altered of a task.
async fn work(world: &World, server: &Server, cached: bool, plant: impl Fn(&NewTask) -> Option<Planted>) {
    loop {
        server.hear();
        server.runs.settle().await;
        let open = world.tasks.open();
        if open.is_empty() {
            break;
        }
        for (id, task) in open {
            let live = Live { world, cached, state: Mutex::default() };
            let outcome = act(&task.input, &live).unwrap();
            let row =
                Row { id, parent: None, fairness_key: task.fairness_key.clone(), input: task.input.clone(), outcome: outcome.clone() };
            keep(world, row, live.state.into_inner(), plant(&task)).await;
            match &outcome {
                Ok(result) => world.tasks.end(id, Ok(result.clone())),
                Err(failure) => world.tasks.end(id, Err((&failure.code, &failure.message))),
            }
        }
        world.clock.advance(Duration::from_millis(7));
    }
    // What was cancelled before anybody worked on it has a row too.
    for (id, task) in world.tasks.all() {
        if task.state == TaskState::Canceled && world.store.task(id).await.unwrap().is_none() {
            let new = new_record(world, id, None, task.new.fairness_key.clone(), task.new.input.clone());
            world.store.insert_tasks(vec![new], None).await.unwrap();
            world.store.request_cancel(id, Principal::System, world.sources.clock.now()).await.unwrap();
        }
    }
}

fn replays(world: &World) -> (Arc<Replays>, Arc<Theatre>) {
    let theatre = Arc::new(Theatre::default());
    let store = Arc::new(world.store.clone());
    let parts = ReplayParts {
        journals: Arc::clone(&store) as _,
        workflows: Arc::clone(&store) as _,
        tasks: Arc::clone(&store) as _,
        models: Arc::clone(&store) as _,
        artifacts: store,
        rehearsals: Arc::clone(&theatre) as _,
        clock: Arc::clone(&world.sources.clock),
    };
    (Arc::new(Replays::new(parts)), theatre)
}

const INNER: &str = "
name: inner
version: 1
inputs: {n: integer}
steps:
  think: {uses: test.work, with: {do: think, n: '${{ inputs.n }}'}}
  place: {uses: test.work, with: {do: place, n: '${{ inputs.n + 1 }}'}, needs: [think]}
outputs: {text: '${{ steps.think.output.text }}', places: '${{ steps.place.output.vectors }}'}
";

const OUTER: &str = "
name: outer
version: 1
inputs: {n: integer, list: {type: array, items: {type: integer}}}
steps:
  each:
    uses: test.work
    foreach: {items: '${{ inputs.list }}', concurrency: 3}
    with: {do: think, n: '${{ item }}'}
  store: {uses: test.work, with: {do: store, n: '${{ inputs.n }}', began: '${{ run.started_at }}', run: '${{ run.id }}'}}
  sub: {uses: 'workflow:inner', with: {n: '${{ inputs.n }}'}, needs: [store]}
  ask: {uses: test.work, with: {do: ask, n: '${{ inputs.n }}'}, needs: [sub]}
  wrong: {uses: test.work, with: {do: fail, n: '${{ inputs.n }}'}, on_failure: {run: mend}}
  mend: {uses: test.work, with: {do: double, n: '${{ inputs.n }}', why: '${{ steps.wrong.error.message }}'}}
  skipped: {uses: test.work, if: '${{ inputs.n < 0 }}'}
  outside: {uses: test.work, with: {do: give, outside: true, n: '${{ inputs.n }}'}}
  paid: {wait: {signal: paid, timeout: 1h}}
  later: {wait: 5s, needs: [paid]}
  last:
    uses: test.work
    with: {file: '${{ steps.store.output.file }}', given: '${{ steps.ask.output }}', paid: '${{ steps.paid.output }}'}
    needs: [later, mend, each]
    approve: {message: 'Go on with ${{ inputs.n }}?', expires: 1h}
outputs: {texts: '${{ steps.each.output }}', sub: '${{ steps.sub.output }}', last: '${{ steps.last.output }}'}
";

/// Runs `outer` to its end.
async fn outer(world: &World, server: &Server, n: u64, cached: bool, plant: impl Fn(&NewTask) -> Option<Planted>) -> RunId {
    let id = server.start("outer", json!({"n": n, "list": [n, n + 1, n + 2, n + 3, n]})).await;
    work(world, server, cached, &plant).await;
    let signal = NewSignal { name: "paid".to_owned(), payload: json!({"amount": n}) };
    RunService::signal(&*server.runs, &bob(), id, signal, None).await.unwrap();
    world.clock.advance(Duration::from_secs(6));
    work(world, server, cached, &plant).await;
    for open in server.open_approvals().await.into_iter().filter(|open| open.run == id) {
        let verdict = ApprovalVerdict { hash: open.hash.clone(), comment: None };
        ApprovalService::approve(&*server.runs, &bob(), open.id, verdict).await.unwrap();
    }
    work(world, server, cached, &plant).await;
    assert!(server.state(id).await.is_ended());
    id
}

async fn begun() -> (World, Server) {
    let world = World::new();
    let server = world.server();
    server.store(INNER).await;
    server.store(OUTER).await;
    (world, server)
}

async fn replay(replays: &Replays, id: RunId) -> ReplayReport {
    ReplayService::replay(replays, &alice(), id).await.unwrap()
}

#[tokio::test]
async fn a_hundred_runs_come_to_the_same_again() {
    let (world, server) = begun().await;
    let mut ids = Vec::new();
    for n in 0..100 {
        ids.push(outer(&world, &server, n, false, |_| None).await);
    }
    let (replays, theatre) = replays(&world);
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for id in &ids {
        let report = replay(&replays, *id).await;
        assert_eq!(report.divergence, None, "{id}");
        assert!(report.equal && report.rehearsed >= 7 && report.steps > 20, "{report:?}");
        *states.entry(server.state(*id).await.to_string()).or_default() += 1;
        let kinds: Vec<TakenKind> = report.taken.iter().map(|taken| taken.kind).collect();
        for kind in [TakenKind::Tool, TakenKind::Signal, TakenKind::Timer] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
    }
    // Some runs ended badly, for their model refused: they too come to the same.
    assert!(states["completed"] > 80 && states["failed"] >= 1, "{states:?}");
    // Agents that do something else now are found, at a step that they do.
    theatre.changed.store(true, Ordering::SeqCst);
    for id in ids.iter().take(10) {
        let report = replay(&replays, *id).await;
        let divergence = report.divergence.unwrap();
        assert!(!report.equal && divergence.code.starts_with("REPLAY-00") && !divergence.step.is_empty(), "{divergence:?}");
    }
}

#[tokio::test]
async fn two_runs_of_the_same_have_the_same_recording() {
    let (world, server) = begun().await;
    let first = outer(&world, &server, 2, false, |_| None).await;
    let second = outer(&world, &server, 2, false, |_| None).await;
    let other = outer(&world, &server, 3, false, |_| None).await;
    let (replays, _) = replays(&world);
    let (one, two) = (replays.record(first).await.unwrap(), replays.record(second).await.unwrap());
    assert_eq!(compare(&one, &two).unwrap().first, None);
    assert_eq!(one, two);
    let paths: Vec<&str> = one.steps.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(paths[0], "(input)");
    for path in ["each[3]", "each", "sub/(input)", "sub/think", "sub/(outputs)", "sub", "last/(approval)", "skipped", "(outputs)"] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    let step = |path: &str| one.steps.iter().find(|step| step.path == path).unwrap();
    assert_eq!(step("store").calls.len(), 2);
    assert_eq!(step("store").input.as_ref().unwrap()["began"], json!("(when it began)"));
    assert!(step("store").outcome.as_ref().unwrap()["completed"]["file"].as_str().unwrap().starts_with("artifact:"));
    assert_eq!(step("each[0]").calls.len(), 2, "one that failed and went on with another model is one call");
    assert_eq!(step("outside").calls[0].name, "test.work");
    let parted = compare(&one, &replays.record(other).await.unwrap()).unwrap();
    assert_eq!(parted.first.unwrap().step, "(input)");
    let shown = ReplayService::recording(&*replays, &alice(), first).await.unwrap();
    assert_eq!((shown.steps.len(), shown.workflow.as_str()), (one.steps.len(), "outer"));
}

#[tokio::test]
async fn what_is_planted_is_found_at_its_step() {
    let cases = [
        ("think", Planted::Answer, "each[0]", "REPLAY-001"),
        ("think", Planted::Input, "each[0]", "REPLAY-001"),
        ("double", Planted::Outcome, "mend", "REPLAY-001"),
        ("store", Planted::File, "store", "REPLAY-001"),
        ("place", Planted::Outcome, "sub/place", "REPLAY-001"),
        ("ask", Planted::Child, "ask/ask 0", "REPLAY-001"),
    ];
    for (does, planted, step, code) in cases {
        let (world, server) = begun().await;
        let id = outer(&world, &server, 2, false, |task| (task.input["do"] == json!(does)).then_some(planted)).await;
        let (replays, _) = replays(&world);
        let report = replay(&replays, id).await;
        let divergence = report.divergence.unwrap_or_else(|| panic!("{does} {planted:?} was not found"));
        assert_eq!((divergence.step.as_str(), divergence.code.as_str()), (step, code), "{does} {planted:?}: {divergence:?}");
        assert!(!divergence.differences.is_empty() && !report.equal, "{divergence:?}");
    }
}

#[tokio::test]
async fn cancelled_and_paused_runs_come_to_the_same_again() {
    let (world, server) = begun().await;
    let id = server.start("outer", json!({"n": 1, "list": [1, 2]})).await;
    RunService::pause(&*server.runs, &alice(), id).await.unwrap();
    work(&world, &server, false, |_| None).await;
    RunService::resume(&*server.runs, &alice(), id).await.unwrap();
    work(&world, &server, false, |_| None).await;
    let (replays, _) = replays(&world);
    assert_eq!(replays.record(id).await.unwrap_err().code, "REPLAY-007");
    // Of another project nobody learns that it goes on.
    let elsewhere = Caller { project: ProjectId::new(uuid::Uuid::from_u128(77)), ..alice() };
    assert_eq!(ReplayService::replay(&*replays, &elsewhere, id).await.unwrap_err().code, "WORKFLOW-041");
    assert_eq!(ReplayService::recording(&*replays, &elsewhere, id).await.unwrap_err().code, "WORKFLOW-041");
    RunService::cancel(&*server.runs, &alice(), id).await.unwrap();
    work(&world, &server, false, |_| None).await;
    assert_eq!(server.state(id).await, RunState::Canceled);
    let report = replay(&replays, id).await;
    assert_eq!(report.divergence, None);
    assert_eq!(report.taken.iter().filter(|taken| taken.kind == TakenKind::Control).count(), 3);
}

#[tokio::test]
async fn a_run_that_was_begun_anew_comes_to_the_same_again() {
    let world = World::new();
    let server = world.server();
    server
        .store(
            "
name: again
version: 1
inputs: {list: {type: array}}
steps:
  each:
    uses: test.work
    foreach: {items: '${{ inputs.list }}', concurrency: 2, fail_fast: false}
    with: {do: '${{ item.do }}', n: '${{ item.n }}'}
  last: {uses: test.work, with: {do: give, all: '${{ length(steps.each.output) }}'}}
",
        )
        .await;
    let id = server.start("again", json!({"list": [{"do": "double", "n": 1}, {"do": "fail", "n": 2}, {"do": "think", "n": 3}]})).await;
    work(&world, &server, false, |_| None).await;
    assert_eq!(server.state(id).await, RunState::Failed);
    for _ in 0..2 {
        RunService::retry(&*server.runs, &bob(), id, RunRetry::default()).await.unwrap();
        work(&world, &server, false, |_| None).await;
    }
    let (replays, _) = replays(&world);
    let report = replay(&replays, id).await;
    assert_eq!(report.divergence, None);
    assert_eq!(report.taken.iter().filter(|taken| taken.kind == TakenKind::Control).count(), 2);
    replays.record(id).await.unwrap().index().unwrap();
}

#[tokio::test]
async fn a_fork_names_what_it_took_over_until_that_is_begun_anew() {
    let world = World::new();
    let server = world.server();
    let step = |id: &str, does: &str| format!("  {id}: {{uses: test.work, with: {{do: {does}, n: 1}}}}\n");
    let steps = [("kept", "give"), ("given", "double"), ("bad", "fail")].map(|(id, does)| step(id, does)).concat();
    server.store(&format!("name: taken\nversion: 1\nsteps:\n{steps}")).await;
    let id = server.start("taken", json!({})).await;
    work(&world, &server, false, |_| None).await;
    let new = NewFork { step: "given".to_owned(), input: None, output: Some(json!({"said": 1})), title: None };
    let fork = RunService::fork(&*server.runs, &bob(), id, new, None).await.unwrap().id;
    work(&world, &server, false, |_| None).await;
    assert_eq!(server.state(fork).await, RunState::Failed);
    let (replays, _) = replays(&world);
    let report = replay(&replays, fork).await;
    assert_eq!(report.divergence, None);
    let taken: Vec<(&str, TakenKind)> = report.taken.iter().map(|taken| (taken.step.as_str(), taken.kind)).collect();
    assert_eq!(taken, ["kept", "given", "bad"].map(|step| (step, TakenKind::Copied)));
    // How a step that failed began in the fork is not known once it was begun anew there.
    RunService::retry(&*server.runs, &bob(), fork, RunRetry::default()).await.unwrap();
    work(&world, &server, false, |_| None).await;
    assert_eq!(server.state(fork).await, RunState::Failed);
    assert_eq!(ReplayService::replay(&*replays, &alice(), fork).await.unwrap_err().code, "REPLAY-008");
    replays.record(fork).await.unwrap().index().unwrap();
}

#[tokio::test]
async fn what_cannot_be_replayed_says_why() {
    let (world, server) = begun().await;
    let id = outer(&world, &server, 2, false, |_| None).await;
    let (replays, _) = replays(&world);
    let unknown = RunId::new(uuid::Uuid::from_u128(1));
    assert_eq!(ReplayService::replay(&*replays, &alice(), unknown).await.unwrap_err().code, "WORKFLOW-041");
    let elsewhere = Caller { project: ProjectId::new(uuid::Uuid::from_u128(77)), ..alice() };
    assert_eq!(ReplayService::replay(&*replays, &elsewhere, id).await.unwrap_err().code, "WORKFLOW-041");
    let viewer = crate::harness::user("eve", baton_domain::user::Role::Viewer);
    assert_eq!(ReplayService::replay(&*replays, &viewer, id).await.unwrap_err().code, "AUTH-005");
    assert!(ReplayService::recording(&*replays, &viewer, id).await.is_ok());
    for bounds in [ReplayBounds { steps: 3, ..ReplayBounds::default() }, ReplayBounds { bytes: 100, ..ReplayBounds::default() }] {
        assert_eq!(replays.replay_within(id, bounds).await.unwrap_err().code, "REPLAY-010");
    }
    // Of a step's task nothing is left.
    let (empty, server) = begun().await;
    let gone = server.start("inner", json!({"n": 1})).await;
    server.play(|task| Some(Ok(json!({"text": "x", "vectors": [], "n": task.input["n"]})))).await;
    let (replays, _) = self::replays(&empty);
    assert_eq!(ReplayService::replay(&*replays, &alice(), gone).await.unwrap_err().code, "REPLAY-008");
    assert_eq!(ReplayService::recording(&*replays, &alice(), gone).await.unwrap_err().code, "REPLAY-008");
}

#[tokio::test]
async fn a_run_whose_facts_do_not_say_what_was_used_is_not_replayed() {
    let (world, server) = begun().await;
    let id = server.start("inner", json!({"n": 1})).await;
    work(&world, &server, false, |_| None).await;
    let (replays, _) = replays(&world);
    assert!(replay(&replays, id).await.equal);
    // As one that an earlier version stored: its work used something, and no fact says so.
    let journal = JournalId::new(*id.as_uuid());
    let head = world.store.journal(journal).await.unwrap().unwrap().0;
    let (mut rows, version) = world.store.journal_rows(journal, Some("run"), None, 10).await.unwrap();
    rows[0].body.as_mut().unwrap()["header"]["tokens"] = json!(8);
    let write = JournalWrite {
        id: journal,
        version,
        state: head.state,
        live: head.live,
        wake_at: head.wake_at,
        summary: None,
        facts: Vec::new(),
        cleared: Vec::new(),
        rows,
        events: Vec::new(),
        at: head.updated_at,
    };
    world.store.write_journal(write).await.unwrap();
    assert_eq!(ReplayService::replay(&*replays, &alice(), id).await.unwrap_err().code, "REPLAY-008");
}

#[tokio::test]
async fn one_replay_of_a_project_at_a_time() {
    /// A stage on which nothing ends until it is let.
    struct Held(tokio::sync::Semaphore, tokio::sync::Notify);

    #[async_trait]
    impl Rehearsals for Held {
        fn apart(&self, _: &str, _: &str, _: &Value, _: bool) -> Option<String> {
            None
        }

        async fn rehearse(&self, task: RecordedTask, prompter: Arc<dyn Prompter>) -> Result<Rehearsed, Problem> {
            self.1.notify_one();
            let _ = self.0.acquire().await.unwrap();
            Ok(act(&task.input, &*prompter).map_or(Rehearsed::Unprompted, Rehearsed::Ended))
        }
    }
    let (world, server) = begun().await;
    let id = outer(&world, &server, 2, false, |_| None).await;
    let held = Arc::new(Held(tokio::sync::Semaphore::new(0), tokio::sync::Notify::new()));
    let store = Arc::new(world.store.clone());
    let replays = Arc::new(Replays::new(ReplayParts {
        journals: Arc::clone(&store) as _,
        workflows: Arc::clone(&store) as _,
        tasks: Arc::clone(&store) as _,
        models: Arc::clone(&store) as _,
        artifacts: store,
        rehearsals: Arc::clone(&held) as _,
        clock: Arc::clone(&world.sources.clock),
    }));
    let first = tokio::spawn({
        let replays = Arc::clone(&replays);
        async move { ReplayService::replay(&*replays, &alice(), id).await }
    });
    held.1.notified().await;
    assert_eq!(ReplayService::replay(&*replays, &bob(), id).await.unwrap_err().code, "REPLAY-009");
    // A replay that is given up leaves its place, and so does one that has ended.
    first.abort();
    assert!(first.await.is_err());
    held.0.add_permits(1_000);
    for _ in 0..2 {
        assert!(ReplayService::replay(&*replays, &bob(), id).await.unwrap().equal);
    }
}

#[tokio::test]
async fn a_run_is_replayed_with_the_versions_that_it_used_at_every_level() {
    let world = World::new();
    let server = world.server();
    let step = |does: &str| format!("  s: {{uses: test.work, with: {{do: {does}, n: 1}}}}\n");
    let lowest = |does: &str| format!("name: c\nversion: 1\nsteps:\n{}", step(does));
    server.store(&lowest("give")).await;
    for (name, used) in [("b", "c"), ("a", "b")] {
        server.store(&format!("name: {name}\nversion: 1\nsteps:\n{}  down: {{uses: 'workflow:{used}', needs: [s]}}\n", step("give"))).await;
    }
    let id = server.start("a", json!({})).await;
    assert_eq!(server.store(&lowest("double")).await.version, 2);
    work(&world, &server, false, |_| None).await;
    assert_eq!(server.state(id).await, RunState::Completed);
    let (replays, _) = replays(&world);
    let report = replay(&replays, id).await;
    assert!(report.equal && report.rehearsed == 3, "{report:?}");
    assert!(world.tasks.all().iter().all(|(_, task)| task.new.input["do"] == json!("give")), "none is of what was stored later");
}
