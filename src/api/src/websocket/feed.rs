//! What goes out next on a live connection: events gathered into batches, and marks where filtering leaves silence.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::EventSeq;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, EventService, LiveItem, LiveStream, Services};
use baton_domain::user::Caller;
use baton_domain::wire::live::Transient;
use futures::StreamExt;
use futures::stream::Fuse;
use tokio::time::{Sleep, sleep};

/// The most events of one batch.
pub(crate) const MAXIMUM_BATCH: usize = 256;
/// Events that come within this span travel together.
const GATHERING: Duration = Duration::from_millis(10);
/// High-water marks are sent at most this often.
const MARK_INTERVAL: Duration = Duration::from_secs(1);

/// What goes out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outgoing {
    /// At least one event, in order.
    Events(Vec<Arc<Event>>),
    /// Everything up to here was sent or is not wanted.
    HighWater(EventSeq),
    /// Something fleeting.
    Transient(Arc<Transient>),
    /// The place asked for is no longer kept.
    Resync(EventSeq),
}

/// A subscription on its way out.
pub(crate) struct Feed {
    events: Arc<dyn EventService>,
    filter: TopicFilter,
    /// Fused: whoever drops `next` while it reopens asks an ended stream again.
    stream: Fuse<LiveStream>,
    /// Whether the stream gave anything since it was opened.
    gave: bool,
    /// What the client knows.
    reached: EventSeq,
    /// What it could know.
    mark: EventSeq,
    mark_timer: Option<Pin<Box<Sleep>>>,
    batch: Vec<Arc<Event>>,
    gathering: Option<Pin<Box<Sleep>>>,
    /// What came behind the batch and waits until it is out.
    parked: Option<Outgoing>,
}

impl Feed {
    /// Follows the log after a place.
    pub(crate) async fn follow(services: &Services, caller: &Caller, since: EventSeq, filter: TopicFilter) -> Answer<Self> {
        let events = Arc::clone(&services.events);
        let stream = events.follow(caller, since, filter.clone()).await?.fuse();
        Ok(Self {
            events,
            filter,
            stream,
            gave: false,
            reached: since,
            mark: since,
            mark_timer: None,
            batch: Vec::new(),
            gathering: None,
            parked: None,
        })
    }

    /// Follows other topics from another place. Not safe to cancel.
    pub(crate) async fn change(&mut self, caller: &Caller, since: EventSeq, filter: TopicFilter) -> Answer<()> {
        self.filter = filter;
        self.reached = since;
        self.mark = since;
        self.batch.clear();
        self.gathering = None;
        self.parked = None;
        self.reopen(caller).await
    }

    async fn reopen(&mut self, caller: &Caller) -> Answer<()> {
        let since = self.batch.last().map_or(self.reached.max(self.mark), |event| event.seq);
        self.stream = self.events.follow(caller, since, self.filter.clone()).await?.fuse();
        self.gave = false;
        Ok(())
    }

    /// The next thing to send. Dropping the future loses nothing: what was gathered stays in the feed.
    ///
    /// # Errors
    /// That of the stream, or `INTERNAL-002` if it ends without having given anything.
    pub(crate) async fn next(&mut self, caller: &Caller) -> Answer<Outgoing> {
        loop {
            if self.batch.len() >= MAXIMUM_BATCH || (self.parked.is_some() && !self.batch.is_empty()) {
                return Ok(self.take_batch());
            }
            if let Some(parked) = self.parked.take() {
                return Ok(parked);
            }
            tokio::select! {
                biased;
                () = elapsed(self.gathering.as_mut()) => return Ok(self.take_batch()),
                item = self.stream.next() => match item {
                    Some(item) => self.absorb(item)?,
                    None if self.gave => self.reopen(caller).await?,
                    None => return Err(Problem::new(Code::ShuttingDown, "The event stream ended; come back in a moment.")),
                },
                () = elapsed(self.mark_timer.as_mut()) => {
                    self.mark_timer = None;
                    if self.mark > self.reached {
                        if self.batch.is_empty() {
                            self.reached = self.mark;
                            return Ok(Outgoing::HighWater(self.mark));
                        }
                        self.mark_timer = Some(Box::pin(sleep(GATHERING)));
                    }
                }
            }
        }
    }

    fn absorb(&mut self, item: Answer<LiveItem>) -> Answer<()> {
        self.gave = true;
        match item? {
            LiveItem::Events(events) if events.is_empty() => {}
            LiveItem::Events(events) => {
                self.batch.extend(events);
                self.gathering.get_or_insert_with(|| Box::pin(sleep(GATHERING)));
            }
            LiveItem::HighWater(seq) => {
                self.mark = self.mark.max(seq);
                self.mark_timer.get_or_insert_with(|| Box::pin(sleep(MARK_INTERVAL)));
            }
            LiveItem::Transient(transient) => self.parked = Some(Outgoing::Transient(transient)),
            LiveItem::Resync(head) => {
                self.reached = head;
                self.mark = head;
                self.parked = Some(Outgoing::Resync(head));
            }
        }
        Ok(())
    }

    fn take_batch(&mut self) -> Outgoing {
        let rest = if self.batch.len() > MAXIMUM_BATCH { self.batch.split_off(MAXIMUM_BATCH) } else { Vec::new() };
        let events = std::mem::replace(&mut self.batch, rest);
        self.gathering = (!self.batch.is_empty()).then(|| Box::pin(sleep(Duration::ZERO)));
        if let Some(last) = events.last() {
            self.reached = self.reached.max(last.seq);
        }
        Outgoing::Events(events)
    }
}

/// Ends when the timer does; never without one.
async fn elapsed(timer: Option<&mut Pin<Box<Sleep>>>) {
    match timer {
        Some(timer) => timer.as_mut().await,
        None => std::future::pending().await,
    }
}
