//! How new tasks are stored, each with its event, and how a repeated request is known.

use std::time::Duration;

use baton_domain::time::Timestamp;
use baton_storage::{Idempotency, Inserted, NewTaskRecord, StoreError, asked_for};
use sqlx::PgConnection;

use super::announce::event;
use super::dependencies;
use crate::columns::{get, json, maybe_plain, maybe_text, plain, stored_small, text};
use crate::failure::{Fault, failed};
use crate::many::{column, try_column};
use crate::writer::Tx;

pub(super) async fn insert(tx: &mut Tx, new: &[NewTaskRecord], idempotency: Option<&Idempotency>) -> Result<Inserted, Fault> {
    if let (Some(key), Some(first)) = (idempotency, new.first())
        && !remember(tx, key, new, first.task.summary.created_at).await?
    {
        return repeated(tx, key).await;
    }
    if let Some(missing) = dependencies::missing(tx, new).await? {
        forget_key(tx, idempotency).await?;
        return Ok(Inserted::NoSuchDependency(missing));
    }
    write(tx, new).await?;
    dependencies::store(tx, new).await?;
    for NewTaskRecord { task, .. } in new {
        event(tx, &task.summary, task.summary.state, task.created_by.clone(), task.summary.created_at)?;
    }
    Ok(Inserted::Stored)
}

/// Takes a key, unless it is taken. Of two servers that get the same request at once the second waits here for the first.
async fn remember(tx: &mut Tx, key: &Idempotency, tasks: &[NewTaskRecord], at: Timestamp) -> Result<bool, Fault> {
    let ids = asked_for(tasks);
    let taken = sqlx::query(
        "INSERT INTO idempotency_keys (principal, key, request_hash, response, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (principal, key) DO NOTHING",
    )
    .bind(plain(&key.principal))
    .bind(plain(&key.key))
    .bind(key.request_hash.as_slice())
    .bind(text(&ids)?)
    .bind(at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(taken.rows_affected() == 1)
}

/// Gives a key back whose request was refused.
async fn forget_key(tx: &mut Tx, key: Option<&Idempotency>) -> Result<(), Fault> {
    let Some(key) = key else { return Ok(()) };
    sqlx::query("DELETE FROM idempotency_keys WHERE principal = $1 AND key = $2")
        .bind(plain(&key.principal))
        .bind(plain(&key.key))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(())
}

/// What the first request with this key was answered.
async fn repeated(tx: &mut Tx, key: &Idempotency) -> Result<Inserted, Fault> {
    // Forgotten between the two statements: then it is free.
    remembered(tx.sql(), key).await?.ok_or_else(|| Fault::Again("the key was forgotten just now".to_owned()))
}

/// What a request is answered whose key is known.
pub(super) async fn remembered(sql: &mut PgConnection, key: &Idempotency) -> Result<Option<Inserted>, StoreError> {
    let row = sqlx::query("SELECT request_hash, response FROM idempotency_keys WHERE principal = $1 AND key = $2")
        .bind(plain(&key.principal))
        .bind(plain(&key.key))
        .fetch_optional(sql)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    if get::<&[u8]>(&row, "request_hash")? != key.request_hash {
        return Ok(Some(Inserted::KeyConflict));
    }
    Ok(Some(Inserted::Replayed(json(&row, "response")?)))
}

const INSERT: &str = "INSERT INTO tasks (id, project_id, title, skill, input, state, wait_kind, reason, priority, rank, labels, retry,
         timeouts, attempt, maximum_attempts, created_at, ready_at, not_before, start_by, close_by, created_by, rerun_of, parent_id,
         depth, result_kind, finished_at, failure, fairness_key, fairness_weight, budget, decide, run_id)
     SELECT new.* FROM UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::smallint[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::integer[], $15::integer[], $16::bigint[],
         $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::text[], $22::uuid[], $23::uuid[], $24::integer[],
         $25::text[], $26::bigint[], $27::text[], $28::text[], $29::double precision[], $30::text[], $31::text[], $32::uuid[])
         AS new (id, project)
     WHERE EXISTS (SELECT 1 FROM projects WHERE projects.id = new.project)";

