//! Does a fork part from its source at the changed step and nowhere before, as their recordings say?

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{AgentId, ArtifactId, DecisionId, EventSeq, LeaseToken, RunId, TaskId};
use baton_domain::ports::{Prompter, RecordedTask, Rehearsals, Rehearsed};
use baton_domain::problem::Problem;
use baton_domain::services::{ApprovalService, ReplayService, RunService};
use baton_domain::task::{RetryPolicy, Timeouts};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::approval::ApprovalVerdict;
use baton_domain::wire::run::{DiffKind, NewFork, NewSignal, RunDiff, StepState, StepView, WaitsFor};
use baton_domain::wire::task::NewTask;
use baton_runs::{ReplayParts, Replays};
use baton_storage::{
    Advance, Advanced, Assignment, BegunTask, CancelRequest, Checkpoint, Checkpointed, Completion, DueTask, Idempotency, Inserted,
    NewTaskRecord, PauseRequest, QueueClass, ReadyTask, Settled, StoreError, TaskPage, TaskQuery, TaskRecord, TaskRows, TaskStore,
    TaskStory, Wanted,
};
use serde_json::{Value, json};

use crate::forks::{input, output};
use crate::harness::{Server, Tasks, World, alice, bob, user};
use crate::lots::{Lot, fate, workflow};

/// The tasks that were played, as a store has them.
struct Stored(Arc<Tasks>);

fn never<T>() -> Result<T, StoreError> {
    panic!("recordings do not ask for this")
}

#[async_trait]
impl TaskStore for Stored {
    async fn task_rows(&self, id: TaskId) -> Result<Option<TaskRows>, StoreError> {
        let Some(played) = self.0.played(id) else { return Ok(None) };
        let task = TaskRecord {
            summary: self.0.summary(id, &played),
            result_kind: "json".to_owned(),
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            lease: LeaseToken(0),
            lease_until: None,
            deadline_at: None,
            ready_at: Timestamp::default(),
            depth: 0,
            fairness_weight: 1.0,
            budget: None,
            awaited: false,
            created_by: played.by,
        };
        Ok(Some(TaskRows {
            task,
            input: played.new.input,
            result: played.result,
            timeline: Vec::new(),
            attempts: Vec::new(),
            artifacts: Vec::new(),
            depends_on: Vec::new(),
            checkpoint_at: None,
            has_children: false,
            decide: None,
            as_of: EventSeq(0),
        }))
    }
    async fn task_story(&self, _: TaskId, _: u32) -> Result<Option<TaskStory>, StoreError> {
        never()
    }
    async fn tasks(&self, _: &TaskQuery) -> Result<TaskPage, StoreError> {
        Ok(TaskPage { items: Vec::new(), as_of: EventSeq(0) })
    }
    async fn insert_tasks(&self, _: Vec<NewTaskRecord>, _: Option<Idempotency>) -> Result<Inserted, StoreError> {
        never()
    }
    async fn task(&self, _: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        never()
    }
    async fn remembered(&self, _: Idempotency) -> Result<Option<Inserted>, StoreError> {
        never()
    }
    async fn differ(&self, _: TaskId, _: DecisionId, _: Timestamp) -> Result<Option<DecisionId>, StoreError> {
        never()
    }
    async fn state_counts(&self) -> Result<(Vec<baton_domain::wire::task::StateCount>, EventSeq), StoreError> {
        never()
    }
    async fn queue_classes(&self, _: Option<&QueueClass>, _: u32) -> Result<Vec<QueueClass>, StoreError> {
        never()
    }
    async fn ready_tasks(&self, _: &[Wanted], _: Timestamp) -> Result<Vec<ReadyTask>, StoreError> {
        never()
    }
    async fn begin(&self, _: Vec<Assignment>) -> Result<Vec<BegunTask>, StoreError> {
        never()
    }
    async fn complete(&self, _: Completion) -> Result<Advanced, StoreError> {
        never()
    }
    async fn advance(&self, _: Advance) -> Result<Advanced, StoreError> {
        never()
    }
    async fn settle_dependents(&self, _: TaskId, _: Timestamp, _: u32) -> Result<Settled, StoreError> {
        never()
    }
    async fn live_children(&self, _: TaskId, _: u32) -> Result<Vec<TaskId>, StoreError> {
        never()
    }
    async fn request_cancel(&self, _: TaskId, _: Principal, _: Timestamp) -> Result<CancelRequest, StoreError> {
        never()
    }
    async fn request_pause(&self, _: TaskId, _: bool, _: Principal, _: Timestamp) -> Result<PauseRequest, StoreError> {
        never()
    }
    async fn save_checkpoint(&self, _: Checkpoint) -> Result<Checkpointed, StoreError> {
        never()
    }
    async fn checkpoint(&self, _: TaskId) -> Result<Option<Value>, StoreError> {
        never()
    }
    async fn forget_checkpoints(&self, _: u32) -> Result<u64, StoreError> {
        never()
    }
    async fn leased_tasks(&self) -> Result<Vec<TaskRecord>, StoreError> {
        never()
    }
    async fn due_tasks(&self, _: Timestamp, _: u32) -> Result<Vec<DueTask>, StoreError> {
        never()
    }
    async fn next_due(&self, _: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        never()
    }
    async fn tasks_of_agent(&self, _: AgentId) -> Result<Vec<TaskId>, StoreError> {
        never()
    }
    async fn forget_idempotency_keys(&self, _: Timestamp, _: Duration) -> Result<u64, StoreError> {
        never()
    }
    async fn artifact_in_use(&self, _: ArtifactId) -> Result<bool, StoreError> {
        never()
    }
}

