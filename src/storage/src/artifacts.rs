//! What is stored of artifacts; their bytes are [`blobs`](crate::blobs).

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::{ArtifactId, EventSeq, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;

use crate::StoreError;
use crate::blobs::{BlobFolder, Blobs};

/// Rows of a list, read in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactPage {
    /// The rows, the newest first.
    pub items: Vec<ArtifactView>,
    /// The newest event at that moment.
    pub as_of: EventSeq,
}

/// Artifacts.
#[async_trait]
pub trait ArtifactStore: Send + Sync {
    /// Where the bytes of artifacts are: in this folder, or, if several servers must have them, in the store itself, with
    /// the folder for what is coming in.
    fn blobs(&self, folder: BlobFolder) -> Arc<dyn Blobs> {
        Arc::new(folder)
    }

    /// Stores an artifact whose blob is on disk.
    ///
    /// # Errors
    /// Only those of storage.
    async fn insert_artifact(&self, artifact: ArtifactView, actor: Principal) -> Result<(), StoreError>;

    /// One artifact.
    ///
    /// # Errors
    /// Only those of storage.
    async fn artifact(&self, id: ArtifactId) -> Result<Option<ArtifactView>, StoreError>;

    /// Artifacts, the newest first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn artifacts(&self, task: Option<TaskId>, before: Option<ArtifactId>, limit: u32) -> Result<ArtifactPage, StoreError>;

    /// Deletes an artifact; gives its hash if no other artifact has the same content, so that the blob can go.
    /// `None` if there is no such artifact.
    ///
    /// # Errors
    /// Only those of storage.
    async fn delete_artifact(&self, id: ArtifactId, actor: Principal, at: Timestamp) -> Result<Option<Option<String>>, StoreError>;
}
