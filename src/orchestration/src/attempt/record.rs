//! How is what happens inside an attempt recorded? Log lines, spans and errors are stored in batches, and shown live.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::live::Transient;
use baton_domain::wire::task::Failure;
use baton_domain::wire::trace::{Level, LogLine};
use baton_storage::{NewError, NewLogLine, NewSpan, TraceBatch};
use serde_json::{Value, json};

use crate::engine::Shared;

/// Lines that wait before a batch is stored at once.
const FULL: usize = 200;
/// How long a line waits for company.
pub(super) const LINGER: Duration = Duration::from_millis(100);

/// What was traced of one attempt and is not stored yet.
pub(super) struct TraceBuffer {
    shared: Arc<Shared>,
    attempt_span: SpanId,
    batch: TraceBatch,
}

impl TraceBuffer {
    pub(super) fn new(shared: Arc<Shared>, task: TaskId, attempt: AttemptId) -> Self {
        let attempt_span = SpanId::new(shared.sources.ids.next());
        let batch = TraceBatch { task, attempt, logs: Vec::new(), spans: Vec::new(), errors: Vec::new() };
        Self { shared, attempt_span, batch }
    }

    pub(super) fn log(&mut self, level: Level, message: String, fields: Value) {
        self.batch.logs.push(NewLogLine { at: self.shared.sources.clock.now(), level, message, fields });
    }

    /// A stretch of work that the agent says has ended now.
    pub(super) fn span(&mut self, name: String, duration_us: i64, ok: bool, attributes: Value) {
        let duration = Duration::from_micros(u64::try_from(duration_us).unwrap_or(0));
        let started_at = self.shared.sources.clock.now().minus(duration);
        self.push(Some(self.attempt_span), name, started_at, duration_us.max(0), ok, attributes);
    }

    /// The time in the queue.
    pub(super) fn queue_span(&mut self, ready: Timestamp, began: Timestamp) {
        self.push(None, "queue".to_owned(), ready, micros(began.since(ready)), true, Value::Null);
    }

    /// The attempt as a whole, and the error it ended with.
    pub(super) fn attempt_span(&mut self, began: Timestamp, ended: Timestamp, failure: Option<&Failure>) {
        let attributes = failure.map_or(Value::Null, |failure| json!({"error.type": failure.code}));
        let id = self.attempt_span;
        self.batch.spans.push(NewSpan {
            id,
            parent: None,
            name: "attempt".to_owned(),
            started_at: began,
            duration_us: micros(ended.since(began)),
            ok: failure.is_none(),
            attributes,
        });
        if let Some(failure) = failure {
            self.batch.errors.push(NewError {
                at: ended,
                code: failure.code.clone(),
                message: failure.message.clone(),
                retryable: failure.retryable,
            });
        }
    }

    fn push(&mut self, parent: Option<SpanId>, name: String, started_at: Timestamp, duration_us: i64, ok: bool, attributes: Value) {
        let id = SpanId::new(self.shared.sources.ids.next());
        self.batch.spans.push(NewSpan { id, parent, name, started_at, duration_us, ok, attributes });
    }

    /// Whether lines wait.
    pub(super) fn waits(&self) -> bool {
        !self.batch.logs.is_empty()
    }

    /// Whether so many lines wait that they should be stored now.
    pub(super) fn is_full(&self) -> bool {
        self.batch.logs.len() >= FULL
    }

    /// Stores what waits, then shows the lines to whoever looks.
    pub(super) async fn flush(&mut self) {
        let (task, attempt) = (self.batch.task, self.batch.attempt);
        let empty = TraceBatch { task, attempt, logs: Vec::new(), spans: Vec::new(), errors: Vec::new() };
        let batch = std::mem::replace(&mut self.batch, empty);
        if batch.logs.is_empty() && batch.spans.is_empty() && batch.errors.is_empty() {
            return;
        }
        let logs = batch.logs.clone();
        match self.shared.store.append_trace(batch).await {
            Ok(first) => {
                let lines: Vec<LogLine> = logs
                    .into_iter()
                    .zip(first..)
                    .map(|(line, seq)| LogLine {
                        attempt_id: attempt,
                        seq,
                        at: line.at,
                        level: line.level,
                        message: line.message,
                        fields: line.fields,
                    })
                    .collect();
                if !lines.is_empty() {
                    self.shared.bus.transient(Transient::Log { task_id: task, lines });
                }
            }
            // A trace that cannot be stored must not hold the outcome up.
            Err(error) => tracing::warn!(%error, %task, "log lines were lost"),
        }
    }

    /// Shows how far the attempt is.
    pub(super) fn progress(&self, fraction: f64, message: String) {
        self.shared.bus.transient(Transient::Progress { task_id: self.batch.task, fraction, message });
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
