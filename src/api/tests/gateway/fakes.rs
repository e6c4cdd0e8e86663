//! What stands behind the gateway in its tests: services that answer as they are told and note who called them.
//!
//! They are adapters for testing HTTP, not stores: nothing that is written can be read back.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "tests; not every test binary uses all of it")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::agent::{AgentStatus, Family, Isolation, Limits, Skill};
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{AgentId, ApiKeyId, ArtifactId, DEFAULT_PROJECT, EventSeq, TaskId, UserId};
use baton_domain::page::Page;
use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{
    AgentService, Answer, ArtifactContent, ArtifactService, AuthService, Authenticated, ByteStream, ClientInfo, Credential, EventService,
    HealthService, LiveItem, LiveStream, MemberService, MetricsService, NewArtifact, Services, TaskService, TraceService,
};
use baton_domain::task::{Priority, RetryPolicy, TaskState, Timeouts};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission, Principal, Role};
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentView};
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};
use baton_domain::wire::auth::{
    ApiKeyList, ApiKeyView, CreatedApiKey, FirstRun, FirstRunStatus, Login, Me, NewApiKey, NewUser, Secret, Tokens, UserChange, UserList,
    UserView,
};
use baton_domain::wire::health::{Health, HealthCheck};
use baton_domain::wire::live::EventPage;
use baton_domain::wire::metrics::{Overview, Point, Series, SeriesQuery};
use baton_domain::wire::task::{AcceptedBatch, AttemptView, NewBatch, NewTask, TaskDetail, TaskFilter, TaskSummary};
use baton_domain::wire::trace::{LogPage, LogQuery, Trace};
use futures::StreamExt;
use futures::channel::mpsc;
use parking_lot::Mutex;
use uuid::Uuid;

/// The moment at which the tests' clock starts.
pub(crate) const START: i64 = 1_800_000_000_000;
/// The SHA-256 of every artifact.
pub(crate) const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// What the services note, and how they are told to answer.
#[derive(Default)]
pub(crate) struct Script {
    /// Every call, as `method caller details`.
    pub(crate) calls: Mutex<Vec<String>>,
    /// Where clients came from, as the authentication saw it.
    pub(crate) clients: Mutex<Vec<ClientInfo>>,
    /// The streams that `follow` gives out, in order; after them silent ones.
    pub(crate) streams: Mutex<VecDeque<mpsc::UnboundedReceiver<Answer<LiveItem>>>>,
    /// The answer of the next page of tasks.
    pub(crate) next_cursor: Mutex<Option<String>>,
    /// Whether sessions that were valid no longer are.
    pub(crate) signed_out: AtomicBool,
    /// Whether looking at sessions fails for reasons of storage.
    pub(crate) storage_down: AtomicBool,
    /// Whether the server is not ready.
    pub(crate) unready: AtomicBool,
    /// Milliseconds since [`START`].
    pub(crate) elapsed: AtomicI64,
    ids: AtomicU64,
}

impl Script {
    pub(crate) fn note(&self, call: impl Into<String>) {
        self.calls.lock().push(call.into());
    }

    pub(crate) fn noted(&self) -> Vec<String> {
        self.calls.lock().clone()
    }

    /// A stream for the next subscription, driven by the sender.
    pub(crate) fn stream(&self) -> mpsc::UnboundedSender<Answer<LiveItem>> {
        let (sender, receiver) = mpsc::unbounded();
        self.streams.lock().push_back(receiver);
        sender
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.elapsed.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn allowed(&self, caller: &Caller, permission: Permission, call: String) -> Answer<()> {
        caller.require(permission)?;
        self.note(format!("{call} by {}", caller.principal.label()));
        Ok(())
    }
}

/// All services, answering by one script.
#[derive(Clone)]
pub(crate) struct Fake(pub(crate) Arc<Script>);

pub(crate) fn services(script: &Arc<Script>) -> Services {
    let fake = Arc::new(Fake(Arc::clone(script)));
    Services {
        auth: fake.clone(),
        members: fake.clone(),
        tasks: fake.clone(),
        traces: fake.clone(),
        artifacts: fake.clone(),
        agents: fake.clone(),
        events: fake.clone(),
        metrics: fake.clone(),
        health: fake,
    }
}

pub(crate) fn sources(script: &Arc<Script>) -> Sources {
    let fake = Arc::new(Fake(Arc::clone(script)));
    Sources { clock: fake.clone(), ids: fake.clone(), chance: fake }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(START + self.0.elapsed.load(Ordering::SeqCst))
    }
}

impl IdSource for Fake {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.ids.fetch_add(1, Ordering::SeqCst)) + 1000)
    }
}

