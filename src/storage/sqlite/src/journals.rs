//! How are journals stored? The head in one row, which each turn writes; what never changes, the facts and the rows beside it.

use async_trait::async_trait;
use baton_domain::id::{EventSeq, JournalId, ProjectId};
use baton_domain::time::Timestamp;
use baton_storage::{
    Guarded, JournalFact, JournalGuard, JournalHead, JournalKind, JournalOpened, JournalPage, JournalQuery, JournalRow, JournalStore,
    JournalWrite, JournalWritten, NewJournal, RowPlace, StoreError, WriteGuard,
};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::SqliteStore;
use crate::columns::{Columns, maybe_text, text};
use crate::events;
use crate::statement::{all, maybe, run};
use crate::tasks;
use crate::writer::Tx;

const HEAD: &str =
    "SELECT id, kind, project_id, name, key, parent_id, state, live, wake_at, version, facts, summary, created_at, updated_at,
                        created_by FROM journals";

fn head(row: &mut Columns<'_, '_>) -> Result<JournalHead, StoreError> {
    Ok(JournalHead {
        id: row.id(JournalId::new)?,
        kind: row.named(JournalKind::parse)?,
        project: row.id(ProjectId::new)?,
        name: row.get()?,
        key: row.get()?,
        parent: row.maybe_id(JournalId::new)?,
        state: row.get()?,
        live: row.get()?,
        wake_at: row.maybe_instant()?,
        version: row.get()?,
        facts: row.get()?,
        summary: row.json()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
        created_by: row.json()?,
    })
}

fn by_id(sql: &Connection, id: JournalId) -> Result<Option<JournalHead>, StoreError> {
    maybe(sql, &format!("{HEAD} WHERE id = ?1"), [id.as_uuid().as_bytes()], head)
}

fn by_key(sql: &Connection, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError> {
    let text = format!("{HEAD} WHERE project_id = ?1 AND kind = ?2 AND key = ?3");
    maybe(sql, &text, params![project.as_uuid().as_bytes(), kind.as_str(), key], head)
}

fn open(tx: &mut Tx, new: NewJournal) -> Result<JournalOpened, StoreError> {
    let head = &new.head;
    let with_key = head.key.as_deref().map(|key| by_key(tx.sql(), head.project, head.kind, key)).transpose()?.flatten();
    let there = if with_key.is_some() { with_key } else { by_id(tx.sql(), head.id)? };
    if let Some(there) = there {
        return Ok(JournalOpened::Exists(Box::new(there)));
    }
    let id = head.id.as_uuid().as_bytes();
    run(
        tx.sql(),
        "INSERT INTO journals (id, kind, project_id, name, key, parent_id, state, live, wake_at, version, facts, summary, created_at,
             updated_at, created_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, 0, ?10, ?11, ?12, ?13)",
        params![
            id,
            head.kind.as_str(),
            head.project.as_uuid().as_bytes(),
            head.name,
            head.key,
            head.parent.as_ref().map(|parent| parent.as_uuid().as_bytes()),
            head.state,
            head.live,
            head.wake_at.map(Timestamp::as_millis),
            text(&head.summary)?,
            head.created_at.as_millis(),
            head.updated_at.as_millis(),
            text(&head.created_by)?
        ],
    )?;
    run(tx.sql(), "INSERT INTO journal_openings (journal_id, body) VALUES (?1, ?2)", params![id, text(&new.opening)?])?;
    put(tx.sql(), head.id, &new.rows)?;
    new.events.into_iter().for_each(|event| tx.event(event));
    Ok(JournalOpened::Stored)
}

/// Stores rows in place of those with their names, or removes those.
fn put(sql: &Connection, id: JournalId, rows: &[JournalRow]) -> Result<(), StoreError> {
    let id = id.as_uuid().as_bytes();
    for row in rows {
        match &row.body {
            Some(body) => run(
                sql,
                "INSERT INTO journal_rows (journal_id, row_group, row_key, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (journal_id, row_group, row_key) DO UPDATE SET body = excluded.body",
                params![id, row.group, row.key, text(body)?],
            )?,
            None => run(
                sql,
                "DELETE FROM journal_rows WHERE journal_id = ?1 AND row_group = ?2 AND row_key = ?3",
                params![id, row.group, row.key],
            )?,
        };
    }
    Ok(())
}

