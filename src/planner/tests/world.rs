//! What does the service of plans live in, in a test? A store in memory, and small services that keep what they are given.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::agent::Skill;
use baton_domain::event::Event;
use baton_domain::id::{AgentId, ArtifactId, DEFAULT_PROJECT, EventSeq, RunId, UserId};
use baton_domain::model::ModelRequest;
use baton_domain::page::Page;
use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{
    AgentService, Answer, ArtifactContent, ArtifactService, ByteStream, NewArtifact, RunService, WorkflowService,
};
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};
use baton_domain::wire::run::{
    ForkDraft, ItemFilter, ItemView, NewFork, NewRun, NewSignal, RunDetail, RunFilter, RunRetry, RunState, RunSummary, StepCounts,
};
use baton_domain::wire::workflow::{
    NewWorkflow, WorkflowCheck, WorkflowDetail, WorkflowDraft, WorkflowFilter, WorkflowGraph, WorkflowNode, WorkflowProblem,
    WorkflowSummary,
};
use baton_planner::{Asks, Models, PlanParts, Plans, problems};
use baton_storage::CommitSink;
use baton_storage_memory::MemoryStore;
use baton_testkit::{TestClock, test_sources};
use serde_json::{Value, json};

use crate::goals::skills;

fn none<T>() -> Answer<T> {
    Err(Problem::new(Code::Internal, "not asked in these tests"))
}

/// The kinds and subjects of what was committed.
#[derive(Default)]
pub(crate) struct Committed(Mutex<Vec<(String, String)>>);

impl CommitSink for Committed {
    fn committed(&self, events: &[Arc<Event>]) {
        self.0.lock().unwrap().extend(events.iter().map(|event| (event.kind.clone(), event.subject.clone())));
    }
}

/// Checks documents as they are checked, and keeps those that pass.
pub(crate) struct TestWorkflows {
    pub(crate) stored: Mutex<Vec<(String, WorkflowSummary)>>,
    sources: Sources,
}

fn found(text: &str) -> Vec<WorkflowProblem> {
    let told = problems(text, skills()).into_iter().map(|problem| WorkflowProblem {
        code: problem.code.as_str().to_owned(),
        line: problem.at.line,
        column: problem.at.column,
        path: problem.path,
        message: problem.message,
        advice: problem.advice,
    });
    told.collect()
}

#[async_trait]
impl WorkflowService for TestWorkflows {
    async fn check(&self, _: &Caller, draft: WorkflowDraft) -> Answer<WorkflowCheck> {
        let read = baton_workflow::parse(&draft.text).ok();
        let node = |id: &str| WorkflowNode {
            id: id.to_owned(),
            label: id.to_owned(),
            kind: "skill".to_owned(),
            uses: None,
            foreach: false,
            approve: false,
            conditional: false,
            layer: 0,
            x: 0.0,
        };
        Ok(WorkflowCheck {
            problems: found(&draft.text),
            name: read.as_ref().map(|workflow| workflow.name.clone()),
            title: None,
            description: None,
            newest: 0,
            hash: None,
            graph: read.map(|workflow| WorkflowGraph {
                nodes: workflow.steps.iter().map(|step| node(&step.id)).collect(),
                ..WorkflowGraph::default()
            }),
            input_schema: None,
            output_schema: None,
        })
    }

    async fn store(&self, caller: &Caller, workflow: NewWorkflow) -> Answer<WorkflowSummary> {
        if let Some(first) = found(&workflow.text).first() {
            return Err(Problem::new(Code::InvalidRequest, first.message.clone()));
        }
        let read = baton_workflow::parse(&workflow.text).unwrap();
        let mut stored = self.stored.lock().unwrap();
        let versions: Vec<&WorkflowSummary> = stored.iter().map(|(_, known)| known).filter(|known| known.name == read.name).collect();
        if let Some(same) = versions.last().filter(|newest| newest.hash == read.hash) {
            return Ok((*same).clone());
        }
        let summary = WorkflowSummary {
            name: read.name.clone(),
            version: u32::try_from(versions.len()).unwrap() + 1,
            title: read.title.unwrap_or(read.name),
            description: None,
            steps: u32::try_from(read.steps.len()).unwrap(),
            hash: read.hash,
            created_at: self.sources.clock.now(),
            created_by: caller.principal.label().to_owned(),
            retired: false,
        };
        stored.push((workflow.text, summary.clone()));
        Ok(summary)
    }

    async fn list(&self, _: &Caller, _: WorkflowFilter) -> Answer<Page<WorkflowSummary>> {
        none()
    }

