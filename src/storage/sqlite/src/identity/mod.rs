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
        users::any(&mut *self.snapshot().await?).await
    }

    async fn insert_user(&self, user: UserRecord, only_first: bool, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer.run(move |tx| Box::pin(users::insert(tx, user, only_first, audit))).await
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        users::by_id(&mut *self.snapshot().await?, id).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError> {
        users::by_email(&mut *self.snapshot().await?, email).await
    }

    async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        users::all(&mut *self.snapshot().await?).await
    }

    async fn change_user(&self, id: UserId, role: Role, active: bool, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer.run(move |tx| Box::pin(users::change(tx, id, role, active, at, audit))).await
    }

    async fn insert_session(&self, session: NewSession, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run(move |tx| Box::pin(sessions::insert(tx, session, audit))).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        sessions::by_id(&mut *self.snapshot().await?, id).await
    }

    async fn refresh_token(&self, hash: [u8; 32]) -> Result<Option<RefreshTokenRecord>, StoreError> {
        sessions::by_token(&mut *self.snapshot().await?, hash).await
    }

    async fn rotate_refresh_token(&self, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.writer.run(move |tx| Box::pin(sessions::rotate(tx, old, new, at, expires_at))).await
    }

    async fn revoke_session(&self, id: SessionId, at: Timestamp, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run(move |tx| Box::pin(sessions::revoke(tx, id, at, audit))).await
    }

    async fn insert_api_key(&self, key: ApiKeyRecord, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run(move |tx| Box::pin(api_keys::insert(tx, key, audit))).await
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        api_keys::by_id(&mut *self.snapshot().await?, id).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        api_keys::all(&mut *self.snapshot().await?).await
    }

    async fn touch_api_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(move |tx| Box::pin(api_keys::touch(tx, id, at))).await
    }

    async fn revoke_api_key(&self, id: ApiKeyId, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer.run(move |tx| Box::pin(api_keys::revoke(tx, id, at, audit))).await
    }

    async fn forget_sessions(&self, ended_before: Timestamp) -> Result<u64, StoreError> {
        self.writer.run(move |tx| Box::pin(sessions::forget(tx, ended_before))).await
    }
}