fn write(tx: &mut Tx, turn: JournalWrite) -> Result<JournalWritten, StoreError> {
    let id = turn.id.as_uuid().as_bytes();
    let seen = maybe(tx.sql(), "SELECT version, facts FROM journals WHERE id = ?1", [id], |row| Ok((row.get()?, row.get()?)))?;
    let Some((version, facts)): Option<(i64, i64)> = seen else { return Ok(JournalWritten::Missing) };
    if version != turn.version {
        return Ok(JournalWritten::Stale(version));
    }
    run(
        tx.sql(),
        "UPDATE journals SET state = ?2, live = ?3, wake_at = ?4, version = version + 1, facts = facts + ?5,
             summary = COALESCE(?6, summary), updated_at = ?7 WHERE id = ?1",
        params![
            id,
            turn.state,
            turn.live,
            turn.wake_at.map(Timestamp::as_millis),
            i64::try_from(turn.facts.len()).unwrap_or(i64::MAX),
            maybe_text(turn.summary.as_ref())?,
            turn.at.as_millis()
        ],
    )?;
    for (number, (at, body)) in (facts + 1..).zip(&turn.facts) {
        let statement = "INSERT INTO journal_facts (journal_id, number, at, body) VALUES (?1, ?2, ?3, ?4)";
        run(tx.sql(), statement, params![id, number, at.as_millis(), text(body)?])?;
    }
    for group in &turn.cleared {
        run(tx.sql(), "DELETE FROM journal_rows WHERE journal_id = ?1 AND row_group = ?2", params![id, group])?;
    }
    put(tx.sql(), turn.id, &turn.rows)?;
    turn.events.into_iter().for_each(|event| tx.event(event));
    Ok(JournalWritten::Stored(version + 1))
}

/// Whether a row stands as it was read. There is one writer: it does so until the transaction ends.
fn stands(sql: &Connection, guard: &JournalGuard) -> Result<bool, StoreError> {
    let text = "SELECT body FROM journal_rows WHERE journal_id = ?1 AND row_group = ?2 AND row_key = ?3";
    let body: Option<serde_json::Value> =
        maybe(sql, text, params![guard.journal.as_uuid().as_bytes(), guard.group, guard.key], |row| row.json())?;
    Ok(body.as_ref() == Some(&guard.body))
}

/// What of a guard does not stand, if anything does not.
fn broken<T>(sql: &Connection, guard: &WriteGuard) -> Result<Option<Guarded<T>>, StoreError> {
    if let Some((task, lease)) = guard.attempt
        && !tasks::runs_under(sql, task, lease)?
    {
        return Ok(Some(Guarded::AttemptOver));
    }
    Ok(match &guard.row {
        Some(row) if !stands(sql, row)? => Some(Guarded::RowChanged),
        _ => None,
    })
}