/// Nobody does anything again.
struct Nobody;

#[async_trait]
impl Rehearsals for Nobody {
    fn apart(&self, _: &str, _: &str, _: &Value, _: bool) -> Option<String> {
        Some("it was played".to_owned())
    }
    async fn rehearse(&self, _: RecordedTask, _: Arc<dyn Prompter>) -> Result<Rehearsed, Problem> {
        panic!("nobody is asked to")
    }
}

fn replays(world: &World) -> Replays {
    let store = Arc::new(world.store.clone());
    Replays::new(ReplayParts {
        journals: Arc::clone(&store) as _,
        workflows: Arc::clone(&store) as _,
        tasks: Arc::new(Stored(Arc::clone(&world.tasks))),
        models: Arc::clone(&store) as _,
        artifacts: store,
        rehearsals: Arc::new(Nobody),
        clock: Arc::clone(&world.sources.clock),
    })
}

/// What a task comes to hangs on what it is given and for which step, and on nothing else; not on which run it is of.
fn outcome(seed: u64, task: &NewTask) -> Result<Value, (&'static str, &'static str)> {
    let mut given = task.input.clone();
    if let Some(given) = given.as_object_mut() {
        given.remove("run");
    }
    let number = fate(seed, &[task.title.as_deref().unwrap_or_default(), &given.to_string()]);
    if number.is_multiple_of(11) { Err(("BOOM", "it broke")) } else { Ok(json!({"number": number % 1_000, "of": task.input})) }
}

/// Lets a run come to its end: whoever is asked agrees, signals come, and time goes by.
async fn to_the_end(world: &World, server: &Server, seed: u64, id: RunId) {
    for _ in 0..200 {
        server.play(|task| Some(outcome(seed, task))).await;
        let detail = server.detail(id).await;
        if detail.summary.state.is_ended() {
            return;
        }
        for approval in server.open_approvals().await {
            let verdict = ApprovalVerdict { hash: approval.hash, comment: None };
            ApprovalService::approve(&*server.runs, &bob(), approval.id, verdict).await.unwrap();
        }
        for step in detail.steps {
            if let Some(wait) = step.waits.filter(|wait| wait.kind == WaitsFor::Signal) {
                let signal = NewSignal { name: wait.names[0].clone(), payload: json!({"of": step.id}) };
                RunService::signal(&*server.runs, &alice(), id, signal, None).await.unwrap();
            }
        }
        world.clock.advance(Duration::from_secs(600));
        server.runs.look_around().await.unwrap();
    }
    panic!("the run {id} does not end: {:#?}", server.detail(id).await);
}

