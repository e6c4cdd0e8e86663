//! A store, tasks, skills and people to run workflows with.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::event::{Event, Payload, TopicFilter};
use baton_domain::id::{AgentId, ApiKeyId, AuditId, DEFAULT_PROJECT, EventSeq, JournalId, ProjectId, RunId, TaskId, UserId};
use baton_domain::page::Page;
use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{AgentService, Answer, ApprovalService, RunService, TaskService, WorkflowService};
use baton_domain::task::{RetryPolicy, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};
use baton_domain::wire::approval::{ApprovalFilter, ApprovalSummary};
use baton_domain::wire::assistance::{SkillSuggestions, SkillWish};
use baton_domain::wire::run::{NewRun, RunDetail, RunState, RunSummary};
use baton_domain::wire::task::{
    AcceptedBatch, AttemptView, BulkAnswer, BulkCancel, BulkRerun, Failure, NewBatch, NewTask, TaskDetail, TaskEnd, TaskFilter, TaskSummary,
};
use baton_domain::wire::workflow::{NewWorkflow, WorkflowSummary};
use baton_runs::{Parts, Runs, Workflows};
use baton_storage::{
    ApiKeyRecord, AuditRow, EventStore, Guarded, IdentityStore, JournalFact, JournalHead, JournalKind, JournalOpened, JournalPage,
    JournalQuery, JournalRow, JournalStore, JournalWrite, JournalWritten, NewJournal, NoSink, RowPlace, StoreError, WorkflowRecord,
    WorkflowStore, WorkflowStored, WriteGuard,
};
use baton_storage_memory::MemoryStore;
use baton_testkit::{TestClock, test_sources};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// A process that dies at its so many-th step.
#[derive(Debug, Default)]
pub(crate) struct Fuse {
    /// Steps that are left; not counted when negative from the start.
    left: AtomicI64,
    counts: AtomicBool,
    dead: AtomicBool,
    pub(crate) used: AtomicI64,
}

