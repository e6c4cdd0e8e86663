//! What the engine asks of the queue: what is ready, what is due, who holds a lease.

use std::collections::HashSet;

use baton_domain::id::{AgentId, ArtifactId, LeaseToken, TaskId};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_storage::{DueTask, ReadyTask, StoreError, TaskRecord};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};

use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::{get, id, json, named};
use crate::failure::{Fault, failed};
use crate::many::column;
use crate::writer::Tx;

pub(super) async fn ready(sql: &mut PgConnection, skills: &[String], limit: u32, now: Timestamp) -> Result<Vec<ReadyTask>, Fault> {
    // Each skill's own tasks are read in the order of its index, no more than its limit.
    let rows = sqlx::query(
        "SELECT ready.id, ready.skill, ready.labels, ready.rank
         FROM (SELECT DISTINCT * FROM UNNEST($1::text[])) AS wanted (skill) CROSS JOIN LATERAL (
             SELECT id, skill, labels, rank FROM tasks
             WHERE state = 'queued' AND tasks.skill = wanted.skill AND (not_before IS NULL OR not_before <= $2)
             ORDER BY rank, id LIMIT $3) AS ready
         ORDER BY ready.rank, ready.id",
    )
    .bind(skills)
    .bind(now.as_millis())
    .bind(i64::from(limit))
    .fetch_all(sql)
    .await
    .map_err(failed)?;
    let task = |row: &PgRow| -> Result<ReadyTask, StoreError> {
        Ok(ReadyTask { id: id(row, "id", TaskId::new)?, skill: get(row, "skill")?, labels: json(row, "labels")?, rank: get(row, "rank")? })
    };
    Ok(rows.iter().map(task).collect::<Result<_, _>>()?)
}

/// A lease, and until when its holder is believed.
pub(super) type Heartbeat = (TaskId, LeaseToken, Timestamp);

pub(super) async fn heartbeat(tx: &mut Tx, leases: &[Heartbeat]) -> Result<Vec<(TaskId, LeaseToken)>, Fault> {
    // The list and the empty string keep PostgreSQL from going through all running tasks: see `begin`.
    let rows = sqlx::query(
        "UPDATE tasks SET lease_until = held.until
         FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[]) AS held (task, lease, until)
         WHERE tasks.id = ANY($1) AND tasks.id = held.task AND tasks.state || '' IN ('assigned', 'running') AND tasks.lease = held.lease
         RETURNING tasks.id, tasks.lease",
    )
    .bind(column(leases, |(task, _, _)| *task.as_uuid()))
    .bind(column(leases, |(_, lease, _)| lease.0))
    .bind(column(leases, |(_, _, until)| until.as_millis()))
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?;
    let alive: HashSet<(TaskId, LeaseToken)> =
        rows.iter().map(|row| Ok((id(row, "id", TaskId::new)?, LeaseToken(get(row, "lease")?)))).collect::<Result<_, StoreError>>()?;
    Ok(leases.iter().map(|(task, lease, _)| (*task, *lease)).filter(|lease| !alive.contains(lease)).collect())
}

pub(super) async fn leased(sql: &mut PgConnection) -> Result<Vec<TaskRecord>, Fault> {
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS} FROM tasks WHERE state IN ('assigned', 'running') ORDER BY id");
    let found = sqlx::query(AssertSqlSafe(text)).fetch_all(sql).await.map_err(failed)?;
    Ok(found.iter().map(rows::record).collect::<Result<_, _>>()?)
}

/// Tasks of each kind of due; the conditions are those of the partial indices.
const DUE: &str = "SELECT * FROM (
         (SELECT 1 AS kind, id, state, lease, not_before AS at FROM tasks
             WHERE state = 'waiting' AND wait_kind = 'timer' AND not_before IS NOT NULL AND not_before <= $1 ORDER BY not_before LIMIT $2)
         UNION ALL (SELECT 2, id, state, lease, start_by FROM tasks
             WHERE start_by <= $1 AND start_by IS NOT NULL AND state = 'queued' AND started_at IS NULL ORDER BY start_by LIMIT $2)
         UNION ALL (SELECT 3, id, state, lease, close_by FROM tasks
             WHERE close_by <= $1 AND close_by IS NOT NULL AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused')
             ORDER BY close_by LIMIT $2)
         UNION ALL (SELECT 4, id, state, lease, lease_until FROM tasks
             WHERE state IN ('assigned', 'running') AND lease_until <= $1 ORDER BY lease_until LIMIT $2)) AS due
     ORDER BY kind, at, id";

pub(super) async fn due(sql: &mut PgConnection, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, Fault> {
    let rows = sqlx::query(DUE).bind(now.as_millis()).bind(i64::from(limit)).fetch_all(sql).await.map_err(failed)?;
    let due = |row: &PgRow| -> Result<DueTask, StoreError> {
        let (task, state) = (id(row, "id", TaskId::new)?, named(row, "state", TaskState::parse)?);
        Ok(match get::<i32>(row, "kind")? {
            1 => DueTask::Timer(task),
            2 => DueTask::StartedTooLate(task, state),
            3 => DueTask::ClosedTooLate(task, state),
            _ => DueTask::LeaseExpired(task, LeaseToken(get(row, "lease")?)),
        })
    };
    Ok(rows.iter().map(due).collect::<Result<_, _>>()?)
}

pub(super) async fn next_due(sql: &mut PgConnection, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT min(at) FROM (
             SELECT min(not_before) AS at FROM tasks WHERE state IN ('queued', 'waiting') AND not_before IS NOT NULL AND not_before > $1
             UNION ALL SELECT min(start_by) FROM tasks WHERE start_by IS NOT NULL AND state = 'queued' AND start_by > $1
             UNION ALL SELECT min(close_by) FROM tasks WHERE close_by IS NOT NULL
                 AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND close_by > $1) AS due",
    )
    .bind(now.as_millis())
    .fetch_one(sql)
    .await
    .map_err(failed)?;
    Ok(next.map(Timestamp::from_millis))
}

pub(super) async fn of_agent(sql: &mut PgConnection, agent: AgentId) -> Result<Vec<TaskId>, Fault> {
    let rows = sqlx::query("SELECT id FROM tasks WHERE state IN ('assigned', 'running') AND agent_id = $1 ORDER BY id")
        .bind(*agent.as_uuid())
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    Ok(rows.iter().map(|row| id(row, "id", TaskId::new)).collect::<Result<_, _>>()?)
}

pub(super) async fn artifact_in_use(sql: &mut PgConnection, artifact: ArtifactId) -> Result<bool, Fault> {
    // Live tasks are few beside ended ones; the index on the state keeps this from reading those.
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tasks
         WHERE state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND position($1 IN input) > 0)",
    )
    .bind(artifact.to_string())
    .fetch_one(sql)
    .await
    .map_err(failed)
}
