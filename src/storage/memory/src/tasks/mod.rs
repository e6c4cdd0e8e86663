//! How are tasks and attempts kept?

mod advance;
mod announce;
mod begin;
mod checkpoints;
mod complete;
mod dependencies;
mod insert;
mod queue;
mod read;
mod table;

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::event::NewEvent;
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

use crate::MemoryStore;

pub(crate) use table::Tasks;

/// An answer with the events that belong to it.
pub(crate) type Told<T> = Result<(T, Vec<NewEvent>), StoreError>;

#[async_trait]
impl TaskStore for MemoryStore {
    async fn insert_tasks(&self, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Result<Inserted, StoreError> {
        self.commit(|state| insert::insert(state, tasks, idempotency))
    }

    async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        Ok(self.read(|state| state.tasks.get(id).map(|row| row.record.clone())))
    }

    async fn task_rows(&self, id: TaskId) -> Result<Option<TaskRows>, StoreError> {
        self.read(|state| read::rows(state, id))
    }

    async fn task_story(&self, id: TaskId, most: u32) -> Result<Option<TaskStory>, StoreError> {
        Ok(self.read(|state| read::story(state, id, most)))
    }

    async fn task_ends(&self, ids: Vec<TaskId>) -> Result<Vec<TaskEnd>, StoreError> {
        Ok(self.read(|state| read::ends(state, &ids)))
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<TaskPage, StoreError> {
        Ok(self.read(|state| read::page(state, query)))
    }

    async fn state_counts(&self) -> Result<(Vec<StateCount>, EventSeq), StoreError> {
        Ok(self.read(read::state_counts))
    }

    async fn queue_classes(&self, after: Option<&QueueClass>, limit: u32) -> Result<Vec<QueueClass>, StoreError> {
        Ok(self.read(|state| queue::classes(state, after, limit)))
    }

    async fn ready_tasks(&self, wanted: &[Wanted], now: Timestamp) -> Result<Vec<ReadyTask>, StoreError> {
        Ok(self.read(|state| queue::ready(state, wanted, now)))
    }

    async fn begin(&self, assignments: Vec<Assignment>) -> Result<Vec<BegunTask>, StoreError> {
        self.commit(|state| begin::begin(state, assignments))
    }

    async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError> {
        self.commit(|state| complete::complete(state, completion))
    }

    async fn advance(&self, change: Advance) -> Result<Advanced, StoreError> {
        self.commit(|state| advance::advance(state, change))
    }

    async fn differ(&self, task: TaskId, decision: DecisionId, at: Timestamp) -> Result<Option<DecisionId>, StoreError> {
        self.commit(|state| advance::differ(state, task, decision, at))
    }

    async fn settle_dependents(&self, ended: TaskId, at: Timestamp, limit: u32) -> Result<Settled, StoreError> {
        self.commit(|state| dependencies::settle(state, ended, at, limit))
    }

    async fn live_children(&self, parent: TaskId, limit: u32) -> Result<Vec<TaskId>, StoreError> {
        Ok(self.read(|state| queue::live_children(state, parent, limit)))
    }

    async fn request_cancel(&self, id: TaskId, actor: Principal, at: Timestamp) -> Result<CancelRequest, StoreError> {
        self.commit(|state| advance::request_cancel(state, id, actor, at))
    }

    async fn request_pause(&self, id: TaskId, wanted: bool, actor: Principal, at: Timestamp) -> Result<PauseRequest, StoreError> {
        self.commit(|state| checkpoints::request_pause(state, id, wanted, actor, at))
    }

    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<Checkpointed, StoreError> {
        self.commit(|state| Ok((checkpoints::save(state, checkpoint), Vec::new())))
    }

    async fn checkpoint(&self, task: TaskId) -> Result<Option<Value>, StoreError> {
        Ok(self.read(|state| checkpoints::last(state, task).map(|(state, _)| state.clone())))
    }

    async fn forget_checkpoints(&self, limit: u32) -> Result<u64, StoreError> {
        self.commit(|state| Ok((state.tasks.forget_checkpoints(limit), Vec::new())))
    }

    async fn leased_tasks(&self) -> Result<Vec<TaskRecord>, StoreError> {
        Ok(self.read(|state| state.tasks.leased().map(|row| row.record.clone()).collect()))
    }

    async fn due_tasks(&self, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError> {
        Ok(self.read(|state| queue::due(state, now, limit)))
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read(|state| queue::next_due(state, now)))
    }

    async fn tasks_of_agent(&self, agent: AgentId) -> Result<Vec<TaskId>, StoreError> {
        Ok(self.read(|state| state.tasks.of_agent(agent).collect()))
    }

    async fn remembered(&self, request: Idempotency) -> Result<Option<Inserted>, StoreError> {
        Ok(self.read(|state| insert::remembered(state, &request)))
    }

    async fn forget_idempotency_keys(&self, now: Timestamp, age: Duration) -> Result<u64, StoreError> {
        self.commit(|state| {
            let journals = &state.journals;
            let goes_on = |id| journals.head(id).is_some_and(|head| head.live);
            Ok((state.tasks.forget_keys(now.minus(age), goes_on), Vec::new()))
        })
    }

    async fn artifact_in_use(&self, artifact: ArtifactId) -> Result<bool, StoreError> {
        Ok(self.read(|state| queue::artifact_in_use(state, artifact)))
    }
}
