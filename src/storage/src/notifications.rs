//! What is stored of notifications: a row a user for what waits for them or went wrong.

use async_trait::async_trait;
use baton_domain::id::{EventSeq, NotificationId, ProjectId, UserId};
use baton_domain::time::Timestamp;
use serde_json::Value;

use crate::StoreError;

/// A notification of one user.
#[derive(Debug, Clone, PartialEq)]
pub struct NotificationRecord {
    /// Which one; version 7 UUIDs, so that they sort by age.
    pub id: NotificationId,
    /// Whom it is for.
    pub user: UserId,
    /// Whose work it concerns.
    pub project: ProjectId,
    /// The event that it tells of: a user has one for an event.
    pub seq: EventSeq,
    /// What happened, as the event calls it.
    pub kind: String,
    /// What it happened to, as the event calls it.
    pub subject: String,
    /// One line for people.
    pub title: String,
    /// What else is shown, small.
    pub data: Value,
    /// When.
    pub created_at: Timestamp,
    /// When it was read, if it was.
    pub read_at: Option<Timestamp>,
    /// When what it asks for was done, by whomever; it counts as read then.
    pub settled_at: Option<Timestamp>,
}

/// Notifications, and how far the log was gone through for them.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// The last event that was gone through; 0 before the first.
    ///
    /// # Errors
    /// Only those of storage.
    async fn notified_until(&self) -> Result<EventSeq, StoreError>;

    /// Stores notifications and that the log was gone through from `seen` to `until`, in one transaction; marks those of the subjects in `settled` that are not
    /// settled so. Those that a user has of an event stay as they are. `false`, and nothing is stored, if somebody else has gone on from `seen`. There are no
    /// events of this: a page hears of its own by their kind.
    ///
    /// What is settled may be among the `rows` themselves. Of a subject, that settles those of events up to `seen`, and of later ones those that were made
    /// no later than they were settled: what is asked for again after that stays open.
    ///
    /// # Errors
    /// Those of storage; an identifier that is taken is one of them.
    async fn notify(
        &self,
        rows: Vec<NotificationRecord>,
        settled: Vec<(String, Timestamp)>,
        seen: EventSeq,
        until: EventSeq,
    ) -> Result<bool, StoreError>;

    /// A user's notifications, the newest first, before one, at most `limit`; all, or those that are neither read nor settled.
    ///
    /// # Errors
    /// Only those of storage.
    async fn notifications(
        &self,
        user: UserId,
        unread: bool,
        before: Option<NotificationId>,
        limit: u32,
    ) -> Result<Vec<NotificationRecord>, StoreError>;

    /// How many a user has neither read nor seen settled, counted up to `most`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn unread_notifications(&self, user: UserId, most: u32) -> Result<u32, StoreError>;

    /// Marks some of a user's notifications, or all, as read or as unread; gives how many that changed. Those that are settled stay as they
    /// are, and one that was read keeps when.
    ///
    /// # Errors
    /// Only those of storage.
    async fn mark_notifications(
        &self,
        user: UserId,
        which: Option<Vec<NotificationId>>,
        read_at: Option<Timestamp>,
    ) -> Result<u64, StoreError>;

    /// Removes those that were made before an instant, the oldest first, at most `limit`; gives how many.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_notifications(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
