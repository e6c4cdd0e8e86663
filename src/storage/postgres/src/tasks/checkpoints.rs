//! How is it stored where an attempt stands, and that somebody wants it to pause there?

use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{Checkpoint, Checkpointed, PauseRequest};
use serde_json::Value;
use sqlx::PgConnection;

use super::advance::write;
use super::announce::fact;
use super::read;
use crate::columns::{instant, json, text};
use crate::failure::{Fault, failed};
use crate::writer::Tx;

/// Whose pause is wanted or not, by whom, when.
pub(super) type Wish = (TaskId, bool, Principal, Timestamp);

pub(super) async fn request_pause(tx: &mut Tx, (id, wanted, actor, at): &Wish) -> Result<PauseRequest, Fault> {
    let Some(mut record) = read::record(tx.sql(), *id).await? else { return Ok(PauseRequest::Missing) };
    if !record.summary.state.holds_lease() {
        return Ok(PauseRequest::NotRunning(Box::new(record)));
    }
    if record.summary.pause_requested_at.is_some() != *wanted {
        record.summary.pause_requested_at = wanted.then_some(*at);
        write(tx, &record, None).await?;
        let kind = if *wanted { "task.pause_requested" } else { "task.pause_withdrawn" };
        fact(tx, &record.summary, kind.to_owned(), actor.clone(), *at)?;
    }
    Ok(PauseRequest::Running(Box::new(record)))
}

pub(super) async fn save(tx: &mut Tx, checkpoint: &Checkpoint) -> Result<Checkpointed, Fault> {
    let kept: Option<bool> = sqlx::query_scalar(
        "WITH held AS (SELECT id, lease, pause_requested_at IS NOT NULL AND cancel_requested_at IS NULL AS pause FROM tasks WHERE id = $1 AND state = 'running' AND lease = $2),
             kept AS (
                 INSERT INTO task_checkpoints (task_id, lease, state, saved_at) SELECT id, lease, $3, $4 FROM held
                 ON CONFLICT (task_id) DO UPDATE SET lease = excluded.lease, state = excluded.state, saved_at = excluded.saved_at)
         SELECT pause FROM held",
    )
    .bind(*checkpoint.task.as_uuid())
    .bind(checkpoint.lease.0)
    .bind(text(&checkpoint.state)?)
    .bind(checkpoint.at.as_millis())
    .fetch_optional(tx.sql())
    .await
    .map_err(failed)?;
    Ok(kept.map_or(Checkpointed::Stale, |pause| Checkpointed::Kept { pause }))
}

/// What the last checkpoint kept of a task that has not ended, and when it was made.
pub(super) async fn last(sql: &mut PgConnection, id: TaskId) -> Result<Option<(Value, Timestamp)>, Fault> {
    let row = sqlx::query(
        "SELECT task_checkpoints.state AS kept, saved_at FROM task_checkpoints JOIN tasks ON id = task_id
         WHERE task_id = $1 AND finished_at IS NULL",
    )
    .bind(*id.as_uuid())
    .fetch_optional(sql)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((json(&row, "kept")?, instant(&row, "saved_at")?)))
}

pub(super) async fn forget(tx: &mut Tx, limit: u32) -> Result<u64, Fault> {
    let text = "DELETE FROM task_checkpoints WHERE task_id IN (
         SELECT task_id FROM task_checkpoints JOIN tasks ON id = task_id WHERE finished_at IS NOT NULL LIMIT $1)";
    Ok(sqlx::query(text).bind(i64::from(limit)).execute(tx.sql()).await.map_err(failed)?.rows_affected())
}
