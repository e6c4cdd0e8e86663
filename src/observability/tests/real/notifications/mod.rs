//! Does everybody hear once of what concerns them, whatever servers do at the same time and wherever one stops?

mod desk;
mod flood;
mod going_on;
mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{AuditId, DEFAULT_PROJECT, EventSeq, JournalId, NotificationId, TaskId, UserId};
use baton_domain::ports::Sources;
use baton_domain::task::{Priority, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::task::{Failure, TaskSummary};
use baton_observability::{NotificationDesk, NotificationParts, Projector};
use baton_storage::{
    AuditRow, IdentityStore, JournalHead, JournalKind, JournalStore, NewJournal, NoSink, NotificationRecord, NotificationStore, StoreError,
    UserRecord,
};
use baton_storage_memory::MemoryStore;
use baton_testkit::{TestClock, test_sources};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Mutex as TurnMutex;

/// A store, people, and a clock that is moved by hand.
pub(super) struct Scene {
    pub(super) store: MemoryStore,
    pub(super) sources: Sources,
    pub(super) clock: Arc<TestClock>,
    pub(super) admin: UserRecord,
    pub(super) operator: UserRecord,
    pub(super) viewer: UserRecord,
}

impl Scene {
    /// An installation with an administrator, an operator and a viewer.
    pub(super) async fn open() -> Self {
        let (sources, clock) = test_sources(1);
        let store = MemoryStore::new(Arc::new(NoSink));
        let admin = add_user(&store, &sources, "ada", Role::Admin).await;
        let operator = add_user(&store, &sources, "otto", Role::Operator).await;
        let viewer = add_user(&store, &sources, "vera", Role::Viewer).await;
        Self { store, sources, clock, admin, operator, viewer }
    }

    pub(super) async fn user(&self, name: &str, role: Role) -> UserRecord {
        add_user(&self.store, &self.sources, name, role).await
    }

    pub(super) fn now(&self) -> Timestamp {
        self.sources.clock.now()
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(super) fn parts(&self) -> NotificationParts {
        self.parts_with(Arc::new(self.store.clone()))
    }

    pub(super) fn parts_with(&self, notifications: Arc<dyn NotificationStore>) -> NotificationParts {
        let (events, users) = (Arc::new(self.store.clone()), Arc::new(self.store.clone()));
        NotificationParts { notifications, events, users, sources: self.sources.clone() }
    }

    pub(super) fn projector(&self) -> Projector {
        Projector::new(self.parts())
    }

    /// A new projector goes through what there is.
    pub(super) async fn project(&self) {
        self.projector().turn().await.unwrap();
    }

    pub(super) fn desk(&self) -> NotificationDesk {
        NotificationDesk::new(Arc::new(self.store.clone()), Arc::clone(&self.sources.clock))
    }

    /// Commits an event, now.
    pub(super) async fn commit(&self, kind: &str, subject: &str, data: Value) -> EventSeq {
        self.commit_all(vec![(kind.to_owned(), subject.to_owned(), data)]).await
    }

    /// Commits events together; gives the place of the last.
    pub(super) async fn commit_all(&self, events: Vec<(String, String, Value)>) -> EventSeq {
        let at = self.now();
        let event = |(kind, subject, data): (String, String, Value)| NewEvent {
            at,
            project: DEFAULT_PROJECT,
            kind,
            subject,
            actor: Principal::System,
            data: data.into(),
        };
        let head = JournalHead {
            id: JournalId::new(self.sources.ids.next()),
            kind: JournalKind::Plan,
            project: DEFAULT_PROJECT,
            name: "test".to_owned(),
            key: None,
            parent: None,
            state: "open".to_owned(),
            live: true,
            wake_at: None,
            version: 1,
            facts: 0,
            summary: Value::Null,
            created_at: at,
            updated_at: at,
            created_by: Principal::System,
        };
        let events = events.into_iter().map(event).collect();
        self.store.open_journal(NewJournal { head, opening: Value::Null, rows: Vec::new(), events }).await.unwrap();
        self.store.newest_event()
    }

    /// Commits events that tell nobody anything.
    pub(super) async fn commit_noise(&self, count: usize) {
        self.commit_all(vec![("run.step".to_owned(), "run:0".to_owned(), json!({"id": "a"})); count]).await;
    }

    /// A task of somebody comes to nothing.
    pub(super) async fn fail_task(&self, by: &str, kind: &str) -> EventSeq {
        let task = self.task(by);
        self.commit(kind, &format!("task:{}", task.id), serde_json::to_value(task).unwrap()).await
    }

    pub(super) async fn fail_tasks(&self, by: &str, count: usize) {
        let event = |_| {
            let task = self.task(by);
            ("task.failed".to_owned(), format!("task:{}", task.id), serde_json::to_value(task).unwrap())
        };
        self.commit_all((0..count).map(event).collect()).await;
    }

    pub(super) fn task(&self, by: &str) -> TaskSummary {
        TaskSummary {
            id: TaskId::new(self.sources.ids.next()),
            project_id: DEFAULT_PROJECT,
            title: "Read\nthe mail".to_owned(),
            skill: "diagnostics.fail".to_owned(),
            state: TaskState::Failed,
            wait_kind: None,
            reason: None,
            priority: Priority::default(),
            labels: Vec::new(),
            fairness_key: None,
            attempt: 4,
            maximum_attempts: 4,
            agent: None,
            created_at: self.now(),
            not_before: None,
            started_at: None,
            finished_at: Some(self.now()),
            cancel_requested_at: None,
            pause_requested_at: None,
            created_by: by.to_owned(),
            rerun_of: None,
            run_id: None,
            parent_id: None,
            decision_id: None,
            failure: Some(Failure { code: "ATTEMPT-003".to_owned(), message: "It fell silent.".to_owned(), retryable: true }),
        }
    }

    /// An approval is asked for, as runs of workflows do.
    pub(super) async fn ask(&self, run: u32, by: &str, who: Value) -> EventSeq {
        let data = json!({
            "id": format!("00000000-0000-7000-8000-{run:012}"), "run": run.to_string(), "workflow": "intake", "version": 1, "step": "publish",
            "title": "Publish the page?", "state": "open", "requested_by": by, "who": who, "asked_at": self.now(),
        });
        self.commit("approval.requested", &format!("approval:{run}:publish"), data).await
    }

    /// A user's rows, the oldest first.
    pub(super) async fn rows(&self, user: &UserRecord) -> Vec<NotificationRecord> {
        let mut rows = self.store.notifications(user.id, false, None, 10_000).await.unwrap();
        rows.reverse();
        rows
    }

    pub(super) async fn unread(&self, user: &UserRecord) -> u32 {
        self.store.unread_notifications(user.id, 10_000).await.unwrap()
    }

    /// What people see of their rows.
    pub(super) async fn titles(&self, user: &UserRecord) -> Vec<String> {
        self.rows(user).await.into_iter().map(|row| row.title).collect()
    }

    pub(super) fn caller(&self, user: &UserRecord) -> Caller {
        let principal = Principal::User { id: user.id, email: user.email.clone() };
        Caller { principal, role: Some(user.role), ..Caller::anonymous() }
    }
}

async fn add_user(store: &MemoryStore, sources: &Sources, name: &str, role: Role) -> UserRecord {
    let user = UserRecord {
        id: UserId::new(sources.ids.next()),
        email: format!("{name}@example.com"),
        password_hash: "none".to_owned(),
        role,
        active: true,
        created_at: sources.clock.now(),
        last_login_at: None,
    };
    assert!(store.insert_user(user.clone(), false, audit(sources)).await.unwrap());
    user
}

pub(super) fn audit(sources: &Sources) -> AuditRow {
    AuditRow {
        id: AuditId::new(sources.ids.next()),
        at: sources.clock.now(),
        principal: Principal::System,
        action: "test".to_owned(),
        target: None,
        allowed: true,
        code: None,
        request_id: None,
        address: None,
    }
}

/// What goes wrong at a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// It is not made.
    NotMade,
    /// It is made, and its answer is lost.
    AnswerLost,
}

/// A store of notifications whose writes are counted, and one of which goes wrong, or is overtaken.
pub(super) struct Watched {
    store: MemoryStore,
    pub(super) writes: AtomicU32,
    mishap: Option<(u32, Mishap)>,
    /// What others do right before the next write.
    pub(super) before: Mutex<Option<Arc<Projector>>>,
    turn: TurnMutex<()>,
}

impl Watched {
    pub(super) fn new(store: MemoryStore, mishap: Option<(u32, Mishap)>) -> Arc<Self> {
        Arc::new(Self { store, writes: AtomicU32::new(0), mishap, before: Mutex::new(None), turn: TurnMutex::new(()) })
    }

    pub(super) fn count(&self) -> u32 {
        self.writes.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl NotificationStore for Watched {
    async fn notified_until(&self) -> Result<EventSeq, StoreError> {
        self.store.notified_until().await
    }

    async fn notify(
        &self,
        rows: Vec<NotificationRecord>,
        settled: Vec<(String, Timestamp)>,
        seen: EventSeq,
        until: EventSeq,
    ) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        let before = self.before.lock().take();
        if let Some(other) = before {
            other.turn().await?;
        }
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let failure = || Err(StoreError::Unavailable("cut off".to_owned()));
        match self.mishap.filter(|(wrong, _)| *wrong == number) {
            None => self.store.notify(rows, settled, seen, until).await,
            Some((_, Mishap::NotMade)) => failure(),
            Some((_, Mishap::AnswerLost)) => {
                self.store.notify(rows, settled, seen, until).await?;
                failure()
            }
        }
    }

    async fn notifications(
        &self,
        user: UserId,
        unread: bool,
        before: Option<NotificationId>,
        limit: u32,
    ) -> Result<Vec<NotificationRecord>, StoreError> {
        self.store.notifications(user, unread, before, limit).await
    }

    async fn unread_notifications(&self, user: UserId, most: u32) -> Result<u32, StoreError> {
        self.store.unread_notifications(user, most).await
    }

    async fn mark_notifications(
        &self,
        user: UserId,
        which: Option<Vec<NotificationId>>,
        read_at: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        self.store.mark_notifications(user, which, read_at).await
    }

    async fn forget_notifications(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store.forget_notifications(before, limit).await
    }
}
