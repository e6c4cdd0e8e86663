//! Played services: tasks that end when the test says so, artifacts in memory, agents and what was measured of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::agent::{AgentStatus, Family, Isolation, Limits, Needs, Skill};
use baton_domain::id::{AgentId, ArtifactId, EventSeq, ProjectId, TaskId};
use baton_domain::page::Page;
use baton_domain::ports::{AgentRecords, Records, Sources};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{
    AgentService, Answer, ArtifactContent, ArtifactService, ByteStream, MetricsService, NewArtifact, TaskService,
};
use baton_domain::task::{RetryPolicy, TaskState, Timeouts};
use baton_domain::user::Caller;
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};
use baton_domain::wire::assistance::{SkillSuggestions, SkillWish};
use baton_domain::wire::metrics::{Overview, Point, Quantiles, Series, SeriesQuery};
use baton_domain::wire::task::{
    AcceptedBatch, AttemptView, BulkAnswer, BulkCancel, BulkRerun, NewBatch, NewTask, TaskDetail, TaskFilter, TaskSummary,
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What decisions said of agents.
#[derive(Default)]
pub(crate) struct FakeRecords(pub(crate) Mutex<AgentRecords>);

#[async_trait]
impl Records for FakeRecords {
    async fn of_agents(&self, _: ProjectId) -> Answer<Arc<AgentRecords>> {
        Ok(Arc::new(self.0.lock().clone()))
    }
}

pub(crate) struct FakeTasks {
    sources: Sources,
    pub(crate) tasks: Mutex<BTreeMap<TaskId, TaskSummary>>,
    keys: Mutex<BTreeMap<String, TaskId>>,
    pub(crate) refuses: Mutex<Option<Problem>>,
}

impl FakeTasks {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, tasks: Mutex::default(), keys: Mutex::default(), refuses: Mutex::default() }
    }

    pub(crate) fn end(&self, id: TaskId, state: TaskState) {
        let mut tasks = self.tasks.lock();
        let task = tasks.get_mut(&id).unwrap();
        (task.state, task.finished_at) = (state, Some(self.sources.clock.now()));
    }

    pub(crate) fn in_state(&self, state: TaskState) -> Vec<TaskSummary> {
        self.tasks.lock().values().filter(|task| task.state == state).cloned().collect()
    }
}

fn no_task() -> Problem {
    Problem::new(Code::NoSuchTask, "no such task")
}

