//! How are notifications stored, and how far the log was gone through for them?

use std::collections::BTreeSet;

use async_trait::async_trait;
use baton_domain::id::{EventSeq, NotificationId, ProjectId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::{NotificationRecord, NotificationStore, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::PostgresStore;
use crate::columns::{get, id, instant, json, maybe_instant, plain, text};
use crate::failure::{Fault, failed};
use crate::many::{column, try_column};
use crate::writer::Tx;

fn record(row: &PgRow) -> Result<NotificationRecord, StoreError> {
    Ok(NotificationRecord {
        id: id(row, "id", NotificationId::new)?,
        user: id(row, "user_id", UserId::new)?,
        project: id(row, "project_id", ProjectId::new)?,
        seq: EventSeq(get(row, "seq")?),
        kind: get(row, "kind")?,
        subject: get(row, "subject")?,
        title: get(row, "title")?,
        data: json(row, "data")?,
        created_at: instant(row, "created_at")?,
        read_at: maybe_instant(row, "read_at")?,
        settled_at: maybe_instant(row, "settled_at")?,
    })
}

/// A part of the log that was gone through, and what came of it.
struct Part {
    rows: Vec<NotificationRecord>,
    settled: Vec<(String, Timestamp)>,
    seen: EventSeq,
    until: EventSeq,
}

async fn notify(tx: &mut Tx, part: &Part) -> Result<bool, Fault> {
    // Whoever goes on from the same place waits here, and then finds another one.
    let moved = sqlx::query("UPDATE notification_cursor SET seq = $2 WHERE id = 1 AND seq = $1")
        .bind(part.seen.0)
        .bind(part.until.0)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    let mut told = BTreeSet::new();
    let rows: Vec<&NotificationRecord> = part.rows.iter().filter(|row| told.insert((row.user, row.seq))).collect();
    if !rows.is_empty() {
        insert(tx.sql(), &rows).await?;
    }
    if !part.settled.is_empty() {
        settle(tx.sql(), part).await?;
    }
    Ok(true)
}

async fn insert(sql: &mut PgConnection, rows: &[&NotificationRecord]) -> Result<(), Fault> {
    // The user may have one of the event; an identifier that is taken is an error all the same.
    sqlx::query(
        "INSERT INTO notifications (id, user_id, project_id, seq, kind, subject, title, data, created_at, read_at, settled_at)
         SELECT new.* FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
             $9::bigint[], $10::bigint[], $11::bigint[])
             AS new (id, user_id, project_id, seq, kind, subject, title, data, created_at, read_at, settled_at)
         WHERE NOT EXISTS (SELECT 1 FROM notifications AS there WHERE there.user_id = new.user_id AND there.seq = new.seq)",
    )
    .bind(column(rows, |row| *row.id.as_uuid()))
    .bind(column(rows, |row| *row.user.as_uuid()))
    .bind(column(rows, |row| *row.project.as_uuid()))
    .bind(column(rows, |row| row.seq.0))
    .bind(column(rows, |row| plain(&row.kind)))
    .bind(column(rows, |row| plain(&row.subject)))
    .bind(column(rows, |row| plain(&row.title)))
    .bind(try_column(rows, |row| text(&row.data))?)
    .bind(column(rows, |row| row.created_at.as_millis()))
    .bind(column(rows, |row| row.read_at.map(Timestamp::as_millis)))
    .bind(column(rows, |row| row.settled_at.map(Timestamp::as_millis)))
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Marks what is settled, by the first that settles it.
async fn settle(sql: &mut PgConnection, part: &Part) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE notifications SET settled_at = first.at
         FROM (SELECT DISTINCT ON (open.id) open.id, settled.at
               FROM UNNEST($1::text[], $2::bigint[]) WITH ORDINALITY AS settled (subject, at, place)
               JOIN notifications AS open ON open.subject = settled.subject
               WHERE open.settled_at IS NULL AND (open.seq <= $3 OR open.created_at <= settled.at)
               ORDER BY open.id, settled.place) AS first
         WHERE notifications.id = first.id",
    )
    .bind(column(&part.settled, |(subject, _)| plain(subject)))
    .bind(column(&part.settled, |(_, at)| at.as_millis()))
    .bind(part.seen.0)
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Those of a user that are to be marked.
struct Marking {
    user: UserId,
    which: Option<Vec<NotificationId>>,
    read_at: Option<Timestamp>,
}

async fn mark(tx: &mut Tx, marking: &Marking) -> Result<u64, Fault> {
    let mut text: QueryBuilder<Postgres> = QueryBuilder::new("UPDATE notifications SET read_at = ");
    text.push_bind(marking.read_at.map(Timestamp::as_millis));
    text.push(" WHERE settled_at IS NULL AND user_id = ").push_bind(*marking.user.as_uuid());
    // One that is read keeps when.
    text.push(if marking.read_at.is_some() { " AND read_at IS NULL" } else { " AND read_at IS NOT NULL" });
    if let Some(which) = &marking.which {
        text.push(" AND id = ANY(").push_bind(column(which, |id| *id.as_uuid())).push(")");
    }
    Ok(text.build().execute(tx.sql()).await.map_err(failed)?.rows_affected())
}

async fn forget(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, Fault> {
    let gone = sqlx::query(
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE created_at < $1 ORDER BY created_at, id LIMIT $2)",
    )
    .bind(before.as_millis())
    .bind(i64::from(limit))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(gone.rows_affected())
}

#[async_trait]
impl NotificationStore for PostgresStore {
    async fn notified_until(&self) -> Result<EventSeq, StoreError> {
        self.answered(async {
            let text = "SELECT seq FROM notification_cursor WHERE id = 1";
            let seq: i64 = sqlx::query_scalar(text).fetch_one(&mut *self.lookup().await?).await.map_err(failed)?;
            Ok(EventSeq(seq))
        })
        .await
    }

    async fn notify(
        &self,
        rows: Vec<NotificationRecord>,
        settled: Vec<(String, Timestamp)>,
        seen: EventSeq,
        until: EventSeq,
    ) -> Result<bool, StoreError> {
        self.writer.run(Part { rows, settled, seen, until }, |tx, part| Box::pin(notify(tx, part))).await
    }

    async fn notifications(
        &self,
        user: UserId,
        unread: bool,
        before: Option<NotificationId>,
        limit: u32,
    ) -> Result<Vec<NotificationRecord>, StoreError> {
        self.answered(async {
            let mut text: QueryBuilder<Postgres> = QueryBuilder::new("SELECT * FROM notifications WHERE user_id = ");
            text.push_bind(*user.as_uuid());
            if unread {
                text.push(" AND read_at IS NULL AND settled_at IS NULL");
            }
            if let Some(before) = before {
                text.push(" AND id < ").push_bind(*before.as_uuid());
            }
            text.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
            let rows = text.build().fetch_all(&mut *self.reader().await?).await.map_err(failed)?;
            rows.iter().map(record).collect()
        })
        .await
    }

    async fn unread_notifications(&self, user: UserId, most: u32) -> Result<u32, StoreError> {
        self.answered(async {
            let count: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM (
                     SELECT 1 FROM notifications WHERE user_id = $1 AND read_at IS NULL AND settled_at IS NULL LIMIT $2) AS counted",
            )
            .bind(*user.as_uuid())
            .bind(i64::from(most))
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(failed)?;
            Ok(u32::try_from(count).unwrap_or(most))
        })
        .await
    }

    async fn mark_notifications(
        &self,
        user: UserId,
        which: Option<Vec<NotificationId>>,
        read_at: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        self.writer.run(Marking { user, which, read_at }, |tx, marking| Box::pin(mark(tx, marking))).await
    }

    async fn forget_notifications(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.run((before, limit), |tx, (before, limit)| Box::pin(forget(tx, *before, *limit))).await
    }
}
