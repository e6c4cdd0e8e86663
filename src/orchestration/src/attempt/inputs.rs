//! Which files may an attempt read? Those that its input names where the skill's schema says so.

use std::collections::BTreeMap;

use baton_agents_runtime::protocol::FileRef;
use baton_domain::id::ArtifactId;
use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;
use serde_json::Value;

use super::failure;
use crate::agent_pool::KnownSkill;
use crate::engine::Shared;
use crate::schema::artifact_ids;

/// The files of the artifacts that the input names.
pub(super) async fn gather(shared: &Shared, known: &KnownSkill, input: &Value) -> Result<BTreeMap<ArtifactId, FileRef>, Failure> {
    let mut files = BTreeMap::new();
    for id in artifact_ids(&known.input.artifacts(input)) {
        let found = shared.store.artifact(id).await.map_err(|error| failure(Code::StorageUnavailable, error.to_string(), true))?;
        let Some(artifact) = found else {
            return Err(failure(Code::NoSuchArtifact, format!("The artifact {id} was deleted before the task began."), false));
        };
        let file = FileRef {
            path: shared.blobs.path(&artifact.sha256),
            name: artifact.name,
            media_type: artifact.media_type,
            size: artifact.size,
        };
        files.insert(id, file);
    }
    Ok(files)
}