#[async_trait]
impl TaskService for FakeTasks {
    async fn submit(&self, caller: &Caller, task: NewTask, idempotency_key: Option<String>) -> Answer<TaskSummary> {
        if let Some(problem) = self.refuses.lock().clone() {
            return Err(problem);
        }
        let before = idempotency_key.as_ref().and_then(|key| self.keys.lock().get(key).copied());
        if let Some(id) = before {
            return Ok(self.tasks.lock()[&id].clone());
        }
        let id = TaskId::new(self.sources.ids.next());
        let summary = TaskSummary {
            id,
            project_id: caller.project,
            title: task.title.unwrap_or_default(),
            skill: task.skill,
            state: TaskState::Queued,
            wait_kind: None,
            reason: None,
            priority: task.priority,
            labels: task.labels,
            fairness_key: None,
            attempt: 1,
            maximum_attempts: 1,
            agent: None,
            created_at: self.sources.clock.now(),
            not_before: None,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            pause_requested_at: None,
            created_by: caller.principal.label().to_owned(),
            rerun_of: None,
            run_id: None,
            parent_id: None,
            decision_id: None,
            failure: None,
        };
        self.tasks.lock().insert(id, summary.clone());
        if let Some(key) = idempotency_key {
            self.keys.lock().insert(key, id);
        }
        Ok(summary)
    }
    async fn get(&self, _: &Caller, id: TaskId, _: Option<Duration>) -> Answer<TaskDetail> {
        let summary = self.tasks.lock().get(&id).cloned().ok_or_else(no_task)?;
        Ok(TaskDetail {
            summary,
            input: Value::Null,
            result: None,
            result_kind: "json".into(),
            result_schema: None,
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            fairness_weight: 1.0,
            budget: None,
            depends_on: vec![],
            held_up: vec![],
            decide: None,
            has_children: false,
            checkpoints: false,
            checkpoint_at: None,
            timeline: vec![],
            attempts: vec![],
            artifacts: vec![],
            as_of: EventSeq(0),
        })
    }
    async fn cancel(&self, _: &Caller, id: TaskId) -> Answer<TaskSummary> {
        let mut tasks = self.tasks.lock();
        let task = tasks.get_mut(&id).ok_or_else(no_task)?;
        if task.state.is_terminal() && task.state != TaskState::Canceled {
            return Err(Problem::new(Code::IllegalTransition, "it has ended"));
        }
        task.state = TaskState::Canceled;
        Ok(task.clone())
    }
    async fn submit_batch(&self, _: &Caller, _: NewBatch, _: Option<String>) -> Answer<AcceptedBatch> {
        unimplemented!()
    }
    async fn list(&self, _: &Caller, _: TaskFilter) -> Answer<Page<TaskSummary>> {
        unimplemented!()
    }
    async fn pause(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        unimplemented!()
    }
    async fn resume(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        unimplemented!()
    }
    async fn rerun(&self, _: &Caller, _: TaskId, _: Option<String>) -> Answer<TaskSummary> {
        unimplemented!()
    }
    async fn rerun_all(&self, _: &Caller, _: BulkRerun, _: Option<String>) -> Answer<BulkAnswer> {
        unimplemented!()
    }
    async fn cancel_all(&self, _: &Caller, _: BulkCancel) -> Answer<BulkAnswer> {
        unimplemented!()
    }
    async fn analyze(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        unimplemented!()
    }
    async fn suggest(&self, _: &Caller, _: SkillWish) -> Answer<SkillSuggestions> {
        unimplemented!()
    }
    async fn attempts(&self, _: &Caller, _: TaskId) -> Answer<Vec<AttemptView>> {
        unimplemented!()
    }
}

pub(crate) struct FakeArtifacts {
    sources: Sources,
    pub(crate) files: Mutex<BTreeMap<ArtifactId, (ArtifactView, Vec<u8>)>>,
}

impl FakeArtifacts {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, files: Mutex::default() }
    }

    pub(crate) fn store(&self, caller: &Caller, name: &str, media_type: &str, bytes: &[u8]) -> ArtifactId {
        let id = ArtifactId::new(self.sources.ids.next());
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let view = ArtifactView {
            id,
            project_id: caller.project,
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            sha256,
            created_by: caller.principal.label().to_owned(),
            task_id: None,
            created_at: self.sources.clock.now(),
        };
        self.files.lock().insert(id, (view, bytes.to_vec()));
        id
    }

    pub(crate) fn text(&self, id: ArtifactId) -> String {
        String::from_utf8(self.files.lock()[&id].1.clone()).unwrap()
    }
}

fn no_artifact() -> Problem {
    Problem::new(Code::NoSuchArtifact, "no such artifact")
}

#[async_trait]
impl ArtifactService for FakeArtifacts {
    async fn put(&self, caller: &Caller, artifact: NewArtifact, mut bytes: ByteStream) -> Answer<ArtifactView> {
        let mut all = Vec::new();
        while let Some(piece) = bytes.next().await {
            all.extend_from_slice(&piece.unwrap());
        }
        let id = self.store(caller, &artifact.name, &artifact.media_type.unwrap_or_default(), &all);
        Ok(self.files.lock()[&id].0.clone())
    }
    async fn list(&self, _: &Caller, _: ArtifactFilter) -> Answer<Page<ArtifactView>> {
        unimplemented!()
    }
    async fn get(&self, _: &Caller, id: ArtifactId) -> Answer<ArtifactView> {
        tokio::task::yield_now().await;
        self.files.lock().get(&id).map(|(view, _)| view.clone()).ok_or_else(no_artifact)
    }
    async fn open(&self, _: &Caller, id: ArtifactId) -> Answer<ArtifactContent> {
        tokio::task::yield_now().await;
        let (view, bytes) = self.files.lock().get(&id).cloned().ok_or_else(no_artifact)?;
        Ok(ArtifactContent { view, bytes: Box::pin(stream::iter([Ok(Bytes::from(bytes))])) })
    }
    async fn delete(&self, _: &Caller, id: ArtifactId) -> Answer<()> {
        self.files.lock().remove(&id).map(|_| ()).ok_or_else(no_artifact)
    }
}

