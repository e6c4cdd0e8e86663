//! How are API keys kept?

use baton_domain::id::ApiKeyId;
use baton_domain::time::Timestamp;
use baton_storage::{ApiKeyRecord, AuditRow, StoreError};

use crate::commit::{State, taken};

pub(super) fn insert(state: &mut State, key: ApiKeyRecord, audit: AuditRow) -> Result<(), StoreError> {
    state.audit_is_new(&audit)?;
    if state.api_keys.contains_key(&key.id) {
        return Err(taken());
    }
    // A new key was neither used nor revoked, whatever the record says.
    state.api_keys.insert(key.id, ApiKeyRecord { last_used_at: None, revoked_at: None, ..key });
    state.audit.insert(audit.id, audit);
    Ok(())
}

pub(super) fn all(state: &State) -> Vec<ApiKeyRecord> {
    state.api_keys.values().rev().filter(|key| key.revoked_at.is_none()).cloned().collect()
}

pub(super) fn touch(state: &mut State, id: ApiKeyId, at: Timestamp) {
    if let Some(key) = state.api_keys.get_mut(&id) {
        key.last_used_at = Some(at);
    }
}

pub(super) fn revoke(state: &mut State, id: ApiKeyId, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
    state.audit_is_new(&audit)?;
    state.audit.insert(audit.id, audit);
    let Some(key) = state.api_keys.get_mut(&id).filter(|key| key.revoked_at.is_none()) else { return Ok(false) };
    key.revoked_at = Some(at);
    Ok(true)
}
