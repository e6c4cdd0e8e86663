//! How new tasks are stored, each with its event, and how a repeated request is known.

use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_storage::{Idempotency, Inserted, NewTaskRecord, StoreError};
use sqlx::Row;

use super::announce::moved;
use crate::columns::{maybe_text, text};
use crate::failure::failed;
use crate::many::{self, Values};
use crate::tally::Move;
use crate::writer::Tx;

pub(super) async fn insert(tx: &mut Tx, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Result<Inserted, StoreError> {
    if let Some(key) = &idempotency
        && let Some(answer) = remembered(tx, key).await?
    {
        return Ok(answer);
    }
    many::insert(tx.sql(), HEAD, &tasks, columns).await?;
    for NewTaskRecord { task, .. } in &tasks {
        let change = Move { from: None, to: task.summary.state };
        moved(tx, &task.summary, change, task.created_by.clone(), task.summary.created_at)?;
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

const HEAD: &str = "INSERT INTO tasks (id, project_id, title, skill, input, state, wait_kind, reason, priority, rank, labels, retry, \
     timeouts, attempt, maximum_attempts, created_at, ready_at, not_before, start_by, close_by, created_by, rerun_of, parent_id, depth, \
     result_kind, finished_at, failure)";

fn columns(row: &mut Values<'_>, new: &NewTaskRecord) -> Result<(), StoreError> {
    let (task, summary) = (&new.task, &new.task.summary);
    let deadline = |span: Option<u64>| span.map(|span| task.ready_at.plus(std::time::Duration::from_millis(span)).as_millis());
    let due = summary.not_before.map_or(task.ready_at, |at| at.max(task.ready_at));
    row.push_bind(*summary.id.as_uuid())
        .push_bind(*summary.project_id.as_uuid())
        .push_bind(&summary.title)
        .push_bind(&summary.skill)
        .push_bind(text(&new.input)?)
        .push_bind(summary.state.as_str())
        .push_bind(summary.wait_kind.map(|kind| kind.as_str()))
        .push_bind(summary.reason.as_deref())
        .push_bind(summary.priority.get())
        .push_bind(summary.priority.rank(due))
        .push_bind(text(&summary.labels)?)
        .push_bind(text(&task.retry)?)
        .push_bind(text(&task.timeouts)?)
        .push_bind(summary.attempt)
        .push_bind(summary.maximum_attempts)
        .push_bind(summary.created_at.as_millis())
        .push_bind(task.ready_at.as_millis())
        .push_bind(summary.not_before.map(Timestamp::as_millis))
        .push_bind(deadline(task.timeouts.schedule_to_start_ms))
        .push_bind(deadline(task.timeouts.schedule_to_close_ms))
        .push_bind(text(&task.created_by)?)
        .push_bind(summary.rerun_of.map(|id| *id.as_uuid()))
        .push_bind(summary.parent_id.map(|id| *id.as_uuid()))
        .push_bind(task.depth)
        .push_bind(&task.result_kind)
        .push_bind(summary.finished_at.map(Timestamp::as_millis))
        .push_bind(maybe_text(summary.failure.as_ref())?);
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