#[derive(Default)]
pub(crate) struct FakeAgents {
    pub(crate) agents: Mutex<Vec<AgentView>>,
    pub(crate) standings: Mutex<Vec<AgentStanding>>,
}

impl FakeAgents {
    pub(crate) fn add(&self, name: &str, busy: u32) {
        let agent = AgentView {
            id: AgentId::new(Uuid::from_u128(name.bytes().map(u128::from).sum())),
            name: name.to_owned(),
            title: name.to_owned(),
            description: String::new(),
            family: Family::Custom,
            status: AgentStatus::Active,
            skills: vec!["demo.work".into()],
            labels: vec![],
            slots: 2,
            busy,
            completed: 0,
            failed: 0,
            last_active_at: None,
            registered_at: baton_domain::time::Timestamp::default(),
            version: "1.0.0".to_owned(),
        };
        self.agents.lock().push(agent);
    }

    pub(crate) fn dies(&self, name: &str) {
        self.agents.lock().retain(|agent| agent.name != name);
    }
}

#[async_trait]
impl AgentService for FakeAgents {
    async fn list(&self, _: &Caller) -> Answer<AgentList> {
        Ok(AgentList { items: self.agents.lock().clone(), standings: self.standings.lock().clone(), as_of: EventSeq(0) })
    }
    async fn skill(&self, _: &Caller, name: &str) -> Answer<Skill> {
        if name != "demo.work" {
            return Err(Problem::new(Code::NoSuchSkill, "no such skill"));
        }
        Ok(Skill {
            name: name.to_owned(),
            title: String::new(),
            description: String::new(),
            family: Family::Custom,
            input_schema: json!({}),
            output_schema: json!({}),
            examples: vec![],
            result_kind: "json".into(),
            idempotent: true,
            destructive: false,
            isolation: Isolation::Task,
            checkpoints: false,
            limits: Limits::default(),
            needs: Needs::default(),
            retry: RetryPolicy::default(),
            network: false,
            version: "1.0.0".to_owned(),
            model: None,
        })
    }
    async fn get(&self, _: &Caller, _: AgentId) -> Answer<AgentDetail> {
        unimplemented!()
    }
    async fn drain(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        unimplemented!()
    }
    async fn resume(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        unimplemented!()
    }
    async fn reset_circuit(&self, _: &Caller, _: AgentId) -> Answer<AgentStanding> {
        unimplemented!()
    }
    async fn balancing(&self, _: &Caller) -> Answer<Balancing> {
        unimplemented!()
    }
    async fn skills(&self, _: &Caller) -> Answer<Vec<Skill>> {
        unimplemented!()
    }
}

/// The median of each agent's running time in milliseconds, and how often it completed and failed.
#[derive(Default)]
pub(crate) struct FakeMetrics(pub(crate) Mutex<BTreeMap<String, (f64, u64, u64)>>);

#[async_trait]
impl MetricsService for FakeMetrics {
    async fn series(&self, _: &Caller, query: SeriesQuery) -> Answer<Series> {
        let measured = query.agent.and_then(|agent| self.0.lock().get(&agent).copied());
        let total = measured.map_or_else(Point::default, |(median, completed, failed)| Point {
            completed,
            failed,
            run_ms: Some(Quantiles { p50: median, p95: median, p99: median }),
            ..Point::default()
        });
        Ok(Series { step_seconds: 60, points: vec![], total })
    }
    async fn overview(&self, _: &Caller) -> Answer<Overview> {
        unimplemented!()
    }
}
