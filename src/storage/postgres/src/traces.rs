//! How log lines, spans and errors are stored.

use async_trait::async_trait;
use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::wire::trace::{ErrorView, Level, LogLine, SpanView};
use baton_storage::{NewLogLine, NewSpan, StoreError, TraceBatch, TraceStore};
use serde_json::Value;
use sqlx::PgConnection;

use crate::PostgresStore;
use crate::columns::{get, id, instant, json, maybe_id, plain, text};
use crate::failure::{Fault, failed};
use crate::many::{column, try_column};
use crate::writer::Tx;

/// Levels are stored as numbers, so that "at least this much" is a comparison.
const fn rank(level: Level) -> i16 {
    match level {
        Level::Debug => 0,
        Level::Info => 1,
        Level::Warn => 2,
        Level::Error => 3,
    }
}

fn level(rank: i16) -> Level {
    match rank {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warn,
        _ => Level::Error,
    }
}

/// A span with what it belongs to.
pub(crate) type SpanOf<'a> = (TaskId, AttemptId, &'a NewSpan);

/// Stores spans within a transaction.
pub(crate) async fn insert_spans(sql: &mut PgConnection, spans: &[SpanOf<'_>]) -> Result<(), Fault> {
    if spans.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO spans (id, parent_id, task_id, attempt_id, name, started_at, duration_us, ok, attributes)
         SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::boolean[],
             $9::text[])",
    )
    .bind(column(spans, |(_, _, span)| *span.id.as_uuid()))
    .bind(column(spans, |(_, _, span)| span.parent.map(|id| *id.as_uuid())))
    .bind(column(spans, |(task, _, _)| *task.as_uuid()))
    .bind(column(spans, |(_, attempt, _)| *attempt.as_uuid()))
    .bind(column(spans, |(_, _, span)| plain(&span.name)))
    .bind(column(spans, |(_, _, span)| span.started_at.as_millis()))
    .bind(column(spans, |(_, _, span)| span.duration_us))
    .bind(column(spans, |(_, _, span)| span.ok))
    .bind(try_column(spans, |(_, _, span)| text(&span.attributes))?)
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Stores log lines and gives the first one's place. The task is locked: nobody else adds lines meanwhile.
async fn insert_lines(tx: &mut Tx, task: TaskId, attempt: AttemptId, lines: &[NewLogLine]) -> Result<i64, Fault> {
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(max(seq), 0) FROM log_lines WHERE task_id = $1")
        .bind(*task.as_uuid())
        .fetch_one(tx.sql())
        .await
        .map_err(failed)?;
    if !lines.is_empty() {
        sqlx::query(
            "INSERT INTO log_lines (task_id, seq, attempt_id, at, level, message, fields)
             SELECT $1, $2 + new.place, $3, new.at, new.level, new.message, new.fields
             FROM UNNEST($4::bigint[], $5::smallint[], $6::text[], $7::text[]) WITH ORDINALITY AS new (at, level, message, fields, place)",
        )
        .bind(*task.as_uuid())
        .bind(last)
        .bind(*attempt.as_uuid())
        .bind(column(lines, |line| line.at.as_millis()))
        .bind(column(lines, |line| rank(line.level)))
        .bind(column(lines, |line| plain(&line.message)))
        .bind(try_column(lines, |line| text(&line.fields))?)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    }
    Ok(last + 1)
}

async fn append(tx: &mut Tx, batch: &TraceBatch) -> Result<i64, Fault> {
    let (task, attempt) = (batch.task, batch.attempt);
    let first = insert_lines(tx, task, attempt, &batch.logs).await?;
    insert_spans(tx.sql(), &column(&batch.spans, |span| (task, attempt, span))).await?;
    if !batch.errors.is_empty() {
        sqlx::query(
            "INSERT INTO errors (task_id, attempt_id, at, code, message, retryable)
             SELECT $1, $2, new.at, new.code, new.message, new.retryable
             FROM UNNEST($3::bigint[], $4::text[], $5::text[], $6::boolean[]) AS new (at, code, message, retryable)",
        )
        .bind(*task.as_uuid())
        .bind(*attempt.as_uuid())
        .bind(column(&batch.errors, |error| error.at.as_millis()))
        .bind(column(&batch.errors, |error| plain(&error.code)))
        .bind(column(&batch.errors, |error| plain(&error.message)))
        .bind(column(&batch.errors, |error| error.retryable))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    }
    Ok(first)
}

#[async_trait]
impl TraceStore for PostgresStore {
    async fn append_trace(&self, batch: TraceBatch) -> Result<i64, StoreError> {
        self.writer.run_on(vec![batch.task], batch, |tx, batch| Box::pin(append(tx, batch))).await
    }

    async fn log_lines(&self, task: TaskId, after: i64, at_least: Level, limit: u32) -> Result<Vec<LogLine>, StoreError> {
        self.answered(async {
            let rows = sqlx::query(
                "SELECT attempt_id, seq, at, level, message, fields FROM log_lines WHERE task_id = $1 AND seq > $2 AND level >= $3
             ORDER BY seq LIMIT $4",
            )
            .bind(*task.as_uuid())
            .bind(after)
            .bind(rank(at_least))
            .bind(i64::from(limit))
            .fetch_all(&mut *self.reader().await?)
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
        })
        .await
    }

    async fn spans_and_errors(&self, task: TaskId) -> Result<(Vec<SpanView>, Vec<ErrorView>), StoreError> {
        self.answered(async {
            let mut snapshot = self.snapshot().await?;
            let spans = sqlx::query("SELECT * FROM spans WHERE task_id = $1 ORDER BY started_at, duration_us DESC, id")
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
        })
        .await
    }
}
