//! What do the tests store into? A real SQLite file, with a clock that is moved by hand and, where asked, failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use async_trait::async_trait;
use baton_domain::event::TopicFilter;
use baton_domain::id::{DEFAULT_PROJECT, EventSeq, LeaseToken, TaskId};
use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::task::{Priority, RetryPolicy, TaskState, Timeouts};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::TaskSummary;
use baton_storage::{
    AuditRow, BucketKey, BucketRow, EventStore, EventsSince, Forgotten, MetricStore, NewTaskRecord, NoSink, Retention, StoreError,
    TaskRecord, TaskStore,
};
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

/// A clock that is moved by hand.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}

struct Half;

impl Chance for Half {
    fn next(&self) -> f64 {
        0.5
    }
}

/// A real store in a folder of its own.
pub(crate) struct RealStore {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: SqliteStore,
    pub(crate) clock: Arc<HandClock>,
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// What the audit table holds of a row: principal, action, target, allowed, code, request.
pub(crate) type AuditText = (String, String, Option<String>, bool, Option<String>, Option<String>);

impl RealStore {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteOptions::new(folder.path().join("baton.db")).open(Arc::new(NoSink)).await.unwrap();
        Self { folder, store, clock: Arc::new(HandClock(AtomicI64::new(0))) }
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources { clock: self.clock.clone(), ids: Arc::new(Counting(AtomicU64::new(1))), chance: Arc::new(Half) }
    }

    pub(crate) async fn audit_rows(&self) -> Vec<AuditText> {
        let path = self.folder.path().join("baton.db");
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap();
        let rows = sqlx::query_as("SELECT principal_tag, action, target, allowed <> 0, code, request_id FROM audit ORDER BY id")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        rows
    }

    pub(crate) async fn insert_task(&self) -> TaskId {
        let id = TaskId::new(Uuid::new_v4());
        let summary = TaskSummary {
            id,
            project_id: DEFAULT_PROJECT,
            title: "a task".to_owned(),
            skill: "diagnostics.echo".to_owned(),
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
            created_by: "Baton".to_owned(),
            rerun_of: None,
            run_id: None,
            parent_id: None,
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
            ready_at: at(0),
            depth: 0,
            fairness_weight: 1.0,
            budget: None,
            awaited: false,
            created_by: Principal::System,
        };
        self.store
            .insert_tasks(vec![NewTaskRecord { task, input: serde_json::json!({}), depends_on: Vec::new(), decide: None }], None)
            .await
            .unwrap();
        id
    }
}

/// The real store behind a connection that fails a number of times.
pub(crate) struct Unreliable {
    store: SqliteStore,
    pub(crate) failures_left: AtomicU32,
}

impl Unreliable {
    pub(crate) fn new(store: SqliteStore, failures: u32) -> Self {
        Self { store, failures_left: AtomicU32::new(failures) }
    }

    fn fail_if_due(&self) -> Result<(), StoreError> {
        let fewer = |left: u32| left.checked_sub(1);
        match self.failures_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer) {
            Ok(_) => Err(StoreError::Unavailable("cut".to_owned())),
            Err(_) => Ok(()),
        }
    }
}

#[async_trait]
impl EventStore for Unreliable {
    async fn head(&self) -> Result<EventSeq, StoreError> {
        self.fail_if_due()?;
        self.store.head().await
    }

    async fn events_since(&self, since: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError> {
        self.fail_if_due()?;
        self.store.events_since(since, filter, limit).await
    }

    async fn forget_events(&self, retention: Retention, limit: u32) -> Result<Forgotten, StoreError> {
        self.fail_if_due()?;
        self.store.forget_events(retention, limit).await
    }

    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        self.fail_if_due()?;
        self.store.audit(rows).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.fail_if_due()?;
        self.store.ping().await
    }
}

#[async_trait]
impl MetricStore for Unreliable {
    async fn put_buckets(&self, buckets: Vec<(BucketKey, BucketRow)>) -> Result<(), StoreError> {
        self.fail_if_due()?;
        self.store.put_buckets(buckets).await
    }

    async fn buckets(
        &self,
        since: Timestamp,
        until: Timestamp,
        skill: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Vec<(BucketKey, BucketRow)>, StoreError> {
        self.fail_if_due()?;
        self.store.buckets(since, until, skill, agent).await
    }
}
