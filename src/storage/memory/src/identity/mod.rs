//! How are users, sessions and API keys kept?

mod api_keys;
mod sessions;
mod users;

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{ApiKeyId, SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{ApiKeyRecord, AuditRow, IdentityStore, NewSession, RefreshTokenRecord, SessionRecord, StoreError, UserRecord};

use crate::MemoryStore;
use crate::commit::State;

pub(crate) use sessions::{Session, Token};

impl MemoryStore {
    /// A commit without events: of identities the audit record tells.
    fn change<T>(&self, work: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.commit(|state| Ok((work(state)?, Vec::<NewEvent>::new())))
    }
}

#[async_trait]
impl IdentityStore for MemoryStore {
    async fn has_users(&self) -> Result<bool, StoreError> {
        Ok(self.read(|state| !state.users.is_empty()))
    }

    async fn insert_user(&self, user: UserRecord, only_first: bool, audit: AuditRow) -> Result<bool, StoreError> {
        self.change(|state| users::insert(state, user, only_first, audit))
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.read(|state| state.users.get(&id).cloned()))
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.read(|state| users::by_email(state, email).cloned()))
    }

    async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        Ok(self.read(users::all))
    }

    async fn change_user(&self, id: UserId, role: Role, active: bool, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.change(|state| users::change(state, id, role, active, at, audit))
    }

    async fn insert_session(&self, session: NewSession, audit: AuditRow) -> Result<(), StoreError> {
        self.change(|state| sessions::insert(state, session, audit))
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        Ok(self.read(|state| sessions::record(state, id)))
    }

    async fn refresh_token(&self, hash: [u8; 32]) -> Result<Option<RefreshTokenRecord>, StoreError> {
        Ok(self.read(|state| sessions::by_token(state, hash)))
    }

    async fn rotate_refresh_token(&self, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.change(|state| sessions::rotate(state, old, new, at, expires_at))
    }

    async fn revoke_session(&self, id: SessionId, at: Timestamp, audit: AuditRow) -> Result<(), StoreError> {
        self.change(|state| sessions::revoke(state, id, at, audit))
    }

    async fn insert_api_key(&self, key: ApiKeyRecord, audit: AuditRow) -> Result<(), StoreError> {
        self.change(|state| api_keys::insert(state, key, audit))
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        Ok(self.read(|state| state.api_keys.get(&id).cloned()))
    }

    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        Ok(self.read(api_keys::all))
    }

    async fn touch_api_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.change(|state| {
            api_keys::touch(state, id, at);
            Ok(())
        })
    }

    async fn revoke_api_key(&self, id: ApiKeyId, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.change(|state| api_keys::revoke(state, id, at, audit))
    }

    async fn forget_sessions(&self, ended_before: Timestamp) -> Result<u64, StoreError> {
        self.change(|state| Ok(sessions::forget(state, ended_before)))
    }
}
