//! What does the page of events show, and how do new ones come into it? By the tab's socket, unless somebody has paused it.

use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::EventSeq;
use baton_domain::time::Timestamp;
use baton_domain::wire::live::EventPage;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Asked, read};
use crate::live::{Following, Live, LiveEvent, Notice};

/// The most rows that are shown; older ones are in the older parts.
const MOST: usize = 500;

/// An event as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seq: EventSeq,
    pub(super) at: Timestamp,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) actor: String,
}

impl Row {
    /// The page of what it happened to, if there is one.
    pub(super) fn href(&self) -> Option<String> {
        match self.subject.split_once(':')? {
            ("task", id) => Some(format!("/tasks/{id}")),
            ("agent", id) => Some(format!("/agents/{id}")),
            _ => None,
        }
    }
}

impl From<Event> for Row {
    fn from(event: Event) -> Self {
        let actor = event.actor.label().to_owned();
        Self { seq: event.seq, at: event.at, kind: event.kind, subject: event.subject, actor }
    }
}

impl From<&LiveEvent> for Row {
    fn from(event: &LiveEvent) -> Self {
        let LiveEvent { seq, at, kind, subject, actor, .. } = event;
        Self { seq: *seq, at: *at, kind: kind.clone(), subject: subject.clone(), actor: actor.clone() }
    }
}

/// The state of the page.
#[derive(Clone, Copy)]
pub(super) struct Model {
    /// The newest first.
    pub(super) rows: RwSignal<Vec<Row>>,
    pub(super) head: RwSignal<EventSeq>,
    pub(super) paused: RwSignal<bool>,
    /// What came while it was paused, the oldest first.
    pub(super) waiting: RwSignal<Vec<Row>>,
    as_of: StoredValue<EventSeq>,
    following: StoredValue<Option<Following>>,
}

impl Model {
    pub(super) fn new(asked: &Asked, head: EventSeq, page: EventPage) -> Self {
        let as_of = if asked.since.is_none() { page.next_since } else { head };
        Self {
            rows: RwSignal::new(newest_first(page)),
            head: RwSignal::new(head.max(as_of)),
            paused: RwSignal::new(false),
            waiting: RwSignal::new(Vec::new()),
            as_of: StoredValue::new(as_of),
            following: StoredValue::new(None),
        }
    }

    /// Follows the log from where the page's data ends.
    pub(super) fn follow(self, live: &Live, asked: Asked) {
        // The server has read it already, so it is one.
        let filter = TopicFilter::parse(asked.wanted()).unwrap_or_default();
        let following = live.follow(self.as_of.get_value(), None, move |notice| match notice {
            Notice::Event(event) => self.take(event, &filter),
            Notice::Stale => self.read_anew(asked.clone()),
            Notice::Transient(_) => {}
        });
        self.following.set_value(Some(following));
    }

    fn take(self, event: &LiveEvent, filter: &TopicFilter) {
        self.head.try_update(|head| *head = event.seq.max(*head));
        if !filter.wants(&event.kind, &event.subject) {
            return;
        }
        let into = if self.paused.try_get_untracked() == Some(true) { self.waiting } else { self.rows };
        let oldest_first = into == self.waiting;
        into.try_update(|rows| {
            if rows.iter().any(|row| row.seq == event.seq) {
                return;
            }
            if oldest_first {
                rows.push(event.into());
                rows.drain(..rows.len().saturating_sub(MOST));
            } else {
                rows.insert(0, event.into());
                rows.truncate(MOST);
            }
        });
    }

    /// Stops the list, or shows what came meanwhile.
    pub(super) fn pause_or_go_on(self) {
        if self.paused.get_untracked() {
            let waiting = std::mem::take(&mut *self.waiting.write());
            self.rows.update(|rows| {
                rows.splice(0..0, waiting.into_iter().rev());
                rows.truncate(MOST);
            });
        }
        self.paused.update(|paused| *paused = !*paused);
    }

    /// Events were lost on the way: reads the newest part of the log again.
    fn read_anew(self, asked: Asked) {
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why.
            let Ok(found) = read(asked).await else { return };
            let as_of = found.page.next_since;
            self.head.try_set(found.log.head.max(as_of));
            self.waiting.try_set(Vec::new());
            self.rows.try_set(newest_first(found.page));
            if let Some(Some(following)) = self.following.try_get_value() {
                following.restart(as_of);
            }
        });
    }
}

fn newest_first(page: EventPage) -> Vec<Row> {
    page.items.into_iter().rev().map(Row::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_and_agents_have_pages() {
        let href = |subject: &str| {
            let (kind, actor) = Default::default();
            Row { seq: EventSeq(1), at: Timestamp::default(), kind, subject: subject.to_owned(), actor }.href()
        };
        assert_eq!(href("task:7").as_deref(), Some("/tasks/7"));
        assert_eq!(href("agent:7").as_deref(), Some("/agents/7"));
        assert_eq!((href("artifact:7"), href("nothing")), (None, None));
    }
}
