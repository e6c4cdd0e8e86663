//! What can be done with stored files.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures::Stream;

use super::Answer;
use crate::id::{ArtifactId, TaskId};
use crate::page::Page;
use crate::user::Caller;
use crate::wire::artifact::{ArtifactFilter, ArtifactView};

/// Bytes as they come.
pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// What is said of a file before its bytes come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewArtifact {
    /// The file's name; folders are cut off.
    pub name: String,
    /// Its content type; guessed from the name when absent.
    pub media_type: Option<String>,
    /// The SHA-256 that the content must have, in hexadecimal.
    pub sha256: Option<String>,
    /// The task that produced it.
    pub task_id: Option<TaskId>,
}

/// A stored file and its bytes.
pub struct ArtifactContent {
    /// What it is.
    pub view: ArtifactView,
    /// Its bytes.
    pub bytes: ByteStream,
}

impl std::fmt::Debug for ArtifactContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArtifactContent").field("view", &self.view).finish_non_exhaustive()
    }
}

/// Stores, shows and deletes files. Bytes are streamed and hashed on the way, never whole in memory.
#[async_trait]
pub trait ArtifactService: Send + Sync {
    /// Stores a file; it is on disk when this returns.
    ///
    /// # Errors
    /// `ARTIFACT-002` over the size limit, `ARTIFACT-004` for another hash, `STORAGE-002`.
    async fn put(&self, caller: &Caller, artifact: NewArtifact, bytes: ByteStream) -> Answer<ArtifactView>;

    /// Files, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: ArtifactFilter) -> Answer<Page<ArtifactView>>;

    /// One file, without its bytes.
    ///
    /// # Errors
    /// `ARTIFACT-001`.
    async fn get(&self, caller: &Caller, id: ArtifactId) -> Answer<ArtifactView>;

    /// One file with its bytes.
    ///
    /// # Errors
    /// `ARTIFACT-001`.
    async fn open(&self, caller: &Caller, id: ArtifactId) -> Answer<ArtifactContent>;

    /// Deletes a file.
    ///
    /// # Errors
    /// `ARTIFACT-001`, `ARTIFACT-003` while a task that has not ended refers to it.
    async fn delete(&self, caller: &Caller, id: ArtifactId) -> Answer<()>;
}
