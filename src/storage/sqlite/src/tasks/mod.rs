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

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{AgentId, ArtifactId, DecisionId, EventSeq, LeaseToken, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::{StateCount, TaskEnd};
use baton_storage::{
    Advance, Advanced, Assignment, BegunTask, CancelRequest, Checkpoint, Checkpointed, Completion, DueTask, Idempotency, Inserted,
    NewTaskRecord, PauseRequest, QueueClass, ReadyTask, Settled, StoreError, TaskPage, TaskQuery, TaskRecord, TaskRows, TaskStore,
    TaskStory, Wanted,
};
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::SqliteStore;
use crate::lanes::{Lane, PART};
use crate::statement::one;
use crate::writer::Tx;

pub(crate) use read::count_states;
pub(crate) use rows::{ARTIFACT_COLUMNS, artifact, key};

/// Whether a task runs under this lease.
pub(crate) fn runs_under(sql: &Connection, task: TaskId, lease: LeaseToken) -> Result<bool, StoreError> {
    let text = "SELECT EXISTS (SELECT 1 FROM tasks WHERE id = ?1 AND lease = ?2 AND state = 'running')";
    one(sql, text, params![task.as_uuid().as_bytes(), lease.0], |row| row.get())
}

#[async_trait]
impl TaskStore for SqliteStore {
    async fn insert_tasks(&self, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Result<Inserted, StoreError> {
        self.writer.run_in(Lane::of(tasks.len()), move |tx| insert::insert(tx, &tasks, idempotency)).await
    }

    async fn insert_and_begin(
        &self,
        tasks: Vec<NewTaskRecord>,
        idempotency: Option<Idempotency>,
        assignments: Vec<Assignment>,
    ) -> Result<(Inserted, Vec<BegunTask>), StoreError> {
        let lane = Lane::of(tasks.len());
        let both = move |tx: &mut Tx| {
            let inserted = insert::insert(tx, &tasks, idempotency)?;
            let begun = if inserted == Inserted::Stored { begin::begin(tx, &assignments)? } else { Vec::new() };
            Ok((inserted, begun))
        };
        self.writer.run_in(lane, both).await
    }

    async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        self.readers.statement(move |sql| read::record(sql, id)).await
    }

    async fn task_rows(&self, id: TaskId) -> Result<Option<TaskRows>, StoreError> {
        self.readers.snapshot(move |sql| read::rows(sql, id)).await
    }

    async fn task_story(&self, id: TaskId, most: u32) -> Result<Option<TaskStory>, StoreError> {
        self.readers.snapshot(move |sql| read::story(sql, id, most)).await
    }

    async fn task_ends(&self, ids: Vec<TaskId>) -> Result<Vec<TaskEnd>, StoreError> {
        self.readers.snapshot(move |sql| read::ends(sql, &ids)).await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<TaskPage, StoreError> {
        let query = query.clone();
        self.readers.snapshot(move |sql| read::page(sql, &query)).await
    }

    async fn state_counts(&self) -> Result<(Vec<StateCount>, EventSeq), StoreError> {
        Ok(self.tally.read())
    }

    async fn queue_classes(&self, after: Option<&QueueClass>, limit: u32) -> Result<Vec<QueueClass>, StoreError> {
        let after = after.cloned();
        self.readers.snapshot(move |sql| queue::classes(sql, after.as_ref(), limit)).await
    }

    async fn ready_tasks(&self, wanted: &[Wanted], now: Timestamp) -> Result<Vec<ReadyTask>, StoreError> {
        let wanted = wanted.to_vec();
        self.readers.statement(move |sql| queue::ready(sql, &wanted, now)).await
    }

    async fn begin(&self, assignments: Vec<Assignment>) -> Result<Vec<BegunTask>, StoreError> {
        let mut parts = Vec::with_capacity(assignments.len().div_ceil(PART));
        let mut rest = assignments;
        while !rest.is_empty() {
            let after = rest.split_off(rest.len().min(PART));
            let part = std::mem::replace(&mut rest, after);
            parts.push(self.writer.run(move |tx| begin::begin(tx, &part)));
        }
        // What began must be known although another part failed: whoever asked would leave it to its lease.
        let mut begun = Vec::new();
        let mut failed = None;
        for part in futures::future::join_all(parts).await {
            match part {
                Ok(tasks) => begun.extend(tasks),
                Err(error) => {
                    tracing::warn!(%error, "a part of a claim was not stored");
                    failed = Some(error);
                }
            }
        }
        failed.filter(|_| begun.is_empty()).map_or(Ok(begun), Err)
    }

    async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError> {
        self.writer.complete(completion).await
    }

    async fn advance(&self, change: Advance) -> Result<Advanced, StoreError> {
        self.writer.run(move |tx| advance::advance(tx, change)).await
    }

    async fn differ(&self, task: TaskId, decision: DecisionId, at: Timestamp) -> Result<Option<DecisionId>, StoreError> {
        self.writer.run(move |tx| advance::differ(tx, task, decision, at)).await
    }

    async fn settle_dependents(&self, ended: TaskId, at: Timestamp, limit: u32) -> Result<Settled, StoreError> {
        self.writer.run(move |tx| dependencies::settle(tx, ended, at, limit)).await
    }

    async fn live_children(&self, parent: TaskId, limit: u32) -> Result<Vec<TaskId>, StoreError> {
        self.readers.statement(move |sql| queue::live_children(sql, parent, limit)).await
    }

    async fn request_cancel(&self, id: TaskId, actor: Principal, at: Timestamp) -> Result<CancelRequest, StoreError> {
        self.writer.run(move |tx| advance::request_cancel(tx, id, actor, at)).await
    }

    async fn request_pause(&self, id: TaskId, wanted: bool, actor: Principal, at: Timestamp) -> Result<PauseRequest, StoreError> {
        self.writer.run(move |tx| checkpoints::request_pause(tx, id, wanted, actor, at)).await
    }

    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<Checkpointed, StoreError> {
        self.writer.run(move |tx| checkpoints::save(tx, &checkpoint)).await
    }

    async fn checkpoint(&self, task: TaskId) -> Result<Option<Value>, StoreError> {
        let last = self.readers.statement(move |sql| checkpoints::last(sql, task)).await?;
        Ok(last.map(|(state, _)| state))
    }

    async fn forget_checkpoints(&self, limit: u32) -> Result<u64, StoreError> {
        self.writer.run(move |tx| checkpoints::forget(tx, limit)).await
    }

    async fn leased_tasks(&self) -> Result<Vec<TaskRecord>, StoreError> {
        self.readers.statement(queue::leased).await
    }

    async fn due_tasks(&self, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError> {
        self.readers.snapshot(move |sql| queue::due(sql, now, limit)).await
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.readers.statement(move |sql| queue::next_due(sql, now)).await
    }

    async fn tasks_of_agent(&self, agent: AgentId) -> Result<Vec<TaskId>, StoreError> {
        self.readers.statement(move |sql| queue::of_agent(sql, agent)).await
    }

    async fn remembered(&self, request: Idempotency) -> Result<Option<Inserted>, StoreError> {
        self.readers.statement(move |sql| insert::remembered(sql, &request)).await
    }

    async fn forget_idempotency_keys(&self, now: Timestamp, age: Duration) -> Result<u64, StoreError> {
        self.writer.run(move |tx| insert::forget_keys(tx, now.minus(age))).await
    }

    async fn artifact_in_use(&self, artifact: ArtifactId) -> Result<bool, StoreError> {
        self.readers.statement(move |sql| queue::artifact_in_use(sql, artifact)).await
    }
}
