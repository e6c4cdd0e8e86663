//! What the engine asks of the queue: what is ready, what is due, who holds a lease.

use baton_domain::id::{AgentId, ArtifactId, LeaseToken, TaskId};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_storage::{DueTask, ReadyTask, StoreError, TaskRecord};
use rusqlite::{Connection, params};

use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::statement::{all, one, run};
use crate::writer::Tx;

pub(super) fn ready(sql: &Connection, skills: &[String], limit: u32, now: Timestamp) -> Result<Vec<ReadyTask>, StoreError> {
    let mut ready = Vec::new();
    for skill in skills {
        let found = all(
            sql,
            "SELECT id, labels, rank FROM tasks
             WHERE state = 'queued' AND skill = ?1 AND (not_before IS NULL OR not_before <= ?2) ORDER BY rank, id LIMIT ?3",
            params![skill, now.as_millis(), limit],
            |row| Ok(ReadyTask { id: row.id(TaskId::new)?, skill: skill.clone(), labels: row.json()?, rank: row.get()? }),
        )?;
        ready.extend(found);
    }
    ready.sort_by_key(|task| (task.rank, task.id));
    Ok(ready)
}

pub(super) fn heartbeat(tx: &mut Tx, leases: &[(TaskId, LeaseToken, Timestamp)]) -> Result<Vec<(TaskId, LeaseToken)>, StoreError> {
    let mut stale = Vec::new();
    for (task, lease, until) in leases {
        let renewed = run(
            tx.sql(),
            "UPDATE tasks SET lease_until = ?1 WHERE id = ?2 AND state IN ('assigned', 'running') AND lease = ?3",
            params![until.as_millis(), task.as_uuid().as_bytes(), lease.0],
        )?;
        if renewed == 0 {
            stale.push((*task, *lease));
        }
    }
    Ok(stale)
}

pub(super) fn leased(sql: &Connection) -> Result<Vec<TaskRecord>, StoreError> {
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS} FROM tasks WHERE state IN ('assigned', 'running') ORDER BY id");
    all(sql, &text, [], rows::record)
}

pub(super) fn due(sql: &Connection, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError> {
    let values = params![now.as_millis(), limit];
    let mut due = all(
        sql,
        "SELECT id FROM tasks WHERE state = 'waiting' AND wait_kind = 'timer' AND not_before <= ?1 ORDER BY not_before LIMIT ?2",
        values,
        |row| Ok(DueTask::Timer(row.id(TaskId::new)?)),
    )?;
    due.extend(all(
        sql,
        "SELECT id, state FROM tasks WHERE start_by <= ?1 AND start_by IS NOT NULL AND state = 'queued' AND started_at IS NULL LIMIT ?2",
        values,
        |row| Ok(DueTask::StartedTooLate(row.id(TaskId::new)?, row.named(TaskState::parse)?)),
    )?);
    due.extend(all(
        sql,
        "SELECT id, state FROM tasks WHERE close_by <= ?1 AND close_by IS NOT NULL
         AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused') LIMIT ?2",
        values,
        |row| Ok(DueTask::ClosedTooLate(row.id(TaskId::new)?, row.named(TaskState::parse)?)),
    )?);
    due.extend(all(
        sql,
        "SELECT id, lease FROM tasks WHERE state IN ('assigned', 'running') AND lease_until <= ?1 LIMIT ?2",
        values,
        |row| Ok(DueTask::LeaseExpired(row.id(TaskId::new)?, LeaseToken(row.get()?))),
    )?);
    Ok(due)
}

pub(super) fn next_due(sql: &Connection, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    one(
        sql,
        "SELECT min(at) FROM (
             SELECT min(not_before) AS at FROM tasks WHERE state IN ('queued', 'waiting') AND not_before IS NOT NULL AND not_before > ?1
             UNION ALL SELECT min(start_by) FROM tasks WHERE start_by IS NOT NULL AND state = 'queued' AND start_by > ?1
             UNION ALL SELECT min(close_by) FROM tasks WHERE close_by IS NOT NULL
                 AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND close_by > ?1)",
        [now.as_millis()],
        |row| row.maybe_instant(),
    )
}

pub(super) fn of_agent(sql: &Connection, agent: AgentId) -> Result<Vec<TaskId>, StoreError> {
    let text = "SELECT id FROM tasks WHERE state IN ('assigned', 'running') AND agent_id = ?1 ORDER BY id";
    all(sql, text, [agent.as_uuid().as_bytes()], |row| row.id(TaskId::new))
}

pub(super) fn artifact_in_use(sql: &Connection, artifact: ArtifactId) -> Result<bool, StoreError> {
    // Live tasks are few beside ended ones; the index on the state keeps this from reading those.
    one(
        sql,
        "SELECT EXISTS (SELECT 1 FROM tasks
         WHERE state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND instr(input, ?1) > 0)",
        [artifact.to_string()],
        |row| row.get(),
    )
}