/// A workflow by lot of what is played here: nothing decides.
fn by_lot(seed: u64, steps: usize) -> String {
    let mut document = workflow(seed, steps, true);
    for step in document["steps"].as_object_mut().unwrap().values_mut() {
        let step = step.as_object_mut().unwrap();
        if step.remove("decide").is_some() || step.get("uses") == Some(&json!("diagnostics.echo")) {
            step.insert("uses".to_owned(), json!("test.work"));
        }
    }
    document.to_string()
}

/// What a step is said to give: a run of the other workflow gives what its outputs say.
fn said(step: &StepView, number: u64) -> Value {
    let said = json!({"said": number});
    if step.kind == "workflow" { json!({"o": said}) } else { said }
}

/// The step of the run itself in which a path lies.
fn top(path: &str) -> &str {
    path.split(['/', '[']).next().unwrap()
}

async fn compared(replays: &Replays, left: RunId, right: RunId) -> RunDiff {
    ReplayService::diff(replays, &user("vera", Role::Viewer), left, right).await.unwrap()
}

#[tokio::test]
async fn a_fork_parts_from_its_source_at_the_changed_step_and_nowhere_before() {
    let (mut forks, mut same, mut lists, mut kinds) = (0, 0, 0, std::collections::BTreeSet::new());
    for seed in 0..30_u64 {
        let mut lot = Lot(seed);
        let world = World::new();
        let server = world.server();
        let replays = replays(&world);
        server.store("name: other\nversion: 1\ninputs: {message: {}}\nsteps:\n  one: {uses: test.work, with: {m: '${{ inputs.message }}'}}\n  two: {uses: test.work, with: {o: '${{ steps.one.output }}'}}\noutputs: {o: '${{ steps.two.output }}'}\n").await;
        server.store(&by_lot(seed, 2 + (seed % 9) as usize)).await;
        let source = server.start("lot", json!({"n": seed % 4})).await;
        to_the_end(&world, &server, seed, source).await;
        assert_eq!(compared(&replays, source, source).await.first, None);
        let detail = server.detail(source).await;
        for step in detail.steps.iter().filter(|step| matches!(step.state, StepState::Completed | StepState::Failed)) {
            world.clock.advance(Duration::from_secs(3_600));
            let draft = RunService::fork_draft(&*server.runs, &alice(), source, &step.id).await.unwrap();
            let (change, changes) = match (draft.input, draft.takes_output) {
                // The same again is no change.
                (Some(given), _) if lot.chance(30) => (input(&step.id, given), false),
                (Some(Value::Array(given)), _) if step.foreach => {
                    let changed: Vec<Value> = given.iter().map(|_| json!({"message": "changed"})).collect();
                    let changes = !given.is_empty();
                    (input(&step.id, changed.into()), changes)
                }
                (Some(_), false) => (input(&step.id, json!({"message": ["changed"]})), true),
                (Some(_), true) if lot.chance(50) => (input(&step.id, json!({"message": ["changed"]})), true),
                (_, true) if step.foreach && step.count == 0 => continue,
                (_, true) if step.foreach => (output(&step.id, vec![said(step, 1); step.count as usize].into()), true),
                (_, true) => (output(&step.id, said(step, lot.below(10))), true),
                (None, false) => continue,
            };
            // By whoever asked for the source: nothing differs but the change.
            let new = NewFork { title: None, ..change };
            let made = RunService::fork(&*server.runs, &alice(), source, new.clone(), None).await;
            let made = made.unwrap_or_else(|problem| panic!("seed {seed}, {}: {problem:?}", step.id));
            to_the_end(&world, &server, seed, made.id).await;
            let diff = compared(&replays, source, made.id).await;
            let at = format!("seed {seed}, step {}: {diff:#?}", step.id);
            if changes {
                let first = diff.first.as_ref().unwrap_or_else(|| panic!("it does not part: {at}"));
                assert_eq!(top(&first.step), step.id, "{at}");
                assert!(diff.further.iter().all(|path| top(path) == step.id), "{at}");
                assert!(diff.same > 0 && diff.differing > 0, "{at}");
                kinds.insert(first.what);
                forks += 1;
                lists += usize::from(step.foreach);
            } else {
                assert_eq!((diff.first.as_ref(), diff.differing), (None, 0), "{at}");
                same += 1;
            }
            // It is the same from the other side.
            let back = compared(&replays, made.id, source).await;
            assert_eq!(
                (back.first.map(|first| first.step), back.further, back.differing, back.same),
                (diff.first.map(|first| first.step), diff.further, diff.differing, diff.same)
            );
        }
    }
    println!("{forks} forks with a change, {lists} of them at lists, and {same} without; they part by {kinds:?}");
    assert!(forks > 40 && same > 10 && lists > 3 && kinds.contains(&DiffKind::Input));
}