impl Fuse {
    /// Dies after so many steps.
    pub(crate) fn set(&self, steps: i64) {
        self.left.store(steps, Ordering::SeqCst);
        self.counts.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// A step that changes something: whether it is still made, and whether its answer is still heard.
    fn step(&self) -> (bool, bool) {
        if self.is_dead() {
            return (false, false);
        }
        self.used.fetch_add(1, Ordering::SeqCst);
        if !self.counts.load(Ordering::SeqCst) {
            return (true, true);
        }
        // In half steps: of the last one either nothing happens, or all but its answer.
        let left = self.left.fetch_sub(2, Ordering::SeqCst);
        if left >= 2 {
            return (true, true);
        }
        self.dead.store(true, Ordering::SeqCst);
        (left == 1, false)
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the process is dead".to_owned())
}

/// The store as one process sees it.
pub(crate) struct Seen {
    pub(crate) store: MemoryStore,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) writes: AtomicI64,
    pub(crate) reads: AtomicI64,
    /// Whether a run is written between any two pages of its rows.
    pub(crate) churn: AtomicBool,
    /// Whoever holds this to write keeps turns from being stored.
    pub(crate) gate: tokio::sync::RwLock<()>,
}

impl Seen {
    fn alive(&self) -> Result<(), StoreError> {
        if self.fuse.is_dead() { Err(gone()) } else { Ok(()) }
    }
}

#[async_trait]
impl JournalStore for Seen {
    async fn open_journal(&self, new: NewJournal) -> Result<JournalOpened, StoreError> {
        let (made, heard) = self.fuse.step();
        let answer = if made { self.store.open_journal(new).await } else { Err(gone()) };
        if heard { answer } else { Err(gone()) }
    }
    async fn write_journal(&self, write: JournalWrite) -> Result<JournalWritten, StoreError> {
        let _open = self.gate.read().await;
        self.writes.fetch_add(1, Ordering::SeqCst);
        let (made, heard) = self.fuse.step();
        let answer = if made { self.store.write_journal(write).await } else { Err(gone()) };
        if heard { answer } else { Err(gone()) }
    }
    async fn open_journal_while(&self, new: NewJournal, guard: WriteGuard) -> Result<Guarded<JournalOpened>, StoreError> {
        self.store.open_journal_while(new, guard).await
    }
    async fn write_journal_while(&self, write: JournalWrite, guard: WriteGuard) -> Result<Guarded<JournalWritten>, StoreError> {
        self.store.write_journal_while(write, guard).await
    }
    async fn journal(&self, id: JournalId) -> Result<Option<(JournalHead, EventSeq)>, StoreError> {
        self.alive()?;
        self.store.journal(id).await
    }
    async fn journal_by_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError> {
        self.alive()?;
        self.store.journal_by_key(project, kind, key).await
    }
    async fn journal_opening(&self, id: JournalId) -> Result<Option<Value>, StoreError> {
        self.alive()?;
        self.store.journal_opening(id).await
    }
    async fn journal_facts(&self, id: JournalId, after: i64, limit: u32) -> Result<Vec<JournalFact>, StoreError> {
        self.store.journal_facts(id, after, limit).await
    }
    async fn journal_rows(
        &self,
        id: JournalId,
        group: Option<&str>,
        after: Option<&RowPlace>,
        limit: u32,
    ) -> Result<(Vec<JournalRow>, i64), StoreError> {
        self.alive()?;
        self.reads.fetch_add(1, Ordering::SeqCst);
        if after.is_some() && self.churn.load(Ordering::SeqCst) {
            let head = self.store.journal(id).await?.unwrap().0;
            let write = JournalWrite {
                id,
                version: head.version,
                state: head.state,
                live: head.live,
                wake_at: head.wake_at,
                summary: None,
                facts: Vec::new(),
                cleared: Vec::new(),
                rows: Vec::new(),
                events: Vec::new(),
                at: head.updated_at,
            };
            self.store.write_journal(write).await?;
        }
        self.store.journal_rows(id, group, after, limit).await
    }
    async fn journals(&self, query: &JournalQuery) -> Result<JournalPage, StoreError> {
        self.alive()?;
        self.store.journals(query).await
    }
    async fn due_journals(&self, kind: JournalKind, now: Timestamp, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.alive()?;
        self.store.due_journals(kind, now, limit).await
    }
    async fn live_journals(&self, kind: JournalKind, after: Option<JournalId>, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.alive()?;
        self.store.live_journals(kind, after, limit).await
    }
    async fn next_wake(&self, kind: JournalKind) -> Result<Option<Timestamp>, StoreError> {
        self.store.next_wake(kind).await
    }
    async fn forget_journals(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store.forget_journals(before, limit).await
    }
}

#[async_trait]
impl WorkflowStore for Seen {
    async fn store_workflow(
        &self,
        record: WorkflowRecord,
        seen: Option<u32>,
        maximum: u32,
        events: Vec<baton_domain::event::NewEvent>,
    ) -> Result<WorkflowStored, StoreError> {
        self.store.store_workflow(record, seen, maximum, events).await
    }
    async fn retire_workflow(
        &self,
        project: ProjectId,
        name: &str,
        events: Vec<baton_domain::event::NewEvent>,
    ) -> Result<bool, StoreError> {
        self.store.retire_workflow(project, name, events).await
    }
    async fn workflow(&self, project: ProjectId, name: &str, version: Option<u32>) -> Result<Option<WorkflowRecord>, StoreError> {
        self.alive()?;
        self.store.workflow(project, name, version).await
    }
    async fn workflow_by_hash(&self, project: ProjectId, name: &str, hash: &str) -> Result<Option<WorkflowRecord>, StoreError> {
        self.store.workflow_by_hash(project, name, hash).await
    }
    async fn workflows(&self, project: ProjectId, after: Option<&str>, limit: u32) -> Result<(Vec<WorkflowRecord>, EventSeq), StoreError> {
        self.store.workflows(project, after, limit).await
    }
    async fn workflow_versions(
        &self,
        project: ProjectId,
        name: &str,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<WorkflowRecord>, StoreError> {
        self.store.workflow_versions(project, name, before, limit).await
    }
}

/// A task of the played engine.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    pub(crate) new: NewTask,
    pub(crate) by: Principal,
    pub(crate) state: TaskState,
    pub(crate) result: Option<Value>,
    pub(crate) failure: Option<Failure>,
}

#[derive(Default)]
struct Engine {
    tasks: BTreeMap<TaskId, Played>,
    open: std::collections::BTreeSet<TaskId>,
    keys: HashMap<(String, String), (String, Vec<TaskId>)>,
    events: Vec<Event>,
    calls: u64,
}

/// Tasks that are kept, each once for a key, and end when they are told to.
pub(crate) struct Tasks {
    engine: Mutex<Engine>,
    sources: Sources,
    pub(crate) tokens: AtomicI64,
    /// Inputs with `refuse: true` are refused, unless all are taken now.
    pub(crate) takes_all: AtomicBool,
    /// Who hears of tasks that end as soon as they are taken, if they do.
    pub(crate) instant: Mutex<Option<std::sync::Weak<Runs>>>,
}

fn never<T>() -> Answer<T> {
    panic!("runs do not ask for this")
}

impl Tasks {
    pub(crate) fn summary(&self, id: TaskId, task: &Played) -> TaskSummary {
        TaskSummary {
            id,
            project_id: DEFAULT_PROJECT,
            title: task.new.title.clone().unwrap_or_default(),
            skill: task.new.skill.clone(),
            state: task.state,
            wait_kind: None,
            reason: None,
            priority: task.new.priority,
            labels: Vec::new(),
            fairness_key: task.new.fairness_key.clone(),
            attempt: 1,
            maximum_attempts: 1,
            agent: None,
            created_at: Timestamp::default(),
            not_before: None,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            pause_requested_at: None,
            created_by: task.by.label().to_owned(),
            rerun_of: None,
            run_id: task.new.run_id,
            parent_id: None,
            decision_id: None,
            failure: task.failure.clone(),
        }
    }

