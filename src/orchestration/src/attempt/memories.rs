//! What does an attempt learn from earlier tasks of its skill, and what does it leave for later ones?
//!
//! What a task leaves counts once it has completed: an attempt that is lost after it wrote, or whose result is refused, has told nobody what it saw, so the
//! next one must find what that one had found. So each write carries what was there before, and whoever recalls looks how the writer ended.

use std::collections::HashMap;
use std::sync::Arc;

use baton_agents_runtime::protocol::{FromAgent, MAXIMUM_MEMORY_BYTES, MAXIMUM_MEMORY_KEY, MAXIMUM_RECALLED, Memory, ToAgent};
use baton_domain::id::ArtifactId;
use baton_domain::problem::Code;
use baton_domain::task::TaskState;
use baton_domain::wire::task::Failure;
use baton_storage::{MemoryPlace, MemoryRecord, MemoryWrite, MemoryWritten, StoreError, TaskRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;

use super::{failure, inputs, scratch_folder};
use crate::engine::Shared;

/// The most keys of a skill that are remembered for one who submits; beyond it the oldest goes.
const MOST: u32 = 1_000;

/// What one task leaves for the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Left {
    value: Value,
    artifact: Option<ArtifactId>,
}

/// What an attempt recalls and remembers.
pub(super) struct Memories<'a> {
    shared: &'a Arc<Shared>,
    task: &'a TaskRecord,
    to_agent: mpsc::Sender<ToAgent>,
    /// By key: the revision that was seen, and what counted then.
    recalled: HashMap<String, (i64, Option<Value>)>,
}

impl<'a> Memories<'a> {
    pub(super) fn new(shared: &'a Arc<Shared>, task: &'a TaskRecord, to_agent: mpsc::Sender<ToAgent>) -> Self {
        Self { shared, task, to_agent, recalled: HashMap::new() }
    }

    /// Takes what concerns memory; gives back what does not.
    pub(super) async fn hear(&mut self, message: FromAgent) -> Option<FromAgent> {
        match message {
            FromAgent::Recall { request, key } => {
                let result = self.recall(key).await;
                let _ = self.to_agent.send(ToAgent::Recalled { request, result }).await;
            }
            FromAgent::Remember { request, key, value, artifact } => {
                let result = self.remember(key, value, artifact).await;
                let _ = self.to_agent.send(ToAgent::Remembered { request, result }).await;
            }
            other => return Some(other),
        }
        None
    }

    fn place(&self, key: &str) -> MemoryPlace {
        let summary = &self.task.summary;
        MemoryPlace { project: summary.project_id, skill: summary.skill.clone(), owner: self.task.created_by.tag(), key: key.to_owned() }
    }

    async fn recall(&mut self, key: String) -> Result<Option<Memory>, Failure> {
        if !(1..=MAXIMUM_MEMORY_KEY).contains(&key.len()) {
            return Err(failure(Code::LimitExceeded, format!("A key has 1 to {MAXIMUM_MEMORY_KEY} bytes."), false));
        }
        if self.recalled.len() >= MAXIMUM_RECALLED && !self.recalled.contains_key(&key) {
            return Err(failure(Code::LimitExceeded, format!("An attempt recalls at most {MAXIMUM_RECALLED} keys."), false));
        }
        let found = self.shared.store.agent_memory(&self.place(&key)).await.map_err(|error| unavailable(&error))?;
        let (revision, counts) = match found {
            None => (0, None),
            Some(record) => (record.revision, self.counts(record).await?),
        };
        let memory = match &counts {
            None => None,
            Some(state) => self.read(state).await?,
        };
        // What nobody can read any more is as good as nothing.
        let counts = counts.filter(|_| memory.is_some());
        self.recalled.insert(key, (revision, counts));
        Ok(memory)
    }

    /// What its task left, if it completed; otherwise what that one had found.
    async fn counts(&self, record: MemoryRecord) -> Result<Option<Value>, Failure> {
        if record.task == self.task.summary.id {
            // An earlier attempt of this very task, or a look again.
            return Ok(record.before);
        }
        let writer = self.shared.store.task(record.task).await.map_err(|error| unavailable(&error))?;
        // One that is forgotten has ended long ago.
        let completed = writer.is_none_or(|writer| writer.summary.state == TaskState::Completed);
        Ok(if completed { Some(record.state) } else { record.before })
    }

    /// What was left, with its file; nothing if that was deleted.
    async fn read(&self, state: &Value) -> Result<Option<Memory>, Failure> {
        let Ok(Left { value, artifact }) = serde_json::from_value(state.clone()) else { return Ok(None) };
        let Some(id) = artifact else { return Ok(Some(Memory { value, file: None })) };
        let scratch = scratch_folder(self.shared, self.task.lease, self.task);
        let file = inputs::stored(&*self.shared.store, &*self.shared.blobs, id, &scratch).await?;
        Ok(file.map(|file| Memory { value, file: Some(file) }))
    }

    async fn remember(&mut self, key: String, value: Value, artifact: Option<ArtifactId>) -> Result<bool, Failure> {
        let Some((seen, before)) = self.recalled.get(&key).cloned() else {
            let text = "An agent remembers only under keys that it has recalled in the same attempt.";
            return Err(failure(Code::ProtocolViolated, text, false));
        };
        let bytes = serde_json::to_vec(&value).map_or(usize::MAX, |text| text.len());
        if bytes > MAXIMUM_MEMORY_BYTES {
            let text = format!(
                "What is to be remembered has {bytes} bytes; at most {MAXIMUM_MEMORY_BYTES} are allowed. What is large belongs into an artifact."
            );
            return Err(failure(Code::LimitExceeded, text, false));
        }
        if let Some(id) = artifact {
            self.check_own(id).await?;
        }
        let state = serde_json::to_value(Left { value, artifact }).map_err(|error| failure(Code::Internal, error.to_string(), false))?;
        let (task, lease, at) = (self.task.summary.id, self.task.lease, self.shared.sources.clock.now());
        let write = MemoryWrite { place: self.place(&key), task, lease, seen, state, before: before.clone(), at, most: MOST };
        match self.shared.store.write_agent_memory(write).await.map_err(|error| unavailable(&error))? {
            MemoryWritten::Kept(revision) => {
                self.recalled.insert(key, (revision, before));
                Ok(true)
            }
            MemoryWritten::Changed => Ok(false),
            MemoryWritten::Stale => {
                Err(failure(Code::LeaseLost, "The attempt no longer has its task, so nothing of it is remembered.", false))
            }
        }
    }

    /// Refuses files that the task did not store: an agent must not come by what it was not given.
    async fn check_own(&self, id: ArtifactId) -> Result<(), Failure> {
        let artifact = self.shared.store.artifact(id).await.map_err(|error| unavailable(&error))?;
        if artifact.is_some_and(|artifact| artifact.task_id == Some(self.task.summary.id)) {
            return Ok(());
        }
        Err(failure(Code::ProtocolViolated, format!("The artifact {id} was not stored by this task, which cannot leave it."), false))
    }
}

fn unavailable(error: &StoreError) -> Failure {
    failure(Code::StorageUnavailable, format!("what is remembered cannot be read or written: {error}"), true)
}
