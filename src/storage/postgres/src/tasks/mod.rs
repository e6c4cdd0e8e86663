//! How tasks and attempts are stored.

mod advance;
mod announce;
mod begin;
mod checkpoints;
pub(crate) mod complete;
mod dependencies;
mod insert;
mod queue;
mod read;
mod rows;
mod whole;

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{AgentId, ArtifactId, DecisionId, EventSeq, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::{StateCount, TaskEnd};
use baton_storage::{
    Advance, Advanced, Assignment, BegunTask, CancelRequest, Checkpoint, Checkpointed, Completion, DueTask, Idempotency, Inserted,
    NewTaskRecord, PauseRequest, QueueClass, ReadyTask, Settled, StoreError, TaskPage, TaskQuery, TaskRecord, TaskRows, TaskStore,
    TaskStory, Wanted,
};
use serde_json::Value;

use crate::PostgresStore;

pub(crate) use rows::{ARTIFACT_COLUMNS, artifact, key};

#[async_trait]
impl TaskStore for PostgresStore {
    async fn insert_tasks(&self, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Result<Inserted, StoreError> {
        let awaited = dependencies::awaited(&tasks);
        self.writer.run_on(awaited, (tasks, idempotency), |tx, (tasks, key)| Box::pin(insert::insert(tx, tasks, key.as_ref()))).await
    }

    async fn insert_and_begin(
        &self,
        tasks: Vec<NewTaskRecord>,
        idempotency: Option<Idempotency>,
        assignments: Vec<Assignment>,
    ) -> Result<(Inserted, Vec<BegunTask>), StoreError> {
        let awaited = dependencies::awaited(&tasks);
        let both = (tasks, idempotency, assignments);
        self.writer
            .run_on(awaited, both, |tx, (tasks, key, assignments)| {
                Box::pin(async move {
                    let inserted = insert::insert(tx, tasks, key.as_ref()).await?;
                    let begun = if inserted == Inserted::Stored { begin::begin(tx, assignments).await? } else { Vec::new() };
                    Ok((inserted, begun))
                })
            })
            .await
    }

    async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        self.answered(async { Ok(read::record(&mut *self.lookup().await?, id).await?) }).await
    }

    async fn task_rows(&self, id: TaskId) -> Result<Option<TaskRows>, StoreError> {
        self.answered(async { Ok(whole::rows(&mut *self.lookup().await?, id).await?) }).await
    }

    async fn task_story(&self, id: TaskId, most: u32) -> Result<Option<TaskStory>, StoreError> {
        self.answered(async { Ok(whole::story(&mut *self.lookup().await?, id, most).await?) }).await
    }

    async fn task_ends(&self, ids: Vec<TaskId>) -> Result<Vec<TaskEnd>, StoreError> {
        self.answered(async { Ok(read::ends(&mut *self.lookup().await?, &ids).await?) }).await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<TaskPage, StoreError> {
        self.answered(async { Ok(read::page(&mut *self.snapshot().await?, query).await?) }).await
    }

    async fn state_counts(&self) -> Result<(Vec<StateCount>, EventSeq), StoreError> {
        self.answered(async { Ok(read::state_counts(&mut *self.snapshot().await?).await?) }).await
    }

    async fn queue_classes(&self, after: Option<&QueueClass>, limit: u32) -> Result<Vec<QueueClass>, StoreError> {
        self.answered(async { Ok(queue::classes(&mut *self.reader().await?, after, limit).await?) }).await
    }

    async fn ready_tasks(&self, wanted: &[Wanted], now: Timestamp) -> Result<Vec<ReadyTask>, StoreError> {
        self.answered(async { Ok(queue::ready(&mut *self.reader().await?, wanted, now).await?) }).await
    }

    async fn begin(&self, assignments: Vec<Assignment>) -> Result<Vec<BegunTask>, StoreError> {
        self.writer.run(assignments, |tx, assignments| Box::pin(begin::begin(tx, assignments))).await
    }

    async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError> {
        self.writer.complete(completion).await
    }

    async fn advance(&self, change: Advance) -> Result<Advanced, StoreError> {
        self.writer.run_on(vec![change.task], change, |tx, change| Box::pin(advance::advance(tx, change))).await
    }

    async fn differ(&self, task: TaskId, decision: DecisionId, at: Timestamp) -> Result<Option<DecisionId>, StoreError> {
        self.writer
            .run_on(vec![task], (task, decision, at), |tx, (task, decision, at)| Box::pin(advance::differ(tx, *task, *decision, *at)))
            .await
    }

    async fn settle_dependents(&self, ended: TaskId, at: Timestamp, limit: u32) -> Result<Settled, StoreError> {
        self.writer
            .run_on(vec![ended], (ended, at, limit), |tx, (ended, at, limit)| Box::pin(dependencies::settle(tx, *ended, *at, *limit)))
            .await
    }

    async fn live_children(&self, parent: TaskId, limit: u32) -> Result<Vec<TaskId>, StoreError> {
        Ok(queue::live_children(&mut *self.reader().await?, parent, limit).await?)
    }

    async fn request_cancel(&self, id: TaskId, actor: Principal, at: Timestamp) -> Result<CancelRequest, StoreError> {
        self.writer.run_on(vec![id], (id, actor, at), |tx, (id, actor, at)| Box::pin(advance::request_cancel(tx, *id, actor, *at))).await
    }

    async fn request_pause(&self, id: TaskId, wanted: bool, actor: Principal, at: Timestamp) -> Result<PauseRequest, StoreError> {
        self.writer.run_on(vec![id], (id, wanted, actor, at), |tx, wish| Box::pin(checkpoints::request_pause(tx, wish))).await
    }

    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<Checkpointed, StoreError> {
        self.writer.run_on(vec![checkpoint.task], checkpoint, |tx, checkpoint| Box::pin(checkpoints::save(tx, checkpoint))).await
    }

    async fn checkpoint(&self, task: TaskId) -> Result<Option<Value>, StoreError> {
        let last = self.answered(async { Ok(checkpoints::last(&mut *self.reader().await?, task).await?) }).await?;
        Ok(last.map(|(state, _)| state))
    }

    async fn forget_checkpoints(&self, limit: u32) -> Result<u64, StoreError> {
        self.writer.run(limit, |tx, limit| Box::pin(checkpoints::forget(tx, *limit))).await
    }

    async fn leased_tasks(&self) -> Result<Vec<TaskRecord>, StoreError> {
        self.answered(async { Ok(queue::leased(&mut *self.reader().await?).await?) }).await
    }

    async fn due_tasks(&self, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError> {
        self.answered(async { Ok(queue::due(&mut *self.reader().await?, now, limit).await?) }).await
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.answered(async { Ok(queue::next_due(&mut *self.reader().await?, now).await?) }).await
    }

    async fn tasks_of_agent(&self, agent: AgentId) -> Result<Vec<TaskId>, StoreError> {
        self.answered(async { Ok(queue::of_agent(&mut *self.reader().await?, agent).await?) }).await
    }

    async fn remembered(&self, request: Idempotency) -> Result<Option<Inserted>, StoreError> {
        self.answered(async { insert::remembered(&mut *self.reader().await?, &request).await }).await
    }

    async fn forget_idempotency_keys(&self, now: Timestamp, age: Duration) -> Result<u64, StoreError> {
        self.writer.run(now.minus(age), |tx, before| Box::pin(insert::forget_keys(tx, *before))).await
    }

    async fn artifact_in_use(&self, artifact: ArtifactId) -> Result<bool, StoreError> {
        self.answered(async { Ok(queue::artifact_in_use(&mut *self.reader().await?, artifact).await?) }).await
    }
}
