//! What the engine asks of the queue: what is ready, what is due, who holds a lease.

use std::borrow::Cow;
use std::collections::BTreeSet;

use baton_domain::id::{AgentId, ArtifactId, LeaseToken, TaskId};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_storage::{DueTask, ESCALATED_FOR, QueueClass, ReadyTask, StoreError, TaskRecord, Wanted};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};

use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::{get, id, json, named, plain, text};
use crate::failure::{Fault, failed};
use crate::many::column;

/// The classes that hold tasks, found by leaping from one to the next in the index: tasks in between are not read.
const CLASSES: &str = "WITH RECURSIVE classes AS (
         (SELECT skill, fairness_key, priority FROM tasks WHERE state = 'queued' AND (skill, fairness_key, priority) > ($1, $2, $3)
             ORDER BY skill, fairness_key, priority LIMIT 1)
         UNION ALL SELECT next.skill, next.fairness_key, next.priority FROM classes CROSS JOIN LATERAL (
             SELECT skill, fairness_key, priority FROM tasks
             WHERE state = 'queued'
                 AND (skill, fairness_key, priority) > (classes.skill, classes.fairness_key, classes.priority)
             ORDER BY skill, fairness_key, priority LIMIT 1) AS next)
     SELECT skill, fairness_key, priority FROM classes LIMIT $4";

pub(super) async fn classes(sql: &mut PgConnection, after: Option<&QueueClass>, limit: u32) -> Result<Vec<QueueClass>, Fault> {
    let rows = sqlx::query(CLASSES)
        .bind(after.map_or("".into(), |class| plain(&class.skill)))
        .bind(after.map_or("".into(), |class| key_text(class)))
        .bind(after.map_or(-1, |class| i16::from(class.priority.get())))
        .bind(i64::from(limit))
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    let class = |row: &PgRow| -> Result<QueueClass, StoreError> {
        Ok(QueueClass { skill: get(row, "skill")?, fairness_key: rows::key(row)?, priority: rows::priority(row)? })
    };
    Ok(rows.iter().map(class).collect::<Result<_, _>>()?)
}

/// The fairness key as it is stored.
fn key_text(class: &QueueClass) -> Cow<'_, str> {
    plain(class.fairness_key.as_deref().unwrap_or_default())
}

/// Each class's own tasks are read in the order of its index, no more than are wanted of it.
macro_rules! ready {
    ($which:literal) => {
        concat!(
            "SELECT ready.* FROM UNNEST($1::text[], $2::text[], $3::smallint[], $4::bigint[]) AS wanted (skill, key, priority, most)
             CROSS JOIN LATERAL (
                 SELECT id, skill, fairness_key, priority, labels, rank FROM tasks
                 WHERE state = 'queued' AND tasks.skill = wanted.skill AND tasks.fairness_key = wanted.key
                     AND tasks.priority = wanted.priority AND cancel_requested_at IS NULL AND (not_before IS NULL OR not_before <= $5)
                     ",
            $which,
            " ORDER BY rank, id LIMIT wanted.most) AS ready
             ORDER BY ready.rank, ready.id"
        )
    };
}

const READY: &str = ready!("");
const READY_WITHOUT: &str =
    ready!("AND (tasks.skill, tasks.labels) NOT IN (SELECT * FROM UNNEST($6::text[], $7::text[]) AS left_out (skill, labels))");

pub(super) async fn ready(sql: &mut PgConnection, wanted: &[Wanted], now: Timestamp) -> Result<Vec<ReadyTask>, Fault> {
    let mut without = BTreeSet::new();
    for wanted in wanted {
        for labels in &*wanted.without {
            without.insert((plain(&wanted.class.skill), text(labels)?));
        }
    }
    let (skills, labels): (Vec<_>, Vec<_>) = without.into_iter().unzip();
    let query = sqlx::query(if skills.is_empty() { READY } else { READY_WITHOUT })
        .bind(column(wanted, |wanted| plain(&wanted.class.skill)))
        .bind(column(wanted, |wanted| key_text(&wanted.class)))
        .bind(column(wanted, |wanted| i16::from(wanted.class.priority.get())))
        .bind(column(wanted, |wanted| i64::from(wanted.limit)))
        .bind(now.as_millis());
    let query = if skills.is_empty() { query } else { query.bind(skills).bind(labels) };
    let rows = query.fetch_all(sql).await.map_err(failed)?;
    let task = |row: &PgRow| -> Result<ReadyTask, StoreError> {
        Ok(ReadyTask {
            id: id(row, "id", TaskId::new)?,
            skill: get(row, "skill")?,
            fairness_key: rows::key(row)?,
            priority: rows::priority(row)?,
            labels: json(row, "labels")?,
            rank: get(row, "rank")?,
        })
    };
    Ok(rows.iter().map(task).collect::<Result<_, _>>()?)
}

pub(super) async fn leased(sql: &mut PgConnection) -> Result<Vec<TaskRecord>, Fault> {
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS} FROM tasks WHERE state IN ('assigned', 'running') ORDER BY id");
    let found = sqlx::query(AssertSqlSafe(text)).fetch_all(sql).await.map_err(failed)?;
    Ok(found.iter().map(rows::record).collect::<Result<_, _>>()?)
}

