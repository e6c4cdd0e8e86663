//! How are notifications stored, and how far the log was gone through for them?

use async_trait::async_trait;
use baton_domain::id::{EventSeq, NotificationId, ProjectId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::{NotificationRecord, NotificationStore, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::SqliteStore;
use crate::columns::{Columns, text};
use crate::statement::{all, one, run};

fn record(row: &mut Columns<'_, '_>) -> Result<NotificationRecord, StoreError> {
    Ok(NotificationRecord {
        id: row.id(NotificationId::new)?,
        user: row.id(UserId::new)?,
        project: row.id(ProjectId::new)?,
        seq: EventSeq(row.get()?),
        kind: row.get()?,
        subject: row.get()?,
        title: row.get()?,
        data: row.json()?,
        created_at: row.instant()?,
        read_at: row.maybe_instant()?,
        settled_at: row.maybe_instant()?,
    })
}

fn insert(sql: &Connection, row: &NotificationRecord) -> Result<(), StoreError> {
    // The user may have one of the event; an identifier that is taken is an error all the same.
    run(
        sql,
        "INSERT INTO notifications (id, user_id, project_id, seq, kind, subject, title, data, created_at, read_at, settled_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
         WHERE NOT EXISTS (SELECT 1 FROM notifications WHERE user_id = ?2 AND seq = ?4)",
        params![
            row.id.as_uuid().as_bytes(),
            row.user.as_uuid().as_bytes(),
            row.project.as_uuid().as_bytes(),
            row.seq.0,
            row.kind,
            row.subject,
            row.title,
            text(&row.data)?,
            row.created_at.as_millis(),
            row.read_at.map(Timestamp::as_millis),
            row.settled_at.map(Timestamp::as_millis)
        ],
    )?;
    Ok(())
}

fn notify(
    sql: &Connection,
    rows: &[NotificationRecord],
    settled: &[(String, Timestamp)],
    seen: EventSeq,
    until: EventSeq,
) -> Result<bool, StoreError> {
    if run(sql, "UPDATE notification_cursor SET seq = ?2 WHERE id = 1 AND seq = ?1", [seen.0, until.0])? == 0 {
        return Ok(false);
    }
    rows.iter().try_for_each(|row| insert(sql, row))?;
    for (subject, at) in settled {
        let text = "UPDATE notifications SET settled_at = ?2
                    WHERE subject = ?1 AND settled_at IS NULL AND (seq <= ?3 OR created_at <= ?2)";
        run(sql, text, params![subject, at.as_millis(), seen.0])?;
    }
    Ok(true)
}

fn page(
    sql: &Connection,
    user: UserId,
    unread: bool,
    before: Option<NotificationId>,
    limit: u32,
) -> Result<Vec<NotificationRecord>, StoreError> {
    let mut text = "SELECT id, user_id, project_id, seq, kind, subject, title, data, created_at, read_at, settled_at FROM notifications
                    WHERE user_id = ?"
        .to_owned();
    let mut values: Vec<Value> = vec![user.as_uuid().as_bytes().to_vec().into()];
    if unread {
        text.push_str(" AND read_at IS NULL AND settled_at IS NULL");
    }
    if let Some(before) = before {
        text.push_str(" AND id < ?");
        values.push(before.as_uuid().as_bytes().to_vec().into());
    }
    text.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(i64::from(limit).into());
    all(sql, &text, params_from_iter(values), record)
}

fn mark(sql: &Connection, user: UserId, which: Option<&[NotificationId]>, read_at: Option<Timestamp>) -> Result<u64, StoreError> {
    let user = user.as_uuid().as_bytes();
    // One that is read keeps when. Those of a user are more than those that are unread, which the planner does not know.
    let (table, which_are) = match (read_at, which) {
        (Some(_), None) => ("notifications INDEXED BY notifications_unread", "read_at IS NULL"),
        (Some(_), Some(_)) => ("notifications", "read_at IS NULL"),
        (None, _) => ("notifications", "read_at IS NOT NULL"),
    };
    let text = format!("UPDATE {table} SET read_at = ?1 WHERE user_id = ?2 AND {which_are} AND settled_at IS NULL");
    let read_at = read_at.map(Timestamp::as_millis);
    let Some(which) = which else { return Ok(run(sql, &text, params![read_at, user])? as u64) };
    let text = format!("{text} AND id = ?3");
    which.iter().try_fold(0, |changed, id| Ok(changed + run(sql, &text, params![read_at, user, id.as_uuid().as_bytes()])? as u64))
}

#[async_trait]
impl NotificationStore for SqliteStore {
    async fn notified_until(&self) -> Result<EventSeq, StoreError> {
        let text = "SELECT seq FROM notification_cursor WHERE id = 1";
        self.readers.statement(move |sql| one(sql, text, [], |row| Ok(EventSeq(row.get()?)))).await
    }

    async fn notify(
        &self,
        rows: Vec<NotificationRecord>,
        settled: Vec<(String, Timestamp)>,
        seen: EventSeq,
        until: EventSeq,
    ) -> Result<bool, StoreError> {
        self.writer.run(move |tx| notify(tx.sql(), &rows, &settled, seen, until)).await
    }

    async fn notifications(
        &self,
        user: UserId,
        unread: bool,
        before: Option<NotificationId>,
        limit: u32,
    ) -> Result<Vec<NotificationRecord>, StoreError> {
        self.readers.statement(move |sql| page(sql, user, unread, before, limit)).await
    }

    async fn unread_notifications(&self, user: UserId, most: u32) -> Result<u32, StoreError> {
        let text = "SELECT count(*) FROM (
                        SELECT 1 FROM notifications INDEXED BY notifications_unread WHERE user_id = ?1 AND read_at IS NULL AND settled_at IS NULL LIMIT ?2) AS counted";
        self.readers.statement(move |sql| one(sql, text, params![user.as_uuid().as_bytes(), most], |row| row.small())).await
    }

    async fn mark_notifications(
        &self,
        user: UserId,
        which: Option<Vec<NotificationId>>,
        read_at: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        self.writer.run(move |tx| mark(tx.sql(), user, which.as_deref(), read_at)).await
    }

    async fn forget_notifications(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let text = "DELETE FROM notifications WHERE id IN (
                        SELECT id FROM notifications WHERE created_at < ?1 ORDER BY created_at, id LIMIT ?2)";
        self.writer.run(move |tx| Ok(run(tx.sql(), text, params![before.as_millis(), limit])? as u64)).await
    }
}
