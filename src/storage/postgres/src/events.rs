//! How the event log and the audit record are stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{Event, NewEvent, Payload, TopicFilter};
use baton_domain::id::{AgentId, DEFAULT_PROJECT, EventSeq, ProjectId};
use baton_storage::{AuditRow, EventStore, EventsSince, Forgotten, Retention, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::{get, id, instant, json, maybe_plain, plain, text};
use crate::failure::{Fault, failed};
use crate::feed::CHANNEL;
use crate::many::{column, try_column};
use crate::writer::{Tally, Tx};

/// Takes the events' places, stores them and tells the listeners: one statement, the last of its transaction, since it makes all
/// others wait for the commit. Rings the servers that listen; `$8` is this one.
macro_rules! append {
    ($before:literal, $after:literal) => {
        concat!(
            "WITH ",
            $before,
            "head AS (UPDATE stream_head SET seq = seq + cardinality($1) WHERE id = 1",
            $after,
            " RETURNING seq),
             stored AS (INSERT INTO events (seq, at, project_id, kind, subject, actor, data)
                 SELECT head.seq - cardinality($1) + new.place, new.at, new.project_id, new.kind, new.subject, new.actor, new.data
                 FROM head, UNNEST($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
                     WITH ORDINALITY AS new (at, project_id, kind, subject, actor, data, place))
             SELECT seq, pg_notify($7, $8 || ' ' || seq::text) IS NULL AS told FROM head"
        )
    };
}

const APPEND: &str = append!("", "");

/// The same, and before it what agents did is added to their counts. All transactions lock agents in one order, and the head after
/// them: it waits for the number of rows counted.
const COUNT_AND_APPEND: &str = append!(
    "done AS (SELECT * FROM UNNEST($9::uuid[], $10::bigint[], $11::bigint[], $12::bigint[]) AS done (agent, completed, failed, at)),
     mine AS (SELECT id FROM agents WHERE id = ANY($9) ORDER BY id FOR NO KEY UPDATE),
     counted AS (UPDATE agents SET completed = agents.completed + done.completed, failed = agents.failed + done.failed,
             last_active_at = done.at
         FROM done JOIN mine ON mine.id = done.agent WHERE agents.id = mine.id RETURNING agents.id),
     ",
    " AND (SELECT count(*) FROM counted) >= 0"
);

/// Appends events as the last statement of a transaction, with what agents did, and gives them with their places.
pub(crate) async fn append(
    sql: &mut PgConnection,
    new: Vec<NewEvent>,
    tallies: &BTreeMap<AgentId, Tally>,
    origin: Uuid,
) -> Result<Vec<Arc<Event>>, Fault> {
    let mut query = sqlx::query(if tallies.is_empty() { APPEND } else { COUNT_AND_APPEND })
        .bind(column(&new, |event| event.at.as_millis()))
        .bind(column(&new, |event| *event.project.as_uuid()))
        .bind(column(&new, |event| event.kind.as_str()))
        .bind(column(&new, |event| event.subject.as_str()))
        .bind(try_column(&new, |event| text(&event.actor))?)
        .bind(column(&new, |event| event.data.text()))
        .bind(CHANNEL)
        .bind(origin.to_string());
    if !tallies.is_empty() {
        let tallies: Vec<_> = tallies.iter().collect();
        query = query
            .bind(column(&tallies, |(agent, _)| *agent.as_uuid()))
            .bind(column(&tallies, |(_, tally)| tally.completed))
            .bind(column(&tallies, |(_, tally)| tally.failed))
            .bind(column(&tallies, |(_, tally)| tally.at.as_millis()));
    }
    let row = query.fetch_one(sql).await.map_err(failed)?;
    let last: i64 = get(&row, "seq")?;
    let first = last + 1 - i64::try_from(new.len()).unwrap_or(i64::MAX);
    Ok(numbered(new, first))
}

/// Numbers events from the first place of their range.
fn numbered(new: Vec<NewEvent>, first: i64) -> Vec<Arc<Event>> {
    let place = |(event, seq): (NewEvent, i64)| {
        Arc::new(Event {
            seq: EventSeq(seq),
            at: event.at,
            project_id: event.project,
            kind: event.kind,
            subject: event.subject,
            actor: event.actor,
            data: event.data,
        })
    };
    new.into_iter().zip(first..).map(place).collect()
}

/// The newest event's place and the oldest place that can be asked for.
pub(crate) async fn head(sql: &mut PgConnection) -> Result<(EventSeq, EventSeq), Fault> {
    let row = sqlx::query("SELECT seq, floor FROM stream_head WHERE id = 1").fetch_one(sql).await.map_err(failed)?;
    Ok((EventSeq(get(&row, "seq")?), EventSeq(get(&row, "floor")?)))
}

/// Rows of events after a place, oldest first.
async fn rows_after(sql: &mut PgConnection, since: EventSeq, limit: u32) -> Result<Vec<PgRow>, Fault> {
    sqlx::query("SELECT seq, at, project_id, kind, subject, actor, data FROM events WHERE seq > $1 ORDER BY seq LIMIT $2")
        .bind(since.0)
        .bind(i64::from(limit))
        .fetch_all(sql)
        .await
        .map_err(failed)
}

/// Events after a place, oldest first.
pub(crate) async fn after(sql: &mut PgConnection, since: EventSeq, limit: u32) -> Result<Vec<Arc<Event>>, Fault> {
    let rows = rows_after(sql, since, limit).await?;
    Ok(rows.iter().map(|row| event(row).map(Arc::new)).collect::<Result<_, _>>()?)
}

fn payload(text: String) -> Result<Payload, StoreError> {
    Payload::from_text(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn event(row: &PgRow) -> Result<Event, StoreError> {
    Ok(Event {
        seq: EventSeq(get(row, "seq")?),
        at: instant(row, "at")?,
        project_id: id(row, "project_id", ProjectId::new)?,
        kind: get(row, "kind")?,
        subject: get(row, "subject")?,
        actor: json(row, "actor")?,
        data: payload(get(row, "data")?)?,
    })
}

/// Stores audit rows within a transaction.
pub(crate) async fn insert_audit(sql: &mut PgConnection, rows: &[AuditRow]) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO audit (id, at, principal, principal_tag, action, target, allowed, code, request_id, address)
         SELECT * FROM UNNEST($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[],
             $9::text[], $10::text[])",
    )
    .bind(column(rows, |row| *row.id.as_uuid()))
    .bind(column(rows, |row| row.at.as_millis()))
    .bind(try_column(rows, |row| text(&row.principal))?)
    .bind(column(rows, |row| plain(&row.principal.tag()).into_owned()))
    .bind(column(rows, |row| plain(&row.action)))
    .bind(column(rows, |row| maybe_plain(row.target.as_deref())))
    .bind(column(rows, |row| row.allowed))
    .bind(column(rows, |row| maybe_plain(row.code.as_deref())))
    .bind(column(rows, |row| maybe_plain(row.request_id.as_deref())))
    .bind(column(rows, |row| maybe_plain(row.address.as_deref())))
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Locks a row that nobody changes: fails where the server takes no writes, and holds up nobody but another such call.
async fn touch(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query("SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE")
        .bind(*DEFAULT_PROJECT.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(())
}

/// Forgets old events in a transaction of its own, not in a group of writers: those take the head's row as the last thing, and so does
/// this, for no longer than its commit takes.
async fn forget(sql: &mut PgConnection, retention: Retention, limit: u32) -> Result<Forgotten, Fault> {
    let mut tx = sql.begin().await.map_err(failed)?;
    let (newest, floor) = head(&mut tx).await?;
    let first_young: Option<i64> =
        sqlx::query_scalar("SELECT min(seq) FROM (SELECT seq, at FROM events WHERE seq > $1 ORDER BY seq LIMIT $2) AS next WHERE at >= $3")
            .bind(floor.0)
            .bind(i64::from(limit))
            .bind(retention.since.unwrap_or_default().as_millis())
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
    let (next, more) = retention.next_floor(floor, newest, limit, first_young.map(EventSeq));
    if next == floor {
        return Ok(Forgotten { events: 0, floor, more });
    }
    let gone = sqlx::query("DELETE FROM events WHERE seq <= $1").bind(next.0).execute(&mut *tx).await.map_err(failed)?;
    // Another server may have gone further meanwhile.
    let row = sqlx::query("UPDATE stream_head SET floor = GREATEST(floor, $1) WHERE id = 1 RETURNING seq, floor")
        .bind(next.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
    let floor = EventSeq(get(&row, "floor")?);
    tx.commit().await.map_err(failed)?;
    Ok(Forgotten { events: gone.rows_affected(), floor, more })
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn head(&self) -> Result<EventSeq, StoreError> {
        self.answered(async { Ok(head(&mut *self.reader().await?).await?.0) }).await
    }

    async fn events_since(&self, since: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError> {
        self.answered(async {
            let mut snapshot = self.snapshot().await?;
            let (head, floor) = head(&mut snapshot).await?;
            let rows = rows_after(&mut snapshot, since, limit).await?;
            let next_since = rows.last().map_or(Ok(since.max(floor)), |last| get(last, "seq").map(EventSeq))?;
            let mut items = Vec::new();
            for row in &rows {
                // Kind and subject decide; the payload of an unwanted event is not parsed.
                if filter.wants(get(row, "kind")?, get(row, "subject")?) {
                    items.push(event(row)?);
                }
            }
            Ok(EventsSince { items, next_since, more: next_since < head, floor, head })
        })
        .await
    }

    async fn forget_events(&self, retention: Retention, limit: u32) -> Result<Forgotten, StoreError> {
        self.answered(async { Ok(forget(&mut *self.reader().await?, retention, limit).await?) }).await
    }

    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        self.writer.run(rows, |tx, rows| Box::pin(insert_audit(tx.sql(), rows))).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.writer.run((), |tx, ()| Box::pin(touch(tx))).await
    }
}
