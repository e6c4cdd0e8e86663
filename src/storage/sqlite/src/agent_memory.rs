//! How is it stored what agents remember from one task to the next?

use async_trait::async_trait;
use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_storage::{AgentMemoryStore, MemoryPlace, MemoryRecord, MemoryWrite, MemoryWritten, StoreError};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::columns::{Columns, maybe_text, text};
use crate::statement::{maybe, run};

fn record(row: &mut Columns<'_, '_>) -> Result<MemoryRecord, StoreError> {
    Ok(MemoryRecord {
        revision: row.get()?,
        state: row.json()?,
        before: row.maybe_json()?,
        task: row.id(TaskId::new)?,
        updated_at: row.instant()?,
    })
}

fn write(sql: &Connection, write: &MemoryWrite) -> Result<MemoryWritten, StoreError> {
    let MemoryPlace { project, skill, owner, key } = &write.place;
    let (project, task) = (project.as_uuid().as_bytes(), write.task.as_uuid().as_bytes());
    let look = "SELECT 1 FROM tasks WHERE id = ?1 AND state = 'running' AND lease = ?2";
    if maybe(sql, look, params![task, write.lease.0], |row| row.get::<i64>())?.is_none() {
        return Ok(MemoryWritten::Stale);
    }
    let (revision, state, before) = (write.seen + 1, text(&write.state)?, maybe_text(write.before.as_ref())?);
    let written = if write.seen == 0 {
        let text = "INSERT INTO agent_memory (project_id, skill, owner, key, revision, state, previous, task_id, updated_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (project_id, skill, owner, key) DO NOTHING";
        run(sql, text, params![project, skill, owner, key, revision, state, before, task, write.at.as_millis()])?
    } else {
        let text = "UPDATE agent_memory SET revision = ?5, state = ?6, previous = ?7, task_id = ?8, updated_at = ?9
                    WHERE project_id = ?1 AND skill = ?2 AND owner = ?3 AND key = ?4 AND revision = ?5 - 1";
        run(sql, text, params![project, skill, owner, key, revision, state, before, task, write.at.as_millis()])?
    };
    if written == 0 {
        return Ok(MemoryWritten::Changed);
    }
    if write.seen == 0 {
        let text = "DELETE FROM agent_memory WHERE project_id = ?1 AND skill = ?2 AND owner = ?3 AND key IN (
                        SELECT key FROM agent_memory WHERE project_id = ?1 AND skill = ?2 AND owner = ?3 AND key <> ?4
                        ORDER BY updated_at DESC, key LIMIT -1 OFFSET ?5)";
        run(sql, text, params![project, skill, owner, key, write.most.saturating_sub(1)])?;
    }
    Ok(MemoryWritten::Kept(revision))
}

#[async_trait]
impl AgentMemoryStore for SqliteStore {
    async fn agent_memory(&self, place: &MemoryPlace) -> Result<Option<MemoryRecord>, StoreError> {
        let place = place.clone();
        self.readers
            .statement(move |sql| {
                let text = "SELECT revision, state, previous, task_id, updated_at FROM agent_memory
                            WHERE project_id = ?1 AND skill = ?2 AND owner = ?3 AND key = ?4";
                maybe(sql, text, params![place.project.as_uuid().as_bytes(), place.skill, place.owner, place.key], record)
            })
            .await
    }

    async fn write_agent_memory(&self, new: MemoryWrite) -> Result<MemoryWritten, StoreError> {
        self.writer.run(move |tx| write(tx.sql(), &new)).await
    }

    async fn forget_agent_memory(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer
            .run(move |tx| {
                let text = "DELETE FROM agent_memory WHERE (project_id, skill, owner, key) IN (
                                SELECT project_id, skill, owner, key FROM agent_memory WHERE updated_at < ?1
                                ORDER BY updated_at, skill, owner, key LIMIT ?2)";
                Ok(run(tx.sql(), text, params![before.as_millis(), limit])? as u64)
            })
            .await
    }
}