    fn take(&self, caller: &Caller, tasks: Vec<NewTask>, key: Option<String>, what: &str) -> Answer<Vec<TaskId>> {
        let key = key.expect("runs give keys");
        let request = format!("{what} {}", serde_json::to_string(&tasks).unwrap());
        let mut engine = self.engine.lock();
        engine.calls += 1;
        if let Some((known, ids)) = engine.keys.get(&(caller.principal.tag(), key.clone())) {
            if *known == request {
                return Ok(ids.clone());
            }
            return Err(Problem::new(Code::IdempotencyConflict, "another request"));
        }
        for (index, task) in tasks.iter().enumerate() {
            if task.input.get("refuse") == Some(&json!(true)) && !self.takes_all.load(Ordering::SeqCst) {
                let problem = Problem::new(Code::InputRejected, "Correct the input.");
                return Err(problem.with_field(format!("/tasks/{index}/input/refuse"), "it may not be true"));
            }
        }
        let ids: Vec<TaskId> = tasks.iter().map(|_| TaskId::new(self.sources.ids.next())).collect();
        engine.keys.insert((caller.principal.tag(), key), (request, ids.clone()));
        for (id, new) in ids.iter().zip(tasks) {
            engine.open.insert(*id);
            engine.tasks.insert(*id, Played { new, by: caller.principal.clone(), state: TaskState::Running, result: None, failure: None });
        }
        drop(engine);
        if let Some(runs) = self.instant.lock().as_ref().and_then(std::sync::Weak::upgrade) {
            for id in &ids {
                self.end(*id, Ok(json!({})));
            }
            for event in self.events() {
                runs.heard(&event);
            }
        }
        Ok(ids)
    }

