//! How are journals stored? The head in one row, which each turn writes; what never changes, the facts and the rows beside it.

use async_trait::async_trait;
use baton_domain::id::{EventSeq, JournalId, ProjectId, TaskId};
use baton_domain::time::Timestamp;
use baton_storage::{
    Guarded, JournalFact, JournalGuard, JournalHead, JournalKind, JournalOpened, JournalPage, JournalQuery, JournalRow, JournalStore,
    JournalWrite, JournalWritten, NewJournal, RowPlace, StoreError, WriteGuard,
};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::{get, id, instant, json, maybe_id, maybe_instant, maybe_plain, maybe_text, named, plain, text};
use crate::events;
use crate::failure::{Fault, failed};
use crate::many::{column, try_column};
use crate::writer::{Locks, Tx};

fn head(row: &PgRow) -> Result<JournalHead, StoreError> {
    Ok(JournalHead {
        id: id(row, "id", JournalId::new)?,
        kind: named(row, "kind", JournalKind::parse)?,
        project: id(row, "project_id", ProjectId::new)?,
        name: get(row, "name")?,
        key: get(row, "key")?,
        parent: maybe_id(row, "parent_id", JournalId::new)?,
        state: get(row, "state")?,
        live: get(row, "live")?,
        wake_at: maybe_instant(row, "wake_at")?,
        version: get(row, "version")?,
        facts: get(row, "facts")?,
        summary: json(row, "summary")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
        created_by: json(row, "created_by")?,
    })
}

fn heads(rows: &[PgRow]) -> Result<Vec<JournalHead>, StoreError> {
    rows.iter().map(head).collect()
}

async fn by_id(sql: &mut PgConnection, id: JournalId) -> Result<Option<JournalHead>, Fault> {
    let row = sqlx::query("SELECT * FROM journals WHERE id = $1").bind(*id.as_uuid()).fetch_optional(sql).await.map_err(failed)?;
    Ok(row.as_ref().map(head).transpose()?)
}

