//! What is stored of events and of the audit record.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{AuditId, EventSeq};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;

use crate::StoreError;

/// Events of the log, read in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct EventsSince {
    /// The events that pass the filter, oldest first.
    pub items: Vec<Event>,
    /// The last place that was looked at: all wanted events up to here are given.
    pub next_since: EventSeq,
    /// Whether there is more now.
    pub more: bool,
    /// The oldest place that can be asked for; asking for an older one means a resync.
    pub floor: EventSeq,
    /// The newest event.
    pub head: EventSeq,
}

/// What a principal asked or was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// The row.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub principal: Principal,
    /// What they asked, as `auth.login`.
    pub action: String,
    /// Of what, as `user:<id>`.
    pub target: Option<String>,
    /// Whether it was allowed and done.
    pub allowed: bool,
    /// The code of the refusal.
    pub code: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
}

/// The event log and the audit record.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// The newest event's place.
    ///
    /// # Errors
    /// Only those of storage.
    async fn head(&self) -> Result<EventSeq, StoreError>;

    /// Events after a place, oldest first; looks at no more than `limit` rows.
    ///
    /// # Errors
    /// Only those of storage.
    async fn events_since(&self, since: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError>;

    /// Stores audit rows.
    ///
    /// # Errors
    /// Only those of storage.
    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError>;

    /// Answers if storage can write: takes and releases the write lock.
    ///
    /// # Errors
    /// If it cannot.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Is told what was committed, in the order of commits, right after each commit.
pub trait CommitSink: Send + Sync {
    /// These events are committed. Must return at once.
    fn committed(&self, events: &[Arc<Event>]);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSink;

impl CommitSink for NoSink {
    fn committed(&self, _events: &[Arc<Event>]) {}
}
