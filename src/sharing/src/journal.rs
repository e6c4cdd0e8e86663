//! What do all journals of sharing have in common? Pages, bounds, and the way a turn is written.

use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{EventSeq, JournalId, LeaseToken, ProjectId, TaskId};
use baton_domain::page::{DEFAULT_LIMIT, MAXIMUM_LIMIT};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_storage::{JournalKind, JournalPage, JournalQuery, JournalRow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Sharing;

/// How often a turn is tried anew when another came first.
pub(crate) const TRIES: usize = 24;
/// Rows that are read at once.
pub(crate) const ROWS: u32 = 1_000;

/// Somebody else always came first.
pub(crate) fn contended() -> Problem {
    Problem::new(Code::SharingContended, "Others keep changing this. Nothing was changed by this request.").retry_after(1)
}

/// The lease of an attempt for which something is done.
pub(crate) type Lease = (TaskId, LeaseToken);

/// An attempt has lost its task, so nothing more is done for it.
pub(crate) fn attempt_over() -> Problem {
    Problem::new(Code::PublisherStale, "The attempt no longer holds its task, so nothing is claimed or stored for it.")
}

/// What is stored cannot be read.
pub(crate) fn unreadable(what: &str, error: impl std::fmt::Display) -> Problem {
    tracing::error!(what, %error, "what is stored of sharing cannot be read");
    Problem::new(Code::Internal, format!("The stored {what} cannot be read. The server's log says more."))
}

pub(crate) fn read<T: DeserializeOwned>(what: &str, value: Value) -> Answer<T> {
    serde_json::from_value(value).map_err(|error| unreadable(what, error))
}

pub(crate) fn write<T: Serialize>(what: &str, thing: &T) -> Answer<Value> {
    serde_json::to_value(thing).map_err(|error| unreadable(what, error))
}

pub(crate) fn row(group: &str, key: impl Into<String>, body: Option<Value>) -> JournalRow {
    JournalRow { group: group.to_owned(), key: key.into(), body }
}

pub(crate) fn event(
    (kind, subject): (&str, String),
    at: Timestamp,
    project: ProjectId,
    actor: &Principal,
    data: &impl Serialize,
) -> Answer<NewEvent> {
    let data = Payload::of(data).map_err(|error| unreadable("event", error))?;
    Ok(NewEvent { at, project, kind: kind.to_owned(), subject, actor: actor.clone(), data })
}

/// Whoever began something, for work that is done on their behalf later.
pub(crate) fn on_behalf_of(principal: &Principal, project: ProjectId) -> Caller {
    Caller { principal: principal.clone(), role: Some(Role::Operator), project, session: None, request_id: None }
}

/// A text within bounds.
pub(crate) fn text_of(field: &str, text: &str, most: usize) -> Answer<String> {
    if text.trim().is_empty() || text.len() > most {
        return Err(Problem::invalid_field(field, format!("Write 1 to {most} bytes.")));
    }
    Ok(text.to_owned())
}

/// The rows of a page: 1 to 500, 50 when nobody says.
pub(crate) fn page_limit(limit: Option<u32>) -> Answer<u32> {
    match limit {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAXIMUM_LIMIT).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::new(Code::InvalidQuery, "Use a limit from 1 to 500.")
            .with_field("limit", format!("{limit} is not between 1 and {MAXIMUM_LIMIT}"))),
    }
}

pub(crate) fn bad_cursor() -> Problem {
    Problem::new(Code::InvalidQuery, "Use the next_cursor of the page before.").with_field("cursor", "not a cursor of this list")
}

/// Which journals a list wants.
pub(crate) struct Wanted {
    pub(crate) kind: JournalKind,
    pub(crate) live: Option<bool>,
    pub(crate) parent: Option<JournalId>,
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u32>,
}

impl Sharing {
    /// The newest event, where nothing is stored that would say it.
    pub(crate) async fn as_of(&self, project: ProjectId) -> Answer<EventSeq> {
        let wanted = Wanted { kind: JournalKind::Claims, live: None, parent: None, cursor: None, limit: Some(1) };
        Ok(self.page(project, wanted).await?.0.as_of)
    }

    /// A page of journals, and the cursor of the next.
    pub(crate) async fn page(&self, project: ProjectId, wanted: Wanted) -> Answer<(JournalPage, Option<String>)> {
        let limit = page_limit(wanted.limit)?;
        let before = wanted.cursor.map(|cursor| cursor.parse().map_err(|_| bad_cursor())).transpose()?;
        let query = JournalQuery {
            project,
            kind: wanted.kind,
            name: None,
            state: None,
            live: wanted.live,
            parent: wanted.parent,
            before,
            limit: limit + 1,
        };
        let mut page = self.parts.journals.journals(&query).await?;
        let more = page.items.len() > limit as usize;
        page.items.truncate(limit as usize);
        let next = page.items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok((page, next))
    }
}