    /// Ends a task.
    pub(crate) fn end(&self, id: TaskId, outcome: Result<Value, (&str, &str)>) {
        let mut engine = self.engine.lock();
        if !engine.open.remove(&id) {
            return;
        }
        let task = engine.tasks.get_mut(&id).unwrap();
        match outcome {
            Ok(value) => (task.state, task.result) = (TaskState::Completed, Some(value)),
            Err((code, message)) => {
                task.state = TaskState::Failed;
                task.failure = Some(Failure { code: code.to_owned(), message: message.to_owned(), retryable: false });
            }
        }
        self.tell(&mut engine, id);
    }

    fn tell(&self, engine: &mut Engine, id: TaskId) {
        let summary = self.summary(id, &engine.tasks[&id]);
        let event = Event {
            seq: EventSeq(0),
            at: Timestamp::default(),
            project_id: DEFAULT_PROJECT,
            kind: format!("task.{}", summary.state),
            subject: format!("task:{id}"),
            actor: Principal::System,
            data: Payload::of(&summary).unwrap(),
        };
        engine.events.push(event);
    }

    /// Tasks that have not ended.
    pub(crate) fn open(&self) -> Vec<(TaskId, NewTask)> {
        let engine = self.engine.lock();
        engine.open.iter().map(|id| (*id, engine.tasks[id].new.clone())).collect()
    }

    /// Some of the tasks that have not ended, the oldest first.
    pub(crate) fn some_open(&self, most: usize) -> Vec<(TaskId, NewTask)> {
        let engine = self.engine.lock();
        engine.open.iter().take(most).map(|id| (*id, engine.tasks[id].new.clone())).collect()
    }

    pub(crate) fn played(&self, id: TaskId) -> Option<Played> {
        self.engine.lock().tasks.get(&id).cloned()
    }

    pub(crate) fn ended(&self) -> usize {
        let engine = self.engine.lock();
        engine.tasks.len() - engine.open.len()
    }

    pub(crate) fn all(&self) -> Vec<(TaskId, Played)> {
        self.engine.lock().tasks.iter().map(|(id, task)| (*id, task.clone())).collect()
    }

    /// Events since the last call.
    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut self.engine.lock().events)
    }

    pub(crate) fn calls(&self) -> u64 {
        self.engine.lock().calls
    }
}

#[async_trait]
impl TaskService for Tasks {
    async fn submit(&self, caller: &Caller, task: NewTask, key: Option<String>) -> Answer<TaskSummary> {
        let ids = self.take(caller, vec![task], key, "task")?;
        let engine = self.engine.lock();
        Ok(self.summary(ids[0], &engine.tasks[&ids[0]]))
    }
    async fn submit_batch(&self, caller: &Caller, batch: NewBatch, key: Option<String>) -> Answer<AcceptedBatch> {
        Ok(AcceptedBatch { ids: self.take(caller, batch.tasks, key, "batch")? })
    }
    async fn list(&self, _: &Caller, _: TaskFilter) -> Answer<Page<TaskSummary>> {
        never()
    }
    async fn get(&self, _: &Caller, _: TaskId, _: Option<Duration>) -> Answer<TaskDetail> {
        never()
    }
    async fn ends(&self, _: &Caller, ids: Vec<TaskId>) -> Answer<Vec<TaskEnd>> {
        let engine = self.engine.lock();
        let tokens = u64::try_from(self.tokens.load(Ordering::SeqCst)).unwrap();
        let end = |id: TaskId| {
            let task = engine.tasks.get(&id)?;
            let (result, failure) = (task.result.clone(), task.failure.clone());
            Some(TaskEnd { id, state: task.state, result, failure, tokens, cost_micros: 0 })
        };
        Ok(ids.into_iter().filter_map(end).collect())
    }
    async fn cancel(&self, _: &Caller, id: TaskId) -> Answer<TaskSummary> {
        let mut engine = self.engine.lock();
        let open = engine.open.remove(&id);
        let task = engine.tasks.get_mut(&id).ok_or_else(|| Problem::new(Code::NoSuchTask, "none"))?;
        if open {
            task.state = TaskState::Canceled;
            self.tell(&mut engine, id);
        } else if task.state != TaskState::Canceled {
            return Err(Problem::new(Code::IllegalTransition, "it has ended"));
        }
        Ok(self.summary(id, &engine.tasks[&id]))
    }
    async fn pause(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        never()
    }
    async fn resume(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        never()
    }
    async fn rerun(&self, _: &Caller, _: TaskId, _: Option<String>) -> Answer<TaskSummary> {
        never()
    }
    async fn rerun_all(&self, _: &Caller, _: BulkRerun, _: Option<String>) -> Answer<BulkAnswer> {
        never()
    }
    async fn cancel_all(&self, _: &Caller, _: BulkCancel) -> Answer<BulkAnswer> {
        never()
    }
    async fn analyze(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        never()
    }
    async fn suggest(&self, _: &Caller, _: SkillWish) -> Answer<SkillSuggestions> {
        never()
    }
    async fn attempts(&self, _: &Caller, _: TaskId) -> Answer<Vec<AttemptView>> {
        never()
    }
}

