//! What can be done with members and API keys.

use async_trait::async_trait;

use super::Answer;
use crate::id::{ApiKeyId, UserId};
use crate::user::Caller;
use crate::wire::auth::{ApiKeyList, CreatedApiKey, NewApiKey, NewUser, UserChange, UserList, UserView};

/// Users and API keys; for administrators only.
#[async_trait]
pub trait MemberService: Send + Sync {
    /// All members, by address.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn users(&self, caller: &Caller) -> Answer<UserList>;

    /// Adds a member.
    ///
    /// # Errors
    /// `USER-002`, `REQUEST-002`.
    async fn create_user(&self, caller: &Caller, user: NewUser) -> Answer<UserView>;

    /// Changes a member's role, or whether they may sign in.
    ///
    /// # Errors
    /// `USER-001`, `USER-003`.
    async fn change_user(&self, caller: &Caller, id: UserId, change: UserChange) -> Answer<UserView>;

    /// All keys, the newest first.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn api_keys(&self, caller: &Caller) -> Answer<ApiKeyList>;

    /// Makes a key and shows its secret, once.
    ///
    /// # Errors
    /// `REQUEST-002`.
    async fn create_api_key(&self, caller: &Caller, key: NewApiKey) -> Answer<CreatedApiKey>;

    /// Revokes a key at once.
    ///
    /// # Errors
    /// `KEY-001`.
    async fn revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Answer<()>;
}
