//! What is stored of workflows: their documents, each version for ever.

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use serde_json::Value;

use crate::StoreError;

/// A version of a workflow's document.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowRecord {
    /// Whose it is.
    pub project: ProjectId,
    /// By what it is known in its project.
    pub name: String,
    /// Counted from 1.
    pub version: u32,
    /// As it was written.
    pub text: String,
    /// The document's hash: two versions with the same say the same.
    pub hash: String,
    /// What lists show of it: title, description, number of steps.
    pub summary: Value,
    /// When this version was stored.
    pub created_at: Timestamp,
    /// By whom, as people read it.
    pub created_by: String,
    /// Whether the workflow was taken out of use; its versions stay for the runs that go on with them.
    pub retired: bool,
}

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowStored {
    /// It is stored as this version.
    Stored(u32),
    /// The newest version says the same; nothing was stored.
    Same(u32),
    /// The newest version is another one than whoever wrote has seen (0 if there is none); nothing was stored.
    Stale(u32),
    /// As many workflows are in use as are allowed.
    TooMany,
}

/// Documents of workflows.
#[async_trait]
pub trait WorkflowStore: Send + Sync {
    /// Stores a version with its events. `seen` is the version it stands on, 0 for a workflow that is new; `None` takes whatever is newest. A
    /// retired workflow comes back into use by it, with a version of its own even if that says the same as the last one; `seen` may be 0 for it
    /// too, since lists do not show it. `maximum` is how many workflows of the project may be in use. The record's own version is not looked at,
    /// nor whether it is retired.
    ///
    /// That the newest version says the same goes before that it is another one than was seen: a request that is sent twice is no conflict.
    ///
    /// # Errors
    /// Those of storage; a project that does not exist is one of them.
    async fn store_workflow(
        &self,
        record: WorkflowRecord,
        seen: Option<u32>,
        maximum: u32,
        events: Vec<NewEvent>,
    ) -> Result<WorkflowStored, StoreError>;

    /// Takes a workflow out of use; `false` if there is none in use with this name.
    ///
    /// # Errors
    /// Only those of storage.
    async fn retire_workflow(&self, project: ProjectId, name: &str, events: Vec<NewEvent>) -> Result<bool, StoreError>;

    /// A version, or the newest.
    ///
    /// # Errors
    /// Only those of storage.
    async fn workflow(&self, project: ProjectId, name: &str, version: Option<u32>) -> Result<Option<WorkflowRecord>, StoreError>;

    /// The version whose document has this hash, the newest of those.
    ///
    /// # Errors
    /// Only those of storage.
    async fn workflow_by_hash(&self, project: ProjectId, name: &str, hash: &str) -> Result<Option<WorkflowRecord>, StoreError>;

    /// The newest version of each workflow in use, without its text, by name, after a name, at most `limit`; with the newest event at that moment.
    ///
    /// # Errors
    /// Only those of storage.
    async fn workflows(&self, project: ProjectId, after: Option<&str>, limit: u32) -> Result<(Vec<WorkflowRecord>, EventSeq), StoreError>;

    /// The versions of one workflow, without their texts, the newest first, before one, at most `limit`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn workflow_versions(
        &self,
        project: ProjectId,
        name: &str,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<WorkflowRecord>, StoreError>;
}
