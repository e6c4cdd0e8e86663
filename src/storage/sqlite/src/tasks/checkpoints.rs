//! How is it stored where an attempt stands, and that somebody wants it to pause there?

use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{Checkpoint, Checkpointed, PauseRequest, StoreError};
use rusqlite::{Connection, params};
use serde_json::Value;

use super::advance::write;
use super::announce::fact;
use super::read;
use crate::columns::text;
use crate::statement::{maybe, run};
use crate::writer::Tx;

pub(super) fn request_pause(tx: &mut Tx, id: TaskId, wanted: bool, actor: Principal, at: Timestamp) -> Result<PauseRequest, StoreError> {
    let Some(mut record) = read::record(tx.sql(), id)? else { return Ok(PauseRequest::Missing) };
    if !record.summary.state.holds_lease() {
        return Ok(PauseRequest::NotRunning(Box::new(record)));
    }
    if record.summary.pause_requested_at.is_some() != wanted {
        record.summary.pause_requested_at = wanted.then_some(at);
        write(tx, &record, None)?;
        let kind = if wanted { "task.pause_requested" } else { "task.pause_withdrawn" };
        fact(tx, &record.summary, kind.to_owned(), actor, at)?;
    }
    Ok(PauseRequest::Running(Box::new(record)))
}

pub(super) fn save(tx: &mut Tx, checkpoint: &Checkpoint) -> Result<Checkpointed, StoreError> {
    let (key, lease) = (checkpoint.task.as_uuid().as_bytes(), checkpoint.lease.0);
    let look = "SELECT pause_requested_at IS NOT NULL AND cancel_requested_at IS NULL FROM tasks WHERE id = ?1 AND state = 'running' AND lease = ?2";
    let Some(pause) = maybe(tx.sql(), look, params![key, lease], |row| row.get())? else { return Ok(Checkpointed::Stale) };
    run(
        tx.sql(),
        "INSERT INTO task_checkpoints (task_id, lease, state, saved_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (task_id) DO UPDATE SET lease = excluded.lease, state = excluded.state, saved_at = excluded.saved_at",
        params![key, lease, text(&checkpoint.state)?, checkpoint.at.as_millis()],
    )?;
    Ok(Checkpointed::Kept { pause })
}

/// What the last checkpoint kept of a task that has not ended, and when it was made.
pub(super) fn last(sql: &Connection, id: TaskId) -> Result<Option<(Value, Timestamp)>, StoreError> {
    let look = "SELECT task_checkpoints.state, saved_at FROM task_checkpoints JOIN tasks ON id = task_id
         WHERE task_id = ?1 AND finished_at IS NULL";
    maybe(sql, look, [id.as_uuid().as_bytes()], |row| Ok((row.json()?, row.instant()?)))
}

pub(super) fn forget(tx: &mut Tx, limit: u32) -> Result<u64, StoreError> {
    let text = "DELETE FROM task_checkpoints WHERE task_id IN (
         SELECT task_id FROM task_checkpoints CROSS JOIN tasks ON id = task_id WHERE finished_at IS NOT NULL LIMIT ?1)";
    Ok(run(tx.sql(), text, [limit])? as u64)
}
