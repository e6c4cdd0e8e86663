//! How do events become notifications? By going through the log, page by page, from the place that was stored with the last rows.
//!
//! A page's rows, what it settles and the place after it are one write, which only succeeds from the place that was seen: of several servers one wins, and the
//! others begin anew where it stands. What is in memory is thrown away with every doubt, after a failure above all, since a write that failed may have been
//! made. Between events that tell something the place is stored seldom: to read the same again is cheap.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{EventSeq, NotificationId, UserId};
use baton_domain::ports::Sources;
use baton_domain::time::Timestamp;
use baton_domain::wire::notification::{TELLING, tells};
use baton_storage::{EventStore, EventsSince, IdentityStore, NotificationRecord, NotificationStore, StoreError, UserRecord};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::flood::{Standing, Tallies};
use super::meaning::{Meaning, Told, meaning};
use super::row::Extra;

/// Events of one page.
const PAGE: u32 = 500;
/// The most rows of one write; an event's own are never parted.
const ROWS: usize = 5_000;
/// The place is stored at the latest after so many events that tell nothing, or this long.
const SELDOM_EVENTS: i64 = 1_000;
const SELDOM: Duration = Duration::from_secs(5);
/// How often a turn begins anew when others go on at the same time.
const TRIES: u32 = 3;
/// The log is looked at this often even if nobody rings, and this soon after a failure.
const LAST_RESORT: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_secs(1);
/// What is committed together is read together.
const SETTLE: Duration = Duration::from_millis(50);
/// How long notifications are kept, how often old ones are looked for, and how many are removed in one commit.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3_600);
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
const FORGET_AT_ONCE: u32 = 1_000;
/// Rows of a user that are read at once to count what they got, and how often at most.
const COUNTED_AT_ONCE: u32 = 500;
const COUNTED_PAGES: u32 = 8;
/// Events that are read at once to count what a user got beyond their rows, and how often at most; then some are not counted.
const RECOUNTED_AT_ONCE: u32 = 1_000;
const RECOUNTED_PAGES: u32 = 50;

/// What the projector works on.
#[derive(Clone)]
pub struct NotificationParts {
    /// Where the rows are.
    pub notifications: Arc<dyn NotificationStore>,
    /// The log.
    pub events: Arc<dyn EventStore>,
    /// Who there is.
    pub users: Arc<dyn IdentityStore>,
    /// The time, and identifiers.
    pub sources: Sources,
}

impl std::fmt::Debug for NotificationParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NotificationParts")
    }
}

/// Makes notifications of events. Every server may run one.
#[derive(Debug)]
pub struct Projector {
    parts: NotificationParts,
    filter: TopicFilter,
    bell: Notify,
    /// Where it stands; nothing while that must be read first.
    place: Mutex<Option<Place>>,
}

#[derive(Debug)]
struct Place {
    /// The place that is stored.
    stored: EventSeq,
    /// Up to here nothing else tells anything.
    position: EventSeq,
    written_at: Timestamp,
    tallies: Tallies,
}

/// What is written together.
#[derive(Default)]
struct Batch {
    rows: Vec<NotificationRecord>,
    settled: Vec<(String, Timestamp)>,
    of_subject: HashMap<String, Vec<usize>>,
}

impl Projector {
    /// Over these stores.
    #[must_use]
    pub fn new(parts: NotificationParts) -> Self {
        // All kinds are well formed and fewer than a filter may have; without one it would be slower and nothing else.
        let filter = TopicFilter::parse(&TELLING.join(",")).unwrap_or_default();
        Self { parts, filter, bell: Notify::new(), place: Mutex::new(None) }
    }

    /// Hears of a committed event. Returns at once, and may be called or not: the log says the same.
    pub fn heard(&self, event: &Event) {
        if tells(&event.kind) {
            self.bell.notify_one();
        }
    }