/// The tasks as one process sees them.
struct SeenTasks {
    tasks: Arc<Tasks>,
    fuse: Arc<Fuse>,
}

impl SeenTasks {
    fn step<T>(&self, work: impl FnOnce() -> Answer<T>) -> Answer<T> {
        let dead = || Problem::new(Code::StorageUnavailable, "the process is dead");
        let (made, heard) = self.fuse.step();
        let answer = if made { work() } else { Err(dead()) };
        if heard { answer } else { Err(dead()) }
    }
}

#[async_trait]
impl TaskService for SeenTasks {
    async fn submit(&self, caller: &Caller, task: NewTask, key: Option<String>) -> Answer<TaskSummary> {
        self.step(|| {
            let ids = self.tasks.take(caller, vec![task], key, "task")?;
            let engine = self.tasks.engine.lock();
            Ok(self.tasks.summary(ids[0], &engine.tasks[&ids[0]]))
        })
    }
    async fn submit_batch(&self, caller: &Caller, batch: NewBatch, key: Option<String>) -> Answer<AcceptedBatch> {
        self.step(|| Ok(AcceptedBatch { ids: self.tasks.take(caller, batch.tasks, key, "batch")? }))
    }
    async fn list(&self, _: &Caller, _: TaskFilter) -> Answer<Page<TaskSummary>> {
        never()
    }
    async fn get(&self, _: &Caller, _: TaskId, _: Option<Duration>) -> Answer<TaskDetail> {
        never()
    }
    async fn ends(&self, caller: &Caller, ids: Vec<TaskId>) -> Answer<Vec<TaskEnd>> {
        if self.fuse.is_dead() {
            return Err(Problem::new(Code::StorageUnavailable, "the process is dead"));
        }
        self.tasks.ends(caller, ids).await
    }
    async fn cancel(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        if self.fuse.is_dead() {
            return Err(Problem::new(Code::StorageUnavailable, "the process is dead"));
        }
        self.tasks.cancel(caller, id).await
    }
    async fn pause(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        never()
    }
    async fn resume(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        never()
    }
    async fn rerun(&self, _: &Caller, _: TaskId, _: Option<String>) -> Answer<TaskSummary> {
        never()
    }
    async fn rerun_all(&self, _: &Caller, _: BulkRerun, _: Option<String>) -> Answer<BulkAnswer> {
        never()
    }
    async fn cancel_all(&self, _: &Caller, _: BulkCancel) -> Answer<BulkAnswer> {
        never()
    }
    async fn analyze(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        never()
    }
    async fn suggest(&self, _: &Caller, _: SkillWish) -> Answer<SkillSuggestions> {
        never()
    }
    async fn attempts(&self, _: &Caller, _: TaskId) -> Answer<Vec<AttemptView>> {
        never()
    }
}

/// The skills that there are: `test.work` takes and gives anything.
#[derive(Default)]
pub(crate) struct Skills {
    pub(crate) gone: AtomicBool,
}

