//! How concurrency limits are stored and kept to.

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::limit::{LimitScope, LimitView};
use baton_storage::{Assignment, LimitRoom, LimitStore, StoreError};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::columns::Columns;
use crate::statement::{all, maybe, run};
use crate::tasks::key;
use crate::writer::Tx;

/// What all limits leave beside what runs already; without limits this reads an empty table and nothing else.
pub(crate) fn room(sql: &Connection) -> Result<LimitRoom, StoreError> {
    let limits =
        all(sql, "SELECT scope, name, maximum FROM task_limits", [], |row| Ok((row.named(LimitScope::parse)?, row.get()?, row.small()?)))?;
    let mut room = LimitRoom::new(limits);
    if !room.is_unlimited() {
        let text = "SELECT fairness_key, skill, count(*) FROM tasks WHERE state IN ('assigned', 'running') GROUP BY fairness_key, skill";
        for (key, skill, running) in all(sql, text, [], |row| Ok((key(row)?, row.get::<String>()?, row.get()?)))? {
            room.count(&skill, key.as_deref(), running);
        }
    }
    Ok(room)
}

/// Takes the room of an assignment whose task can begin; false if there is none, or if it cannot.
pub(crate) fn take(sql: &Connection, room: &mut LimitRoom, assignment: &Assignment) -> Result<bool, StoreError> {
    let task = maybe(
        sql,
        "SELECT fairness_key, skill FROM tasks
         WHERE id = ?1 AND state = 'queued' AND cancel_requested_at IS NULL AND (not_before IS NULL OR not_before <= ?2)",
        params![assignment.task.as_uuid().as_bytes(), assignment.at.as_millis()],
        |row| Ok((key(row)?, row.get::<String>()?)),
    )?;
    Ok(task.is_some_and(|(key, skill)| room.take(&skill, key.as_deref())))
}

const SELECT: &str = "SELECT scope, name, maximum, updated_at, updated_by, (
         SELECT count(*) FROM tasks WHERE state IN ('assigned', 'running') AND CASE task_limits.scope
             WHEN 'skill' THEN tasks.skill = task_limits.name ELSE tasks.fairness_key = task_limits.name END)
     FROM task_limits";

fn view(row: &mut Columns<'_, '_>) -> Result<LimitView, StoreError> {
    let (scope, name, maximum) = (row.named(LimitScope::parse)?, row.get()?, row.small()?);
    let (updated_at, updated_by) = (row.instant()?, row.get()?);
    Ok(LimitView { scope, name, maximum, running: row.small()?, updated_at, updated_by })
}

fn one(sql: &Connection, scope: LimitScope, name: &str) -> Result<Option<LimitView>, StoreError> {
    maybe(sql, &format!("{SELECT} WHERE scope = ?1 AND name = ?2"), [scope.as_str(), name], view)
}

fn announce(tx: &mut Tx, kind: &str, limit: &LimitView, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: format!("limit:{}:{}", limit.scope, limit.name),
        actor,
        data: Payload::of(limit).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

#[async_trait]
impl LimitStore for SqliteStore {
    async fn limits(&self) -> Result<Vec<LimitView>, StoreError> {
        self.readers
            .statement(|sql| {
                let mut limits = all(sql, SELECT, [], view)?;
                limits.sort_by(|one, other| (one.scope, &one.name).cmp(&(other.scope, &other.name)));
                Ok(limits)
            })
            .await
    }

    async fn set_limit(
        &self,
        scope: LimitScope,
        name: String,
        maximum: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<LimitView, StoreError> {
        self.writer
            .run(move |tx| {
                run(
                    tx.sql(),
                    "INSERT INTO task_limits (scope, name, maximum, updated_at, updated_by) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (scope, name) DO UPDATE SET maximum = excluded.maximum, updated_at = excluded.updated_at,
                         updated_by = excluded.updated_by",
                    params![scope.as_str(), name, maximum, at.as_millis(), actor.label()],
                )?;
                let limit = one(tx.sql(), scope, &name)?;
                let limit = limit.ok_or_else(|| StoreError::Corrupt("a limit is gone that was just set".to_owned()))?;
                announce(tx, "limit.set", &limit, actor, at)?;
                Ok(limit)
            })
            .await
    }

    async fn remove_limit(&self, scope: LimitScope, name: String, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.writer
            .run(move |tx| {
                let Some(limit) = one(tx.sql(), scope, &name)? else { return Ok(false) };
                run(tx.sql(), "DELETE FROM task_limits WHERE scope = ?1 AND name = ?2", [scope.as_str(), name.as_str()])?;
                announce(tx, "limit.removed", &limit, actor, at)?;
                Ok(true)
            })
            .await
    }
}