    async fn workflow(&self, _: &Caller, name: &str, version: Option<u32>) -> Answer<WorkflowDetail> {
        let stored = self.stored.lock().unwrap();
        let known = stored.iter().find(|(_, known)| known.name == name && version == Some(known.version));
        let (text, summary) = known.cloned().ok_or_else(|| Problem::new(Code::NoSuchWorkflow, format!("There is no workflow {name}.")))?;
        Ok(WorkflowDetail {
            newest: summary.version,
            summary,
            text,
            graph: None,
            input_schema: Value::Null,
            output_schema: Value::Null,
            uses: Vec::new(),
            problems: Vec::new(),
            as_of: EventSeq(0),
        })
    }

    async fn versions(&self, _: &Caller, _: &str, _: WorkflowFilter) -> Answer<Page<WorkflowSummary>> {
        none()
    }

    async fn retire(&self, _: &Caller, _: &str) -> Answer<()> {
        none()
    }
}

type ItemsOfSteps = BTreeMap<String, Vec<ItemView>>;

/// Begins runs: one for each key.
pub(crate) struct TestRuns {
    pub(crate) begun: Mutex<Vec<(Option<String>, NewRun, RunSummary)>>,
    /// How often somebody asked for one.
    pub(crate) asked: AtomicUsize,
    /// Whether the next answer is lost on its way, after the run has begun.
    pub(crate) loses_answer: AtomicBool,
    /// Runs as they are shown, with the items of their steps.
    shown: Mutex<BTreeMap<RunId, (RunDetail, ItemsOfSteps)>>,
    sources: Sources,
}

impl TestRuns {
    /// Shows a run as one that has ended so, or goes on: its steps by their ids, how each stands, and what it gave, of a list what each of its items gave.
    pub(crate) fn shows(&self, summary: &RunSummary, state: RunState, input: Value, steps: &[(&str, &str, Value)]) {
        let mut items = BTreeMap::new();
        let mut views = Vec::new();
        for (id, stands, gave) in steps {
            let outputs = gave.as_array().cloned().unwrap_or_else(|| vec![gave.clone()]);
            let of = |(index, output): (usize, &Value)| {
                let mut item = json!({"index": index, "generation": 1, "state": "completed", "output": output});
                // What is too long to be shown.
                if output.is_null() {
                    item["output_bytes"] = json!(9_000_000);
                }
                serde_json::from_value::<ItemView>(item).unwrap()
            };
            items.insert((*id).to_owned(), outputs.iter().enumerate().map(of).collect());
            let mut view = json!({"id": id, "label": id, "kind": "skill", "state": stands, "generation": 1, "foreach": gave.is_array(),
                "count": outputs.len(), "running": 0, "completed": 0, "failed": 0});
            if *stands == "failed" {
                view["error"] = json!({"code": "NLP-001", "message": "it broke"});
            }
            views.push(view);
        }
        let summary = RunSummary { state, ..summary.clone() };
        let id = summary.id;
        let detail = json!({"summary": summary, "input": input, "steps": views, "signals": [], "as_of": 0});
        self.shown.lock().unwrap().insert(id, (serde_json::from_value(detail).unwrap(), items));
    }
}