    /// Goes on until it is told to stop: when it hears of something, and every five seconds.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut failing = false;
        let mut forget_at = Timestamp::default();
        loop {
            let Some(turn) = stop.run_until_cancelled(self.turn()).await else { return };
            match &turn {
                Ok(()) if failing => tracing::info!("notifications are made again"),
                Err(error) if !failing => tracing::warn!(%error, "notifications cannot be made; it is tried again every second"),
                Ok(()) | Err(_) => {}
            }
            failing = turn.is_err();
            let now = self.parts.sources.clock.now();
            if !failing && now >= forget_at {
                forget_at = now.plus(FORGET_EVERY);
                match stop.run_until_cancelled(self.forget_old()).await {
                    None => return,
                    Some(Ok(0)) => {}
                    Some(Ok(notifications)) => tracing::info!(notifications, "old notifications were forgotten"),
                    Some(Err(error)) => tracing::warn!(%error, "old notifications could not be forgotten"),
                }
            }
            let rung = async {
                self.bell.notified().await;
                tokio::time::sleep(SETTLE).await;
            };
            let pause = if failing { AGAIN } else { LAST_RESORT };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = rung, if !failing => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Goes through everything that the log has now. Can be dropped at any moment.
    ///
    /// # Errors
    /// Only those of storage; what was not stored is gone through again.
    pub async fn turn(&self) -> Result<(), StoreError> {
        let mut kept = self.place.lock().await;
        for _ in 0..TRIES {
            // Taken out, so that a failure in between leaves nothing that may be wrong.
            let mut place = match kept.take() {
                Some(place) => place,
                None => self.load().await?,
            };
            if self.go_on(&mut place).await? {
                *kept = Some(place);
                return Ok(());
            }
            tracing::debug!("another server has gone on with notifications");
        }
        Ok(())
    }

    /// Removes notifications that are older than 90 days; gives how many. Can be dropped at any moment.
    ///
    /// # Errors
    /// Only those of storage.
    pub async fn forget_old(&self) -> Result<u64, StoreError> {
        let before = self.parts.sources.clock.now().minus(KEPT);
        let mut forgotten = 0;
        loop {
            let now = self.parts.notifications.forget_notifications(before, FORGET_AT_ONCE).await?;
            forgotten += now;
            if now < u64::from(FORGET_AT_ONCE) {
                return Ok(forgotten);
            }
        }
    }

    async fn load(&self) -> Result<Place, StoreError> {
        let stored = self.parts.notifications.notified_until().await?;
        Ok(Place { stored, position: stored, written_at: self.parts.sources.clock.now(), tallies: Tallies::default() })
    }

    /// `false` if somebody else has gone on meanwhile.
    async fn go_on(&self, place: &mut Place) -> Result<bool, StoreError> {
        loop {
            let page = self.parts.events.events_since(place.position, &self.filter, PAGE).await?;
            if place.position > page.head {
                // A backup was restored: what comes now has places that were gone through before.
                tracing::warn!(place = place.position.0, head = page.head.0, "the log went back in time; notifications go on from its end");
                if !self.write(place, Batch::default(), page.head).await? {
                    return Ok(false);
                }
                continue;
            }
            if place.position < page.floor {
                tracing::warn!(
                    from = place.position.0,
                    to = page.floor.0,
                    "events were forgotten before notifications were made of them; they are skipped"
                );
            }
            let telling = !page.items.is_empty();
            let (mut batch, until) = self.batch(place, &page).await?;
            let caught_up = !page.more && until == page.next_since;
            let now = self.parts.sources.clock.now();
            for standing in place.tallies.due(caught_up.then_some(now)) {
                batch.stand(standing, self.next_id());
            }
            let far = until.0 - place.stored.0 >= SELDOM_EVENTS;
            let long = until > place.stored && now >= place.written_at.plus(SELDOM);
            if telling || far || long || !batch.rows.is_empty() {
                if !self.write(place, batch, until).await? {
                    return Ok(false);
                }
            } else {
                place.position = until;
            }
            if caught_up {
                return Ok(true);
            }
        }
    }

    async fn write(&self, place: &mut Place, batch: Batch, until: EventSeq) -> Result<bool, StoreError> {
        let written = self.parts.notifications.notify(batch.rows, batch.settled, place.stored, until).await?;
        if written {
            place.stored = until;
            place.position = until;
            place.written_at = self.parts.sources.clock.now();
        }
        Ok(written)
    }

    /// What the events of a page come to, and how far it reaches.
    async fn batch(&self, place: &mut Place, page: &EventsSince) -> Result<(Batch, EventSeq), StoreError> {
        let mut batch = Batch::default();
        let mut users: Option<Vec<UserRecord>> = None;
        let now = self.parts.sources.clock.now();
        for event in &page.items {
            match meaning(event, now) {
                Meaning::Nothing => {}
                Meaning::Settles => batch.settle(event),
                Meaning::Concerns(told) => {
                    // What is asked for again after it was settled begins another write, so that it stays open whatever the clocks said.
                    if batch.settled.iter().any(|(subject, _)| *subject == event.subject) {
                        return Ok((batch, EventSeq(event.seq.0 - 1)));
                    }
                    if users.is_none() {
                        users = Some(self.parts.users.users().await?);
                    }
                    let users = users.as_deref().unwrap_or_default();
                    self.tell(place, &mut batch, event, &told, users).await?;
                    if batch.rows.len() >= ROWS {
                        return Ok((batch, event.seq));
                    }
                }
            }
        }
        Ok((batch, page.next_since))
    }

    async fn tell(&self, place: &mut Place, batch: &mut Batch, event: &Event, told: &Told, users: &[UserRecord]) -> Result<(), StoreError> {
        for user in told.audience.of(users, event.at) {
            if let Some(since) = place.tallies.unknown(user.id, event.at) {
                let rows = self.rows_since(user.id, since).await?;
                place.tallies.learn(user.id, &rows);
                self.recount(place, user.id, event.at, users).await?;
            }
            let (hour, ended) = place.tallies.count(user.id, &event.kind, event.seq, event.at, event.project_id);
            if let Some(standing) = ended {
                batch.stand(standing, self.next_id());
            }
            if let Some(hour) = hour {
                batch.add(NotificationRecord {
                    id: self.next_id(),
                    user: user.id,
                    project: event.project_id,
                    seq: event.seq,
                    kind: event.kind.clone(),
                    subject: event.subject.clone(),
                    title: told.title.clone(),
                    data: Extra { detail: told.detail.clone(), id: told.id.clone(), hour, ..Extra::default() }.value(),
                    created_at: event.at,
                    read_at: None,
                    settled_at: None,
                });
            }
        }
        Ok(())
    }

    /// Counts what a user got beyond their rows, before the page that is gone through.
    async fn recount(&self, place: &mut Place, user: UserId, at: Timestamp, users: &[UserRecord]) -> Result<(), StoreError> {
        let now = self.parts.sources.clock.now();
        for (kind, since) in place.tallies.uncounted(user, at) {
            let filter = TopicFilter::parse(&kind).unwrap_or_default();
            let (mut read, mut pages) = (since, 0);
            while read < place.position {
                let page = self.parts.events.events_since(read, &filter, RECOUNTED_AT_ONCE).await?;
                pages += 1;
                if pages > RECOUNTED_PAGES || read < page.floor || page.next_since <= read {
                    place.tallies.give_up(user, &kind);
                    break;
                }
                for event in page.items.iter().filter(|event| event.seq <= place.position) {
                    if let Meaning::Concerns(told) = meaning(event, now)
                        && told.audience.of(users, event.at).iter().any(|told| told.id == user)
                    {
                        place.tallies.recount(user, event);
                    }
                }
                read = page.next_since;
            }
        }
        Ok(())
    }

    /// A user's rows that were made since an instant, and some before; the newest first.
    async fn rows_since(&self, user: UserId, since: Timestamp) -> Result<Vec<NotificationRecord>, StoreError> {
        let mut rows: Vec<NotificationRecord> = Vec::new();
        for _ in 0..COUNTED_PAGES {
            let before = rows.last().map(|row| row.id);
            let page = self.parts.notifications.notifications(user, false, before, COUNTED_AT_ONCE).await?;
            let last = page.len() < COUNTED_AT_ONCE as usize || page.iter().all(|row| row.created_at < since);
            rows.extend(page);
            if last {
                break;
            }
        }
        Ok(rows)
    }

    fn next_id(&self) -> NotificationId {
        NotificationId::new(self.parts.sources.ids.next())
    }
}

impl Batch {
    fn add(&mut self, row: NotificationRecord) {
        self.of_subject.entry(row.subject.clone()).or_default().push(self.rows.len());
        self.rows.push(row);
    }

