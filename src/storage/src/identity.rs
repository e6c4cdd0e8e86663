//! What is stored of users, sessions and API keys. Secrets are stored as hashes only.

use async_trait::async_trait;
use baton_domain::id::{ApiKeyId, SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_domain::user::Role;

use crate::{AuditRow, StoreError};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Who.
    pub id: UserId,
    /// Their address, in lower case.
    pub email: String,
    /// The Argon2id hash of their password, as a PHC string.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub active: bool,
    /// Since when they are a member.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_login_at: Option<Timestamp>,
}

/// A session to begin, with its first refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The session.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// SHA-256 of the refresh token.
    pub token_hash: [u8; 32],
}

/// A session and its user as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub id: SessionId,
    /// The user.
    pub user: UserRecord,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// A refresh token, known by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTokenRecord {
    /// Its session and user.
    pub session: SessionRecord,
    /// When it was exchanged for the next one; `None` while it is the newest.
    pub used_at: Option<Timestamp>,
}

/// A key with which a machine calls the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// The key.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it, as people read it.
    pub created_by: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Users, sessions and API keys. Every change is stored with the audit row that the caller gives.
#[async_trait]
pub trait IdentityStore: Send + Sync {
    /// Whether there is any user.
    ///
    /// # Errors
    /// Only those of storage.
    async fn has_users(&self) -> Result<bool, StoreError>;

    /// Adds a user. With `only_first` it is added only while there is none; gives whether it was.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the address is taken.
    async fn insert_user(&self, user: UserRecord, only_first: bool, audit: AuditRow) -> Result<bool, StoreError>;

    /// The user with this id.
    ///
    /// # Errors
    /// Only those of storage.
    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreError>;

    /// The user with this address (lower case).
    ///
    /// # Errors
    /// Only those of storage.
    async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError>;

    /// All users, by address.
    ///
    /// # Errors
    /// Only those of storage.
    async fn users(&self) -> Result<Vec<UserRecord>, StoreError>;

    /// Changes role and whether the user may sign in; deactivation ends their sessions in the same transaction.
    /// Refuses (gives `false`) if no active administrator would be left.
    ///
    /// # Errors
    /// Only those of storage.
    async fn change_user(&self, id: UserId, role: Role, active: bool, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError>;

    /// Begins a session and stores when the user signed in.
    ///
    /// # Errors
    /// Only those of storage.
    async fn insert_session(&self, session: NewSession, audit: AuditRow) -> Result<(), StoreError>;

    /// One session with its user.
    ///
    /// # Errors
    /// Only those of storage.
    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError>;

    /// A refresh token by its hash.
    ///
    /// # Errors
    /// Only those of storage.
    async fn refresh_token(&self, hash: [u8; 32]) -> Result<Option<RefreshTokenRecord>, StoreError>;

    /// Exchanges the newest refresh token of a session for the next and moves the session's end. Gives `false` if the
    /// old one is no longer the newest or the session has ended; of two callers only one succeeds.
    ///
    /// # Errors
    /// Only those of storage.
    async fn rotate_refresh_token(&self, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, StoreError>;

    /// Ends a session. Ending it twice does no harm.
    ///
    /// # Errors
    /// Only those of storage.
    async fn revoke_session(&self, id: SessionId, at: Timestamp, audit: AuditRow) -> Result<(), StoreError>;

    /// Adds an API key.
    ///
    /// # Errors
    /// Only those of storage.
    async fn insert_api_key(&self, key: ApiKeyRecord, audit: AuditRow) -> Result<(), StoreError>;

    /// One API key.
    ///
    /// # Errors
    /// Only those of storage.
    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError>;

    /// All API keys that are not revoked, the newest first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError>;

    /// Stores that a key was used.
    ///
    /// # Errors
    /// Only those of storage.
    async fn touch_api_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError>;

    /// Revokes a key; `false` if there is none that is not revoked.
    ///
    /// # Errors
    /// Only those of storage.
    async fn revoke_api_key(&self, id: ApiKeyId, at: Timestamp, audit: AuditRow) -> Result<bool, StoreError>;

    /// Removes sessions and refresh tokens that ended before this instant.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_sessions(&self, ended_before: Timestamp) -> Result<u64, StoreError>;
}