fn rows(
    sql: &Connection,
    id: JournalId,
    group: Option<&str>,
    after: Option<&RowPlace>,
    limit: u32,
) -> Result<(Vec<JournalRow>, i64), StoreError> {
    let id = id.as_uuid().as_bytes();
    let version = maybe(sql, "SELECT version FROM journals WHERE id = ?1", [id], |row| row.get())?;
    let Some(version) = version else { return Ok((Vec::new(), 0)) };
    let mut text = "SELECT row_group, row_key, body FROM journal_rows WHERE journal_id = ?".to_owned();
    let mut values: Vec<Value> = vec![id.to_vec().into()];
    match (group, after) {
        // One column at a time where that is enough: only so they are read in their order.
        (Some(group), after) => {
            text.push_str(" AND row_group = ?");
            values.push(group.to_owned().into());
            match after {
                Some((after, _)) if after.as_str() > group => return Ok((Vec::new(), version)),
                Some((after, key)) if after == group => {
                    text.push_str(" AND row_key > ?");
                    values.push(key.clone().into());
                }
                _ => {}
            }
            text.push_str(" ORDER BY row_key LIMIT ?");
        }
        (None, Some((group, key))) => {
            text.push_str(" AND (row_group, row_key) > (?, ?) ORDER BY row_group, row_key LIMIT ?");
            values.extend([group.clone().into(), key.clone().into()]);
        }
        (None, None) => text.push_str(" ORDER BY row_group, row_key LIMIT ?"),
    }
    values.push(i64::from(limit).into());
    let read = |row: &mut Columns<'_, '_>| Ok(JournalRow { group: row.get()?, key: row.get()?, body: Some(row.json()?) });
    Ok((all(sql, &text, params_from_iter(values), read)?, version))
}

/// A page of a list. A `+` before a column keeps the planner, which knows no figures of the table, from an index that has it: the narrowest
/// that comes in the list's order is to be used.
fn page(sql: &Connection, query: &JournalQuery) -> Result<JournalPage, StoreError> {
    let by_parent = query.parent.is_some();
    let by_words = query.name.is_some() || query.state.is_some();
    let mut text = match (by_parent, by_words, query.live) {
        (true, ..) => format!("{HEAD} WHERE +project_id = ? AND +kind = ?"),
        (false, false, Some(true)) => format!("{HEAD} WHERE +project_id = ? AND kind = ?"),
        _ => format!("{HEAD} WHERE project_id = ? AND kind = ?"),
    };
    let mut values: Vec<Value> = vec![query.project.as_uuid().as_bytes().to_vec().into(), query.kind.as_str().to_owned().into()];
    if let Some(name) = &query.name {
        text.push_str(if by_parent { " AND +name = ?" } else { " AND name = ?" });
        values.push(name.clone().into());
    }
    if let Some(state) = &query.state {
        // Of a workflow there are fewer runs than in a state.
        text.push_str(if by_parent || query.name.is_some() { " AND +state = ?" } else { " AND state = ?" });
        values.push(state.clone().into());
    }
    if let Some(live) = query.live {
        // The words of the index, without which it is not used.
        text.push_str(match (live, by_parent || by_words) {
            (true, false) => " AND live = 1",
            (true, true) => " AND +live = 1",
            (false, _) => " AND +live = 0",
        });
    }
    if let Some(parent) = query.parent {
        text.push_str(" AND parent_id = ?");
        values.push(parent.as_uuid().as_bytes().to_vec().into());
    }
    if let Some(before) = query.before {
        text.push_str(" AND id < ?");
        values.push(before.as_uuid().as_bytes().to_vec().into());
    }
    text.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(i64::from(query.limit).into());
    let items = all(sql, &text, params_from_iter(values), head)?;
    let (as_of, _) = events::head(sql)?;
    Ok(JournalPage { items, as_of })
}

fn forget(sql: &Connection, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    // What is theirs goes with them.
    let text = "DELETE FROM journals WHERE id IN (
                    SELECT id FROM journals AS ended WHERE live = 0 AND wake_at IS NULL AND updated_at < ?1
                        AND (kind = 'conflict' OR NOT EXISTS (SELECT 1 FROM journals AS parents WHERE parents.id = ended.parent_id))
                    ORDER BY updated_at, id LIMIT ?2)";
    Ok(run(sql, text, params![before.as_millis(), limit])? as u64)
}

#[async_trait]
impl JournalStore for SqliteStore {
    async fn open_journal(&self, new: NewJournal) -> Result<JournalOpened, StoreError> {
        self.writer.run(move |tx| open(tx, new)).await
    }

    async fn write_journal(&self, turn: JournalWrite) -> Result<JournalWritten, StoreError> {
        self.writer.run(move |tx| write(tx, turn)).await
    }

