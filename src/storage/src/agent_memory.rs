//! What is stored of what agents remember from one task to the next.

use async_trait::async_trait;
use baton_domain::id::{LeaseToken, ProjectId, TaskId};
use baton_domain::time::Timestamp;
use serde_json::Value;

use crate::StoreError;

/// Where something is remembered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryPlace {
    /// Whose work it concerns.
    pub project: ProjectId,
    /// The skill whose tasks share it.
    pub skill: String,
    /// On whose behalf those tasks are: others do not see it.
    pub owner: String,
    /// What the skill calls it.
    pub key: String,
}

/// What is remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryRecord {
    /// From 1; grows by one with every write.
    pub revision: i64,
    /// What the last write left.
    pub state: Value,
    /// What the task that wrote it had found. It counts as long as that task has not completed.
    pub before: Option<Value>,
    /// The task that wrote it.
    pub task: TaskId,
    /// When.
    pub updated_at: Timestamp,
}

/// What is to be remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryWrite {
    /// Where.
    pub place: MemoryPlace,
    /// The task that remembers it.
    pub task: TaskId,
    /// Under which lease.
    pub lease: LeaseToken,
    /// The revision that the task has seen; 0 if there was nothing.
    pub seen: i64,
    /// What is to be remembered.
    pub state: Value,
    /// What the task had found, which counts as long as it has not completed.
    pub before: Option<Value>,
    /// When.
    pub at: Timestamp,
    /// The most that is remembered of the skill for the owner, this included; beyond it, what was written longest ago is forgotten.
    pub most: u32,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryWritten {
    /// It is remembered, as this revision.
    Kept(i64),
    /// Somebody else has written since the task looked; nothing changed.
    Changed,
    /// The task no longer runs under the lease; nothing changed.
    Stale,
}

/// What agents remember. There are no events of it: it tells of nothing that people did.
#[async_trait]
pub trait AgentMemoryStore: Send + Sync {
    /// What is remembered at a place.
    ///
    /// # Errors
    /// Only those of storage.
    async fn agent_memory(&self, place: &MemoryPlace) -> Result<Option<MemoryRecord>, StoreError>;

    /// Remembers something, if the task runs under the lease and nobody has written since it looked.
    ///
    /// # Errors
    /// Only those of storage.
    async fn write_agent_memory(&self, write: MemoryWrite) -> Result<MemoryWritten, StoreError>;

    /// Forgets what was written before an instant, the oldest first, at most `limit`; gives how many.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_agent_memory(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
