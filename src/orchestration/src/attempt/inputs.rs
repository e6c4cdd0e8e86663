//! Which files may an attempt read? Those that its input names where the skill's schema says so.

use std::collections::BTreeMap;
use std::path::Path;

use baton_agents_runtime::protocol::FileRef;
use baton_domain::id::ArtifactId;
use baton_domain::problem::Code;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::Failure;
use baton_storage::ArtifactStore;
use baton_storage::blobs::Blobs;
use serde_json::Value;

use super::failure;
use crate::agent_pool::KnownSkill;
use crate::schema::artifact_ids;

/// Where copies of files are put, below the attempt's own folder, which goes with the attempt.
const COPIES: &str = "inputs";

/// The files of the artifacts that the input names.
pub(super) async fn gather(
    artifacts: &dyn ArtifactStore,
    blobs: &dyn Blobs,
    known: &KnownSkill,
    input: &Value,
    scratch: &Path,
) -> Result<BTreeMap<ArtifactId, FileRef>, Failure> {
    let mut files = BTreeMap::new();
    for id in artifact_ids(&known.input.artifacts(input)) {
        let Some(file) = stored(artifacts, blobs, id, scratch).await? else {
            return Err(failure(Code::NoSuchArtifact, format!("The artifact {id} was deleted before the task began."), false));
        };
        files.insert(id, file);
    }
    Ok(files)
}

/// The file of an artifact, where an attempt may read it, if it is still there.
pub(super) async fn stored(
    artifacts: &dyn ArtifactStore,
    blobs: &dyn Blobs,
    id: ArtifactId,
    scratch: &Path,
) -> Result<Option<FileRef>, Failure> {
    let found = artifacts.artifact(id).await.map_err(|error| failure(Code::StorageUnavailable, error.to_string(), true))?;
    match found {
        None => Ok(None),
        Some(artifact) => file(blobs, artifact, scratch).await.map(Some),
    }
}

/// The file of what is known of an artifact, where an attempt may read it.
pub(super) async fn file(blobs: &dyn Blobs, artifact: ArtifactView, scratch: &Path) -> Result<FileRef, Failure> {
    let unreadable = |error| failure(Code::StorageUnavailable, format!("the bytes of {} cannot be read: {error}", artifact.id), true);
    let path = blobs.file(&artifact.sha256, &scratch.join(COPIES)).await.map_err(unreadable)?;
    Ok(FileRef { path, name: artifact.name, media_type: artifact.media_type, size: artifact.size })
}
