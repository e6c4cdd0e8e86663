//! How are users kept, and how does one administrator always stay?

use baton_domain::id::UserId;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{AuditRow, StoreError, UserRecord};

use super::sessions;
use crate::commit::{State, taken};

pub(super) fn by_email<'a>(state: &'a State, email: &str) -> Option<&'a UserRecord> {
    state.users.values().find(|user| user.email == email)
}

pub(super) fn all(state: &State) -> Vec<UserRecord> {
    let mut users: Vec<UserRecord> = state.users.values().cloned().collect();
    users.sort_by(|one, other| one.email.cmp(&other.email));
    users
}

pub(super) fn insert(state: &mut State, user: UserRecord, only_first: bool, audit: AuditRow) -> Result<bool, StoreError> {
    if only_first && !state.users.is_empty() {
        return Ok(false);
    }
    state.audit_is_new(&audit)?;
    if state.users.contains_key(&user.id) || by_email(state, &user.email).is_some() {
        return Err(taken());
    }
    // A new user has not signed in, whatever the record says.
    state.users.insert(user.id, UserRecord { last_login_at: None, ..user });
    state.audit.insert(audit.id, audit);
    Ok(true)
}

pub(super) fn change(state: &mut State, id: UserId, role: Role, active: bool, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
    let others = state.users.values().any(|user| user.id != id && user.role == Role::Admin && user.active);
    let stays_administrator = role == Role::Admin && active;
    if !(others || stays_administrator) {
        return Ok(false);
    }
    state.audit_is_new(&audit)?;
    if let Some(user) = state.users.get_mut(&id) {
        user.role = role;
        user.active = active;
    }
    if !active {
        sessions::revoke_all_of(state, id, at);
    }
    state.audit.insert(audit.id, audit);
    Ok(true)
}
