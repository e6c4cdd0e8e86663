//! An engine for a test: a store in a folder of its own, the diagnostics agent, and an agent that the test scripts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::carrier::ChildCommand;
use baton_agents_runtime::diagnostics::Diagnostics;
use baton_agents_runtime::{Agent, AgentRegistry, Context, SkillError};
use baton_bus::InProcessBus;
use baton_domain::agent::{AgentCard, Family, InstanceRange, Isolation, Limits, Needs, Skill};
use baton_domain::id::TaskId;
use baton_domain::invariants::{TaskFacts, check_task};
use baton_domain::model::{Message, ModelRequest};
use baton_domain::ports::{Clock, Recorder, Sources};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::TaskService;
use baton_domain::task::{Jitter, RetryPolicy};
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::assistance::TASK_ANALYSIS;
use baton_domain::wire::task::{AttemptOutcome, NewTask, TaskDetail};
use baton_observability::Auditor;
use baton_orchestration::{Carriers, Engine, EngineOptions};
use baton_storage::{CommitSink, Store};
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use baton_testkit::{SeededChance, SeededIds};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

/// The real time, plus what the test adds; or none that passes by itself.
#[derive(Default)]
pub struct MovableClock {
    ahead: AtomicI64,
    /// The real time at which it was stopped; 0 while it runs.
    stopped: AtomicI64,
}

impl MovableClock {
    pub fn advance(&self, span: Duration) {
        self.ahead.fetch_add(span.as_millis() as i64, Ordering::SeqCst);
    }

    /// From now on no time passes that the test does not add: what is done again now and then is not.
    pub fn stop(&self) {
        self.stopped.store(Self::real(), Ordering::SeqCst);
    }

    fn real() -> i64 {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let stopped = self.stopped.load(Ordering::SeqCst);
        let real = if stopped == 0 { Self::real() } else { stopped };
        Timestamp::from_millis(real + self.ahead.load(Ordering::SeqCst))
    }
}

/// Counts nothing: these tests look at the store.
struct NoRecorder;

impl Recorder for NoRecorder {
    fn submitted(&self, _: Timestamp, _: &str, _: u64) {}
    fn started(&self, _: Timestamp, _: &str, _: &str, _: Duration) {}
    fn ended(&self, _: Timestamp, _: &str, _: &str, _: AttemptOutcome, _: Duration) {}
    fn canceled(&self, _: Timestamp, _: &str) {}
}

/// An agent whose skills do what their input says.
#[derive(Default)]
struct Scripted {
    /// Told when an attempt that makes steps is ended from outside.
    stopped: Arc<Notify>,
}

