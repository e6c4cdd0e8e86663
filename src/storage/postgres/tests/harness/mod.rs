//! What do these tests stand on? A database of their own, sinks that remember, and tasks that are ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::{AgentId, ArtifactId, AttemptId, AuditId, DEFAULT_PROJECT, LeaseToken, ServerId, TaskId, UserId};
use baton_domain::server::ServerRef;
use baton_domain::task::{Priority, RetryPolicy, TaskState, Timeouts};
use baton_domain::time::Timestamp;
use baton_domain::user::{Principal, Role};
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{AgentRef, Explanation, TaskSummary};
use baton_storage::{
    Assignment, AuditRow, BegunTask, CommitSink, Completion, NewTaskRecord, NoSink, ReadyTask, TaskRecord, TaskStore, UserRecord, Wanted,
};
use baton_storage_postgres::{PostgresOptions, PostgresStore};
use baton_testkit::PostgresServer;
use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

/// An empty database; its address.
pub fn database() -> String {
    PostgresServer::shared().unwrap().new_database().unwrap()
}

/// A store on this database whose events nobody hears.
pub async fn open(url: &str) -> PostgresStore {
    PostgresOptions::new(url).open(Arc::new(NoSink)).await.unwrap()
}

/// A store on this database, and what its sink was told.
pub async fn open_heard(url: &str) -> (PostgresStore, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let store = PostgresOptions::new(url).open(Arc::clone(&heard) as Arc<dyn CommitSink>).await.unwrap();
    (store, heard)
}

/// A sink that remembers.
#[derive(Debug, Default)]
pub struct Heard(Mutex<Vec<i64>>);

impl CommitSink for Heard {
    fn committed(&self, events: &[Arc<Event>]) {
        self.0.lock().extend(events.iter().map(|event| event.seq.0));
    }
}

impl Heard {
    /// The places of what it was told, in that order.
    pub fn places(&self) -> Vec<i64> {
        self.0.lock().clone()
    }

    /// Waits until it was told of this many events; gives their places.
    pub async fn told(&self, count: usize) -> Vec<i64> {
        eventually("the sink is told", || self.0.lock().len() >= count).await;
        self.places()
    }
}

/// Waits until something holds, ten seconds at most.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds: {what}");
}

/// A new identifier, greater than those before it.
pub fn id() -> Uuid {
    static MADE: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128((0x0190_0000_0000_7000_8000_u128 << 48) + u128::from(MADE.fetch_add(1, Ordering::SeqCst)))
}

/// The instant this many milliseconds after all tests begin.
pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + millis)
}

pub fn agent() -> AgentRef {
    AgentRef { id: AgentId::new(Uuid::from_u128(0xa9)), name: "nlp".to_owned() }
}

/// A task that is ready.
pub fn new_task() -> NewTaskRecord {
    let summary = TaskSummary {
        id: TaskId::new(id()),
        project_id: DEFAULT_PROJECT,
        title: "How does it feel?".to_owned(),
        skill: "nlp.sentiment".to_owned(),
        state: TaskState::Queued,
        wait_kind: None,
        reason: Some("submitted".to_owned()),
        priority: Priority::default(),
        labels: Vec::new(),
        fairness_key: None,
        attempt: 1,
        maximum_attempts: 4,
        agent: None,
        created_at: at(0),
        not_before: None,
        started_at: None,
        finished_at: None,
        cancel_requested_at: None,
        pause_requested_at: None,
        created_by: Principal::System.label().to_owned(),
        rerun_of: None,
        run_id: None,
        parent_id: None,
        decision_id: None,
        failure: None,
    };
    let task = TaskRecord {
        summary,
        result_kind: "sentiment".to_owned(),
        retry: RetryPolicy::default(),
        timeouts: Timeouts::default(),
        lease: LeaseToken(0),
        lease_until: None,
        deadline_at: None,
        ready_at: at(0),
        depth: 0,
        fairness_weight: 1.0,
        budget: None,
        awaited: false,
        created_by: Principal::System,
    };
    NewTaskRecord { task, input: json!({"text": "fine"}), depends_on: Vec::new(), decide: None }
}

/// Stores tasks that are ready.
pub async fn insert(store: &PostgresStore, count: usize) -> Vec<TaskId> {
    let tasks: Vec<_> = (0..count).map(|_| new_task()).collect();
    let ids = tasks.iter().map(|task| task.task.summary.id).collect();
    store.insert_tasks(tasks, None).await.unwrap();
    ids
}

/// A server of this name; the same name is the same server.
pub fn server(name: &str) -> ServerRef {
    let number = name.bytes().fold(0xc0_u128, |number, byte| (number << 8) | u128::from(byte));
    ServerRef { id: ServerId::new(Uuid::from_u128(number)), name: name.to_owned() }
}

/// An artifact with this content.
pub fn artifact(sha256: &str) -> ArtifactView {
    ArtifactView {
        id: ArtifactId::new(id()),
        project_id: DEFAULT_PROJECT,
        name: "note.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size: 6,
        sha256: sha256.to_owned(),
        created_by: "system".to_owned(),
        task_id: None,
        created_at: at(0),
    }
}

/// Gives a task to the agent.
pub fn assignment(task: TaskId) -> Assignment {
    let explanation = Explanation { strategy: "score".to_owned(), candidates: Vec::new(), rejected: Vec::new(), version: None };
    Assignment {
        task,
        attempt: AttemptId::new(id()),
        agent: agent(),
        server: server("main"),
        explanation,
        at: at(100),
        lease_until: at(30_000),
    }
}

/// A task that the agent works on.
pub async fn running(store: &PostgresStore) -> BegunTask {
    let task = insert(store, 1).await[0];
    store.begin(vec![assignment(task)]).await.unwrap().remove(0)
}

pub fn completion(begun: &BegunTask) -> Completion {
    Completion {
        task: begun.task.clone(),
        attempt: begun.attempt,
        result: json!({"score": 0.75}),
        at: at(200),
        spans: Vec::new(),
        goes_first: false,
    }
}

pub fn user(email: &str, role: Role) -> UserRecord {
    UserRecord {
        id: UserId::new(id()),
        email: email.to_owned(),
        password_hash: "$argon2id$".to_owned(),
        role,
        active: true,
        created_at: at(0),
        last_login_at: None,
    }
}

pub fn audit_row() -> AuditRow {
    AuditRow {
        id: AuditId::new(id()),
        at: at(0),
        principal: Principal::System,
        action: "auth.login".to_owned(),
        target: None,
        allowed: true,
        code: None,
        request_id: None,
        address: None,
    }
}

/// Everything that is ready.
pub async fn ready(store: &PostgresStore, now: Timestamp) -> Vec<ReadyTask> {
    let classes = store.queue_classes(None, 1_000).await.unwrap();
    let wanted: Vec<Wanted> = classes.into_iter().map(|class| Wanted::first(class, 1_000)).collect();
    store.ready_tasks(&wanted, now).await.unwrap()
}
