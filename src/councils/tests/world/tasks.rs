//! Tasks that are really kept: the same key gives the same task, another request under it is refused, and agents answer as the script says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::event::{Event, Payload};
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::page::Page;
use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, TaskService};
use baton_domain::task::{RetryPolicy, SharedBudget, TaskState};
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::assistance::{SkillSuggestions, SkillWish};
use baton_domain::wire::task::{
    AcceptedBatch, AttemptView, BulkAnswer, BulkCancel, BulkRerun, Failure, NewBatch, NewTask, TaskDetail, TaskFilter, TaskSummary,
};
use parking_lot::Mutex;
use serde_json::Value;

use super::journals::{Fuse, Pass};

/// What an agent does with its task.
pub(crate) enum Reply {
    Completed(Value),
    Failed(&'static str),
    /// Works for ever.
    Silent,
}

/// Answers to: the key of the task, its input, the label of its agent.
pub(crate) type Script = Box<dyn Fn(&str, &Value, &str) -> Reply + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) key: String,
    pub(crate) asked: NewTask,
    pub(crate) detail: TaskDetail,
    pub(crate) submitted: u32,
    pub(crate) by: Caller,
    /// What it is paid from together with others.
    pub(crate) shared: Option<SharedBudget>,
}

pub(crate) struct TestTasks {
    script: Script,
    sources: Sources,
    fuse: Arc<Fuse>,
    kept: Mutex<BTreeMap<TaskId, Kept>>,
    refuse: Mutex<Option<Code>>,
}

impl TestTasks {
    pub(crate) fn new(script: Script, sources: Sources, fuse: Arc<Fuse>) -> Self {
        Self { script, sources, fuse, kept: Mutex::default(), refuse: Mutex::default() }
    }

    /// From now on every submission is refused with this code.
    pub(crate) fn refuse(&self, code: Option<Code>) {
        *self.refuse.lock() = code;
    }

    pub(crate) fn all(&self) -> Vec<Kept> {
        self.kept.lock().values().cloned().collect()
    }

    /// Lets agents work; gives the events of the tasks that ended.
    pub(crate) fn work(&self) -> Vec<Event> {
        let now = self.sources.clock.now();
        let mut events = Vec::new();
        for kept in self.kept.lock().values_mut() {
            if kept.detail.summary.state.is_terminal() {
                continue;
            }
            let label = kept.asked.labels.first().cloned().unwrap_or_default();
            let summary = &mut kept.detail.summary;
            match (self.script)(&kept.key, &kept.asked.input, &label) {
                Reply::Completed(result) => {
                    summary.state = TaskState::Completed;
                    kept.detail.result = Some(result);
                }
                Reply::Failed(code) => {
                    summary.state = TaskState::Failed;
                    summary.failure = Some(Failure { code: code.into(), message: String::new(), retryable: false });
                }
                Reply::Silent => continue,
            }
            summary.finished_at = Some(now);
            events.push(event(summary));
        }
        events
    }
}

pub(crate) fn event(task: &TaskSummary) -> Event {
    Event {
        seq: EventSeq(0),
        at: task.created_at,
        project_id: task.project_id,
        kind: format!("task.{}", task.state),
        subject: format!("task:{}", task.id),
        actor: Principal::System,
        data: Payload::default(),
    }
}

fn none<T>() -> Answer<T> {
    Err(Problem::new(Code::Internal, "not asked in these tests"))
}

#[async_trait]
impl TaskService for TestTasks {
    async fn submit_sharing(&self, caller: &Caller, shared: SharedBudget, task: NewTask, idempotency_key: String) -> Answer<TaskSummary> {
        let summary = self.submit(caller, task, Some(idempotency_key)).await?;
        if let Some(kept) = self.kept.lock().get_mut(&summary.id) {
            kept.shared = Some(shared);
        }
        Ok(summary)
    }

