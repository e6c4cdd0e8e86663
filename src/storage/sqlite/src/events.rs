//! How the event log and the audit record are stored.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{Event, NewEvent, TopicFilter};
use baton_domain::id::{EventSeq, ProjectId};
use baton_storage::{AuditRow, EventStore, EventsSince, Forgotten, Retention, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::SqliteStore;
use crate::columns::{get, id, instant, json, text};
use crate::failure::failed;
use crate::many;
use crate::writer::numbered;

/// Appends events as the last statements of a transaction and gives them with their places.
pub(crate) async fn append(sql: &mut SqliteConnection, new: Vec<NewEvent>) -> Result<Vec<Arc<Event>>, StoreError> {
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar("UPDATE stream_head SET seq = seq + $1 WHERE id = 1 RETURNING seq")
        .bind(count)
        .fetch_one(&mut *sql)
        .await
        .map_err(failed)?;
    let events = numbered(new, last - count + 1);
    many::insert(sql, "INSERT INTO events (seq, at, project_id, kind, subject, actor, data)", &events, |row, event| {
        row.push_bind(event.seq.0)
            .push_bind(event.at.as_millis())
            .push_bind(*event.project_id.as_uuid())
            .push_bind(&event.kind)
            .push_bind(&event.subject)
            .push_bind(text(&event.actor)?)
            .push_bind(text(&event.data)?);
        Ok(())
    })
    .await?;
    Ok(events)
}

/// The newest event's place and the oldest place that can be asked for.
pub(crate) async fn head(sql: &mut SqliteConnection) -> Result<(EventSeq, EventSeq), StoreError> {
    let row = sqlx::query("SELECT seq, floor FROM stream_head WHERE id = 1").fetch_one(sql).await.map_err(failed)?;
    Ok((EventSeq(get(&row, "seq")?), EventSeq(get(&row, "floor")?)))
}

fn event(row: &SqliteRow) -> Result<Event, StoreError> {
    Ok(Event {
        seq: EventSeq(get(row, "seq")?),
        at: instant(row, "at")?,
        project_id: id(row, "project_id", ProjectId::new)?,
        kind: get(row, "kind")?,
        subject: get(row, "subject")?,
        actor: json(row, "actor")?,
        data: json(row, "data")?,
    })
}

/// Stores audit rows within a transaction.
pub(crate) async fn insert_audit(sql: &mut SqliteConnection, row: &AuditRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (id, at, principal, principal_tag, action, target, allowed, code, request_id, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(*row.id.as_uuid())
    .bind(row.at.as_millis())
    .bind(text(&row.principal)?)
    .bind(row.principal.tag())
    .bind(&row.action)
    .bind(row.target.as_deref())
    .bind(row.allowed)
    .bind(row.code.as_deref())
    .bind(row.request_id.as_deref())
    .bind(row.address.as_deref())
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Forgets old events within a transaction.
async fn forget(sql: &mut SqliteConnection, retention: Retention, limit: u32) -> Result<Forgotten, StoreError> {
    let (newest, floor) = head(sql).await?;
    let first_young: Option<i64> =
        sqlx::query_scalar("SELECT min(seq) FROM (SELECT seq, at FROM events WHERE seq > $1 ORDER BY seq LIMIT $2) WHERE at >= $3")
            .bind(floor.0)
            .bind(limit)
            .bind(retention.since.unwrap_or_default().as_millis())
            .fetch_one(&mut *sql)
            .await
            .map_err(failed)?;
    let (next, more) = retention.next_floor(floor, newest, limit, first_young.map(EventSeq));
    if next == floor {
        return Ok(Forgotten { events: 0, floor, more });
    }
    let gone = sqlx::query("DELETE FROM events WHERE seq <= $1").bind(next.0).execute(&mut *sql).await.map_err(failed)?;
    sqlx::query("UPDATE stream_head SET floor = $1 WHERE id = 1").bind(next.0).execute(sql).await.map_err(failed)?;
    Ok(Forgotten { events: gone.rows_affected(), floor: next, more })
}

#[async_trait]
impl EventStore for SqliteStore {
    async fn head(&self) -> Result<EventSeq, StoreError> {
        let mut snapshot = self.snapshot().await?;
        Ok(head(&mut snapshot).await?.0)
    }

    async fn events_since(&self, since: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let (head, floor) = head(&mut snapshot).await?;
        let rows = sqlx::query("SELECT seq, at, project_id, kind, subject, actor, data FROM events WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(since.0)
            .bind(limit)
            .fetch_all(&mut *snapshot)
            .await
            .map_err(failed)?;
        let next_since = match rows.last() {
            Some(last) => EventSeq(last.try_get("seq").map_err(failed)?),
            None => since,
        };
        let mut items = Vec::new();
        for row in &rows {
            // Kind and subject decide; the payload of an unwanted event is not parsed.
            if filter.wants(get(row, "kind")?, get(row, "subject")?) {
                items.push(event(row)?);
            }
        }
        Ok(EventsSince { items, next_since, more: next_since < head, floor, head })
    }

    async fn forget_events(&self, retention: Retention, limit: u32) -> Result<Forgotten, StoreError> {
        self.writer.run(move |tx| Box::pin(forget(tx.sql(), retention, limit))).await
    }

    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    for row in &rows {
                        insert_audit(tx.sql(), row).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.writer.run(|_| Box::pin(async { Ok(()) })).await
    }
}
