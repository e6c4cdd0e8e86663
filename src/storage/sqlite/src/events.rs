//! How the event log and the audit record are stored.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{Event, NewEvent, Payload, TopicFilter};
use baton_domain::id::{EventSeq, ProjectId};
use baton_storage::{AuditRow, EventStore, EventsSince, Forgotten, Retention, StoreError};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::columns::{Columns, text};
use crate::failure::failed;
use crate::statement::{all, one, run};
use crate::writer::numbered;

/// Appends events as the last statements of a transaction and gives them with their places.
pub(crate) fn append(sql: &Connection, new: Vec<NewEvent>) -> Result<Vec<Arc<Event>>, StoreError> {
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let last: i64 = one(sql, "UPDATE stream_head SET seq = seq + ?1 WHERE id = 1 RETURNING seq", [count], |row| row.get())?;
    let events = numbered(new, last - count + 1);
    let mut insert = sql
        .prepare_cached("INSERT INTO events (seq, at, project_id, kind, subject, actor, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .map_err(failed)?;
    for event in &events {
        insert
            .execute(params![
                event.seq.0,
                event.at.as_millis(),
                event.project_id.as_uuid().as_bytes(),
                event.kind,
                event.subject,
                text(&event.actor)?,
                event.data.text()
            ])
            .map_err(failed)?;
    }
    Ok(events)
}

/// The newest event's place and the oldest place that can be asked for.
pub(crate) fn head(sql: &Connection) -> Result<(EventSeq, EventSeq), StoreError> {
    one(sql, "SELECT seq, floor FROM stream_head WHERE id = 1", [], |row| Ok((EventSeq(row.get()?), EventSeq(row.get()?))))
}

/// Stores audit rows within a transaction.
pub(crate) fn insert_audit(sql: &Connection, row: &AuditRow) -> Result<(), StoreError> {
    let text_of_principal = text(&row.principal)?;
    run(
        sql,
        "INSERT INTO audit (id, at, principal, principal_tag, action, target, allowed, code, request_id, address)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            row.id.as_uuid().as_bytes(),
            row.at.as_millis(),
            text_of_principal,
            row.principal.tag(),
            row.action,
            row.target,
            row.allowed,
            row.code,
            row.request_id,
            row.address
        ],
    )?;
    Ok(())
}

/// Forgets old events within a transaction.
fn forget(sql: &Connection, retention: Retention, limit: u32) -> Result<Forgotten, StoreError> {
    let (newest, floor) = head(sql)?;
    let first_young: Option<i64> = one(
        sql,
        "SELECT min(seq) FROM (SELECT seq, at FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2) WHERE at >= ?3",
        params![floor.0, limit, retention.since.unwrap_or_default().as_millis()],
        |row| row.get(),
    )?;
    let (next, more) = retention.next_floor(floor, newest, limit, first_young.map(EventSeq));
    if next == floor {
        return Ok(Forgotten { events: 0, floor, more });
    }
    let events = run(sql, "DELETE FROM events WHERE seq <= ?1", [next.0])?;
    run(sql, "UPDATE stream_head SET floor = ?1 WHERE id = 1", [next.0])?;
    Ok(Forgotten { events: events as u64, floor: next, more })
}

/// The event at a place, of which kind and subject were read already.
fn event(seq: EventSeq, kind: &str, subject: &str, row: &mut Columns<'_, '_>) -> Result<Event, StoreError> {
    Ok(Event {
        seq,
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        at: row.instant()?,
        project_id: row.id(ProjectId::new)?,
        actor: row.json()?,
        data: Payload::from_text(row.get::<String>()?).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    })
}

/// The newest events of a subject, at most so many, oldest first.
pub(crate) fn newest_of(sql: &Connection, subject: &str, most: u32) -> Result<Vec<Event>, StoreError> {
    let text = "SELECT kind, seq, at, project_id, actor, data FROM events WHERE subject = ?1 ORDER BY seq DESC LIMIT ?2";
    let mut events = all(sql, text, params![subject, most], |row| {
        let (kind, seq) = (row.str()?, EventSeq(row.get()?));
        event(seq, kind, subject, row)
    })?;
    events.reverse();
    Ok(events)
}

fn since(sql: &Connection, since: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError> {
    let (head, floor) = head(sql)?;
    let mut statement = sql
        .prepare_cached("SELECT kind, subject, seq, at, project_id, actor, data FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")
        .map_err(failed)?;
    let mut rows = statement.query(params![since.0, limit]).map_err(failed)?;
    let (mut items, mut next_since) = (Vec::new(), since.max(floor));
    while let Some(row) = rows.next().map_err(failed)? {
        let mut row = Columns::of(row);
        let (kind, subject) = (row.str()?, row.str()?);
        next_since = EventSeq(row.get()?);
        // Kind and subject decide; the payload of an unwanted event is not parsed.
        if filter.wants(kind, subject) {
            items.push(event(next_since, kind, subject, &mut row)?);
        }
    }
    Ok(EventsSince { items, next_since, more: next_since < head, floor, head })
}

#[async_trait]
impl EventStore for SqliteStore {
    async fn head(&self) -> Result<EventSeq, StoreError> {
        self.readers.statement(|sql| Ok(head(sql)?.0)).await
    }

    async fn events_since(&self, place: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError> {
        let filter = filter.clone();
        self.readers.snapshot(move |sql| since(sql, place, &filter, limit)).await
    }

    async fn forget_events(&self, retention: Retention, limit: u32) -> Result<Forgotten, StoreError> {
        self.writer.run(move |tx| forget(tx.sql(), retention, limit)).await
    }

    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        self.writer.run(move |tx| rows.iter().try_for_each(|row| insert_audit(tx.sql(), row))).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.writer.run(|_| Ok(())).await
    }
}