    async fn submit(&self, caller: &Caller, task: NewTask, idempotency_key: Option<String>) -> Answer<TaskSummary> {
        caller.require(Permission::Work)?;
        let key = idempotency_key.expect("tasks of decisions have keys");
        assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        let pass = self.fuse.step();
        if matches!(pass, Pass::No) {
            return Err(Problem::new(Code::StorageUnavailable, "the test says so"));
        }
        if let Some(code) = *self.refuse.lock() {
            return Err(Problem::new(code, "the test says so"));
        }
        let mut all = self.kept.lock();
        if let Some(kept) = all.values_mut().find(|kept| kept.key == key && kept.by.principal == caller.principal) {
            assert_eq!(kept.asked, task, "the same request under {key}");
            kept.submitted += 1;
            return Ok(kept.detail.summary.clone());
        }
        let id = TaskId::new(self.sources.ids.next());
        let summary = TaskSummary {
            id,
            project_id: caller.project,
            title: task.title.clone().unwrap_or_default(),
            skill: task.skill.clone(),
            state: TaskState::Queued,
            wait_kind: None,
            reason: None,
            priority: task.priority,
            labels: task.labels.clone(),
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
        let detail = TaskDetail {
            summary: summary.clone(),
            input: task.input.clone(),
            result: None,
            result_kind: "structured".into(),
            result_schema: None,
            retry: RetryPolicy::default(),
            timeouts: task.timeouts.clone(),
            fairness_weight: 1.0,
            budget: task.budget,
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
        };
        all.insert(id, Kept { key, asked: task, detail, submitted: 1, by: caller.clone(), shared: None });
        if matches!(pass, Pass::GoSilently) {
            return Err(Problem::new(Code::StorageUnavailable, "the test says so"));
        }
        Ok(summary)
    }

    async fn get(&self, _: &Caller, id: TaskId, _: Option<Duration>) -> Answer<TaskDetail> {
        let found = self.kept.lock().get(&id).map(|kept| kept.detail.clone());
        found.ok_or_else(|| Problem::new(Code::NoSuchTask, "there is none"))
    }

    async fn cancel(&self, _: &Caller, id: TaskId) -> Answer<TaskSummary> {
        if matches!(self.fuse.step(), Pass::No) {
            return Err(Problem::new(Code::StorageUnavailable, "the test says so"));
        }
        let mut all = self.kept.lock();
        let kept = all.get_mut(&id).ok_or_else(|| Problem::new(Code::NoSuchTask, "there is none"))?;
        let summary = &mut kept.detail.summary;
        if !summary.state.is_terminal() {
            summary.state = TaskState::Canceled;
            summary.finished_at = Some(self.sources.clock.now());
        } else if summary.state != TaskState::Canceled {
            return Err(Problem::new(Code::IllegalTransition, "it has ended"));
        }
        Ok(summary.clone())
    }

    async fn submit_batch(&self, _: &Caller, _: NewBatch, _: Option<String>) -> Answer<AcceptedBatch> {
        none()
    }

    async fn list(&self, _: &Caller, _: TaskFilter) -> Answer<Page<TaskSummary>> {
        none()
    }

    async fn pause(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        none()
    }

    async fn resume(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        none()
    }

    async fn rerun(&self, _: &Caller, _: TaskId, _: Option<String>) -> Answer<TaskSummary> {
        none()
    }

    async fn rerun_all(&self, _: &Caller, _: BulkRerun, _: Option<String>) -> Answer<BulkAnswer> {
        none()
    }

    async fn cancel_all(&self, _: &Caller, _: BulkCancel) -> Answer<BulkAnswer> {
        none()
    }

    async fn analyze(&self, _: &Caller, _: TaskId) -> Answer<TaskSummary> {
        none()
    }

    async fn suggest(&self, _: &Caller, _: SkillWish) -> Answer<SkillSuggestions> {
        none()
    }

    async fn attempts(&self, _: &Caller, _: TaskId) -> Answer<Vec<AttemptView>> {
        none()
    }
}
