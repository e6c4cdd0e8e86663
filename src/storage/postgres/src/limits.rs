//! How concurrency limits are stored and kept to, by all servers together.

use std::collections::HashSet;

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{DEFAULT_PROJECT, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::limit::{LimitScope, LimitView};
use baton_storage::{Assignment, LimitRoom, LimitStore, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::PostgresStore;
use crate::columns::{get, id, instant, named, plain, small, stored_small};
use crate::failure::{Fault, failed};
use crate::many::column;
use crate::tasks::key;
use crate::writer::Tx;

/// Which limits a task is under.
pub(crate) const LIMITED: &str = "(task_limits.scope = 'skill' AND task_limits.name = tasks.skill)
     OR (task_limits.scope = 'fairness_key' AND task_limits.name = tasks.fairness_key)";

/// Of the assignments whose tasks are under a limit, those for which the limits leave room, in their order. The limits stay locked
/// until the commit, so that what another server counts includes what begins here.
pub(crate) async fn allowed<'a>(tx: &mut Tx, assignments: &[&'a Assignment]) -> Result<Vec<&'a Assignment>, Fault> {
    if assignments.is_empty() {
        return Ok(Vec::new());
    }
    // The text is put together from constants of this module only.
    let text = format!(
        "SELECT id, skill, fairness_key FROM tasks
         WHERE id = ANY($1) AND state || '' = 'queued' AND EXISTS (SELECT 1 FROM task_limits WHERE {LIMITED})"
    );
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(column(assignments, |assignment| *assignment.task.as_uuid()))
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let limited: Vec<(TaskId, String, Option<String>)> =
        rows.iter().map(|row| Ok((id(row, "id", TaskId::new)?, get(row, "skill")?, key(row)?))).collect::<Result<_, StoreError>>()?;
    let mut room = room(tx, &limited).await?;
    let free = |assignment: &&&Assignment| {
        let under = limited.iter().find(|(task, _, _)| *task == assignment.task);
        under.is_some_and(|(_, skill, key)| room.take(skill, key.as_deref()))
    };
    let assignments: Vec<&Assignment> = assignments.iter().filter(free).copied().collect();
    Ok(assignments)
}

/// What the limits of these tasks leave, beside what runs already.
async fn room(tx: &mut Tx, limited: &[(TaskId, String, Option<String>)]) -> Result<LimitRoom, Fault> {
    let skills: Vec<&str> = limited.iter().map(|(_, skill, _)| skill.as_str()).collect::<HashSet<_>>().into_iter().collect();
    let keys: Vec<&str> = limited.iter().filter_map(|(_, _, key)| key.as_deref()).collect::<HashSet<_>>().into_iter().collect();
    let limits = sqlx::query(
        "SELECT scope, name, maximum FROM task_limits
         WHERE (scope = 'skill' AND name = ANY($1)) OR (scope = 'fairness_key' AND name = ANY($2)) ORDER BY scope, name FOR UPDATE",
    )
    .bind(&skills)
    .bind(&keys)
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?;
    let limit = |row: &PgRow| Ok((named(row, "scope", LimitScope::parse)?, get(row, "name")?, small(row, "maximum")?));
    let mut room = LimitRoom::new(limits.iter().map(limit).collect::<Result<Vec<_>, StoreError>>()?);
    let running = sqlx::query(
        "SELECT skill, fairness_key, count(*) AS running FROM tasks
         WHERE state IN ('assigned', 'running') AND (skill = ANY($1) OR fairness_key = ANY($2)) GROUP BY skill, fairness_key",
    )
    .bind(&skills)
    .bind(&keys)
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?;
    for row in &running {
        room.count(get(row, "skill")?, key(row)?.as_deref(), get(row, "running")?);
    }
    Ok(room)
}

const SELECT: &str = "SELECT scope, name, maximum, updated_at, updated_by, (
         SELECT count(*)::integer FROM tasks WHERE state IN ('assigned', 'running') AND CASE task_limits.scope
             WHEN 'skill' THEN tasks.skill = task_limits.name ELSE tasks.fairness_key = task_limits.name END) AS running
     FROM task_limits";

fn view(row: &PgRow) -> Result<LimitView, StoreError> {
    Ok(LimitView {
        scope: named(row, "scope", LimitScope::parse)?,
        name: get(row, "name")?,
        maximum: small(row, "maximum")?,
        running: small(row, "running")?,
        updated_at: instant(row, "updated_at")?,
        updated_by: get(row, "updated_by")?,
    })
}

async fn one(sql: &mut PgConnection, scope: LimitScope, name: &str) -> Result<Option<LimitView>, Fault> {
    let row = sqlx::query(AssertSqlSafe(format!("{SELECT} WHERE scope = $1 AND name = $2")))
        .bind(scope.as_str())
        .bind(plain(name))
        .fetch_optional(sql)
        .await
        .map_err(failed)?;
    Ok(row.as_ref().map(view).transpose()?)
}

fn announce(tx: &mut Tx, kind: &str, limit: &LimitView, actor: &Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: format!("limit:{}:{}", limit.scope, limit.name),
        actor: actor.clone(),
        data: Payload::of(limit).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

/// A change of a limit.
struct Change {
    scope: LimitScope,
    name: String,
    maximum: u32,
    actor: Principal,
    at: Timestamp,
}

async fn set(tx: &mut Tx, change: &Change) -> Result<LimitView, Fault> {
    sqlx::query(
        "INSERT INTO task_limits (scope, name, maximum, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, name) DO UPDATE SET maximum = excluded.maximum, updated_at = excluded.updated_at,
             updated_by = excluded.updated_by",
    )
    .bind(change.scope.as_str())
    .bind(plain(&change.name))
    .bind(stored_small(change.maximum))
    .bind(change.at.as_millis())
    .bind(plain(change.actor.label()))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    let limit = one(tx.sql(), change.scope, &change.name).await?;
    let limit = limit.ok_or_else(|| StoreError::Corrupt("a limit is gone that was just set".to_owned()))?;
    announce(tx, "limit.set", &limit, &change.actor, change.at)?;
    Ok(limit)
}

async fn remove(tx: &mut Tx, change: &Change) -> Result<bool, Fault> {
    let Some(limit) = one(tx.sql(), change.scope, &change.name).await? else { return Ok(false) };
    let gone = sqlx::query("DELETE FROM task_limits WHERE scope = $1 AND name = $2")
        .bind(change.scope.as_str())
        .bind(plain(&change.name))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    announce(tx, "limit.removed", &limit, &change.actor, change.at)?;
    Ok(true)
}

#[async_trait]
impl LimitStore for PostgresStore {
    async fn limits(&self) -> Result<Vec<LimitView>, StoreError> {
        let rows = sqlx::query(AssertSqlSafe(SELECT)).fetch_all(&mut *self.reader().await?).await.map_err(failed)?;
        let mut limits = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
        limits.sort_by(|one, other| (one.scope, &one.name).cmp(&(other.scope, &other.name)));
        Ok(limits)
    }

    async fn set_limit(
        &self,
        scope: LimitScope,
        name: String,
        maximum: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<LimitView, StoreError> {
        self.writer.run(Change { scope, name, maximum, actor, at }, |tx, change| Box::pin(set(tx, change))).await
    }

    async fn remove_limit(&self, scope: LimitScope, name: String, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.writer.run(Change { scope, name, maximum: 0, actor, at }, |tx, change| Box::pin(remove(tx, change))).await
    }
}
