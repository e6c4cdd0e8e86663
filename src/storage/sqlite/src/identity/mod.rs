//! How users, sessions and API keys are stored.

mod api_keys;
mod sessions;
mod users;

use async_trait::async_trait;
use baton_domain::id::{ApiKeyId, SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{ApiKeyRecord, AuditRow, IdentityStore, NewSession, RefreshTokenRecord, SessionRecord, StoreError, UserRecord};

use crate::SqliteStore;

#[async_trait]
impl IdentityStore for SqliteStore {
    async fn has_users(&self) -> Result<bool, StoreError> {
        self.readers.statement(users::any).await
    }

    async fn insert_user(&self, user: UserRecord, only_first: bool, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer.run(move |tx| users::insert(tx, &user, only_first, &audit)).await
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        self.readers.statement(move |sql| users::by_id(sql, id)).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError> {
        let email = email.to_owned();
        self.readers.statement(move |sql| users::by_email(sql, &email)).await
    }

    async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        self.readers.statement(users::everyone).await
    }

    async fn change_user(&self, id: UserId, role: Role, active: bool, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer.run(move |tx| users::change(tx, id, role, active, at, &audit)).await
    }

    async fn insert_session(&self, session: NewSession, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run(move |tx| sessions::insert(tx, &session, &audit)).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.readers.snapshot(move |sql| sessions::by_id(sql, id)).await
    }

    async fn refresh_token(&self, hash: [u8; 32]) -> Result<Option<RefreshTokenRecord>, StoreError> {
        self.readers.snapshot(move |sql| sessions::by_token(sql, hash)).await
    }

    async fn rotate_refresh_token(&self, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.writer.run(move |tx| sessions::rotate(tx, old, new, at, expires_at)).await
    }

    async fn revoke_session(&self, id: SessionId, at: Timestamp, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run(move |tx| sessions::revoke(tx, id, at, &audit)).await
    }

    async fn insert_api_key(&self, key: ApiKeyRecord, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run(move |tx| api_keys::insert(tx, &key, &audit)).await
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.readers.statement(move |sql| api_keys::by_id(sql, id)).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        self.readers.statement(api_keys::valid).await
    }

    async fn touch_api_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(move |tx| api_keys::touch(tx, id, at)).await
    }

    async fn revoke_api_key(&self, id: ApiKeyId, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer.run(move |tx| api_keys::revoke(tx, id, at, &audit)).await
    }

    async fn forget_sessions(&self, ended_before: Timestamp) -> Result<u64, StoreError> {
        self.writer.run(move |tx| sessions::forget(tx, ended_before)).await
    }
}
