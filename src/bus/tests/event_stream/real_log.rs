//! What do the tests follow? The log of a real SQLite file, grown by real commits.

use std::sync::Arc;
use std::time::Duration;

use baton_bus::{EventStream, InProcessBus};
use baton_domain::agent::{AgentCard, AgentStatus, Family, InstanceRange};
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{AgentId, DEFAULT_PROJECT, EventSeq, LeaseToken, TaskId};
use baton_domain::task::{Priority, RetryPolicy, TaskState, Timeouts};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::TaskSummary;
use baton_storage::{AgentRegistration, AgentStore, CommitSink, EventStore, NewTaskRecord, Retention, TaskRecord, TaskStore};
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use uuid::Uuid;

/// A real log in a folder of its own.
pub(crate) struct RealLog {
    // Removed with the log.
    _folder: tempfile::TempDir,
    pub(crate) store: SqliteStore,
    pub(crate) bus: Arc<InProcessBus>,
    pub(crate) agent: AgentId,
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn card(name: &str) -> AgentCard {
    AgentCard {
        name: name.to_owned(),
        title: name.to_owned(),
        description: String::new(),
        family: Family::Custom,
        skills: Vec::new(),
        labels: Vec::new(),
        slots: 1,
        instances: InstanceRange::default(),
        cost_micros: 0,
        version: "1.0.0".to_owned(),
    }
}

fn task(id: TaskId) -> NewTaskRecord {
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
    NewTaskRecord {
        task: TaskRecord {
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
        },
        input: serde_json::json!({}),
        depends_on: Vec::new(),
        decide: None,
    }
}

impl RealLog {
    /// A log with one event (an agent was registered) whose bus keeps this many messages.
    pub(crate) async fn open(capacity: usize) -> Self {
        Self::open_behind(capacity, |bus| bus).await
    }

    /// As [`open`](Self::open), with something between the store and the bus.
    pub(crate) async fn open_behind(capacity: usize, between: impl FnOnce(Arc<InProcessBus>) -> Arc<dyn CommitSink>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bus = Arc::new(InProcessBus::new(capacity));
        let store = SqliteOptions::new(folder.path().join("baton.db")).open(between(Arc::clone(&bus))).await.unwrap();
        let agent = AgentId::new(Uuid::new_v4());
        store.register_agents(vec![AgentRegistration { id: agent, card: card("tester") }], at(0)).await.unwrap();
        Self { _folder: folder, store, bus, agent }
    }

    pub(crate) fn stream(&self) -> EventStream {
        // Long: what a test sees must have come by the doorbell, unless it asks for less.
        EventStream::new(Arc::new(self.store.clone()), Arc::clone(&self.bus)).with_idle_check(Duration::from_secs(600))
    }

    /// One commit of one event about the agent.
    pub(crate) async fn commit_agent(&self) {
        self.store.set_agent_status(self.agent, AgentStatus::Draining, Principal::System, at(1)).await.unwrap().unwrap();
    }

    /// One commit of this many events about tasks; gives the first of them.
    pub(crate) async fn commit_tasks(&self, count: usize) -> TaskId {
        let ids: Vec<TaskId> = (0..count).map(|_| TaskId::new(Uuid::new_v4())).collect();
        self.store.insert_tasks(ids.iter().map(|id| task(*id)).collect(), None).await.unwrap();
        ids[0]
    }

    /// All events that a filter wants, read from the log page by page.
    pub(crate) async fn events(&self, filter: &TopicFilter) -> Vec<Event> {
        let (mut since, mut events) = (EventSeq(0), Vec::new());
        loop {
            let page = self.store.events_since(since, filter, 100).await.unwrap();
            events.extend(page.items);
            since = page.next_since;
            if !page.more {
                return events;
            }
        }
    }

    /// Forgets the events up to here.
    pub(crate) async fn raise_floor(&self, floor: EventSeq) {
        let head = self.store.head().await.unwrap();
        let retention = Retention { count: Some(u64::try_from(head.0 - floor.0).unwrap()), since: None };
        assert_eq!(self.store.forget_events(retention, u32::MAX).await.unwrap().floor, floor);
    }
}

pub(crate) fn topics(text: &str) -> TopicFilter {
    TopicFilter::parse(text).unwrap()
}
