//! What the engine asks of the queue: what is ready, what is due, who holds a lease.
//!
//! Each question names its index. SQLite's planner would take the one on the state for most of them and go through all queued
//! tasks, each time; and with `INDEXED BY` a question whose index is gone is an error, not a slow answer.

use baton_domain::id::{AgentId, ArtifactId, LeaseToken, TaskId};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_storage::{DueTask, ESCALATED, ESCALATED_FOR, JournalKind, QueueClass, ReadyTask, StoreError, TaskRecord, Wanted};
use rusqlite::{Connection, params};

use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::{Columns, text};
use crate::statement::{all, maybe, one};

/// The classes that hold tasks, found by leaping from one to the next in the index: tasks in between are not read.
pub(super) fn classes(sql: &Connection, after: Option<&QueueClass>, limit: u32) -> Result<Vec<QueueClass>, StoreError> {
    let mut found: Vec<QueueClass> = Vec::new();
    while found.len() < limit as usize {
        let last = found.last().or(after);
        let (skill, key) = last.map_or(("", ""), |class| (class.skill.as_str(), key_text(class)));
        let next = maybe(
            sql,
            "SELECT skill, fairness_key, priority FROM tasks INDEXED BY tasks_ready
             WHERE state = 'queued' AND (skill, fairness_key, priority) > (?1, ?2, ?3)
             ORDER BY skill, fairness_key, priority LIMIT 1",
            params![skill, key, last.map_or(-1, |class| i64::from(class.priority.get()))],
            |row| Ok(QueueClass { skill: row.get()?, fairness_key: rows::key(row)?, priority: rows::priority(row)? }),
        )?;
        let Some(next) = next else { break };
        found.push(next);
    }
    Ok(found)
}

/// The fairness key as it is stored.
fn key_text(class: &QueueClass) -> &str {
    class.fairness_key.as_deref().unwrap_or_default()
}

const READY: &str = "SELECT id, labels, rank FROM tasks INDEXED BY tasks_ready
     WHERE state = 'queued' AND skill = ?1 AND fairness_key = ?2 AND priority = ?3 AND cancel_requested_at IS NULL
         AND (not_before IS NULL OR not_before <= ?4) ORDER BY rank, id LIMIT ?5";

/// The index has the labels: those that are left out cost no look at their rows.
const READY_WITHOUT: &str = "SELECT id, labels, rank FROM tasks INDEXED BY tasks_ready
     WHERE state = 'queued' AND skill = ?1 AND fairness_key = ?2 AND priority = ?3 AND cancel_requested_at IS NULL
         AND (not_before IS NULL OR not_before <= ?4) AND labels NOT IN (SELECT value FROM json_each(?6)) ORDER BY rank, id LIMIT ?5";

pub(super) fn ready(sql: &Connection, wanted: &[Wanted], now: Timestamp) -> Result<Vec<ReadyTask>, StoreError> {
    let mut ready = Vec::new();
    for Wanted { class, limit, without } in wanted {
        let QueueClass { skill, priority, .. } = class;
        let (key, priority, now) = (key_text(class), priority.get(), now.as_millis());
        let task = |row: &mut Columns<'_, '_>| -> Result<ReadyTask, StoreError> {
            let QueueClass { skill, fairness_key, priority } = class.clone();
            Ok(ReadyTask { id: row.id(TaskId::new)?, skill, fairness_key, priority, labels: row.json()?, rank: row.get()? })
        };
        let found = if without.is_empty() {
            all(sql, READY, params![skill, key, priority, now, limit], task)?
        } else {
            // As the column holds them.
            let texts: Vec<String> = without.iter().map(text).collect::<Result<_, _>>()?;
            all(sql, READY_WITHOUT, params![skill, key, priority, now, limit, text(&texts)?], task)?
        };
        ready.extend(found);
    }
    ready.sort_by_key(|task| (task.rank, task.id));
    Ok(ready)
}

pub(super) fn leased(sql: &Connection) -> Result<Vec<TaskRecord>, StoreError> {
    let text = format!(
        "SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS} FROM tasks INDEXED BY tasks_leased WHERE state IN ('assigned', 'running') ORDER BY id"
    );
    all(sql, &text, [], rows::record)
}

