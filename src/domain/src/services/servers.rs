//! What can be done with the servers and workers themselves.

use async_trait::async_trait;

use super::Answer;
use crate::id::ServerId;
use crate::user::Caller;
use crate::wire::server::{ServerList, ServerView};

/// Shows servers and workers; drains and resumes them.
#[async_trait]
pub trait ServerService: Send + Sync {
    /// All servers and workers, by name.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn list(&self, caller: &Caller) -> Answer<ServerList>;

    /// Lets the server finish what it has and take no more attempts; it goes on answering. A new start takes work again.
    ///
    /// # Errors
    /// `SERVER-007`.
    async fn drain(&self, caller: &Caller, id: ServerId) -> Answer<ServerView>;

    /// Lets the server take work again.
    ///
    /// # Errors
    /// `SERVER-007`.
    async fn resume(&self, caller: &Caller, id: ServerId) -> Answer<ServerView>;
}
