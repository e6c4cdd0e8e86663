//! How log lines, spans and errors are stored.

use async_trait::async_trait;
use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::wire::trace::{ErrorView, Level, LogLine, SpanView};
use baton_storage::{NewSpan, StoreError, TraceBatch, TraceStore};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::columns::text;
use crate::statement::{all, one, run};
use crate::writer::Tx;

/// Levels are stored as numbers, so that "at least this much" is a comparison.
const fn rank(level: Level) -> i64 {
    match level {
        Level::Debug => 0,
        Level::Info => 1,
        Level::Warn => 2,
        Level::Error => 3,
    }
}

fn level(rank: i64) -> Level {
    match rank {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warn,
        _ => Level::Error,
    }
}

/// Stores spans within a transaction.
pub(crate) fn insert_spans(sql: &Connection, task: TaskId, attempt: AttemptId, spans: &[NewSpan]) -> Result<(), StoreError> {
    for span in spans {
        run(
            sql,
            "INSERT INTO spans (id, parent_id, task_id, attempt_id, name, started_at, duration_us, ok, attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                span.id.as_uuid().as_bytes(),
                span.parent.as_ref().map(|id| id.as_uuid().as_bytes()),
                task.as_uuid().as_bytes(),
                attempt.as_uuid().as_bytes(),
                span.name,
                span.started_at.as_millis(),
                span.duration_us,
                span.ok,
                text(&span.attributes)?
            ],
        )?;
    }
    Ok(())
}

fn append(tx: &mut Tx, batch: &TraceBatch) -> Result<i64, StoreError> {
    let sql = tx.sql();
    let (task, attempt) = (batch.task.as_uuid().as_bytes(), batch.attempt.as_uuid().as_bytes());
    let last: i64 = one(sql, "SELECT COALESCE(max(seq), 0) FROM log_lines WHERE task_id = ?1", [task], |row| row.get())?;
    for (line, seq) in batch.logs.iter().zip(last + 1..) {
        run(
            sql,
            "INSERT INTO log_lines (task_id, seq, attempt_id, at, level, message, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![task, seq, attempt, line.at.as_millis(), rank(line.level), line.message, text(&line.fields)?],
        )?;
    }
    insert_spans(sql, batch.task, batch.attempt, &batch.spans)?;
    for error in &batch.errors {
        run(
            sql,
            "INSERT INTO errors (task_id, attempt_id, at, code, message, retryable) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![task, attempt, error.at.as_millis(), error.code, error.message, error.retryable],
        )?;
    }
    Ok(last + 1)
}

fn spans_of(sql: &Connection, task: TaskId) -> Result<Vec<SpanView>, StoreError> {
    all(
        sql,
        "SELECT id, parent_id, attempt_id, name, started_at, duration_us, ok, attributes FROM spans
         WHERE task_id = ?1 ORDER BY started_at, duration_us DESC",
        [task.as_uuid().as_bytes()],
        |row| {
            Ok(SpanView {
                id: row.id(SpanId::new)?,
                parent_id: row.maybe_id(SpanId::new)?,
                attempt_id: row.maybe_id(AttemptId::new)?,
                name: row.get()?,
                started_at: row.instant()?,
                duration_us: row.get()?,
                ok: row.get()?,
                attributes: row.json()?,
            })
        },
    )
}

fn errors_of(sql: &Connection, task: TaskId) -> Result<Vec<ErrorView>, StoreError> {
    all(
        sql,
        "SELECT attempt_id, at, code, message, retryable FROM errors WHERE task_id = ?1 ORDER BY id",
        [task.as_uuid().as_bytes()],
        |row| {
            Ok(ErrorView {
                attempt_id: row.id(AttemptId::new)?,
                at: row.instant()?,
                code: row.get()?,
                message: row.get()?,
                retryable: row.get()?,
            })
        },
    )
}

#[async_trait]
impl TraceStore for SqliteStore {
    async fn append_trace(&self, batch: TraceBatch) -> Result<i64, StoreError> {
        self.writer.run(move |tx| append(tx, &batch)).await
    }

    async fn log_lines(&self, task: TaskId, after: i64, at_least: Level, limit: u32) -> Result<Vec<LogLine>, StoreError> {
        self.readers
            .statement(move |sql| {
                all(
                    sql,
                    "SELECT attempt_id, seq, at, level, message, fields FROM log_lines WHERE task_id = ?1 AND seq > ?2 AND level >= ?3
                     ORDER BY seq LIMIT ?4",
                    params![task.as_uuid().as_bytes(), after, rank(at_least), limit],
                    |row| {
                        Ok(LogLine {
                            attempt_id: row.id(AttemptId::new)?,
                            seq: row.get()?,
                            at: row.instant()?,
                            level: level(row.get()?),
                            message: row.get()?,
                            fields: row.json()?,
                        })
                    },
                )
            })
            .await
    }

    async fn spans_and_errors(&self, task: TaskId) -> Result<(Vec<SpanView>, Vec<ErrorView>), StoreError> {
        self.readers.snapshot(move |sql| Ok((spans_of(sql, task)?, errors_of(sql, task)?))).await
    }
}