pub(super) fn due(sql: &Connection, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError> {
    let values = params![now.as_millis(), limit];
    let mut due = all(
        sql,
        "SELECT id FROM tasks INDEXED BY tasks_timers WHERE state = 'waiting' AND wait_kind = 'timer' AND not_before <= ?1
         ORDER BY not_before LIMIT ?2",
        values,
        |row| Ok(DueTask::Timer(row.id(TaskId::new)?)),
    )?;
    due.extend(all(
        sql,
        "SELECT id, state FROM tasks INDEXED BY tasks_start_by
         WHERE start_by <= ?1 AND start_by IS NOT NULL AND state = 'queued' AND started_at IS NULL
         ORDER BY start_by LIMIT ?2",
        values,
        |row| Ok(DueTask::StartedTooLate(row.id(TaskId::new)?, row.named(TaskState::parse)?)),
    )?);
    due.extend(all(
        sql,
        "SELECT id, state FROM tasks INDEXED BY tasks_close_by WHERE close_by <= ?1 AND close_by IS NOT NULL
         AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused') ORDER BY close_by LIMIT ?2",
        values,
        |row| Ok(DueTask::ClosedTooLate(row.id(TaskId::new)?, row.named(TaskState::parse)?)),
    )?);
    due.extend(all(
        sql,
        "SELECT id, lease FROM tasks INDEXED BY tasks_leased WHERE state IN ('assigned', 'running') AND lease_until <= ?1
         ORDER BY lease_until LIMIT ?2",
        values,
        |row| Ok(DueTask::LeaseExpired(row.id(TaskId::new)?, LeaseToken(row.get()?))),
    )?);
    due.extend(about_others(sql, limit)?);
    due.extend(voted(sql, now, limit)?);
    Ok(due)
}

/// What is due because of other tasks, or because somebody asked, and not because of the time.
fn about_others(sql: &Connection, limit: u32) -> Result<Vec<DueTask>, StoreError> {
    let text = "SELECT id FROM tasks INDEXED BY tasks_awaited WHERE awaited AND finished_at IS NOT NULL ORDER BY finished_at, id LIMIT ?1";
    let mut due = all(sql, text, [limit], |row| Ok(DueTask::Awaited(row.id(TaskId::new)?)))?;
    due.extend(all(
        sql,
        "SELECT tasks.id FROM tasks INDEXED BY tasks_by_parent JOIN tasks AS parent ON parent.id = tasks.parent_id
         WHERE tasks.parent_id IS NOT NULL AND tasks.finished_at IS NULL AND tasks.cancel_requested_at IS NULL
             AND (parent.finished_at IS NOT NULL OR parent.cancel_requested_at IS NOT NULL) ORDER BY tasks.created_at, tasks.id LIMIT ?1",
        [limit],
        |row| Ok(DueTask::Orphan(row.id(TaskId::new)?)),
    )?);
    due.extend(all(
        sql,
        "SELECT id FROM tasks INDEXED BY tasks_cancel_requested
         WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL AND state IN ('queued', 'waiting', 'paused')
         ORDER BY cancel_requested_at, id LIMIT ?1",
        [limit],
        |row| Ok(DueTask::CancelPending(row.id(TaskId::new)?)),
    )?);
    Ok(due)
}

/// What is due of tasks that several do.
fn voted(sql: &Connection, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, StoreError> {
    let mut due = all(
        sql,
        "SELECT tasks.id FROM tasks INDEXED BY tasks_voted LEFT JOIN journals ON journals.id = tasks.decision_id
         WHERE tasks.decide IS NOT NULL AND tasks.state = 'waiting' AND tasks.wait_kind = 'decision' AND CASE WHEN tasks.decision_id IS NULL
             THEN NOT EXISTS (SELECT 1 FROM tasks AS voter INDEXED BY tasks_by_parent WHERE voter.parent_id = tasks.id AND voter.finished_at IS NULL)
             ELSE journals.id IS NULL OR journals.live = 0 OR (journals.state = ?1 AND journals.updated_at <= ?2) END
         ORDER BY tasks.id LIMIT ?3",
        params![ESCALATED, now.minus(ESCALATED_FOR).as_millis(), limit],
        |row| Ok(DueTask::Voted(row.id(TaskId::new)?)),
    )?;
    due.extend(all(
        sql,
        "SELECT tasks.id FROM journals INDEXED BY journals_live JOIN tasks INDEXED BY tasks_decided ON tasks.decision_id = journals.id
         WHERE journals.kind = ?1 AND journals.live = 1 AND tasks.decision_id IS NOT NULL AND tasks.finished_at IS NOT NULL
         ORDER BY tasks.id LIMIT ?2",
        params![JournalKind::Decision.as_str(), limit],
        |row| Ok(DueTask::Voted(row.id(TaskId::new)?)),
    )?);
    Ok(due)
}

pub(super) fn live_children(sql: &Connection, parent: TaskId, limit: u32) -> Result<Vec<TaskId>, StoreError> {
    all(
        sql,
        "SELECT id FROM tasks INDEXED BY tasks_by_parent
         WHERE parent_id = ?1 AND finished_at IS NULL AND cancel_requested_at IS NULL ORDER BY id LIMIT ?2",
        params![parent.as_uuid().as_bytes(), limit],
        |row| row.id(TaskId::new),
    )
}

pub(super) fn next_due(sql: &Connection, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    one(
        sql,
        "SELECT min(at) FROM (
             SELECT min(not_before) AS at FROM tasks INDEXED BY tasks_timed
                 WHERE state IN ('queued', 'waiting') AND not_before IS NOT NULL AND not_before > ?1
             UNION ALL SELECT min(start_by) FROM tasks INDEXED BY tasks_start_by WHERE start_by IS NOT NULL AND state = 'queued' AND start_by > ?1
             UNION ALL SELECT min(close_by) FROM tasks INDEXED BY tasks_close_by WHERE close_by IS NOT NULL
                 AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND close_by > ?1)",
        [now.as_millis()],
        |row| row.maybe_instant(),
    )
}

pub(super) fn of_agent(sql: &Connection, agent: AgentId) -> Result<Vec<TaskId>, StoreError> {
    let text = "SELECT id FROM tasks INDEXED BY tasks_leased WHERE state IN ('assigned', 'running') AND agent_id = ?1 ORDER BY id";
    all(sql, text, [agent.as_uuid().as_bytes()], |row| row.id(TaskId::new))
}

pub(super) fn artifact_in_use(sql: &Connection, artifact: ArtifactId) -> Result<bool, StoreError> {
    // Live tasks are few beside ended ones; the index on the state keeps this from reading those.
    one(
        sql,
        "SELECT EXISTS (SELECT 1 FROM tasks
         WHERE state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND state <> 'completed' AND instr(input, ?1) > 0)
         OR EXISTS (SELECT 1 FROM journals WHERE live = 1 AND kind = 'line' AND instr(summary, ?1) > 0)
         OR EXISTS (SELECT 1 FROM journals JOIN journal_openings ON journal_id = id
             WHERE live = 1 AND kind = 'conflict' AND instr(body, ?1) > 0)",
        [artifact.to_string()],
        |row| row.get(),
    )
}
