//! How are artifacts kept?

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{ArtifactId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::{ArtifactPage, ArtifactStore, StoreError};

use crate::MemoryStore;
use crate::commit::{State, data, taken};

fn announcement(kind: &str, artifact: &ArtifactView, actor: Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
    let subject = format!("artifact:{}", artifact.id);
    Ok(NewEvent { at, project: artifact.project_id, kind: kind.to_owned(), subject, actor, data: data(artifact)? })
}

fn insert(state: &mut State, artifact: ArtifactView, actor: Principal) -> Result<((), Vec<NewEvent>), StoreError> {
    State::project_exists(artifact.project_id)?;
    if state.artifacts.contains_key(&artifact.id) {
        return Err(taken());
    }
    let event = announcement("artifact.stored", &artifact, actor, artifact.created_at)?;
    state.artifacts.insert(artifact.id, artifact);
    Ok(((), vec![event]))
}

/// Whether it was there, and the hash of a blob that nothing else needs.
type Deleted = Option<Option<String>>;

fn delete(state: &mut State, id: ArtifactId, actor: Principal, at: Timestamp) -> Result<(Deleted, Vec<NewEvent>), StoreError> {
    let Some(artifact) = state.artifacts.get(&id) else { return Ok((None, Vec::new())) };
    let event = announcement("artifact.deleted", artifact, actor, at)?;
    let others = state.artifacts.values().any(|other| other.id != id && other.sha256 == artifact.sha256);
    let blob = (!others).then(|| artifact.sha256.clone());
    state.artifacts.remove(&id);
    Ok((Some(blob), vec![event]))
}

fn page(state: &State, task: Option<TaskId>, before: Option<ArtifactId>, limit: u32) -> ArtifactPage {
    let items = state.artifacts.values().rev();
    let items = items.filter(|artifact| before.is_none_or(|before| artifact.id < before));
    let items = items.filter(|artifact| task.is_none_or(|task| artifact.task_id == Some(task)));
    ArtifactPage { items: items.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect(), as_of: state.head() }
}

#[async_trait]
impl ArtifactStore for MemoryStore {
    async fn insert_artifact(&self, artifact: ArtifactView, actor: Principal) -> Result<(), StoreError> {
        self.commit(|state| insert(state, artifact, actor))
    }

    async fn artifact(&self, id: ArtifactId) -> Result<Option<ArtifactView>, StoreError> {
        Ok(self.read(|state| state.artifacts.get(&id).cloned()))
    }

    async fn artifacts(&self, task: Option<TaskId>, before: Option<ArtifactId>, limit: u32) -> Result<ArtifactPage, StoreError> {
        Ok(self.read(|state| page(state, task, before, limit)))
    }

    async fn delete_artifact(&self, id: ArtifactId, actor: Principal, at: Timestamp) -> Result<Option<Option<String>>, StoreError> {
        self.commit(|state| delete(state, id, actor, at))
    }
}
