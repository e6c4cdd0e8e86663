//! What does an engine see of the store? All of it, through its link.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::agent::AgentStatus;
use baton_domain::event::{NewEvent, TopicFilter};
use baton_domain::id::{
    AgentId, ApiKeyId, ArtifactId, DecisionId, EventSeq, JournalId, NotificationId, ProjectId, ServerId, SessionId, TaskId, UserId,
};
use baton_domain::invariants::Invariant;
use baton_domain::ports::Clock as _;
use baton_domain::server::ServerStatus;
use baton_domain::time::Timestamp;
use baton_domain::user::{Principal, Role};
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::limit::{LimitScope, LimitView};
use baton_domain::wire::model::ModelUsage;
use baton_domain::wire::server::ServerView;
use baton_domain::wire::task::StateCount;
use baton_domain::wire::trace::{ErrorView, Level, LogLine, SpanView};
use baton_storage::{
    Advance, Advanced, AgentMemoryStore, AgentRegistration, AgentStore, AgentsAt, ApiKeyRecord, ArtifactPage, ArtifactStore, Assignment,
    AuditRow, Beat, Beaten, BegunTask, BucketKey, BucketRow, CancelRequest, Checkpoint, Checkpointed, Completion, DueTask, EventStore,
    EventsSince, Forgotten, Guard, Guarded, Heart, Idempotency, IdentityStore, Inserted, Joined, JournalFact, JournalHead, JournalKind,
    JournalOpened, JournalPage, JournalQuery, JournalRow, JournalStore, JournalWrite, JournalWritten, KnownAgent, Leader, LimitStore,
    MemoryPlace, MemoryRecord, MemoryWrite, MemoryWritten, MetricStore, ModelCallRecord, ModelStore, NewJournal, NewSession, NewTaskRecord,
    NotificationRecord, NotificationStore, PauseRequest, QueueClass, ReadyTask, RefreshTokenRecord, Retention, RowPlace,
    ServerRegistration, ServerStore, ServersAt, SessionRecord, SettingsKind, SettingsRecord, SettingsStore, Settled, SpendingScope, Spent,
    StoreError, TaskPage, TaskQuery, TaskRecord, TaskRows, TaskStore, TaskStory, TraceBatch, TraceStore, UserRecord, Wanted,
    WorkflowRecord, WorkflowStore, WorkflowStored, WriteGuard,
};
use baton_storage_memory::PlantedBug;
use serde_json::Value;
use uuid::Uuid;

use crate::link::Link;
use crate::world::SKEW_MS;

type Answer<T> = Result<T, StoreError>;

/// When something is stored that was acknowledged before it was.
pub(crate) const COMMITTED_LATER: Duration = Duration::from_millis(400);