impl Chance for Fake {
    fn next(&self) -> f64 {
        0.5
    }
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn user(role: Role) -> Caller {
    let email = format!("{}@example.com", role.as_str());
    let number = Role::ALL.iter().position(|other| *other == role).unwrap() as u128 + 1;
    Caller { principal: Principal::User { id: UserId::new(id(number)), email }, role: Some(role), ..Caller::anonymous() }
}

pub(crate) fn tokens(access: &str, refresh: Option<&str>) -> Tokens {
    let caller = user(Role::Operator);
    Tokens {
        access_token: Secret(access.to_owned()),
        access_expires_at: Timestamp::from_millis(START + 900_000),
        refresh_token: refresh.map(|text| Secret(text.to_owned())),
        refresh_expires_at: Timestamp::from_millis(START + 86_400_000),
        me: Me { principal: caller.principal, role: Role::Operator },
    }
}

pub(crate) fn summary(number: u128) -> TaskSummary {
    TaskSummary {
        id: TaskId::new(id(number)),
        project_id: DEFAULT_PROJECT,
        title: "Sentiment".into(),
        skill: "nlp.sentiment".into(),
        state: TaskState::Queued,
        wait_kind: None,
        reason: Some("submitted".into()),
        priority: Priority::default(),
        labels: Vec::new(),
        attempt: 1,
        maximum_attempts: 4,
        agent: None,
        created_at: Timestamp::from_millis(START),
        not_before: None,
        started_at: None,
        finished_at: None,
        cancel_requested_at: None,
        created_by: "operator@example.com".into(),
        rerun_of: None,
        parent_id: None,
        failure: None,
    }
}

pub(crate) fn event(seq: i64) -> Event {
    Event {
        seq: EventSeq(seq),
        at: Timestamp::from_millis(START),
        project_id: DEFAULT_PROJECT,
        kind: "task.queued".into(),
        subject: format!("task:{seq}"),
        actor: Principal::System,
        data: serde_json::json!({ "n": seq }),
    }
}

fn agent(number: u128) -> AgentView {
    AgentView {
        id: AgentId::new(id(number)),
        name: "nlp".into(),
        title: "Language".into(),
        description: "Reads text.".into(),
        family: Family::Nlp,
        status: AgentStatus::Active,
        skills: vec!["nlp.sentiment".into()],
        labels: Vec::new(),
        slots: 2,
        busy: 0,
        completed: 0,
        failed: 0,
        last_active_at: None,
        registered_at: Timestamp::from_millis(START),
    }
}

fn skill() -> Skill {
    Skill {
        name: "nlp.sentiment".into(),
        title: "Sentiment".into(),
        description: "How a text feels.".into(),
        family: Family::Nlp,
        input_schema: serde_json::json!({}),
        output_schema: serde_json::json!({}),
        examples: Vec::new(),
        result_kind: "sentiment".into(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
    }
}

fn artifact(name: &str, media_type: &str, size: u64) -> ArtifactView {
    ArtifactView {
        id: ArtifactId::new(id(70)),
        project_id: DEFAULT_PROJECT,
        name: name.into(),
        media_type: media_type.into(),
        size,
        sha256: HASH.into(),
        created_by: "operator@example.com".into(),
        task_id: None,
        created_at: Timestamp::from_millis(START),
    }
}

fn member() -> UserView {
    UserView {
        id: UserId::new(id(5)),
        email: "grace@example.com".into(),
        role: Role::Operator,
        active: true,
        created_at: Timestamp::from_millis(START),
        last_login_at: None,
    }
}

fn series() -> Series {
    Series { step_seconds: 10, points: Vec::new(), total: Point::default() }
}

#[async_trait]
impl AuthService for Fake {
    async fn first_run_status(&self) -> Answer<FirstRunStatus> {
        Ok(FirstRunStatus { needed: true })
    }

    async fn first_run(&self, _client: &ClientInfo, request: FirstRun) -> Answer<Tokens> {
        if request.code.0 == "right" { Ok(tokens("good", Some("good"))) } else { Err(Problem::new(Code::WrongSetupCode, "Look again.")) }
    }

    async fn login(&self, client: &ClientInfo, request: Login) -> Answer<Tokens> {
        self.0.clients.lock().push(client.clone());
        match request.password.0.as_str() {
            "right" => Ok(tokens("good", Some("good"))),
            "locked" => Err(Problem::new(Code::LockedOut, "Wait.").retry_after(60)),
            _ => Err(Problem::new(Code::WrongCredentials, "Try again.")),
        }
    }

    async fn refresh(&self, _client: &ClientInfo, refresh_token: Secret) -> Answer<Tokens> {
        self.0.note(format!("refresh {}", refresh_token.0));
        match refresh_token.0.as_str() {
            "good" => Ok(tokens("fresh", Some("next"))),
            _ => Err(Problem::new(Code::SessionEnded, "Sign in again.")),
        }
    }

    async fn logout(&self, caller: &Caller) -> Answer<()> {
        self.0.allowed(caller, Permission::Read, "logout".into())
    }

    async fn me(&self, caller: &Caller) -> Answer<Me> {
        self.0.allowed(caller, Permission::Read, format!("me {}", caller.request_id.as_deref().unwrap_or("-")))?;
        Ok(Me { principal: caller.principal.clone(), role: caller.role.unwrap() })
    }

    async fn authenticate(&self, client: &ClientInfo, credential: Option<Credential>) -> Answer<Authenticated> {
        self.0.clients.lock().push(client.clone());
        let proven = |caller, renewed| Ok(Authenticated { caller, valid_until: Some(Timestamp::from_millis(START + 900_000)), renewed });
        match credential {
            None => Ok(Authenticated { caller: Caller::anonymous(), valid_until: None, renewed: None }),
            Some(Credential::Bearer(Secret(token))) => match token.as_str() {
                "expired" => Err(Problem::new(Code::TokenExpired, "Renew it.")),
                "key" => {
                    let principal = Principal::ApiKey { id: ApiKeyId::new(id(9)), name: "robot".into() };
                    let caller = Caller { principal, role: Some(Role::Operator), ..Caller::anonymous() };
                    Ok(Authenticated { caller, valid_until: None, renewed: None })
                }
                name => match Role::parse(name) {
                    Some(role) => proven(user(role), None),
                    None => Err(Problem::new(Code::TokenInvalid, "Sign in again.")),
                },
            },
            Some(Credential::Cookies { access, refresh }) => {
                let text = |secret: Option<Secret>| secret.map(|secret| secret.0).unwrap_or_default();
                match (text(access).as_str(), text(refresh).as_str()) {
                    ("good", _) => proven(user(Role::Operator), None),
                    (_, "good") => proven(user(Role::Operator), Some(tokens("fresh", Some("next")))),
                    (_, "grace") => proven(user(Role::Operator), Some(tokens("fresh", None))),
                    (_, "down") => Err(Problem::new(Code::StorageUnavailable, "Try again.")),
                    _ => Err(Problem::new(Code::SessionEnded, "Sign in again.")),
                }
            }
        }
    }

    async fn still_valid(&self, _caller: &Caller) -> Answer<Option<Timestamp>> {
        self.0.note("still_valid");
        if self.0.storage_down.load(Ordering::SeqCst) {
            return Err(Problem::new(Code::StorageUnavailable, "Try again."));
        }
        if self.0.signed_out.load(Ordering::SeqCst) {
            return Err(Problem::new(Code::SessionEnded, "Sign in again."));
        }
        Ok(Some(Clock::now(self).plus(Duration::from_secs(900))))
    }
}

#[async_trait]
impl MemberService for Fake {
    async fn users(&self, caller: &Caller) -> Answer<UserList> {
        self.0.allowed(caller, Permission::Administer, "users".into())?;
        Ok(UserList { items: vec![member()] })
    }

    async fn create_user(&self, caller: &Caller, user: NewUser) -> Answer<UserView> {
        self.0.allowed(caller, Permission::Administer, format!("create_user {}", user.email))?;
        Ok(member())
    }

    async fn change_user(&self, caller: &Caller, id: UserId, _change: UserChange) -> Answer<UserView> {
        self.0.allowed(caller, Permission::Administer, format!("change_user {id}"))?;
        Ok(member())
    }

    async fn api_keys(&self, caller: &Caller) -> Answer<ApiKeyList> {
        self.0.allowed(caller, Permission::Administer, "api_keys".into())?;
        Ok(ApiKeyList { items: Vec::new() })
    }

    async fn create_api_key(&self, caller: &Caller, key: NewApiKey) -> Answer<CreatedApiKey> {
        self.0.allowed(caller, Permission::Administer, format!("create_api_key {}", key.name))?;
        let key = ApiKeyView {
            id: ApiKeyId::new(id(9)),
            name: key.name,
            role: key.role,
            created_at: Timestamp::from_millis(START),
            created_by: "admin@example.com".into(),
            last_used_at: None,
        };
        Ok(CreatedApiKey { key, secret: Secret("shown once".into()) })
    }

    async fn revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Answer<()> {
        self.0.allowed(caller, Permission::Administer, format!("revoke_api_key {id}"))
    }
}

#[async_trait]
impl TaskService for Fake {
    async fn submit(&self, caller: &Caller, task: NewTask, key: Option<String>) -> Answer<TaskSummary> {
        self.0.allowed(caller, Permission::Work, format!("submit {} key={}", task.skill, key.unwrap_or_default()))?;
        match task.skill.as_str() {
            "test.panic" => panic!("a secret that must not leave the server"),
            "test.never" => std::future::pending().await,
            "test.full" => Err(Problem::new(Code::QueueFull, "Come back.").retry_after(7)),
            "test.down" => Err(Problem::new(Code::StorageUnavailable, "Come back.")),
            "test.unknown" => Err(Problem::new(Code::UnknownSkill, "See the skills.").with_field("/skill", "No agent has it.")),
            _ => Ok(summary(40)),
        }
    }

    async fn submit_batch(&self, caller: &Caller, batch: NewBatch, key: Option<String>) -> Answer<AcceptedBatch> {
        let count = batch.tasks.len();
        self.0.allowed(caller, Permission::Work, format!("submit_batch {count} key={}", key.unwrap_or_default()))?;
        Ok(AcceptedBatch { ids: (0..count).map(|n| TaskId::new(id(n as u128))).collect() })
    }

    async fn list(&self, caller: &Caller, filter: TaskFilter) -> Answer<Page<TaskSummary>> {
        self.0.allowed(caller, Permission::Read, format!("list {}", serde_json::to_string(&filter).unwrap()))?;
        Ok(Page { items: vec![summary(40)], next_cursor: self.0.next_cursor.lock().clone(), as_of: EventSeq(7) })
    }

    async fn get(&self, caller: &Caller, id: TaskId, wait: Option<Duration>) -> Answer<TaskDetail> {
        self.0.allowed(caller, Permission::Read, format!("get wait={wait:?}"))?;
        if *id.as_uuid() == Uuid::from_u128(404) {
            return Err(Problem::new(Code::NoSuchTask, "Check the id."));
        }
        Ok(TaskDetail {
            summary: TaskSummary { state: TaskState::Completed, ..summary(40) },
            input: serde_json::json!({"text": "fine"}),
            result: Some(serde_json::json!({"score": 1})),
            result_kind: "sentiment".into(),
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            timeline: Vec::new(),
            attempts: Vec::new(),
            artifacts: Vec::new(),
            as_of: EventSeq(7),
        })
    }

    async fn cancel(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.0.allowed(caller, Permission::Work, format!("cancel {id}"))?;
        Ok(summary(40))
    }

    async fn rerun(&self, caller: &Caller, id: TaskId, key: Option<String>) -> Answer<TaskSummary> {
        self.0.allowed(caller, Permission::Work, format!("rerun {id} key={}", key.unwrap_or_default()))?;
        Ok(summary(41))
    }

    async fn attempts(&self, caller: &Caller, id: TaskId) -> Answer<Vec<AttemptView>> {
        self.0.allowed(caller, Permission::Read, format!("attempts {id}"))?;
        Ok(Vec::new())
    }
}

#[async_trait]
impl TraceService for Fake {
    async fn logs(&self, caller: &Caller, _id: TaskId, query: LogQuery) -> Answer<LogPage> {
        self.0.allowed(caller, Permission::Read, format!("logs {query:?}"))?;
        Ok(LogPage { items: Vec::new(), after: 0 })
    }

    async fn trace(&self, caller: &Caller, id: TaskId) -> Answer<Trace> {
        self.0.allowed(caller, Permission::Read, "trace".into())?;
        Ok(Trace { task_id: id, spans: Vec::new(), errors: Vec::new() })
    }
}

#[async_trait]
impl ArtifactService for Fake {
    async fn put(&self, caller: &Caller, artifact: NewArtifact, mut bytes: ByteStream) -> Answer<ArtifactView> {
        self.0.allowed(caller, Permission::Work, format!("put {artifact:?}"))?;
        let (mut size, mut pieces) = (0, 0);
        while let Some(piece) = bytes.next().await {
            let piece = piece.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
            size += piece.len() as u64;
            pieces += 1;
        }
        self.0.note(format!("stored {size} bytes in {pieces} pieces"));
        Ok(self::artifact(&artifact.name, artifact.media_type.as_deref().unwrap_or("text/csv"), size))
    }

    async fn list(&self, caller: &Caller, filter: ArtifactFilter) -> Answer<Page<ArtifactView>> {
        self.0.allowed(caller, Permission::Read, format!("artifacts {filter:?}"))?;
        Ok(Page { items: Vec::new(), next_cursor: None, as_of: EventSeq(7) })
    }

    async fn get(&self, caller: &Caller, _id: ArtifactId) -> Answer<ArtifactView> {
        self.0.allowed(caller, Permission::Read, "artifact".into())?;
        Ok(artifact("a.csv", "text/csv", 5))
    }

    async fn open(&self, caller: &Caller, _id: ArtifactId) -> Answer<ArtifactContent> {
        self.0.allowed(caller, Permission::Read, "open".into())?;
        let pieces = ["he", "llo"].map(|piece| Ok(bytes_of(piece)));
        Ok(ArtifactContent { view: artifact("evil.html", "text/html", 5), bytes: Box::pin(futures::stream::iter(pieces)) })
    }

    async fn delete(&self, caller: &Caller, id: ArtifactId) -> Answer<()> {
        self.0.allowed(caller, Permission::Work, format!("delete {id}"))
    }
}

fn bytes_of(text: &'static str) -> axum::body::Bytes {
    axum::body::Bytes::from_static(text.as_bytes())
}

#[async_trait]
impl AgentService for Fake {
    async fn list(&self, caller: &Caller) -> Answer<AgentList> {
        self.0.allowed(caller, Permission::Read, "agents".into())?;
        Ok(AgentList { items: vec![agent(60)], as_of: EventSeq(7) })
    }

    async fn get(&self, caller: &Caller, _id: AgentId) -> Answer<AgentDetail> {
        self.0.allowed(caller, Permission::Read, "agent".into())?;
        Ok(AgentDetail { agent: agent(60), running: Vec::new(), as_of: EventSeq(7) })
    }

    async fn drain(&self, caller: &Caller, _id: AgentId) -> Answer<AgentView> {
        self.0.allowed(caller, Permission::Operate, "drain".into())?;
        Ok(agent(60))
    }

    async fn resume(&self, caller: &Caller, _id: AgentId) -> Answer<AgentView> {
        self.0.allowed(caller, Permission::Operate, "resume".into())?;
        Ok(agent(60))
    }

    async fn skills(&self, caller: &Caller) -> Answer<Vec<Skill>> {
        self.0.allowed(caller, Permission::Read, "skills".into())?;
        Ok(vec![skill()])
    }

    async fn skill(&self, caller: &Caller, name: &str) -> Answer<Skill> {
        self.0.allowed(caller, Permission::Read, format!("skill {name}"))?;
        Ok(skill())
    }
}

#[async_trait]
impl EventService for Fake {
    async fn head(&self, caller: &Caller) -> Answer<EventSeq> {
        caller.require(Permission::Read)?;
        Ok(EventSeq(7))
    }

    async fn since(&self, caller: &Caller, since: EventSeq, filter: TopicFilter, limit: Option<u32>) -> Answer<EventPage> {
        self.0.allowed(caller, Permission::Read, format!("since {since} {:?} {limit:?}", filter.topics()))?;
        Ok(EventPage { items: vec![event(8)], next_since: EventSeq(8), more: false })
    }

    async fn follow(&self, caller: &Caller, since: EventSeq, filter: TopicFilter) -> Answer<LiveStream> {
        self.0.allowed(caller, Permission::Read, format!("follow {since} {:?}", filter.topics()))?;
        match self.0.streams.lock().pop_front() {
            Some(receiver) => Ok(Box::pin(receiver)),
            None => Ok(Box::pin(futures::stream::pending())),
        }
    }
}

#[async_trait]
impl MetricsService for Fake {
    async fn series(&self, caller: &Caller, query: SeriesQuery) -> Answer<Series> {
        self.0.allowed(caller, Permission::Read, format!("series {:?}", query.step_seconds))?;
        Ok(series())
    }

    async fn overview(&self, caller: &Caller) -> Answer<Overview> {
        self.0.allowed(caller, Permission::Read, "overview".into())?;
        let (agents, latest) = (vec![agent(60)], vec![summary(40)]);
        Ok(Overview { states: Vec::new(), series: series(), day: Point::default(), agents, latest, as_of: EventSeq(7) })
    }
}

#[async_trait]
impl HealthService for Fake {
    async fn live(&self) -> Answer<Health> {
        Ok(Health { ok: true, version: "0.0.0".into(), checks: Vec::new() })
    }

    async fn ready(&self) -> Answer<Health> {
        let ok = !self.0.unready.load(Ordering::SeqCst);
        let check = HealthCheck { name: "storage".into(), ok, detail: "looked".into() };
        Ok(Health { ok, version: "0.0.0".into(), checks: vec![check] })
    }
}
