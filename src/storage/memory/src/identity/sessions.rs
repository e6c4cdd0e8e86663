//! How are sessions and their refresh tokens kept?

use baton_domain::id::{SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::{AuditRow, NewSession, RefreshTokenRecord, SessionRecord, StoreError};

use crate::commit::{State, taken};

/// What is stored of a session.
pub(crate) struct Session {
    user: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

/// What is stored of a refresh token, beside its hash.
pub(crate) struct Token {
    session: SessionId,
    used_at: Option<Timestamp>,
}

pub(super) fn record(state: &State, id: SessionId) -> Option<SessionRecord> {
    let session = state.sessions.get(&id)?;
    let user = state.users.get(&session.user)?.clone();
    Some(SessionRecord { id, user, created_at: session.created_at, expires_at: session.expires_at, revoked_at: session.revoked_at })
}

pub(super) fn by_token(state: &State, hash: [u8; 32]) -> Option<RefreshTokenRecord> {
    let token = state.tokens.get(&hash)?;
    Some(RefreshTokenRecord { session: record(state, token.session)?, used_at: token.used_at })
}

pub(super) fn insert(state: &mut State, new: NewSession, audit: AuditRow) -> Result<(), StoreError> {
    state.audit_is_new(&audit)?;
    if state.sessions.contains_key(&new.id) || state.tokens.contains_key(&new.token_hash) {
        return Err(taken());
    }
    let Some(user) = state.users.get_mut(&new.user) else {
        return Err(StoreError::Unavailable(format!("there is no user {}", new.user)));
    };
    user.last_login_at = Some(new.created_at);
    let session = Session { user: new.user, created_at: new.created_at, expires_at: new.expires_at, revoked_at: None };
    state.sessions.insert(new.id, session);
    state.tokens.insert(new.token_hash, Token { session: new.id, used_at: None });
    state.audit.insert(audit.id, audit);
    Ok(())
}

pub(super) fn rotate(state: &mut State, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, StoreError> {
    let Some(session_id) = state.tokens.get(&old).filter(|token| token.used_at.is_none()).map(|token| token.session) else {
        return Ok(false);
    };
    if !state.sessions.get(&session_id).is_some_and(|session| session.revoked_at.is_none() && session.expires_at > at) {
        return Ok(false);
    }
    if state.tokens.contains_key(&new) {
        return Err(taken());
    }
    if let Some(token) = state.tokens.get_mut(&old) {
        token.used_at = Some(at);
    }
    if let Some(session) = state.sessions.get_mut(&session_id) {
        session.expires_at = expires_at;
    }
    state.tokens.insert(new, Token { session: session_id, used_at: None });
    Ok(true)
}

pub(super) fn revoke(state: &mut State, id: SessionId, at: Timestamp, audit: AuditRow) -> Result<(), StoreError> {
    state.audit_is_new(&audit)?;
    if let Some(session) = state.sessions.get_mut(&id) {
        session.revoked_at.get_or_insert(at);
    }
    state.audit.insert(audit.id, audit);
    Ok(())
}

/// Ends every session of a user that has not ended.
pub(super) fn revoke_all_of(state: &mut State, user: UserId, at: Timestamp) {
    for session in state.sessions.values_mut().filter(|session| session.user == user) {
        session.revoked_at.get_or_insert(at);
    }
}

pub(super) fn forget(state: &mut State, ended_before: Timestamp) -> u64 {
    let before = state.sessions.len();
    state
        .sessions
        .retain(|_, session| session.expires_at >= ended_before && session.revoked_at.is_none_or(|revoked_at| revoked_at >= ended_before));
    let State { sessions, tokens, .. } = state;
    tokens.retain(|_, token| sessions.contains_key(&token.session));
    u64::try_from(before - sessions.len()).unwrap_or(u64::MAX)
}