#[async_trait]
impl RunService for TestRuns {
    async fn start(&self, caller: &Caller, run: NewRun, key: Option<String>) -> Answer<RunSummary> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut begun = self.begun.lock().unwrap();
        if let Some((_, known, summary)) = begun.iter().find(|(known, ..)| key.is_some() && *known == key) {
            assert_eq!(*known, run, "the same key with another request");
            return Ok(summary.clone());
        }
        let now = self.sources.clock.now();
        let summary = RunSummary {
            id: RunId::new(self.sources.ids.next()),
            project_id: caller.project,
            workflow: run.workflow.clone(),
            version: run.version.unwrap(),
            title: run.workflow.clone(),
            state: RunState::Running,
            generation: 1,
            parent: None,
            forked_from: None,
            steps: StepCounts::default(),
            tasks: 0,
            tokens: 0,
            cost: 0.0,
            error: None,
            created_at: now,
            updated_at: now,
            ended_at: None,
            created_by: caller.principal.label().to_owned(),
            retried_by: None,
        };
        begun.push((key, run, summary.clone()));
        if self.loses_answer.swap(false, Ordering::SeqCst) {
            return Err(Problem::new(Code::Internal, "the answer is lost"));
        }
        Ok(summary)
    }

    async fn list(&self, _: &Caller, _: RunFilter) -> Answer<Page<RunSummary>> {
        none()
    }

    async fn run(&self, caller: &Caller, id: RunId) -> Answer<RunDetail> {
        let shown = self.shown.lock().unwrap();
        let known = shown.get(&id).map(|(detail, _)| detail).filter(|detail| detail.summary.project_id == caller.project);
        known.cloned().ok_or_else(|| Problem::new(Code::NoSuchRun, format!("There is no run {id}.")))
    }

    async fn items(&self, _: &Caller, id: RunId, step: &str, filter: ItemFilter) -> Answer<Page<ItemView>> {
        let shown = self.shown.lock().unwrap();
        let items = &shown[&id].1[step];
        let from: usize = filter.cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let to = items.len().min(from + filter.limit.unwrap() as usize);
        let next_cursor = (to < items.len()).then(|| to.to_string());
        Ok(Page { items: items[from..to].to_vec(), next_cursor, as_of: EventSeq(0) })
    }

    async fn pause(&self, _: &Caller, _: RunId) -> Answer<RunSummary> {
        none()
    }

    async fn resume(&self, _: &Caller, _: RunId) -> Answer<RunSummary> {
        none()
    }

    async fn cancel(&self, _: &Caller, _: RunId) -> Answer<RunSummary> {
        none()
    }

    async fn retry(&self, _: &Caller, _: RunId, _: RunRetry) -> Answer<RunSummary> {
        none()
    }

    async fn signal(&self, _: &Caller, _: RunId, _: NewSignal, _: Option<String>) -> Answer<RunSummary> {
        none()
    }

    async fn fork(&self, _: &Caller, _: RunId, _: NewFork, _: Option<String>) -> Answer<RunSummary> {
        none()
    }

    async fn fork_draft(&self, _: &Caller, _: RunId, _: &str) -> Answer<ForkDraft> {
        none()
    }
}

/// Has the shipped skills.
struct TestAgents;

#[async_trait]
impl AgentService for TestAgents {
    async fn list(&self, _: &Caller) -> Answer<AgentList> {
        none()
    }

    async fn get(&self, _: &Caller, _: AgentId) -> Answer<AgentDetail> {
        none()
    }

    async fn drain(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        none()
    }

    async fn resume(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        none()
    }

    async fn reset_circuit(&self, _: &Caller, _: AgentId) -> Answer<AgentStanding> {
        none()
    }

    async fn balancing(&self, _: &Caller) -> Answer<Balancing> {
        none()
    }

    async fn skills(&self, _: &Caller) -> Answer<Vec<Skill>> {
        Ok(serde_json::from_str(include_str!("catalogue/skills.json")).unwrap())
    }

    async fn skill(&self, _: &Caller, _: &str) -> Answer<Skill> {
        none()
    }
}

/// Tables by their ids.
#[derive(Default)]
pub(crate) struct TestArtifacts(Mutex<BTreeMap<ArtifactId, (ArtifactView, String)>>);

#[async_trait]
impl ArtifactService for TestArtifacts {
    async fn put(&self, _: &Caller, _: NewArtifact, _: ByteStream) -> Answer<ArtifactView> {
        none()
    }

    async fn list(&self, _: &Caller, _: ArtifactFilter) -> Answer<Page<ArtifactView>> {
        none()
    }

    async fn get(&self, _: &Caller, _: ArtifactId) -> Answer<ArtifactView> {
        none()
    }

    async fn open(&self, caller: &Caller, id: ArtifactId) -> Answer<ArtifactContent> {
        let files = self.0.lock().unwrap();
        let known = files.get(&id).filter(|(view, _)| view.project_id == caller.project);
        let (view, text) = known.ok_or_else(|| Problem::new(Code::NoSuchArtifact, format!("There is no artifact {id}.")))?;
        // In pieces, as files come.
        let pieces: Vec<_> = text.as_bytes().chunks(16).map(|piece| Ok(piece.to_vec().into())).collect();
        Ok(ArtifactContent { view: view.clone(), bytes: Box::pin(futures::stream::iter(pieces)) })
    }

    async fn delete(&self, _: &Caller, _: ArtifactId) -> Answer<()> {
        none()
    }
}

/// A model that always writes the same, if there is one.
#[derive(Default)]
pub(crate) struct TestModels {
    pub(crate) answer: Mutex<Option<Value>>,
    pub(crate) asked: Arc<AtomicUsize>,
    /// What it was told last.
    pub(crate) told: Arc<Mutex<String>>,
}

struct Asked(Value, Arc<AtomicUsize>, Arc<Mutex<String>>);

