//! What a person can do with their notifications.

use async_trait::async_trait;

use super::Answer;
use crate::user::Caller;
use crate::wire::notification::{Marked, NotificationFilter, NotificationList, NotificationMark, UnreadCount};

/// Lists, counts and marks what waits for the caller or went wrong for them. Each person has their own, of all their projects; a machine has none, and
/// is told so: an empty list would read as if nothing waited for anybody.
#[async_trait]
pub trait NotificationService: Send + Sync {
    /// The caller's notifications, the newest first.
    ///
    /// # Errors
    /// `NOTIFICATION-001` for an API key, `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: NotificationFilter) -> Answer<NotificationList>;

    /// How many are neither read nor settled.
    ///
    /// # Errors
    /// `NOTIFICATION-001` for an API key.
    async fn unread(&self, caller: &Caller) -> Answer<UnreadCount>;

    /// Marks some, or all, as read or as unread. Marking twice does no harm.
    ///
    /// # Errors
    /// `NOTIFICATION-001` for an API key, `REQUEST-002` for more than 500 ids, none at all, or both ids and `up_to`.
    async fn mark(&self, caller: &Caller, mark: NotificationMark) -> Answer<Marked>;
}
