//! How is nobody flooded? Each hour a person gets so many rows of a kind, then one that stands for all the others.
//!
//! What a person got in an hour is counted in memory, and found again in their rows, and in the log after the last of them, after a start or after another
//! server has gone on. The row that stands for
//! the others is there with the first of them; another takes its place each time they have doubled, and at the hour's end. So few rows are written however
//! many events there are, and what a row says was true when it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::{EventSeq, ProjectId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::NotificationRecord;

use super::row::{Extra, more_subject};

/// The most rows of a kind that one person gets in an hour, apart from the one that stands for the others.
pub const MAXIMUM_ROWS_AN_HOUR: u32 = 20;
/// An hour, and how long after it an event of it may come from a server whose clock is behind.
const HOUR_MILLIS: i64 = 3_600_000;
const LATE: Duration = Duration::from_secs(30);

/// What a person got of a kind in an hour.
#[derive(Debug, Clone, Default)]
struct Tally {
    hour: i64,
    rows: u32,
    /// Events without a row of their own.
    more: u64,
    /// How many of them the row that stands for them tells of.
    told: u64,
    /// That row.
    standing: Option<String>,
    /// The last event that it stands for, if the row was found and those after it are not counted yet.
    counted: Option<EventSeq>,
    /// Whether some may not be counted.
    partial: bool,
    last: Option<(EventSeq, Timestamp, ProjectId)>,
}

/// A row to write that stands for many.
#[derive(Debug, PartialEq)]
pub(super) struct Standing {
    pub(super) user: UserId,
    pub(super) kind: String,
    pub(super) hour: i64,
    /// For how many.
    pub(super) count: u64,
    /// Whether more may follow, or some are not counted.
    pub(super) at_least: bool,
    /// Whether some are not counted.
    pub(super) partial: bool,
    pub(super) subject: String,
    /// The one whose place it takes.
    pub(super) replaces: Option<String>,
    /// The last event that it stands for: that has no row.
    pub(super) seq: EventSeq,
    pub(super) at: Timestamp,
    pub(super) project: ProjectId,
}

/// What everybody got in their present hour.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    known: BTreeSet<UserId>,
    of: BTreeMap<(UserId, String), Tally>,
    /// Hours before this one are closed; what comes late counts for this one.
    open: i64,
}

/// The hour in which something happened.
const fn hour_of(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(HOUR_MILLIS)
}

impl Tallies {
    /// How far back a user's rows must be read before they are counted for, if at all: rows older than this say nothing.
    pub(super) fn unknown(&self, user: UserId, at: Timestamp) -> Option<Timestamp> {
        (!self.known.contains(&user)).then(|| Timestamp::from_millis((hour_of(at) - 1) * HOUR_MILLIS))
    }

    /// Counts what a user has got; `rows` are the newest first.
    pub(super) fn learn(&mut self, user: UserId, rows: &[NotificationRecord]) {
        self.known.insert(user);
        for row in rows.iter().rev() {
            let extra = Extra::of(row);
            let tally = self.of.entry((user, row.kind.clone())).or_default();
            if extra.hour > tally.hour {
                *tally = Tally { hour: extra.hour, ..Tally::default() };
            }
            if extra.hour == tally.hour {
                match extra.more {
                    Some(more) => {
                        (tally.more, tally.told, tally.partial) = (more, more, extra.partial);
                        tally.standing = Some(row.subject.clone());
                        tally.counted = Some(row.seq);
                    }
                    None => tally.rows = tally.rows.saturating_add(1),
                }
            }
        }
    }

    /// Of which kinds a user has more in the hour of an instant than their rows tell: those after these places are to be counted, once.
    pub(super) fn uncounted(&mut self, user: UserId, at: Timestamp) -> Vec<(String, EventSeq)> {
        let hour = hour_of(at).max(self.open);
        let mine = self.of.iter_mut().filter(|((of, _), tally)| *of == user && tally.hour == hour);
        mine.filter_map(|((_, kind), tally)| Some((kind.clone(), tally.counted.take()?))).collect()
    }

    /// Counts an event that was gone through before.
    pub(super) fn recount(&mut self, user: UserId, event: &Event) {
        let open = self.open;
        if let Some(tally) = self.of.get_mut(&(user, event.kind.clone())).filter(|tally| tally.hour == hour_of(event.at).max(open)) {
            tally.more += 1;
            tally.last = Some((event.seq, event.at, event.project_id));
        }
    }

    /// Not all of a kind can be counted.
    pub(super) fn give_up(&mut self, user: UserId, kind: &str) {
        if let Some(tally) = self.of.get_mut(&(user, kind.to_owned())) {
            tally.partial = true;
        }
    }

    /// Counts an event for a user. Gives the hour in which it gets a row, if it gets one, and the row that ends the hour before.
    pub(super) fn count(
        &mut self,
        user: UserId,
        kind: &str,
        seq: EventSeq,
        at: Timestamp,
        project: ProjectId,
    ) -> (Option<i64>, Option<Standing>) {
        let hour = hour_of(at).max(self.open);
        let key = (user, kind.to_owned());
        let tally = self.of.entry(key.clone()).or_insert_with(|| Tally { hour, ..Tally::default() });
        let mut ended = None;
        if hour > tally.hour {
            ended = tally.standing(&key, true);
            *tally = Tally { hour, ..Tally::default() };
        }
        if tally.rows < MAXIMUM_ROWS_AN_HOUR {
            tally.rows += 1;
            return (Some(tally.hour), ended);
        }
        tally.more += 1;
        tally.last = Some((seq, at, project));
        (None, ended)
    }

    /// The rows that stand for many and are due now. Once everything up to `now` is counted, the hours that are over are closed.
    pub(super) fn due(&mut self, now: Option<Timestamp>) -> Vec<Standing> {
        let over = now.map(|now| hour_of(now.minus(LATE)));
        let mut due = Vec::new();
        self.of.retain(|key, tally| {
            let closed = over.is_some_and(|over| tally.hour < over);
            due.extend(tally.standing(key, closed));
            !closed
        });
        self.open = self.open.max(over.unwrap_or(i64::MIN));
        due
    }
}

impl Tally {
    fn standing(&mut self, (user, kind): &(UserId, String), closed: bool) -> Option<Standing> {
        let (seq, at, project) = self.last?;
        if self.more == self.told || !(closed || self.more >= self.told.saturating_mul(2)) {
            return None;
        }
        self.told = self.more;
        let subject = more_subject(user, kind, self.hour, self.more);
        let replaces = self.standing.replace(subject.clone());
        Some(Standing {
            user: *user,
            kind: kind.clone(),
            hour: self.hour,
            count: self.more,
            at_least: self.partial || !closed,
            partial: self.partial,
            subject,
            replaces,
            seq,
            at,
            project,
        })
    }
}
