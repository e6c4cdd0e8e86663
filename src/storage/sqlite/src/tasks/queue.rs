//! What the engine asks of the queue: what is ready, what is due, who holds a lease.

use baton_domain::id::{AgentId, ArtifactId, LeaseToken, TaskId};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_storage::{DueTask, ReadyTask, StoreError, TaskRecord};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::{get, id, json, named};
use crate::failure::failed;
use crate::writer::Tx;

pub(super) async fn ready(sql: &mut SqliteConnection, skills: &[String], limit: u32, now: Timestamp) -> Result<Vec<ReadyTask>, StoreError> {
    let mut ready = Vec::new();
    for skill in skills {
        let rows = sqlx::query(
            "SELECT id, labels, rank FROM tasks
             WHERE state = 'queued' AND skill = $1 AND (not_before IS NULL OR not_before <= $2) ORDER BY rank, id LIMIT $3",
        )
        .bind(skill)
        .bind(now.as_millis())
        .bind(limit)
        .fetch_all(&mut *sql)
        .await
        .map_err(failed)?;
        for row in &rows {
            ready.push(ReadyTask {
                id: id(row, "id", TaskId::new)?,
                skill: skill.clone(),
                labels: json(row, "labels")?,
                rank: get(row, "rank")?,
            });
        }
    }
    ready.sort_by_key(|task| (task.rank, task.id));
    Ok(ready)
}

pub(super) async fn heartbeat(tx: &mut Tx, leases: Vec<(TaskId, LeaseToken, Timestamp)>) -> Result<Vec<(TaskId, LeaseToken)>, StoreError> {
    let mut stale = Vec::new();
    for (task, lease, until) in leases {
        let done = sqlx::query("UPDATE tasks SET lease_until = $1 WHERE id = $2 AND state IN ('assigned', 'running') AND lease = $3")
            .bind(until.as_millis())
            .bind(*task.as_uuid())
            .bind(lease.0)
            .execute(tx.sql())
            .await
            .map_err(failed)?;
        if done.rows_affected() == 0 {
            stale.push((task, lease));
        }
    }
    Ok(stale)
}

pub(super) async fn leased(sql: &mut SqliteConnection) -> Result<Vec<TaskRecord>, StoreError> {
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS} FROM tasks WHERE state IN ('assigned', 'running') ORDER BY id");
    let found = sqlx::query(AssertSqlSafe(text)).fetch_all(sql).await.map_err(failed)?;
    found.iter().map(rows::record).collect()
}

pub(super) async fn due(sql: &mut SqliteConnection, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError> {
    let now = now.as_millis();
    let mut due = Vec::new();
    let timers = sqlx::query(
        "SELECT id FROM tasks WHERE state = 'waiting' AND wait_kind = 'timer' AND not_before <= $1 ORDER BY not_before LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(&mut *sql)
    .await
    .map_err(failed)?;
    for row in &timers {
        due.push(DueTask::Timer(id(row, "id", TaskId::new)?));
    }
    let late = sqlx::query(
        "SELECT id, state FROM tasks WHERE start_by <= $1 AND start_by IS NOT NULL AND state = 'queued' AND started_at IS NULL LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(&mut *sql)
    .await
    .map_err(failed)?;
    for row in &late {
        due.push(DueTask::StartedTooLate(id(row, "id", TaskId::new)?, named(row, "state", TaskState::parse)?));
    }
    let open = sqlx::query(
        "SELECT id, state FROM tasks WHERE close_by <= $1 AND close_by IS NOT NULL
         AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused') LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(&mut *sql)
    .await
    .map_err(failed)?;
    for row in &open {
        due.push(DueTask::ClosedTooLate(id(row, "id", TaskId::new)?, named(row, "state", TaskState::parse)?));
    }
    let silent = sqlx::query("SELECT id, lease FROM tasks WHERE state IN ('assigned', 'running') AND lease_until <= $1 LIMIT $2")
        .bind(now)
        .bind(limit)
        .fetch_all(&mut *sql)
        .await
        .map_err(failed)?;
    for row in &silent {
        due.push(DueTask::LeaseExpired(id(row, "id", TaskId::new)?, LeaseToken(get(row, "lease")?)));
    }
    Ok(due)
}

pub(super) async fn next_due(sql: &mut SqliteConnection, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT min(at) FROM (
             SELECT min(not_before) AS at FROM tasks WHERE state IN ('queued', 'waiting') AND not_before IS NOT NULL AND not_before > $1
             UNION ALL SELECT min(start_by) FROM tasks WHERE start_by IS NOT NULL AND state = 'queued' AND start_by > $1
             UNION ALL SELECT min(close_by) FROM tasks WHERE close_by IS NOT NULL
                 AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND close_by > $1)",
    )
    .bind(now.as_millis())
    .fetch_one(sql)
    .await
    .map_err(failed)?;
    Ok(next.map(Timestamp::from_millis))
}

pub(super) async fn of_agent(sql: &mut SqliteConnection, agent: AgentId) -> Result<Vec<TaskId>, StoreError> {
    let rows = sqlx::query("SELECT id FROM tasks WHERE state IN ('assigned', 'running') AND agent_id = $1 ORDER BY id")
        .bind(*agent.as_uuid())
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| id(row, "id", TaskId::new)).collect()
}

pub(super) async fn artifact_in_use(sql: &mut SqliteConnection, artifact: ArtifactId) -> Result<bool, StoreError> {
    // Live tasks are few beside ended ones; the index on the state keeps this from reading those.
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tasks
         WHERE state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND instr(input, $1) > 0)",
    )
    .bind(artifact.to_string())
    .fetch_one(sql)
    .await
    .map_err(failed)
}
