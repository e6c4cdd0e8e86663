//! How stored files are shown.

use serde::{Deserialize, Serialize};

use crate::id::{ArtifactId, ProjectId, TaskId};
use crate::time::Timestamp;

/// A stored input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArtifactView {
    /// The artifact.
    pub id: ArtifactId,
    /// Its project.
    pub project_id: ProjectId,
    /// The file's name, without folders.
    pub name: String,
    /// Its content type, as it is sent on download.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// Who stored it, as people read it.
    pub created_by: String,
    /// The task that produced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// When.
    pub created_at: Timestamp,
}

/// What a list of artifacts is filtered by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArtifactFilter {
    /// Only what this task produced.
    pub task: Option<TaskId>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}