    /// Nothing of the event's subject waits any more, of these rows either.
    fn settle(&mut self, event: &Event) {
        for index in self.of_subject.remove(&event.subject).unwrap_or_default() {
            if let Some(row) = self.rows.get_mut(index) {
                row.settled_at = Some(event.at);
            }
        }
        match self.settled.iter_mut().find(|(subject, _)| *subject == event.subject) {
            Some((_, at)) => *at = event.at.max(*at),
            None => self.settled.push((event.subject.clone(), event.at)),
        }
    }

    /// Adds a row that stands for many, in the place of the one before.
    fn stand(&mut self, standing: Standing, id: NotificationId) {
        if let Some(before) = standing.replaces {
            for index in self.of_subject.remove(&before).unwrap_or_default() {
                if let Some(row) = self.rows.get_mut(index) {
                    row.settled_at = Some(standing.at);
                }
            }
            self.settled.push((before, standing.at));
        }
        self.add(NotificationRecord {
            id,
            user: standing.user,
            project: standing.project,
            seq: standing.seq,
            title: title_of_many(&standing.kind, standing.count, standing.at_least),
            kind: standing.kind,
            subject: standing.subject,
            data: Extra { hour: standing.hour, more: Some(standing.count), partial: standing.partial, ..Extra::default() }.value(),
            created_at: standing.at,
            read_at: None,
            settled_at: None,
        });
    }
}

fn title_of_many(kind: &str, count: u64, at_least: bool) -> String {
    let (one, many) = match kind {
        "approval.requested" => ("approval is needed", "approvals are needed"),
        "decision.opened" => ("vote is needed", "votes are needed"),
        "decision.escalated" => ("decision is needed", "decisions are needed"),
        "conflict.opened" => ("conflict is to be settled", "conflicts are to be settled"),
        "plan.proposed" => ("other way is to be accepted", "other ways are to be accepted"),
        "run.failed" => ("run failed", "runs failed"),
        "task.rejected" => ("task was rejected", "tasks were rejected"),
        "task.timed_out" => ("task timed out", "tasks timed out"),
        _ => ("task failed", "tasks failed"),
    };
    let (more, what) = (if at_least { "At least " } else { "" }, if count == 1 { one } else { many });
    format!("{more}{count} more {what} within the hour")
}
