//! How log lines, spans and errors are stored.

use async_trait::async_trait;
use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::wire::trace::{ErrorView, Level, LogLine, SpanView};
use baton_storage::{NewLogLine, NewSpan, StoreError, TraceBatch, TraceStore};
use serde_json::Value;

use crate::SqliteStore;
use crate::columns::{get, id, instant, json, maybe_id, text};
use crate::failure::failed;
use crate::many;
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
pub(crate) async fn insert_spans(tx: &mut Tx, task: TaskId, attempt: AttemptId, spans: &[NewSpan]) -> Result<(), StoreError> {
    let head = "INSERT INTO spans (id, parent_id, task_id, attempt_id, name, started_at, duration_us, ok, attributes)";
    many::insert(tx.sql(), head, spans, |row, span| {
        row.push_bind(*span.id.as_uuid())
            .push_bind(span.parent.map(|id| *id.as_uuid()))
            .push_bind(*task.as_uuid())
            .push_bind(*attempt.as_uuid())
            .push_bind(&span.name)
            .push_bind(span.started_at.as_millis())
            .push_bind(span.duration_us)
            .push_bind(span.ok)
            .push_bind(text(&span.attributes)?);
        Ok(())
    })
    .await
}

async fn append(tx: &mut Tx, batch: TraceBatch) -> Result<i64, StoreError> {
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(max(seq), 0) FROM log_lines WHERE task_id = $1")
        .bind(*batch.task.as_uuid())
        .fetch_one(tx.sql())
        .await
        .map_err(failed)?;
    let lines: Vec<(&NewLogLine, i64)> = batch.logs.iter().zip(last + 1..).collect();
    let head = "INSERT INTO log_lines (task_id, seq, attempt_id, at, level, message, fields)";
    many::insert(tx.sql(), head, &lines, |row, (line, seq)| {
        row.push_bind(*batch.task.as_uuid())
            .push_bind(*seq)
            .push_bind(*batch.attempt.as_uuid())
            .push_bind(line.at.as_millis())
            .push_bind(rank(line.level))
            .push_bind(&line.message)
            .push_bind(text(&line.fields)?);
        Ok(())
    })
    .await?;
    insert_spans(tx, batch.task, batch.attempt, &batch.spans).await?;
    for error in &batch.errors {
        sqlx::query("INSERT INTO errors (task_id, attempt_id, at, code, message, retryable) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(*batch.task.as_uuid())
            .bind(*batch.attempt.as_uuid())
            .bind(error.at.as_millis())
            .bind(&error.code)
            .bind(&error.message)
            .bind(error.retryable)
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    Ok(last + 1)
}

#[async_trait]
impl TraceStore for SqliteStore {
    async fn append_trace(&self, batch: TraceBatch) -> Result<i64, StoreError> {
        self.writer.run(move |tx| Box::pin(append(tx, batch))).await
    }

    async fn log_lines(&self, task: TaskId, after: i64, at_least: Level, limit: u32) -> Result<Vec<LogLine>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = sqlx::query(
            "SELECT attempt_id, seq, at, level, message, fields FROM log_lines WHERE task_id = $1 AND seq > $2 AND level >= $3
             ORDER BY seq LIMIT $4",
        )
        .bind(*task.as_uuid())
        .bind(after)
        .bind(rank(at_least))
        .bind(limit)
        .fetch_all(&mut *snapshot)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(LogLine {
                    attempt_id: id(row, "attempt_id", AttemptId::new)?,
                    seq: get(row, "seq")?,
                    at: instant(row, "at")?,
                    level: level(get(row, "level")?),
                    message: get(row, "message")?,
                    fields: json::<Value>(row, "fields")?,
                })
            })
            .collect()
    }

    async fn spans_and_errors(&self, task: TaskId) -> Result<(Vec<SpanView>, Vec<ErrorView>), StoreError> {
        let mut snapshot = self.snapshot().await?;
        let spans = sqlx::query("SELECT * FROM spans WHERE task_id = $1 ORDER BY started_at, duration_us DESC")
            .bind(*task.as_uuid())
            .fetch_all(&mut *snapshot)
            .await
            .map_err(failed)?;
        let errors = sqlx::query("SELECT * FROM errors WHERE task_id = $1 ORDER BY id")
            .bind(*task.as_uuid())
            .fetch_all(&mut *snapshot)
            .await
            .map_err(failed)?;
        let spans = spans
            .iter()
            .map(|row| {
                Ok(SpanView {
                    id: id(row, "id", SpanId::new)?,
                    parent_id: maybe_id(row, "parent_id", SpanId::new)?,
                    attempt_id: maybe_id(row, "attempt_id", AttemptId::new)?,
                    name: get(row, "name")?,
                    started_at: instant(row, "started_at")?,
                    duration_us: get(row, "duration_us")?,
                    ok: get(row, "ok")?,
                    attributes: json(row, "attributes")?,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        let errors = errors
            .iter()
            .map(|row| {
                Ok(ErrorView {
                    attempt_id: id(row, "attempt_id", AttemptId::new)?,
                    at: instant(row, "at")?,
                    code: get(row, "code")?,
                    message: get(row, "message")?,
                    retryable: get(row, "retryable")?,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok((spans, errors))
    }
}
