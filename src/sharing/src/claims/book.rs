//! What does a server know of a project's claims? A copy of the journal, as good as its version.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_domain::id::{JournalId, ProjectId};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::wire::claim::BrokenClaim;
use baton_negotiation::claims::{Claims, Head, Held, Holder, Policy, Resource, Row};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

use baton_storage::{JournalRow, RowPlace};

use crate::Sharing;
use crate::journal::{ROWS, TRIES, contended, read};

/// The key of a project's journal of claims.
pub(crate) const KEY: &str = "claims";
/// The group of the claims that are held or waited for.
pub(super) const CLAIMS: &str = "claims";
/// The group of those that were broken.
pub(super) const BROKEN: &str = "broken";
/// How long it is remembered that a claim was broken.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// The most broken claims that are remembered.
pub(crate) const MAXIMUM_BROKEN: usize = 1_000;
/// What stands between the parts of a row's key: no name has it.
pub(super) const BETWEEN: char = '\u{1f}';

/// A claim as it is stored: with whom it belongs to, as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) row: Row,
    pub(super) by: String,
}

/// A project's claims as they were at a version.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    pub(crate) id: JournalId,
    pub(crate) version: i64,
    pub(crate) claims: Claims,
    /// On whose behalf holders claim, as people read it.
    pub(crate) by: BTreeMap<Holder, String>,
    /// What was lost, by holder and resource.
    pub(crate) broken: BTreeMap<(Holder, Resource), BrokenClaim>,
    /// When it was last known to be what is stored, and what had been heard of changes by then.
    pub(crate) confirmed: Option<(u64, Timestamp)>,
}

impl Book {
    /// What a holder has.
    pub(super) fn held_by(&self, holder: &Holder) -> impl Iterator<Item = (&Resource, &Held)> {
        let (held, _) = self.claims.of(holder);
        let holder = *holder;
        held.into_iter().filter_map(move |resource| Some((resource, self.claims.held(resource, &holder)?)))
    }

    /// Whether a holder has or wants anything.
    pub(super) fn knows(&self, holder: &Holder) -> bool {
        let (held, waits) = self.claims.of(holder);
        !held.is_empty() || !waits.is_empty()
    }

    /// What was lost lately.
    pub(super) fn broken_at(&self, now: Timestamp) -> impl Iterator<Item = &BrokenClaim> {
        let since = now.minus(REMEMBERED);
        self.broken.values().filter(move |broken| broken.at > since)
    }
}

/// The place of a project's claims.
#[derive(Default)]
pub(crate) struct Place {
    /// The copy. Who changes it holds its lock, so that the commands of one server do not get in one another's way.
    pub(super) book: tokio::sync::Mutex<Option<Book>>,
    /// Rung after each change: whoever waits for a claim looks again.
    pub(super) changed: Notify,
    /// How many changes were heard of.
    pub(super) heard: AtomicU64,
}

impl Place {
    /// Claims have changed: gives the number of the change.
    pub(super) fn ring(&self) -> u64 {
        let number = self.heard.fetch_add(1, Ordering::SeqCst) + 1;
        self.changed.notify_waiters();
        number
    }
}

/// The copies of all projects.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<ProjectId, Arc<Place>>>);

impl Shelf {
    pub(super) fn of(&self, project: ProjectId) -> Arc<Place> {
        Arc::clone(self.0.lock().entry(project).or_default())
    }

    /// Claims of a project have changed, here or elsewhere.
    pub(crate) fn ring(&self, project: ProjectId) {
        let place = self.0.lock().get(&project).map(Arc::clone);
        if let Some(place) = place {
            place.ring();
        }
    }

    /// Claims of any project may have changed.
    pub(crate) fn ring_all(&self) {
        let places: Vec<Arc<Place>> = self.0.lock().values().map(Arc::clone).collect();
        for place in places {
            place.ring();
        }
    }

    /// Whether a holder has or wants anything, as far as this server knows; also if somebody is just changing what it knows.
    pub(super) fn may_know(&self, project: ProjectId, holder: &Holder) -> bool {
        let Some(place) = self.0.lock().get(&project).map(Arc::clone) else { return false };
        place.book.try_lock().map_or(true, |book| book.as_ref().is_some_and(|book| book.knows(holder)))
    }
}

pub(super) fn claim_key(resource: &Resource, holder: &Holder, held: bool) -> String {
    format!("{resource}{BETWEEN}{holder}{BETWEEN}{}", if held { "held" } else { "waiting" })
}

pub(super) fn broken_key(resource: &Resource, holder: &Holder) -> String {
    format!("{resource}{BETWEEN}{holder}")
}

/// The numbers in the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) head: Head,
    pub(super) claims: usize,
}

impl Sharing {
    /// Reads a project's claims as they are now; nothing if nobody ever claimed anything.
    pub(super) async fn load_book(&self, id: JournalId) -> Answer<Option<Book>> {
        for _ in 0..TRIES {
            let Some((head, _)) = self.parts.journals.journal(id).await? else { return Ok(None) };
            if let Some(rows) = self.rows_at(id, head.version).await? {
                let summary: Summary = read("numbers of the claims", head.summary)?;
                return fill(id, head.version, summary, self.options.policy, rows).map(Some);
            }
        }
        Err(contended())
    }

    /// All rows, if the journal stays at this version meanwhile.
    async fn rows_at(&self, id: JournalId, version: i64) -> Answer<Option<Vec<JournalRow>>> {
        let mut rows: Vec<JournalRow> = Vec::new();
        loop {
            let after: Option<RowPlace> = rows.last().map(|row| (row.group.clone(), row.key.clone()));
            let (more, at) = self.parts.journals.journal_rows(id, None, after.as_ref(), ROWS).await?;
            if at != version {
                return Ok(None);
            }
            let all = more.len() < ROWS as usize;
            rows.extend(more);
            if all {
                return Ok(Some(rows));
            }
        }
    }
}

fn fill(id: JournalId, version: i64, summary: Summary, policy: Policy, rows: Vec<JournalRow>) -> Answer<Book> {
    let (mut claims, mut by, mut broken) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for JournalRow { group, body, .. } in rows {
        let body = body.unwrap_or(Value::Null);
        if group == BROKEN {
            let lost: BrokenClaim = read("broken claim", body)?;
            broken.insert((lost.holder.parse()?, Resource::parse(&lost.resource)?), lost);
        } else if group == CLAIMS {
            let stored: Stored = read("claim", body)?;
            by.insert(stored.row.holder, stored.by);
            claims.push(stored.row);
        }
    }
    Ok(Book { id, version, claims: Claims::load(policy, summary.head, claims)?, by, broken, confirmed: None })
}