/// Makes a trait's methods calls over the link: `read` changes nothing, `once` must not be done twice, `again` may.
macro_rules! over_the_link {
    ($trait:ident { $($kind:ident $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* } $($own:tt)*) => {
        #[async_trait]
        impl $trait for Link {
            $(async fn $name(&self, $($argument: $type),*) -> Answer<$answer> {
                call!($kind, self, $name, $($argument),*)
            })*
            $($own)*
        }
    };
}

macro_rules! call {
    (read, $link:ident, $name:ident, $($argument:ident),*) => {
        $link.read(stringify!($name), $link.world.store.$name($($argument),*)).await
    };
    (once, $link:ident, $name:ident, $($argument:ident),*) => { call!(write false, $link, $name, $($argument),*) };
    (again, $link:ident, $name:ident, $($argument:ident),*) => { call!(write true, $link, $name, $($argument),*) };
    (write $again:literal, $link:ident, $name:ident, $($argument:ident),*) => {{
        let store = $link.world.store.clone();
        let call = move || {
            let (store, $($argument),*) = (store.clone(), $($argument.clone()),*);
            async move { store.$name($($argument),*).await }
        };
        $link.write(stringify!($name), $again, call).await
    }};
}

over_the_link! {
    TaskStore {
        read task(id: TaskId) -> Option<TaskRecord>;
        read task_rows(id: TaskId) -> Option<TaskRows>;
        read task_story(id: TaskId, most: u32) -> Option<TaskStory>;
        read tasks(query: &TaskQuery) -> TaskPage;
        read state_counts() -> (Vec<StateCount>, EventSeq);
        read queue_classes(after: Option<&QueueClass>, limit: u32) -> Vec<QueueClass>;
        read ready_tasks(wanted: &[Wanted], now: Timestamp) -> Vec<ReadyTask>;
        read live_children(parent: TaskId, limit: u32) -> Vec<TaskId>;
        again differ(task: TaskId, decision: DecisionId, at: Timestamp) -> Option<DecisionId>;
        again settle_dependents(ended: TaskId, at: Timestamp, limit: u32) -> Settled;
        read next_due(now: Timestamp) -> Option<Timestamp>;
        read tasks_of_agent(agent: AgentId) -> Vec<TaskId>;
        read remembered(request: Idempotency) -> Option<Inserted>;
        read artifact_in_use(artifact: ArtifactId) -> bool;
        once request_cancel(id: TaskId, actor: Principal, at: Timestamp) -> CancelRequest;
        again request_pause(id: TaskId, wanted: bool, actor: Principal, at: Timestamp) -> PauseRequest;
        again save_checkpoint(checkpoint: Checkpoint) -> Checkpointed;
        read checkpoint(task: TaskId) -> Option<Value>;
        again forget_checkpoints(limit: u32) -> u64;
        again forget_idempotency_keys(now: Timestamp, age: Duration) -> u64;
    }

    async fn insert_tasks(&self, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Answer<Inserted> {
        self.insert_and_begin(tasks, idempotency, Vec::new()).await.map(|(inserted, _)| inserted)
    }

    async fn insert_and_begin(
        &self,
        tasks: Vec<NewTaskRecord>,
        idempotency: Option<Idempotency>,
        assignments: Vec<Assignment>,
    ) -> Answer<(Inserted, Vec<BegunTask>)> {
        // The same rows again are refused by their identifiers, the same request by its key.
        let repeatable = idempotency.is_some();
        let (world, host) = (Arc::clone(&self.world), Arc::clone(&self.host));
        if world.bug == Some(PlantedBug::AcknowledgedBeforeCommit) {
            tokio::spawn(async move {
                tokio::time::sleep(COMMITTED_LATER).await;
                if !host.crashed() {
                    let _ = world.store.insert_tasks(tasks, idempotency).await;
                }
            });
            return Ok((Inserted::Stored, Vec::new()));
        }
        let call = move || {
            let (world, tasks, idempotency, assignments) = (Arc::clone(&world), tasks.clone(), idempotency.clone(), assignments.clone());
            async move {
                let (inserted, begun) = world.store.insert_and_begin(tasks, idempotency, assignments).await?;
                world.ledger.pages().begun(begun.iter().map(|begun| &begun.task));
                Ok((inserted, begun))
            }
        };
        self.write("insert_tasks", repeatable, call).await
    }

    async fn begin(&self, assignments: Vec<Assignment>) -> Answer<Vec<BegunTask>> {
        let world = Arc::clone(&self.world);
        // An attempt begins once: whoever comes second finds its task begun.
        let call = move || {
            let (world, assignments) = (Arc::clone(&world), assignments.clone());
            async move {
                let begun = world.store.begin(assignments).await?;
                world.ledger.pages().begun(begun.iter().map(|begun| &begun.task));
                Ok(begun)
            }
        };
        self.write("begin", true, call).await
    }

    async fn complete(&self, completion: Completion) -> Answer<Advanced> {
        if let Some(number) = completion.result["execution"].as_u64() {
            self.world.ledger.pages().results.insert((completion.task.summary.id, completion.task.lease.0), number);
        }
        let store = self.world.store.clone();
        let call = move || {
            let (store, completion) = (store.clone(), completion.clone());
            async move { store.complete(completion).await }
        };
        self.write("complete", true, call).await
    }

    async fn advance(&self, change: Advance) -> Answer<Advanced> {
        let store = self.world.store.clone();
        // A lease changes hands with every attempt; a state may come again.
        let repeatable = matches!(change.guard, Guard::Lease(_));
        let call = move || {
            let (store, change) = (store.clone(), change.clone());
            async move { store.advance(change).await }
        };
        self.write("advance", repeatable, call).await
    }

    async fn leased_tasks(&self) -> Answer<Vec<TaskRecord>> {
        self.read("leased_tasks", self.world.store.leased_tasks()).await
    }

    async fn due_tasks(&self, now: Timestamp, limit: u32) -> Answer<Vec<DueTask>> {
        self.read("due_tasks", async {
            let due = self.world.store.due_tasks(now, limit).await?;
            for task in &due {
                self.check_expired(task).await?;
            }
            Ok(due)
        })
        .await
    }
}

over_the_link! {
    Heart {
        again beat(beat: Beat) -> Beaten;
    }
}

over_the_link! {
    ServerStore {
        again join_server(server: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Joined;
        again leave_server(id: ServerId, at: Timestamp) -> ();
        once forget_servers(silent_since: Timestamp, at: Timestamp) -> Vec<ServerView>;
        read servers(now: Timestamp) -> ServersAt;
        once set_server_status(id: ServerId, status: ServerStatus, actor: Principal, at: Timestamp) -> Option<ServerView>;
        again lead(server: ServerId, at: Timestamp, until: Timestamp) -> Leader;
    }

    fn is_shared(&self) -> bool {
        true
    }
}

over_the_link! {
    AgentStore {
        once register_agents(agents: Vec<AgentRegistration>, at: Timestamp) -> AgentsAt;
        read agents() -> AgentsAt;
        read known_agents(gone_after: Timestamp) -> Vec<KnownAgent>;
        once set_agent_status(id: AgentId, status: AgentStatus, actor: Principal, at: Timestamp) -> Option<AgentView>;
        again announce_circuit_reset(id: AgentId, actor: Principal, at: Timestamp) -> Option<AgentView>;
    }
}

over_the_link! {
    AgentMemoryStore {
        read agent_memory(place: &MemoryPlace) -> Option<MemoryRecord>;
        once write_agent_memory(write: MemoryWrite) -> MemoryWritten;
        again forget_agent_memory(before: Timestamp, limit: u32) -> u64;
    }
}

over_the_link! {
    ArtifactStore {
        once insert_artifact(artifact: ArtifactView, actor: Principal) -> ();
        read artifact(id: ArtifactId) -> Option<ArtifactView>;
        read artifacts(task: Option<TaskId>, before: Option<ArtifactId>, limit: u32) -> ArtifactPage;
        once delete_artifact(id: ArtifactId, actor: Principal, at: Timestamp) -> Option<Option<String>>;
    }
}

over_the_link! {
    LimitStore {
        read limits() -> Vec<LimitView>;
        again set_limit(scope: LimitScope, name: String, maximum: u32, actor: Principal, at: Timestamp) -> LimitView;
        again remove_limit(scope: LimitScope, name: String, actor: Principal, at: Timestamp) -> bool;
    }
}

over_the_link! {
    SettingsStore {
        read settings(kind: SettingsKind, project: ProjectId) -> Vec<SettingsRecord>;
        once insert_settings(record: SettingsRecord, actor: Principal) -> ();
        again update_settings(record: SettingsRecord, actor: Principal) -> bool;
        again remove_settings(kind: SettingsKind, id: Uuid, actor: Principal, at: Timestamp) -> bool;
    }
}

over_the_link! {
    JournalStore {
        again open_journal(new: NewJournal) -> JournalOpened;
        again write_journal(write: JournalWrite) -> JournalWritten;
        again open_journal_while(new: NewJournal, guard: WriteGuard) -> Guarded<JournalOpened>;
        again write_journal_while(write: JournalWrite, guard: WriteGuard) -> Guarded<JournalWritten>;
        read journal(id: JournalId) -> Option<(JournalHead, EventSeq)>;
        read journal_by_key(project: ProjectId, kind: JournalKind, key: &str) -> Option<JournalHead>;
        read journal_opening(id: JournalId) -> Option<Value>;
        read journal_facts(id: JournalId, after: i64, limit: u32) -> Vec<JournalFact>;
        read journal_rows(id: JournalId, group: Option<&str>, after: Option<&RowPlace>, limit: u32) -> (Vec<JournalRow>, i64);
        read journals(query: &JournalQuery) -> JournalPage;
        read due_journals(kind: JournalKind, now: Timestamp, limit: u32) -> Vec<JournalHead>;
        read live_journals(kind: JournalKind, after: Option<JournalId>, limit: u32) -> Vec<JournalHead>;
        read next_wake(kind: JournalKind) -> Option<Timestamp>;
        again forget_journals(before: Timestamp, limit: u32) -> u64;
    }
}

over_the_link! {
    WorkflowStore {
        read workflow(project: ProjectId, name: &str, version: Option<u32>) -> Option<WorkflowRecord>;
        read workflow_by_hash(project: ProjectId, name: &str, hash: &str) -> Option<WorkflowRecord>;
        read workflows(project: ProjectId, after: Option<&str>, limit: u32) -> (Vec<WorkflowRecord>, EventSeq);
        read workflow_versions(project: ProjectId, name: &str, before: Option<u32>, limit: u32) -> Vec<WorkflowRecord>;
        once store_workflow(record: WorkflowRecord, seen: Option<u32>, maximum: u32, events: Vec<NewEvent>) -> WorkflowStored;
    }

    async fn retire_workflow(&self, project: ProjectId, name: &str, events: Vec<NewEvent>) -> Answer<bool> {
        let (store, name) = (self.world.store.clone(), name.to_owned());
        let call = move || {
            let (store, name, events) = (store.clone(), name.clone(), events.clone());
            async move { store.retire_workflow(project, &name, events).await }
        };
        self.write("retire_workflow", false, call).await
    }
}

over_the_link! {
    NotificationStore {
        read notified_until() -> EventSeq;
        again notify(rows: Vec<NotificationRecord>, settled: Vec<(String, Timestamp)>, seen: EventSeq, until: EventSeq) -> bool;
        read notifications(user: UserId, unread: bool, before: Option<NotificationId>, limit: u32) -> Vec<NotificationRecord>;
        read unread_notifications(user: UserId, most: u32) -> u32;
        again mark_notifications(user: UserId, which: Option<Vec<NotificationId>>, read_at: Option<Timestamp>) -> u64;
        again forget_notifications(before: Timestamp, limit: u32) -> u64;
    }
}

over_the_link! {
    ModelStore {
        once record_model_call(call: ModelCallRecord) -> ();
        read model_calls(task: TaskId, limit: u32) -> Vec<ModelCallRecord>;
        read remembered_answer(key: &str, since: Timestamp) -> Option<String>;
        read model_usage(project: ProjectId, since: Timestamp) -> BTreeMap<String, ModelUsage>;
        once spend(scopes: Vec<SpendingScope>, more: Spent, at: Timestamp) -> Option<String>;
        once settle_spending(scopes: Vec<String>, aside: Spent, used: Spent, at: Timestamp) -> ();
        read spent(scope: &str) -> Spent;
        again forget_model_calls(before: Timestamp, limit: u32) -> u64;
    }
}

over_the_link! {
    EventStore {
        read head() -> EventSeq;
        read events_since(since: EventSeq, filter: &TopicFilter, limit: u32) -> EventsSince;
        again forget_events(retention: Retention, limit: u32) -> Forgotten;
        once audit(rows: Vec<AuditRow>) -> ();
        read ping() -> ();
    }
}

over_the_link! {
    TraceStore {
        once append_trace(batch: TraceBatch) -> i64;
        read log_lines(task: TaskId, after: i64, level: Level, limit: u32) -> Vec<LogLine>;
        read spans_and_errors(task: TaskId) -> (Vec<SpanView>, Vec<ErrorView>);
    }
}

over_the_link! {
    MetricStore {
        once put_buckets(buckets: Vec<(BucketKey, BucketRow)>) -> ();
        read buckets(since: Timestamp, until: Timestamp, skill: Option<&str>, agent: Option<&str>) -> Vec<(BucketKey, BucketRow)>;
    }
}

over_the_link! {
    IdentityStore {
        read has_users() -> bool;
        once insert_user(user: UserRecord, only_first: bool, audit: AuditRow) -> bool;
        read user(id: UserId) -> Option<UserRecord>;
        read user_by_email(email: &str) -> Option<UserRecord>;
        read users() -> Vec<UserRecord>;
        once change_user(id: UserId, role: Role, active: bool, at: Timestamp, audit: AuditRow) -> bool;
        once insert_session(session: NewSession, audit: AuditRow) -> ();
        read session(id: SessionId) -> Option<SessionRecord>;
        read refresh_token(hash: [u8; 32]) -> Option<RefreshTokenRecord>;
        once rotate_refresh_token(old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> bool;
        once revoke_session(id: SessionId, at: Timestamp, audit: AuditRow) -> ();
        once insert_api_key(key: ApiKeyRecord, audit: AuditRow) -> ();
        read api_key(id: ApiKeyId) -> Option<ApiKeyRecord>;
        read api_keys() -> Vec<ApiKeyRecord>;
        once touch_api_key(id: ApiKeyId, at: Timestamp) -> ();
        once revoke_api_key(id: ApiKeyId, at: Timestamp, audit: AuditRow) -> bool;
        once forget_sessions(ended_before: Timestamp) -> u64;
    }
}

impl Link {
    /// A lease that is said to have expired has, by the true time and as far as clocks differ.
    async fn check_expired(&self, due: &DueTask) -> Answer<()> {
        let DueTask::LeaseExpired(task, lease) = due else { return Ok(()) };
        let Some(record) = self.world.store.task(*task).await? else { return Ok(()) };
        let now = self.world.clock().now();
        let live = record.lease_until.is_some_and(|until| until > now.plus(Duration::from_millis(SKEW_MS.unsigned_abs() * 2)));
        if record.lease == *lease && live {
            let detail = format!("task {task}: lease {} was called expired at {now} and is valid until {:?}", lease.0, record.lease_until);
            self.world.ledger.pages().wrong(Invariant::OneLease, detail);
        }
        Ok(())
    }
}