fn skill(name: &str) -> Skill {
    Skill {
        name: name.to_owned(),
        title: name.to_owned(),
        description: String::new(),
        family: Family::Custom,
        input_schema: json!({"type": "object"}),
        output_schema: json!({}),
        examples: Vec::new(),
        result_kind: "json".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs::default(),
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

#[async_trait]
impl AgentService for Skills {
    async fn list(&self, _: &Caller) -> Answer<AgentList> {
        never()
    }
    async fn get(&self, _: &Caller, _: AgentId) -> Answer<AgentDetail> {
        never()
    }
    async fn drain(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        never()
    }
    async fn resume(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        never()
    }
    async fn reset_circuit(&self, _: &Caller, _: AgentId) -> Answer<AgentStanding> {
        never()
    }
    async fn balancing(&self, _: &Caller) -> Answer<Balancing> {
        never()
    }
    async fn skills(&self, _: &Caller) -> Answer<Vec<Skill>> {
        Ok(if self.gone.load(Ordering::SeqCst) { Vec::new() } else { vec![skill("test.work")] })
    }
    async fn skill(&self, _: &Caller, name: &str) -> Answer<Skill> {
        if name == "test.work" && !self.gone.load(Ordering::SeqCst) {
            return Ok(skill(name));
        }
        Err(Problem::new(Code::NoSuchSkill, "none"))
    }
}

pub(crate) fn user(name: &str, role: Role) -> Caller {
    let id = name.bytes().fold(7_u128, |sum, byte| sum * 31 + u128::from(byte));
    Caller {
        principal: Principal::User { id: UserId::new(uuid::Uuid::from_u128(id)), email: format!("{name}@example.org") },
        role: Some(role),
        project: DEFAULT_PROJECT,
        session: None,
        request_id: None,
    }
}

/// A program with the key `name`, made by somebody.
pub(crate) async fn key(world: &World, name: &str, made_by: &str) -> Caller {
    let id = ApiKeyId::new(world.sources.ids.next());
    let record = ApiKeyRecord {
        id,
        name: name.to_owned(),
        role: Role::Operator,
        secret_hash: [7; 32],
        created_at: Timestamp::default(),
        created_by: made_by.to_owned(),
        last_used_at: None,
        revoked_at: None,
    };
    let row = AuditRow {
        id: AuditId::new(world.sources.ids.next()),
        at: Timestamp::default(),
        principal: Principal::System,
        action: "keys.create".to_owned(),
        target: None,
        allowed: true,
        code: None,
        request_id: None,
        address: None,
    };
    world.store.insert_api_key(record, row).await.unwrap();
    Caller { principal: Principal::ApiKey { id, name: name.to_owned() }, ..alice() }
}

pub(crate) fn alice() -> Caller {
    user("alice", Role::Operator)
}

pub(crate) fn bob() -> Caller {
    user("bob", Role::Operator)
}

/// What outlives processes.
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) skills: Arc<Skills>,
    pub(crate) sources: Sources,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) decisions: Option<Arc<dyn baton_runs::Decisions>>,
}

/// A process.
pub(crate) struct Server {
    pub(crate) runs: Arc<Runs>,
    pub(crate) workflows: Workflows,
    pub(crate) seen: Arc<Seen>,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) tasks: Arc<Tasks>,
}

impl World {
    pub(crate) fn new() -> Self {
        let (sources, clock) = test_sources(1);
        let tasks = Arc::new(Tasks {
            engine: Mutex::default(),
            sources: sources.clone(),
            tokens: AtomicI64::new(0),
            takes_all: AtomicBool::default(),
            instant: Mutex::default(),
        });
        Self { store: MemoryStore::new(Arc::new(NoSink)), tasks, skills: Arc::default(), sources, clock, decisions: None }
    }

