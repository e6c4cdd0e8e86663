//! How are named settings kept?

use async_trait::async_trait;
use baton_domain::id::ProjectId;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{SettingsKind, SettingsRecord, SettingsStore, StoreError};
use uuid::Uuid;

use crate::MemoryStore;
use crate::commit::{State, taken};

/// Whether others of the kind and project have the name.
fn name_is_taken(state: &State, record: &SettingsRecord) -> bool {
    let same = |other: &SettingsRecord| other.kind == record.kind && other.project == record.project && other.name == record.name;
    state.settings.values().any(|other| same(other) && other.id != record.id)
}

#[async_trait]
impl SettingsStore for MemoryStore {
    async fn settings(&self, kind: SettingsKind, project: ProjectId) -> Result<Vec<SettingsRecord>, StoreError> {
        let wanted = |record: &&SettingsRecord| record.kind == kind && record.project == project;
        let mut found: Vec<SettingsRecord> = self.read(|state| state.settings.values().filter(wanted).cloned().collect());
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    async fn insert_settings(&self, record: SettingsRecord, actor: Principal) -> Result<(), StoreError> {
        self.commit(|state| {
            State::project_exists(record.project)?;
            if state.settings.keys().any(|(_, id)| *id == record.id) || name_is_taken(state, &record) {
                return Err(taken());
            }
            let event = record.event("created", actor, record.created_at)?;
            state.settings.insert((record.kind, record.id), record);
            Ok(((), vec![event]))
        })
    }

    async fn update_settings(&self, record: SettingsRecord, actor: Principal) -> Result<bool, StoreError> {
        self.commit(|state| {
            let Some(stored) = state.settings.get(&(record.kind, record.id)) else { return Ok((false, Vec::new())) };
            let record = SettingsRecord { project: stored.project, created_at: stored.created_at, ..record };
            if name_is_taken(state, &record) {
                return Err(taken());
            }
            let event = record.event("changed", actor, record.updated_at)?;
            state.settings.insert((record.kind, record.id), record);
            Ok((true, vec![event]))
        })
    }

    async fn remove_settings(&self, kind: SettingsKind, id: Uuid, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.commit(|state| {
            let Some(record) = state.settings.get(&(kind, id)) else { return Ok((false, Vec::new())) };
            let event = record.event("removed", actor, at)?;
            state.settings.remove(&(kind, id));
            Ok((true, vec![event]))
        })
    }
}