#[tokio::test]
async fn both_sides_of_a_fork_of_a_fork_are_told_and_what_cannot_be_compared_is_refused() {
    let world = World::new();
    let server = world.server();
    let replays = replays(&world);
    server
        .store("name: three\nversion: 1\nsteps:\n  one: {uses: test.work, with: {n: 1, run: '${{ run.id }}', at: '${{ run.started_at }}'}}\n  ok: {approve: true, needs: [one]}\n  two: {uses: test.work, needs: [ok], with: {n: '${{ steps.one.output.of.n }}'}}\n  three: {uses: test.work, with: {n: '${{ steps.two.output.of.n }}'}}\n")
        .await;
    let source = server.start("three", json!({})).await;
    let early = ReplayService::diff(&replays, &alice(), source, source).await.unwrap_err();
    assert_eq!(early.code, "REPLAY-007");
    to_the_end(&world, &server, 1, source).await;
    world.clock.advance(Duration::from_secs(60));
    let first = RunService::fork(&*server.runs, &alice(), source, input("two", json!({"n": 2})), None).await.unwrap().id;
    to_the_end(&world, &server, 1, first).await;
    world.clock.advance(Duration::from_secs(60));
    let second = RunService::fork(&*server.runs, &alice(), first, input("three", json!({"n": 3})), None).await.unwrap().id;
    to_the_end(&world, &server, 1, second).await;
    let place = |diff: &RunDiff| {
        let first = diff.first.as_ref().unwrap();
        (first.step.clone(), first.what, first.places.first().map(|place| (place.pointer.clone(), place.left.clone(), place.right.clone())))
    };
    let one = |step: &str, left: &str, right: &str| {
        (step.to_owned(), DiffKind::Input, Some(("/n".to_owned(), Some(left.to_owned()), Some(right.to_owned()))))
    };
    // What was copied speaks of the run in which it was done, and its approval is found there.
    assert_eq!(place(&compared(&replays, source, first).await), one("two", "1", "2"));
    assert_eq!(place(&compared(&replays, first, second).await), one("three", "2", "3"));
    assert_eq!(place(&compared(&replays, source, second).await), one("two", "1", "2"));
    let none = RunId::new(uuid::Uuid::from_u128(9));
    for (left, right) in [(none, source), (source, none)] {
        assert_eq!(ReplayService::diff(&replays, &alice(), left, right).await.unwrap_err().code, "WORKFLOW-041");
    }
    let stranger = Caller { project: baton_domain::id::ProjectId::new(uuid::Uuid::from_u128(8)), ..alice() };
    assert_eq!(ReplayService::diff(&replays, &stranger, source, first).await.unwrap_err().code, "WORKFLOW-041");
}