/// Tasks of each kind of due, so many of each; the conditions are those of the partial indices.
const DUE: &str = "SELECT * FROM (
         (SELECT 1 AS kind, id, state, lease, not_before AS at FROM tasks
             WHERE state = 'waiting' AND wait_kind = 'timer' AND not_before IS NOT NULL AND not_before <= $1 ORDER BY not_before LIMIT $2)
         UNION ALL (SELECT 2, id, state, lease, start_by FROM tasks
             WHERE start_by <= $1 AND start_by IS NOT NULL AND state = 'queued' AND started_at IS NULL ORDER BY start_by LIMIT $2)
         UNION ALL (SELECT 3, id, state, lease, close_by FROM tasks
             WHERE close_by <= $1 AND close_by IS NOT NULL AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused')
             ORDER BY close_by LIMIT $2)
         UNION ALL (SELECT 4, id, state, lease, lease_until FROM tasks
             WHERE state IN ('assigned', 'running') AND lease_until <= $1 ORDER BY lease_until LIMIT $2)
         UNION ALL (SELECT 5, id, state, lease, finished_at FROM tasks WHERE awaited AND finished_at IS NOT NULL
             ORDER BY finished_at LIMIT $2)
         UNION ALL (SELECT 6, tasks.id, tasks.state, tasks.lease, tasks.created_at FROM tasks JOIN tasks AS parent ON parent.id = tasks.parent_id
             WHERE tasks.parent_id IS NOT NULL AND tasks.finished_at IS NULL AND tasks.cancel_requested_at IS NULL
                 AND (parent.finished_at IS NOT NULL OR parent.cancel_requested_at IS NOT NULL) ORDER BY tasks.created_at LIMIT $2)
         UNION ALL (SELECT 7, id, state, lease, cancel_requested_at FROM tasks
             WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL AND state IN ('queued', 'waiting', 'paused')
             ORDER BY cancel_requested_at LIMIT $2)
         UNION ALL (SELECT 8, tasks.id, tasks.state, tasks.lease, tasks.created_at FROM tasks LEFT JOIN journals ON journals.id = tasks.decision_id
             WHERE tasks.decide IS NOT NULL AND tasks.state = 'waiting' AND tasks.wait_kind = 'decision' AND CASE WHEN tasks.decision_id IS NULL
                 THEN NOT EXISTS (SELECT 1 FROM tasks AS voter
                     WHERE voter.parent_id = tasks.id AND voter.parent_id IS NOT NULL AND voter.finished_at IS NULL)
                 ELSE journals.id IS NULL OR NOT journals.live OR (journals.state = 'escalated' AND journals.updated_at <= $3) END
             ORDER BY tasks.id LIMIT $2)
         UNION ALL (SELECT 8, tasks.id, tasks.state, tasks.lease, tasks.created_at FROM journals JOIN tasks ON tasks.decision_id = journals.id
             WHERE journals.kind = 'decision' AND journals.live AND tasks.decision_id IS NOT NULL AND tasks.finished_at IS NOT NULL
             ORDER BY tasks.id LIMIT $2)) AS due
     ORDER BY kind, at, id";

pub(super) async fn due(sql: &mut PgConnection, now: Timestamp, limit: u32) -> Result<Vec<DueTask>, Fault> {
    let rows = sqlx::query(DUE)
        .bind(now.as_millis())
        .bind(i64::from(limit))
        .bind(now.minus(ESCALATED_FOR).as_millis())
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    let due = |row: &PgRow| -> Result<DueTask, StoreError> {
        let (task, state) = (id(row, "id", TaskId::new)?, named(row, "state", TaskState::parse)?);
        Ok(match get::<i32>(row, "kind")? {
            1 => DueTask::Timer(task),
            2 => DueTask::StartedTooLate(task, state),
            3 => DueTask::ClosedTooLate(task, state),
            5 => DueTask::Awaited(task),
            6 => DueTask::Orphan(task),
            7 => DueTask::CancelPending(task),
            8 => DueTask::Voted(task),
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

pub(super) async fn live_children(sql: &mut PgConnection, parent: TaskId, limit: u32) -> Result<Vec<TaskId>, Fault> {
    let rows = sqlx::query(
        "SELECT id FROM tasks WHERE parent_id = $1 AND parent_id IS NOT NULL AND finished_at IS NULL AND cancel_requested_at IS NULL
         ORDER BY id LIMIT $2",
    )
    .bind(*parent.as_uuid())
    .bind(i64::from(limit))
    .fetch_all(sql)
    .await
    .map_err(failed)?;
    Ok(rows.iter().map(|row| id(row, "id", TaskId::new)).collect::<Result<_, _>>()?)
}

pub(super) async fn artifact_in_use(sql: &mut PgConnection, artifact: ArtifactId) -> Result<bool, Fault> {
    // Live tasks are few beside ended ones; the index on the state keeps this from reading those.
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tasks
         WHERE state IN ('queued', 'assigned', 'running', 'waiting', 'paused') AND position($1 IN input) > 0)
         OR EXISTS (SELECT 1 FROM journals WHERE live AND kind = 'line' AND position($1 IN summary) > 0)
         OR EXISTS (SELECT 1 FROM journals JOIN journal_openings ON journal_id = id
             WHERE live AND kind = 'conflict' AND position($1 IN body) > 0)",
    )
    .bind(artifact.to_string())
    .fetch_one(sql)
    .await
    .map_err(failed)
}