async fn by_key(sql: &mut PgConnection, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, Fault> {
    let row = sqlx::query("SELECT * FROM journals WHERE project_id = $1 AND kind = $2 AND key = $3")
        .bind(*project.as_uuid())
        .bind(kind.as_str())
        .bind(plain(key))
        .fetch_optional(sql)
        .await
        .map_err(failed)?;
    Ok(row.as_ref().map(head).transpose()?)
}

async fn open(tx: &mut Tx, new: &NewJournal) -> Result<JournalOpened, Fault> {
    let head = &new.head;
    // Whoever opens the same at this moment is waited for.
    let stored = sqlx::query(
        "INSERT INTO journals (id, kind, project_id, name, key, parent_id, state, live, wake_at, version, facts, summary, created_at,
             updated_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 0, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
    )
    .bind(*head.id.as_uuid())
    .bind(head.kind.as_str())
    .bind(*head.project.as_uuid())
    .bind(plain(&head.name))
    .bind(maybe_plain(head.key.as_deref()))
    .bind(head.parent.map(|parent| *parent.as_uuid()))
    .bind(plain(&head.state))
    .bind(head.live)
    .bind(head.wake_at.map(Timestamp::as_millis))
    .bind(text(&head.summary)?)
    .bind(head.created_at.as_millis())
    .bind(head.updated_at.as_millis())
    .bind(text(&head.created_by)?)
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    if stored.rows_affected() == 0 {
        return there(tx.sql(), head).await;
    }
    sqlx::query("INSERT INTO journal_openings (journal_id, body) VALUES ($1, $2)")
        .bind(*head.id.as_uuid())
        .bind(text(&new.opening)?)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    put(tx.sql(), head.id, &new.rows).await?;
    new.events.iter().for_each(|event| tx.event(event.clone()));
    Ok(JournalOpened::Stored)
}

/// The one that stands in the way of this.
async fn there(sql: &mut PgConnection, head: &JournalHead) -> Result<JournalOpened, Fault> {
    if let Some(key) = &head.key
        && let Some(found) = by_key(sql, head.project, head.kind, key).await?
    {
        return Ok(JournalOpened::Exists(Box::new(found)));
    }
    match by_id(sql, head.id).await? {
        Some(found) => Ok(JournalOpened::Exists(Box::new(found))),
        None => Err(Fault::Again("a journal was forgotten while another one like it was opened".to_owned())),
    }
}

/// Stores rows in place of those with their names, or removes those: one statement for each of both, however many they are.
async fn put(sql: &mut PgConnection, id: JournalId, rows: &[JournalRow]) -> Result<(), Fault> {
    let (mut stored, mut removed) = (Vec::new(), Vec::new());
    for row in rows {
        match &row.body {
            Some(body) => stored.push((row, text(body)?)),
            None => removed.push(row),
        }
    }
    if !removed.is_empty() {
        sqlx::query(
            "DELETE FROM journal_rows USING UNNEST($2::text[], $3::text[]) AS gone (row_group, row_key)
             WHERE journal_id = $1 AND journal_rows.row_group = gone.row_group AND journal_rows.row_key = gone.row_key",
        )
        .bind(*id.as_uuid())
        .bind(column(&removed, |row| plain(&row.group)))
        .bind(column(&removed, |row| plain(&row.key)))
        .execute(&mut *sql)
        .await
        .map_err(failed)?;
    }
    if !stored.is_empty() {
        sqlx::query(
            "INSERT INTO journal_rows (journal_id, row_group, row_key, body)
             SELECT $1, new.* FROM UNNEST($2::text[], $3::text[], $4::text[]) AS new
             ON CONFLICT (journal_id, row_group, row_key) DO UPDATE SET body = excluded.body",
        )
        .bind(*id.as_uuid())
        .bind(column(&stored, |(row, _)| plain(&row.group)))
        .bind(column(&stored, |(row, _)| plain(&row.key)))
        .bind(column(&stored, |(_, body)| body.as_str()))
        .execute(sql)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

async fn write(tx: &mut Tx, turn: &JournalWrite) -> Result<JournalWritten, Fault> {
    let journal = *turn.id.as_uuid();
    let count = i64::try_from(turn.facts.len()).unwrap_or(i64::MAX);
    // Of two with the same version one waits here for the other, and then finds another version.
    let row = sqlx::query(
        "UPDATE journals SET state = $3, live = $4, wake_at = $5, version = version + 1, facts = facts + $6,
             summary = COALESCE($7, summary), updated_at = $8 WHERE id = $1 AND version = $2 RETURNING version, facts",
    )
    .bind(journal)
    .bind(turn.version)
    .bind(plain(&turn.state))
    .bind(turn.live)
    .bind(turn.wake_at.map(Timestamp::as_millis))
    .bind(count)
    .bind(maybe_text(turn.summary.as_ref())?)
    .bind(turn.at.as_millis())
    .fetch_optional(tx.sql())
    .await
    .map_err(failed)?;
    let Some(row) = row else { return refused(tx.sql(), turn.id).await };
    let (version, facts): (i64, i64) = (get(&row, "version")?, get(&row, "facts")?);
    if !turn.facts.is_empty() {
        sqlx::query(
            "INSERT INTO journal_facts (journal_id, number, at, body)
             SELECT $1, $2 + new.place, new.at, new.body FROM UNNEST($3::bigint[], $4::text[]) WITH ORDINALITY AS new (at, body, place)",
        )
        .bind(journal)
        .bind(facts - count)
        .bind(column(&turn.facts, |(at, _)| at.as_millis()))
        .bind(try_column(&turn.facts, |(_, body)| text(body))?)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    }
    if !turn.cleared.is_empty() {
        sqlx::query("DELETE FROM journal_rows WHERE journal_id = $1 AND row_group = ANY($2)")
            .bind(journal)
            .bind(column(&turn.cleared, |group| plain(group)))
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    put(tx.sql(), turn.id, &turn.rows).await?;
    turn.events.iter().for_each(|event| tx.event(event.clone()));
    Ok(JournalWritten::Stored(version))
}

/// Whether a row stands as it was read. Its journal is locked by now, and so by everybody who writes its rows: it does so until the commit.
async fn stands(tx: &mut Tx, guard: &JournalGuard) -> Result<bool, Fault> {
    let row = sqlx::query("SELECT body FROM journal_rows WHERE journal_id = $1 AND row_group = $2 AND row_key = $3")
        .bind(*guard.journal.as_uuid())
        .bind(plain(&guard.group))
        .bind(plain(&guard.key))
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    let body: Option<Value> = row.as_ref().map(|row| json(row, "body")).transpose()?;
    Ok(body.as_ref() == Some(&guard.body))
}

/// What of a guard does not stand, if anything does not. The task is locked by now, too.
async fn broken<T>(tx: &mut Tx, guard: &WriteGuard) -> Result<Option<Guarded<T>>, Fault> {
    if let Some((task, lease)) = guard.attempt {
        let runs: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM tasks WHERE id = $1 AND lease = $2 AND state = 'running')")
            .bind(*task.as_uuid())
            .bind(lease.0)
            .fetch_one(tx.sql())
            .await
            .map_err(failed)?;
        if !runs {
            return Ok(Some(Guarded::AttemptOver));
        }
    }
    match &guard.row {
        Some(row) if !stands(tx, row).await? => Ok(Some(Guarded::RowChanged)),
        _ => Ok(None),
    }
}

async fn open_while(tx: &mut Tx, new: &NewJournal, guard: &WriteGuard) -> Result<Guarded<JournalOpened>, Fault> {
    match broken(tx, guard).await? {
        Some(broken) => Ok(broken),
        None => open(tx, new).await.map(Guarded::Done),
    }
}

async fn write_while(tx: &mut Tx, turn: &JournalWrite, guard: &WriteGuard) -> Result<Guarded<JournalWritten>, Fault> {
    match broken(tx, guard).await? {
        Some(broken) => Ok(broken),
        None => write(tx, turn).await.map(Guarded::Done),
    }
}

/// What a write under a guard wants to itself.
fn locks(journal: Option<JournalId>, guard: &WriteGuard) -> Locks {
    let tasks: Vec<TaskId> = guard.attempt.iter().map(|(task, _)| *task).collect();
    Locks { reads_first: !tasks.is_empty(), tasks, journal, guard: guard.row.as_ref().map(|row| row.journal), ..Locks::default() }
}

async fn refused(sql: &mut PgConnection, id: JournalId) -> Result<JournalWritten, Fault> {
    Ok(version(sql, id).await?.map_or(JournalWritten::Missing, JournalWritten::Stale))
}

async fn version(sql: &mut PgConnection, id: JournalId) -> Result<Option<i64>, Fault> {
    sqlx::query_scalar("SELECT version FROM journals WHERE id = $1").bind(*id.as_uuid()).fetch_optional(sql).await.map_err(failed)
}

async fn rows(
    sql: &mut PgConnection,
    id: JournalId,
    group: Option<&str>,
    after: Option<&RowPlace>,
    limit: u32,
) -> Result<(Vec<JournalRow>, i64), Fault> {
    let Some(version) = version(sql, id).await? else { return Ok((Vec::new(), 0)) };
    let mut text: QueryBuilder<Postgres> = QueryBuilder::new("SELECT row_group, row_key, body FROM journal_rows WHERE journal_id = ");
    text.push_bind(*id.as_uuid());
    match (group, after) {
        // One column at a time where that is enough: only so it is sure that they are read in their order.
        (Some(group), after) => {
            text.push(" AND row_group = ").push_bind(plain(group).into_owned());
            match after {
                Some((after, _)) if after.as_str() > group => return Ok((Vec::new(), version)),
                Some((after, key)) if after == group => {
                    text.push(" AND row_key > ").push_bind(plain(key).into_owned());
                }
                _ => {}
            }
            text.push(" ORDER BY row_key");
        }
        (None, Some((group, key))) => {
            text.push(" AND (row_group, row_key) > (").push_bind(plain(group).into_owned());
            text.push(", ").push_bind(plain(key).into_owned()).push(") ORDER BY row_group, row_key");
        }
        (None, None) => {
            text.push(" ORDER BY row_group, row_key");
        }
    }
    text.push(" LIMIT ").push_bind(i64::from(limit));
    let found = text.build().fetch_all(sql).await.map_err(failed)?;
    let row = |row: &PgRow| Ok(JournalRow { group: get(row, "row_group")?, key: get(row, "row_key")?, body: Some(json(row, "body")?) });
    Ok((found.iter().map(row).collect::<Result<_, StoreError>>()?, version))
}

async fn page(sql: &mut PgConnection, query: &JournalQuery) -> Result<JournalPage, Fault> {
    let mut text: QueryBuilder<Postgres> = QueryBuilder::new("SELECT * FROM journals WHERE project_id = ");
    text.push_bind(*query.project.as_uuid()).push(" AND kind = ").push_bind(query.kind.as_str());
    if let Some(name) = &query.name {
        text.push(" AND name = ").push_bind(plain(name).into_owned());
    }
    if let Some(state) = &query.state {
        text.push(" AND state = ").push_bind(plain(state).into_owned());
    }
    if let Some(live) = query.live {
        // As a constant: only so it is seen that the index of those that go on has them all.
        text.push(if live { " AND live" } else { " AND NOT live" });
    }
    if let Some(parent) = query.parent {
        text.push(" AND parent_id = ").push_bind(*parent.as_uuid());
    }
    if let Some(before) = query.before {
        text.push(" AND id < ").push_bind(*before.as_uuid());
    }
    text.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(query.limit));
    let found = text.build().fetch_all(&mut *sql).await.map_err(failed)?;
    let (as_of, _) = events::head(sql).await?;
    Ok(JournalPage { items: heads(&found)?, as_of })
}

async fn forget(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, Fault> {
    // What is theirs goes with them. Whoever writes one at this moment has it for longer: it is passed over.
    let gone = sqlx::query(
        "WITH over AS MATERIALIZED (
             SELECT id FROM journals AS ended WHERE NOT live AND wake_at IS NULL AND updated_at < $1
                 AND (kind = 'conflict' OR NOT EXISTS (SELECT 1 FROM journals AS parents WHERE parents.id = ended.parent_id))
             ORDER BY updated_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
         DELETE FROM journals USING over WHERE journals.id = over.id",
    )
    .bind(before.as_millis())
    .bind(i64::from(limit))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(gone.rows_affected())
}

const DUE: &str = "SELECT * FROM journals WHERE kind = $1 AND wake_at <= $2 ORDER BY wake_at, id LIMIT $3";
const LIVE: &str = "SELECT * FROM journals WHERE kind = $1 AND live AND id > $2 ORDER BY id LIMIT $3";

#[async_trait]
impl JournalStore for PostgresStore {
    async fn open_journal(&self, new: NewJournal) -> Result<JournalOpened, StoreError> {
        self.writer.run(new, |tx, new| Box::pin(open(tx, new))).await
    }

    async fn write_journal(&self, turn: JournalWrite) -> Result<JournalWritten, StoreError> {
        let locks = Locks { journal: Some(turn.id), ..Locks::default() };
        self.writer.run_with(locks, turn, |tx, turn| Box::pin(write(tx, turn))).await
    }

    async fn open_journal_while(&self, new: NewJournal, guard: WriteGuard) -> Result<Guarded<JournalOpened>, StoreError> {
        let locks = locks(None, &guard);
        self.writer.run_with(locks, (new, guard), |tx, (new, guard)| Box::pin(open_while(tx, new, guard))).await
    }

    async fn write_journal_while(&self, turn: JournalWrite, guard: WriteGuard) -> Result<Guarded<JournalWritten>, StoreError> {
        let locks = locks(Some(turn.id), &guard);
        self.writer.run_with(locks, (turn, guard), |tx, (turn, guard)| Box::pin(write_while(tx, turn, guard))).await
    }

    async fn journal(&self, id: JournalId) -> Result<Option<(JournalHead, EventSeq)>, StoreError> {
        self.answered(async {
            let row = sqlx::query("SELECT journals.*, stream_head.seq AS as_of FROM journals, stream_head WHERE journals.id = $1")
                .bind(*id.as_uuid())
                .fetch_optional(&mut *self.lookup().await?)
                .await
                .map_err(failed)?;
            row.as_ref().map(|row| Ok((head(row)?, EventSeq(get(row, "as_of")?)))).transpose()
        })
        .await
    }

    async fn journal_by_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError> {
        self.answered(async { Ok(by_key(&mut *self.lookup().await?, project, kind, key).await?) }).await
    }

    async fn journal_opening(&self, id: JournalId) -> Result<Option<Value>, StoreError> {
        self.answered(async {
            let row = sqlx::query("SELECT body FROM journal_openings WHERE journal_id = $1")
                .bind(*id.as_uuid())
                .fetch_optional(&mut *self.lookup().await?)
                .await
                .map_err(failed)?;
            row.as_ref().map(|row| json(row, "body")).transpose()
        })
        .await
    }

    async fn journal_facts(&self, id: JournalId, after: i64, limit: u32) -> Result<Vec<JournalFact>, StoreError> {
        self.answered(async {
            let rows =
                sqlx::query("SELECT number, at, body FROM journal_facts WHERE journal_id = $1 AND number > $2 ORDER BY number LIMIT $3")
                    .bind(*id.as_uuid())
                    .bind(after)
                    .bind(i64::from(limit))
                    .fetch_all(&mut *self.lookup().await?)
                    .await
                    .map_err(failed)?;
            let fact = |row| Ok(JournalFact { number: get(row, "number")?, at: instant(row, "at")?, body: json(row, "body")? });
            rows.iter().map(fact).collect()
        })
        .await
    }

    async fn journal_rows(
        &self,
        id: JournalId,
        group: Option<&str>,
        after: Option<&RowPlace>,
        limit: u32,
    ) -> Result<(Vec<JournalRow>, i64), StoreError> {
        self.answered(async { Ok(rows(&mut *self.snapshot().await?, id, group, after, limit).await?) }).await
    }

    async fn journals(&self, query: &JournalQuery) -> Result<JournalPage, StoreError> {
        self.answered(async { Ok(page(&mut *self.snapshot().await?, query).await?) }).await
    }

    async fn due_journals(&self, kind: JournalKind, now: Timestamp, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.answered(async {
            let query = sqlx::query(DUE).bind(kind.as_str()).bind(now.as_millis()).bind(i64::from(limit));
            heads(&query.fetch_all(&mut *self.reader().await?).await.map_err(failed)?)
        })
        .await
    }

    async fn live_journals(&self, kind: JournalKind, after: Option<JournalId>, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.answered(async {
            let query =
                sqlx::query(LIVE).bind(kind.as_str()).bind(after.map_or(Uuid::nil(), |after| *after.as_uuid())).bind(i64::from(limit));
            heads(&query.fetch_all(&mut *self.reader().await?).await.map_err(failed)?)
        })
        .await
    }

    async fn next_wake(&self, kind: JournalKind) -> Result<Option<Timestamp>, StoreError> {
        self.answered(async {
            let text = "SELECT wake_at FROM journals WHERE kind = $1 AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1";
            let row = sqlx::query(text).bind(kind.as_str()).fetch_optional(&mut *self.reader().await?).await.map_err(failed)?;
            row.as_ref().map(|row| instant(row, "wake_at")).transpose()
        })
        .await
    }

    async fn forget_journals(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.run((before, limit), |tx, (before, limit)| Box::pin(forget(tx, *before, *limit))).await
    }
}