#[async_trait]
impl Asks for Asked {
    async fn ask(&self, request: ModelRequest) -> Result<String, String> {
        self.1.fetch_add(1, Ordering::SeqCst);
        *self.2.lock().unwrap() = request.messages.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n");
        Ok(self.0.to_string())
    }
}

#[async_trait]
impl Models for TestModels {
    async fn best(&self, _: &Caller) -> Option<baton_domain::model::ModelTier> {
        self.answer.lock().unwrap().as_ref().map(|_| baton_domain::model::ModelTier::Large)
    }

    async fn asker(&self, _: &Caller) -> Option<Box<dyn Asks>> {
        let answer = self.answer.lock().unwrap().clone()?;
        Some(Box::new(Asked(answer, Arc::clone(&self.asked), Arc::clone(&self.told))))
    }
}

/// The service with all that it stands on.
pub(crate) struct World {
    pub(crate) plans: Plans,
    pub(crate) workflows: Arc<TestWorkflows>,
    pub(crate) runs: Arc<TestRuns>,
    pub(crate) models: Arc<TestModels>,
    pub(crate) sources: Sources,
    clock: Arc<TestClock>,
    artifacts: Arc<TestArtifacts>,
    events: Arc<Committed>,
}

impl World {
    pub(crate) fn new() -> Self {
        let (sources, clock) = test_sources(5);
        let events = Arc::new(Committed::default());
        let store = MemoryStore::new(Arc::clone(&events) as Arc<dyn CommitSink>);
        let workflows = Arc::new(TestWorkflows { stored: Mutex::default(), sources: sources.clone() });
        let runs = Arc::new(TestRuns {
            begun: Mutex::default(),
            asked: AtomicUsize::new(0),
            loses_answer: AtomicBool::new(false),
            shown: Mutex::default(),
            sources: sources.clone(),
        });
        let models = Arc::new(TestModels::default());
        let artifacts = Arc::new(TestArtifacts::default());
        let plans = Plans::new(PlanParts {
            journals: Arc::new(store),
            agents: Arc::new(TestAgents),
            artifacts: Arc::clone(&artifacts) as Arc<dyn ArtifactService>,
            workflows: Arc::clone(&workflows) as Arc<dyn WorkflowService>,
            runs: Arc::clone(&runs) as Arc<dyn RunService>,
            models: Arc::clone(&models) as Arc<dyn Models>,
            sources: sources.clone(),
        });
        Self { plans, workflows, runs, models, sources, clock, artifacts, events }
    }

    /// Lets time pass.
    pub(crate) fn passes(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Somebody with a role.
    pub(crate) fn caller(&self, role: Role) -> Caller {
        let principal = Principal::User { id: UserId::new(self.sources.ids.next()), email: "ada@example.org".to_owned() };
        Caller { principal, role: Some(role), project: DEFAULT_PROJECT, session: None, request_id: None }
    }

    /// Keeps a file.
    pub(crate) fn file(&self, name: &str, media_type: &str, text: &str) -> ArtifactId {
        let id = ArtifactId::new(self.sources.ids.next());
        let view = ArtifactView {
            id,
            project_id: DEFAULT_PROJECT,
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size: text.len() as u64,
            sha256: String::new(),
            created_by: "ada@example.org".to_owned(),
            task_id: None,
            created_at: self.sources.clock.now(),
        };
        self.artifacts.0.lock().unwrap().insert(id, (view, text.to_owned()));
        id
    }

    /// The kinds of the events about a subject, in their order.
    pub(crate) fn kinds(&self, subject: &str) -> Vec<String> {
        let events = self.events.0.lock().unwrap();
        events.iter().filter(|(_, about)| about == subject).map(|(kind, _)| kind.clone()).collect()
    }

    /// How many events there are of all.
    pub(crate) fn committed(&self) -> usize {
        self.events.0.lock().unwrap().len()
    }

    pub(crate) fn model_was_asked(&self) -> usize {
        self.models.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn runs_begun(&self) -> usize {
        self.runs.begun.lock().unwrap().len()
    }
}

/// That another project than the default one is meant.
pub(crate) fn elsewhere(world: &World, caller: &Caller) -> Caller {
    Caller { project: baton_domain::id::ProjectId::new(world.sources.ids.next()), ..caller.clone() }
}

/// The last event that a page takes into account is one that there is.
pub(crate) fn is_known(world: &World, as_of: EventSeq) -> bool {
    usize::try_from(as_of.0).is_ok_and(|seq| seq >= 1 && seq <= world.committed())
}
