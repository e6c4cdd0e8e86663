//! How users, sessions and API keys are stored.

mod api_keys;
mod sessions;
mod users;

use async_trait::async_trait;
use baton_domain::id::{ApiKeyId, SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{ApiKeyRecord, AuditRow, IdentityStore, NewSession, RefreshTokenRecord, SessionRecord, StoreError, UserRecord};

use crate::PostgresStore;

#[async_trait]
impl IdentityStore for PostgresStore {
    async fn has_users(&self) -> Result<bool, StoreError> {
        self.answered(async { Ok(users::any(&mut *self.reader().await?).await?) }).await
    }

    async fn insert_user(&self, user: UserRecord, only_first: bool, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer
            .run((user, only_first, audit), |tx, (user, only_first, audit)| Box::pin(users::insert(tx, user, *only_first, audit)))
            .await
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        self.answered(async { Ok(users::by_id(&mut *self.reader().await?, id).await?) }).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError> {
        self.answered(async { Ok(users::by_email(&mut *self.reader().await?, email).await?) }).await
    }

    async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        self.answered(async { Ok(users::all(&mut *self.reader().await?).await?) }).await
    }

    async fn change_user(&self, id: UserId, role: Role, active: bool, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer
            .run((id, role, active, at, audit), |tx, (id, role, active, at, audit)| {
                Box::pin(users::change(tx, *id, *role, *active, *at, audit))
            })
            .await
    }

    async fn insert_session(&self, session: NewSession, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run((session, audit), |tx, (session, audit)| Box::pin(sessions::insert(tx, session, audit))).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.answered(async { Ok(sessions::by_id(&mut *self.snapshot().await?, id).await?) }).await
    }

    async fn refresh_token(&self, hash: [u8; 32]) -> Result<Option<RefreshTokenRecord>, StoreError> {
        self.answered(async { Ok(sessions::by_token(&mut *self.snapshot().await?, hash).await?) }).await
    }

    async fn rotate_refresh_token(&self, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.writer
            .run((old, new, at, expires_at), |tx, (old, new, at, expires_at)| Box::pin(sessions::rotate(tx, *old, *new, *at, *expires_at)))
            .await
    }

    async fn revoke_session(&self, id: SessionId, at: Timestamp, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run((id, at, audit), |tx, (id, at, audit)| Box::pin(sessions::revoke(tx, *id, *at, audit))).await
    }

    async fn insert_api_key(&self, key: ApiKeyRecord, audit: AuditRow) -> Result<(), StoreError> {
        self.writer.run((key, audit), |tx, (key, audit)| Box::pin(api_keys::insert(tx, key, audit))).await
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.answered(async { Ok(api_keys::by_id(&mut *self.reader().await?, id).await?) }).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        self.answered(async { Ok(api_keys::all(&mut *self.reader().await?).await?) }).await
    }

    async fn touch_api_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run((id, at), |tx, (id, at)| Box::pin(api_keys::touch(tx, *id, *at))).await
    }

    async fn revoke_api_key(&self, id: ApiKeyId, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError> {
        self.writer.run((id, at, audit), |tx, (id, at, audit)| Box::pin(api_keys::revoke(tx, *id, *at, audit))).await
    }

    async fn forget_sessions(&self, ended_before: Timestamp) -> Result<u64, StoreError> {
        self.writer.run(ended_before, |tx, ended_before| Box::pin(sessions::forget(tx, *ended_before))).await
    }
}