/// Tells when it is dropped, as all that an attempt holds is when it ends.
struct Held(Arc<Notify>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

pub const SCRIPTED: &str = "scripted.do";
/// Makes one checkpoint after another on its first attempt; a later one says from where it went on.
pub const STEPS: &str = "scripted.steps";
/// The same as the first, in a child process if the input names a file.
pub const FILES: &str = "scripted.files";

#[async_trait]
impl Agent for Scripted {
    fn card(&self) -> AgentCard {
        let scripted = Skill {
            input_schema: json!({"type": "object", "properties": {
                "do": {"enum": ["panic", "hang", "large", "wrong", "store", "ask", "ask_itself", "ask_long", "checkpoint", "checkpoints_at_once", "large_checkpoint", "say", "keep", "busy", "connect", "complete", "leak", "cite"]}, "task": {"type": "string"}, "pointer": {"type": "string"}, "connection": {"type": "string", "format": "connection"}, "count": {"type": "integer"}, "file": {"type": "string", "format": "artifact"}
            }, "additionalProperties": false}),
            output_schema: json!({"type": "object", "properties": {"wrong": false}}),
            limits: Limits { result_bytes: 1_000, ..Limits::default() },
            retry: RetryPolicy { maximum_attempts: 1, ..quick() },
            ..skill(SCRIPTED, "Scripted", "Does what its input says.")
        };
        let skills = vec![
            Skill { name: STEPS.into(), checkpoints: true, ..scripted.clone() },
            Skill { name: FILES.into(), isolation: Isolation::ProcessForFiles, ..scripted.clone() },
            // What analyses are asked of.
            Skill { name: TASK_ANALYSIS.into(), input_schema: json!({"type": "object"}), ..scripted.clone() },
            scripted,
        ];
        AgentCard { labels: vec!["scripted".into()], ..card("scripted", "Scripted", 8, skills) }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        if skill == TASK_ANALYSIS {
            return Ok(json!({}));
        }
        match input["do"].as_str() {
            Some("checkpoint") => context.checkpoint(json!(1)).await.map(|()| json!({})),
            Some("checkpoints_at_once") => {
                let count = input["count"].as_u64().unwrap_or(0);
                let kept = futures::future::join_all((1..=count).map(|step| context.checkpoint(json!({"step": step})))).await;
                let refused = kept.iter().filter(|kept| kept.is_err()).count();
                // The last outcome goes on from what was kept.
                match context.resumed() {
                    Some(kept) => Ok(json!({"from": kept["step"]})),
                    None => Err(SkillError::internal(format!("{refused} refused"))),
                }
            }
            Some("large_checkpoint") => context.checkpoint(json!("x".repeat(64 << 10))).await.map(|()| json!({})),
            None if skill == STEPS => {
                if let Some(kept) = context.resumed() {
                    return Ok(json!({"from": kept["step"]}));
                }
                let _held = Held(Arc::clone(&self.stopped));
                for step in 1.. {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    context.checkpoint(json!({"step": step})).await?;
                }
                Ok(json!({}))
            }
            Some("say") => {
                let _held = Held(Arc::clone(&self.stopped));
                for line in 0.. {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    context.info("still here", json!({"line": line}));
                }
                Ok(json!({}))
            }
            Some("keep") => {
                let _held = Held(Arc::clone(&self.stopped));
                for step in 0.. {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    context.store(&format!("{step}.txt"), "text/plain", format!("{step}").as_bytes()).await?;
                }
                Ok(json!({}))
            }
            // Asks to be left alone for a while, once.
            Some("busy") if context.attempt() == 1 => {
                Err(SkillError { retry_after_ms: input["count"].as_u64(), ..SkillError::passing(Code::Internal, "come back later") })
            }
            Some("busy") => Ok(json!({})),
            Some("panic") => panic!("as asked"),
            Some("hang") => {
                // Says nothing any more; only its time ends it.
                std::future::pending::<()>().await;
                Ok(json!({}))
            }
            Some("connect") => {
                let granted = context.connection(input["connection"].as_str().unwrap_or_default())?;
                Ok(json!({"base": granted.base_url, "secret": granted.secret}))
            }
            Some("complete") => {
                let answer = context.llm(ModelRequest::new(vec![Message::user("hello")])).await?;
                Ok(json!({"model": answer.model, "text": answer.text}))
            }
            Some("leak") => {
                let span = context.span("sending with token=spansecret0123456789");
                context.warn("signing in again", json!({"password": "fieldsecret0123"}));
                context.info("Authorization: Bearer linesecret0123456789", json!({}));
                drop(span);
                Err(SkillError::internal("https://user:urlsecret0123@db.example.com/x answered 401 for api_key=failsecret0123456789"))
            }
            Some("cite") => {
                let task = input["task"].as_str().and_then(|id| id.parse::<TaskId>().ok());
                let task = task.ok_or_else(|| SkillError::internal("no task"))?;
                let cited = context.cite(task, input["pointer"].as_str()).await?;
                let text = match &cited.file {
                    Some(file) => tokio::fs::read_to_string(&file.path).await.unwrap_or_default(),
                    None => String::new(),
                };
                Ok(json!({"title": cited.title, "skill": cited.skill, "agent": cited.agent, "value": cited.value, "text": text}))
            }
            Some("large") => Ok(json!({"text": "x".repeat(2_000)})),
            Some("wrong") => Ok(json!({"wrong": 1})),
            Some("store") => {
                context.info("storing", json!({"step": 1}));
                let id = context.store("note.txt", "text/plain", b"kept").await?;
                Ok(json!({"artifact": id}))
            }
            Some("ask") => {
                let answer = context.ask("diagnostics.echo", json!({"message": "from the child"})).await?;
                Ok(json!({"answer": answer}))
            }
            // Asks itself so many times over, and the last for something that takes its time.
            Some("ask_long") => match input["count"].as_u64().unwrap_or(0) {
                0 => context.ask("diagnostics.sleep", json!({"milliseconds": 60_000})).await,
                more => context.ask(SCRIPTED, json!({"do": "ask_long", "count": more - 1})).await,
            },
            Some("ask_itself") => context.ask(SCRIPTED, json!({"do": "ask_itself"})).await,
            _ => {
                let file = context.file(input["file"].as_str().unwrap_or_default())?;
                let text = tokio::fs::read_to_string(&file.path).await.map_err(|error| SkillError::internal(error.to_string()))?;
                Ok(json!({"text": text}))
            }
        }
    }
}

/// A policy that does not make tests wait.
pub fn quick() -> RetryPolicy {
    RetryPolicy { initial_interval_ms: 10, maximum_interval_ms: 20, jitter: Jitter::None, ..RetryPolicy::default() }
}

/// A skill that takes and gives any object, may be done again, and is so soon after it failed.
pub fn skill(name: &str, title: &str, description: &str) -> Skill {
    Skill {
        name: name.into(),
        title: title.into(),
        description: description.into(),
        family: Family::Custom,
        input_schema: json!({"type": "object"}),
        output_schema: json!({"type": "object"}),
        examples: vec![],
        result_kind: "json".into(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: quick(),
        needs: Needs::default(),
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

/// The card of an agent that is there for a test.
pub fn card(name: &str, title: &str, slots: u32, skills: Vec<Skill>) -> AgentCard {
    AgentCard {
        name: name.into(),
        title: title.into(),
        description: "For tests.".into(),
        family: Family::Custom,
        skills,
        labels: vec![],
        slots,
        instances: InstanceRange::default(),
        cost_micros: 0,
        version: "1.0.0".to_owned(),
    }
}

pub struct World {
    pub engine: Engine,
    pub store: SqliteStore,
    pub clock: Arc<MovableClock>,
    pub sources: Sources,
    pub caller: Caller,
    /// Told when an attempt of the scripted agent that makes steps has ended.
    pub stopped: Arc<Notify>,
    pub folder: TempDir,
}

pub fn options() -> EngineOptions {
    EngineOptions {
        sweep: Duration::from_millis(50),
        heartbeat: Duration::from_millis(200),
        drain: Duration::from_millis(300),
        ..EngineOptions::default()
    }
}

impl World {
    pub async fn new() -> Self {
        Self::open(TempDir::with_prefix("baton-engine-").unwrap(), options()).await
    }

    /// An engine on a folder that another may have used before.
    pub async fn open(folder: TempDir, options: EngineOptions) -> Self {
        Self::open_with(folder, options, Vec::new()).await
    }

    /// The same with more agents.
    pub async fn open_with(folder: TempDir, options: EngineOptions, more: Vec<Arc<dyn Agent>>) -> Self {
        let clock = Arc::new(MovableClock::default());
        let shown: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let sources = Sources { clock: shown, ids: Arc::new(RealIds), chance: Arc::new(SeededChance::new(1)) };
        let bus = Arc::new(InProcessBus::new(1_024));
        let sink: Arc<dyn CommitSink> = Arc::clone(&bus) as Arc<dyn CommitSink>;
        let store = SqliteOptions::new(folder.path().join("baton.db")).open(sink).await.unwrap();
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        let (auditor, _) = Auditor::new(Arc::new(store.clone()), sources.clone());
        let scripted = Scripted::default();
        let stopped = Arc::clone(&scripted.stopped);
        let carriers = carriers(folder.path(), scripted, more);
        let engine = options.start(shared, bus, Arc::new(NoRecorder), auditor, sources.clone(), carriers, || {}).await.unwrap();
        Self { engine, store, clock, sources, caller: Caller::system(), stopped, folder }
    }

    pub fn tasks(&self) -> Arc<dyn TaskService> {
        self.engine.tasks()
    }

    pub async fn submit(&self, task: NewTask) -> Result<TaskId, Problem> {
        self.tasks().submit(&self.caller, task, None).await.map(|task| task.id)
    }

    /// Waits until the task has ended, and checks its rows.
    pub async fn ended(&self, id: TaskId) -> TaskDetail {
        let task = self.tasks().get(&self.caller, id, Some(Duration::from_secs(20))).await.unwrap();
        assert!(task.summary.state.is_terminal(), "{id} is still {}", task.summary.state);
        check(&task);
        task
    }

    /// Submits, waits, and gives the task.
    pub async fn run(&self, task: NewTask) -> TaskDetail {
        let id = self.submit(task).await.unwrap();
        self.ended(id).await
    }

    /// Waits until the task is in this state.
    pub async fn reaches(&self, id: TaskId, state: baton_domain::task::TaskState) {
        for _ in 0..2_000 {
            if self.tasks().get(&self.caller, id, None).await.unwrap().summary.state == state {
                return;
            }
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{id} never was {state}");
    }

    /// Holds the file's write lock, as another program could: nothing is written while this lives.
    pub fn nothing_is_written(&self) -> rusqlite::Connection {
        let other = rusqlite::Connection::open(self.folder.path().join("baton.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        other
    }

    /// Stops the engine and the store; gives the folder for the next.
    pub async fn stop(self) -> TempDir {
        self.engine.stop().await;
        self.store.close().await;
        self.folder
    }
}

/// Identifiers as in production: they must stay unique over two engines on one store.
struct RealIds;

impl baton_domain::ports::IdSource for RealIds {
    fn next(&self) -> uuid::Uuid {
        static IDS: std::sync::OnceLock<SeededIds> = std::sync::OnceLock::new();
        IDS.get_or_init(SeededIds::default).next()
    }
}

pub fn check(task: &TaskDetail) {
    let facts = TaskFacts {
        id: task.summary.id,
        state: task.summary.state,
        has_lease_holder: false,
        attempt: task.summary.attempt,
        maximum_attempts: task.summary.maximum_attempts,
        history: task.timeline.iter().map(|entry| entry.state).collect(),
    };
    assert_eq!(check_task(&facts), []);
}

fn carriers(folder: &Path, scripted: Scripted, more: Vec<Arc<dyn Agent>>) -> Carriers {
    let mut agents: Vec<Arc<dyn Agent>> = vec![Arc::new(Diagnostics { slots: 8 }), Arc::new(scripted)];
    agents.extend(more);
    Carriers {
        registry: AgentRegistry::new(agents).unwrap(),
        // A child that says nothing and is gone.
        child: ChildCommand { program: PathBuf::from("/bin/false"), arguments: vec![] },
        scratch: folder.join("scratch"),
        blobs: folder.join("blobs"),
    }
}
