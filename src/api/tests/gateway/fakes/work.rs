//! How tasks, traces and artifacts answer in tests.

use async_trait::async_trait;
use baton_domain::id::{ArtifactId, EventSeq, TaskId};
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ArtifactContent, ArtifactService, ByteStream, NewArtifact, TaskService, TraceService};
use baton_domain::task::{RetryPolicy, TaskState, Timeouts};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};
use baton_domain::wire::assistance::{SkillSuggestions, SkillWish};
use baton_domain::wire::task::{
    AcceptedBatch, AttemptView, BulkAnswer, BulkCancel, BulkRerun, NewBatch, NewTask, TaskDetail, TaskFilter, TaskSummary,
};
use baton_domain::wire::trace::{LogPage, LogQuery, Trace};
use futures::StreamExt;
use std::time::Duration;
use uuid::Uuid;

use super::Fake;
use super::samples::{artifact, id, summary};

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
            result_schema: None,
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            fairness_weight: 1.0,
            budget: None,
            depends_on: Vec::new(),
            held_up: Vec::new(),
            decide: None,
            has_children: false,
            checkpoints: false,
            checkpoint_at: None,
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

    async fn pause(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.0.allowed(caller, Permission::Work, format!("pause {id}"))?;
        Ok(summary(40))
    }

    async fn resume(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.0.allowed(caller, Permission::Work, format!("resume {id}"))?;
        Ok(summary(40))
    }

    async fn rerun(&self, caller: &Caller, id: TaskId, key: Option<String>) -> Answer<TaskSummary> {
        self.0.allowed(caller, Permission::Work, format!("rerun {id} key={}", key.unwrap_or_default()))?;
        Ok(summary(41))
    }

    async fn rerun_all(&self, caller: &Caller, which: BulkRerun, key: Option<String>) -> Answer<BulkAnswer> {
        let filter = serde_json::to_string(&which.filter).unwrap();
        self.0.allowed(caller, Permission::Work, format!("rerun_all {filter} key={}", key.unwrap_or_default()))?;
        Ok(BulkAnswer { count: 1, ids: vec![summary(41).id], skipped: 0, next_cursor: None })
    }

    async fn cancel_all(&self, caller: &Caller, which: BulkCancel) -> Answer<BulkAnswer> {
        let filter = serde_json::to_string(&which.filter).unwrap();
        self.0.allowed(caller, Permission::Work, format!("cancel_all {filter}"))?;
        Ok(BulkAnswer { count: 1, ids: vec![summary(40).id], skipped: 0, next_cursor: None })
    }

    async fn analyze(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.0.allowed(caller, Permission::Work, format!("analyze {id}"))?;
        Ok(summary(41))
    }

    async fn suggest(&self, caller: &Caller, wish: SkillWish) -> Answer<SkillSuggestions> {
        self.0.allowed(caller, Permission::Read, format!("suggest {} model={}", wish.text, wish.with_model))?;
        Ok(SkillSuggestions { items: Vec::new(), chosen_by: None, reason: None, task_id: None })
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
        Ok(super::samples::artifact(&artifact.name, artifact.media_type.as_deref().unwrap_or("text/csv"), size))
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