    pub(crate) fn server(&self) -> Server {
        let fuse = Arc::new(Fuse::default());
        let seen = Arc::new(Seen {
            store: self.store.clone(),
            fuse: Arc::clone(&fuse),
            writes: AtomicI64::new(0),
            reads: AtomicI64::new(0),
            churn: AtomicBool::new(false),
            gate: tokio::sync::RwLock::new(()),
        });
        let parts = Parts {
            journals: Arc::clone(&seen) as Arc<dyn JournalStore>,
            workflows: Arc::clone(&seen) as Arc<dyn WorkflowStore>,
            identities: Arc::new(self.store.clone()),
            tasks: Arc::new(SeenTasks { tasks: Arc::clone(&self.tasks), fuse: Arc::clone(&fuse) }),
            agents: Arc::clone(&self.skills) as Arc<dyn AgentService>,
            decisions: self.decisions.clone(),
            sources: self.sources.clone(),
        };
        Server { runs: Runs::new(parts.clone()), workflows: Workflows::new(parts), seen, fuse, tasks: Arc::clone(&self.tasks) }
    }

    /// The facts of a run, the oldest first.
    pub(crate) async fn facts(&self, id: RunId) -> Vec<Value> {
        let facts = self.store.journal_facts(JournalId::new(*id.as_uuid()), 0, 10_000).await.unwrap();
        facts.into_iter().map(|fact| fact.body).collect()
    }

    /// Kinds and subjects of all events.
    pub(crate) async fn events(&self) -> Vec<Event> {
        self.store.events_since(EventSeq(0), &TopicFilter::default(), 100_000).await.unwrap().items
    }
}

impl Server {
    pub(crate) async fn store(&self, text: &str) -> WorkflowSummary {
        self.workflows.store(&alice(), NewWorkflow { text: text.to_owned(), name: None, seen_version: None }).await.unwrap()
    }

    pub(crate) async fn start(&self, workflow: &str, input: Value) -> RunId {
        self.try_start(workflow, input, None).await.unwrap().id
    }

    pub(crate) async fn try_start(&self, workflow: &str, input: Value, key: Option<&str>) -> Answer<RunSummary> {
        let run = NewRun { workflow: workflow.to_owned(), version: None, input };
        RunService::start(&*self.runs, &alice(), run, key.map(str::to_owned)).await
    }

    pub(crate) async fn detail(&self, id: RunId) -> RunDetail {
        RunService::run(&*self.runs, &alice(), id).await.unwrap()
    }

    pub(crate) async fn head(&self, id: RunId) -> RunSummary {
        let head = self.seen.store.journal(JournalId::new(*id.as_uuid())).await.unwrap().unwrap().0;
        serde_json::from_value(head.summary).unwrap()
    }

    pub(crate) async fn state(&self, id: RunId) -> RunState {
        self.detail(id).await.summary.state
    }

    pub(crate) async fn open_approvals(&self) -> Vec<ApprovalSummary> {
        let filter = ApprovalFilter { open: Some(true), ..ApprovalFilter::default() };
        ApprovalService::list(&*self.runs, &alice(), filter).await.unwrap().items
    }

    /// Hands events of tasks to the driver.
    pub(crate) fn hear(&self) {
        for event in self.tasks.events() {
            self.runs.heard(&event);
        }
    }

    /// Lets everything happen: tasks end as `work` says, or stay as they are.
    pub(crate) async fn play(&self, work: impl Fn(&NewTask) -> Option<Result<Value, (&'static str, &'static str)>>) {
        for _ in 0..100_000 {
            self.hear();
            self.runs.settle().await;
            let mut moved = false;
            for (id, task) in self.tasks.open() {
                if let Some(outcome) = work(&task) {
                    self.tasks.end(id, outcome);
                    moved = true;
                }
            }
            if !moved || self.fuse.is_dead() {
                break;
            }
        }
        self.hear();
        self.runs.settle().await;
    }

    /// Every task gives what it was given.
    pub(crate) async fn echo(&self) {
        self.play(|task| Some(Ok(task.input.clone()))).await;
    }
}