async fn write(tx: &mut Tx, new: &[NewTaskRecord]) -> Result<(), Fault> {
    let tasks = column(new, |new| &new.task);
    let summaries = column(new, |new| &new.task.summary);
    let deadline = |ready: Timestamp, span: Option<u64>| span.map(|span| ready.plus(Duration::from_millis(span)).as_millis());
    let due = |ready: Timestamp, not_before: Option<Timestamp>| not_before.map_or(ready, |at| at.max(ready));
    let stored = sqlx::query(INSERT)
        .bind(column(&summaries, |task| *task.id.as_uuid()))
        .bind(column(&summaries, |task| *task.project_id.as_uuid()))
        .bind(column(&summaries, |task| plain(&task.title)))
        .bind(column(&summaries, |task| plain(&task.skill)))
        .bind(try_column(new, |new| text(&new.input))?)
        .bind(column(&summaries, |task| task.state.as_str()))
        .bind(column(&summaries, |task| task.wait_kind.map(|kind| kind.as_str())))
        .bind(column(&summaries, |task| maybe_plain(task.reason.as_deref())))
        .bind(column(&summaries, |task| i16::from(task.priority.get())))
        .bind(column(&tasks, |task| task.summary.priority.rank(due(task.ready_at, task.summary.not_before))))
        .bind(try_column(&summaries, |task| text(&task.labels))?)
        .bind(try_column(&tasks, |task| text(&task.retry))?)
        .bind(try_column(&tasks, |task| text(&task.timeouts))?)
        .bind(column(&summaries, |task| stored_small(task.attempt)))
        .bind(column(&summaries, |task| stored_small(task.maximum_attempts)))
        .bind(column(&summaries, |task| task.created_at.as_millis()))
        .bind(column(&tasks, |task| task.ready_at.as_millis()))
        .bind(column(&summaries, |task| task.not_before.map(Timestamp::as_millis)))
        // One that waits for others is begun no sooner than they have completed.
        .bind(column(new, |new| deadline(new.task.ready_at, new.task.timeouts.schedule_to_start_ms).filter(|_| new.depends_on.is_empty())))
        .bind(column(&tasks, |task| deadline(task.ready_at, task.timeouts.schedule_to_close_ms)))
        .bind(try_column(&tasks, |task| text(&task.created_by))?)
        .bind(column(&summaries, |task| task.rerun_of.map(|id| *id.as_uuid())))
        .bind(column(&summaries, |task| task.parent_id.map(|id| *id.as_uuid())))
        .bind(column(&tasks, |task| stored_small(task.depth)))
        .bind(column(&tasks, |task| plain(&task.result_kind)))
        .bind(column(&summaries, |task| task.finished_at.map(Timestamp::as_millis)))
        .bind(try_column(&summaries, |task| maybe_text(task.failure.as_ref()))?)
        .bind(column(&summaries, |task| plain(task.fairness_key.as_deref().unwrap_or_default())))
        .bind(column(&tasks, |task| task.fairness_weight))
        .bind(try_column(&tasks, |task| maybe_text(task.budget.as_ref()))?)
        .bind(try_column(new, |new| maybe_text(new.decide.as_ref()))?)
        .bind(column(&summaries, |task| task.run_id.map(|id| *id.as_uuid())))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    // A foreign key would lock the project's row for every task; no project is ever removed.
    if stored.rows_affected() != new.len() as u64 {
        return Err(StoreError::Conflict("a task's project does not exist").into());
    }
    Ok(())
}

/// What is no identifier is that of no journal.
const FORGET_KEYS: &str = "DELETE FROM idempotency_keys AS kept WHERE created_at < $1 AND NOT EXISTS (
         SELECT 1 FROM journals WHERE live AND journals.id =
             substring(kept.key FROM '^(?:[^/]*/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/')::uuid)";

pub(super) async fn forget_keys(tx: &mut Tx, before: Timestamp) -> Result<u64, Fault> {
    let done = sqlx::query(FORGET_KEYS).bind(before.as_millis()).execute(tx.sql()).await.map_err(failed)?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_as_many_columns_as_values() {
        let (columns, values) = INSERT.split_once("SELECT").unwrap();
        let (values, _) = values.split_once("AS new").unwrap();
        assert_eq!(columns.matches(',').count(), values.matches(',').count());
    }
}
