//! How is it stored what agents remember from one task to the next?

use async_trait::async_trait;
use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_storage::{AgentMemoryStore, MemoryPlace, MemoryRecord, MemoryWrite, MemoryWritten, StoreError};
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::columns::{get, id, instant, json, maybe_json, maybe_text, plain, text};
use crate::failure::{Fault, failed};
use crate::writer::Tx;

fn record(row: &PgRow) -> Result<MemoryRecord, StoreError> {
    Ok(MemoryRecord {
        revision: get(row, "revision")?,
        state: json(row, "state")?,
        before: maybe_json(row, "previous")?,
        task: id(row, "task_id", TaskId::new)?,
        updated_at: instant(row, "updated_at")?,
    })
}

async fn write(tx: &mut Tx, write: &MemoryWrite) -> Result<MemoryWritten, Fault> {
    let held: Option<i32> = sqlx::query_scalar("SELECT 1 FROM tasks WHERE id = $1 AND state = 'running' AND lease = $2")
        .bind(*write.task.as_uuid())
        .bind(write.lease.0)
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    if held.is_none() {
        return Ok(MemoryWritten::Stale);
    }
    // Who changes the same at once waits for the other's row here, and then finds another revision.
    let statement = if write.seen == 0 {
        "INSERT INTO agent_memory (project_id, skill, owner, key, revision, state, previous, task_id, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (project_id, skill, owner, key) DO NOTHING"
    } else {
        "UPDATE agent_memory SET revision = $5, state = $6, previous = $7, task_id = $8, updated_at = $9
         WHERE project_id = $1 AND skill = $2 AND owner = $3 AND key = $4 AND revision = $5 - 1"
    };
    let revision = write.seen + 1;
    let written = sqlx::query(statement)
        .bind(*write.place.project.as_uuid())
        .bind(plain(&write.place.skill))
        .bind(plain(&write.place.owner))
        .bind(plain(&write.place.key))
        .bind(revision)
        .bind(text(&write.state)?)
        .bind(maybe_text(write.before.as_ref())?)
        .bind(*write.task.as_uuid())
        .bind(write.at.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    if written.rows_affected() == 0 {
        return Ok(MemoryWritten::Changed);
    }
    if write.seen == 0 {
        sqlx::query(
            "DELETE FROM agent_memory WHERE project_id = $1 AND skill = $2 AND owner = $3 AND key IN (
                 SELECT key FROM agent_memory WHERE project_id = $1 AND skill = $2 AND owner = $3 AND key <> $4
                 ORDER BY updated_at DESC, key OFFSET $5)",
        )
        .bind(*write.place.project.as_uuid())
        .bind(plain(&write.place.skill))
        .bind(plain(&write.place.owner))
        .bind(plain(&write.place.key))
        .bind(i64::from(write.most.saturating_sub(1)))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    }
    Ok(MemoryWritten::Kept(revision))
}

async fn forget(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, Fault> {
    let gone = sqlx::query(
        "DELETE FROM agent_memory WHERE (project_id, skill, owner, key) IN (
             SELECT project_id, skill, owner, key FROM agent_memory WHERE updated_at < $1
             ORDER BY updated_at, skill, owner, key LIMIT $2)",
    )
    .bind(before.as_millis())
    .bind(i64::from(limit))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(gone.rows_affected())
}

#[async_trait]
impl AgentMemoryStore for PostgresStore {
    async fn agent_memory(&self, place: &MemoryPlace) -> Result<Option<MemoryRecord>, StoreError> {
        let row = sqlx::query("SELECT * FROM agent_memory WHERE project_id = $1 AND skill = $2 AND owner = $3 AND key = $4")
            .bind(*place.project.as_uuid())
            .bind(plain(&place.skill))
            .bind(plain(&place.owner))
            .bind(plain(&place.key))
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(failed)?;
        row.as_ref().map(record).transpose()
    }

    async fn write_agent_memory(&self, new: MemoryWrite) -> Result<MemoryWritten, StoreError> {
        self.writer.run(new, |tx, new| Box::pin(write(tx, new))).await
    }

    async fn forget_agent_memory(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.run((before, limit), |tx, (before, limit)| Box::pin(forget(tx, *before, *limit))).await
    }
}
