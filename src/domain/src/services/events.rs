//! How the event log is read, and followed as it grows.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures::Stream;

use super::Answer;
use crate::event::{Event, TopicFilter};
use crate::id::EventSeq;
use crate::user::Caller;
use crate::wire::live::{EventLog, EventPage, Transient};

/// What a live subscription gives.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveItem {
    /// Committed events, in order.
    Events(Vec<Arc<Event>>),
    /// Everything up to here was given or is not wanted.
    HighWater(EventSeq),
    /// Something fleeting.
    Transient(Arc<Transient>),
    /// The place asked for is no longer kept; the newest event.
    Resync(EventSeq),
}

/// A live subscription. Dropping it ends it.
pub type LiveStream = Pin<Box<dyn Stream<Item = Answer<LiveItem>> + Send>>;

/// Reads and follows the event log.
#[async_trait]
pub trait EventService: Send + Sync {
    /// The newest event's place.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn head(&self, caller: &Caller) -> Answer<EventSeq>;

    /// How far the log reaches, and how long it is kept.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn log(&self, caller: &Caller) -> Answer<EventLog>;

    /// Events after a place, oldest first.
    ///
    /// # Errors
    /// `EVENT-001` if that place is no longer kept, `REQUEST-010`.
    async fn since(&self, caller: &Caller, since: EventSeq, filter: TopicFilter, limit: Option<u32>) -> Answer<EventPage>;

    /// Events after a place from the log, then live, without a gap; after a lag, from the log again.
    ///
    /// # Errors
    /// Only those of the caller's rights; later ones come in the stream.
    async fn follow(&self, caller: &Caller, since: EventSeq, filter: TopicFilter) -> Answer<LiveStream>;
}