    async fn open_journal_while(&self, new: NewJournal, guard: WriteGuard) -> Result<Guarded<JournalOpened>, StoreError> {
        self.writer
            .run(move |tx| match broken(tx.sql(), &guard)? {
                Some(broken) => Ok(broken),
                None => open(tx, new).map(Guarded::Done),
            })
            .await
    }

    async fn write_journal_while(&self, turn: JournalWrite, guard: WriteGuard) -> Result<Guarded<JournalWritten>, StoreError> {
        self.writer
            .run(move |tx| match broken(tx.sql(), &guard)? {
                Some(broken) => Ok(broken),
                None => write(tx, turn).map(Guarded::Done),
            })
            .await
    }

    async fn journal(&self, id: JournalId) -> Result<Option<(JournalHead, EventSeq)>, StoreError> {
        self.readers
            .snapshot(move |sql| {
                let Some(found) = by_id(sql, id)? else { return Ok(None) };
                Ok(Some((found, events::head(sql)?.0)))
            })
            .await
    }

    async fn journal_by_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError> {
        let key = key.to_owned();
        self.readers.statement(move |sql| by_key(sql, project, kind, &key)).await
    }

    async fn journal_opening(&self, id: JournalId) -> Result<Option<serde_json::Value>, StoreError> {
        let text = "SELECT body FROM journal_openings WHERE journal_id = ?1";
        self.readers.statement(move |sql| maybe(sql, text, [id.as_uuid().as_bytes()], |row| row.json())).await
    }

    async fn journal_facts(&self, id: JournalId, after: i64, limit: u32) -> Result<Vec<JournalFact>, StoreError> {
        let text = "SELECT number, at, body FROM journal_facts WHERE journal_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
        let fact = |row: &mut Columns<'_, '_>| Ok(JournalFact { number: row.get()?, at: row.instant()?, body: row.json()? });
        self.readers.statement(move |sql| all(sql, text, params![id.as_uuid().as_bytes(), after, limit], fact)).await
    }

    async fn journal_rows(
        &self,
        id: JournalId,
        group: Option<&str>,
        after: Option<&RowPlace>,
        limit: u32,
    ) -> Result<(Vec<JournalRow>, i64), StoreError> {
        let (group, after) = (group.map(str::to_owned), after.cloned());
        self.readers.snapshot(move |sql| rows(sql, id, group.as_deref(), after.as_ref(), limit)).await
    }

    async fn journals(&self, query: &JournalQuery) -> Result<JournalPage, StoreError> {
        let query = query.clone();
        self.readers.snapshot(move |sql| page(sql, &query)).await
    }

    async fn due_journals(&self, kind: JournalKind, now: Timestamp, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        let text = format!("{HEAD} WHERE kind = ?1 AND wake_at <= ?2 ORDER BY wake_at, id LIMIT ?3");
        self.readers.statement(move |sql| all(sql, &text, params![kind.as_str(), now.as_millis(), limit], head)).await
    }

    async fn live_journals(&self, kind: JournalKind, after: Option<JournalId>, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.readers
            .statement(move |sql| match after {
                Some(after) => {
                    let text = format!("{HEAD} WHERE kind = ?1 AND live = 1 AND id > ?2 ORDER BY id LIMIT ?3");
                    all(sql, &text, params![kind.as_str(), after.as_uuid().as_bytes(), limit], head)
                }
                None => all(sql, &format!("{HEAD} WHERE kind = ?1 AND live = 1 ORDER BY id LIMIT ?2"), params![kind.as_str(), limit], head),
            })
            .await
    }

    async fn next_wake(&self, kind: JournalKind) -> Result<Option<Timestamp>, StoreError> {
        let text = "SELECT wake_at FROM journals WHERE kind = ?1 AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1";
        self.readers.statement(move |sql| maybe(sql, text, [kind.as_str()], |row| row.instant())).await
    }

    async fn forget_journals(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.run(move |tx| forget(tx.sql(), before, limit)).await
    }
}
