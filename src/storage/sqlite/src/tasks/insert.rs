//! How new tasks are stored, each with its event, and how a repeated request is known.

use baton_domain::event::NewEvent;
use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_storage::{Idempotency, Inserted, NewTaskRecord, StoreError};
use sqlx::Row;

use crate::columns::{maybe_text, text};
use crate::failure::failed;
use crate::writer::Tx;

pub(super) async fn insert(tx: &mut Tx, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Result<Inserted, StoreError> {
    if let Some(key) = &idempotency
        && let Some(answer) = remembered(tx, key).await?
    {
        return Ok(answer);
    }
    for task in &tasks {
        insert_one(tx, task).await?;
    }
    if let (Some(key), Some(first)) = (idempotency, tasks.first()) {
        let ids: Vec<TaskId> = tasks.iter().map(|task| task.task.summary.id).collect();
        sqlx::query("INSERT INTO idempotency_keys (principal, key, request_hash, response, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(key.principal)
            .bind(key.key)
            .bind(key.request_hash.to_vec())
            .bind(text(&ids)?)
            .bind(first.task.summary.created_at.as_millis())
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    Ok(Inserted::Stored)
}

async fn remembered(tx: &mut Tx, key: &Idempotency) -> Result<Option<Inserted>, StoreError> {
    let row = sqlx::query("SELECT request_hash, response FROM idempotency_keys WHERE principal = $1 AND key = $2")
        .bind(&key.principal)
        .bind(&key.key)
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let hash: Vec<u8> = row.try_get("request_hash").map_err(failed)?;
    if hash != key.request_hash {
        return Ok(Some(Inserted::KeyConflict));
    }
    crate::columns::json(&row, "response").map(|ids| Some(Inserted::Replayed(ids)))
}

async fn insert_one(tx: &mut Tx, new: &NewTaskRecord) -> Result<(), StoreError> {
    let (task, summary) = (&new.task, &new.task.summary);
    let deadline = |span: Option<u64>| span.map(|span| task.ready_at.plus(std::time::Duration::from_millis(span)).as_millis());
    let due = summary.not_before.map_or(task.ready_at, |at| at.max(task.ready_at));
    sqlx::query(
        "INSERT INTO tasks (id, project_id, title, skill, input, state, wait_kind, reason, priority, rank, labels, retry, timeouts, attempt,
             maximum_attempts, created_at, ready_at, not_before, start_by, close_by, created_by, rerun_of, parent_id, depth, result_kind,
             finished_at, failure)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)",
    )
    .bind(*summary.id.as_uuid())
    .bind(*summary.project_id.as_uuid())
    .bind(&summary.title)
    .bind(&summary.skill)
    .bind(text(&new.input)?)
    .bind(summary.state.as_str())
    .bind(summary.wait_kind.map(|kind| kind.as_str()))
    .bind(summary.reason.as_deref())
    .bind(summary.priority.get())
    .bind(summary.priority.rank(due))
    .bind(text(&summary.labels)?)
    .bind(text(&task.retry)?)
    .bind(text(&task.timeouts)?)
    .bind(summary.attempt)
    .bind(summary.maximum_attempts)
    .bind(summary.created_at.as_millis())
    .bind(task.ready_at.as_millis())
    .bind(summary.not_before.map(Timestamp::as_millis))
    .bind(deadline(task.timeouts.schedule_to_start_ms))
    .bind(deadline(task.timeouts.schedule_to_close_ms))
    .bind(text(&task.created_by)?)
    .bind(summary.rerun_of.map(|id| *id.as_uuid()))
    .bind(summary.parent_id.map(|id| *id.as_uuid()))
    .bind(task.depth)
    .bind(&task.result_kind)
    .bind(summary.finished_at.map(Timestamp::as_millis))
    .bind(maybe_text(summary.failure.as_ref())?)
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    tx.event(NewEvent {
        at: summary.created_at,
        project: summary.project_id,
        kind: format!("task.{}", summary.state),
        subject: format!("task:{}", summary.id),
        actor: task.created_by.clone(),
        data: serde_json::to_value(summary).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

pub(super) async fn forget_keys(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM idempotency_keys WHERE created_at < $1")
        .bind(before.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(done.rows_affected())
}
