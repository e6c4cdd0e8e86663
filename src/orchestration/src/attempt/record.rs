//! How is what happens inside an attempt recorded? Log lines, spans and errors are stored in batches, and shown live.

use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::protocol::{MAXIMUM_MESSAGE_BYTES, MAXIMUM_WRITTEN_BYTES};
use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::live::Transient;
use baton_domain::wire::task::Failure;
use baton_domain::wire::trace::{Level, LogLine};
use baton_observability::debug_tracer::attempt_span;
use baton_storage::{NewError, NewLogLine, NewSpan, TraceBatch};
use serde_json::Value;
use tokio::time::Instant;

use crate::engine::Shared;

/// Lines that wait before a batch is stored at once.
const FULL: usize = 200;
/// How long a line waits for company.
pub(super) const LINGER: Duration = Duration::from_millis(100);

/// How far apart two states of a text are shown at least, whatever the agent does.
const APART: Duration = Duration::from_millis(100);

/// What was traced of one attempt and is not stored yet.
pub(super) struct TraceBuffer {
    shared: Arc<Shared>,
    batch: TraceBatch,
    shown: Shown,
}

/// When the end of a text was last shown.
#[derive(Debug, Default)]
struct Shown(Option<Instant>);

impl Shown {
    /// Whether the next state may be shown now; then it is.
    fn is_due(&mut self, now: Instant) -> bool {
        let due = self.0.is_none_or(|at| now.duration_since(at) >= APART);
        if due {
            self.0 = Some(now);
        }
        due
    }
}

impl TraceBuffer {
    pub(super) fn new(shared: Arc<Shared>, task: TaskId, attempt: AttemptId) -> Self {
        let batch = TraceBatch { task, attempt, logs: Vec::new(), spans: Vec::new(), errors: Vec::new() };
        Self { shared, batch, shown: Shown::default() }
    }

    pub(super) fn log(&mut self, level: Level, message: String, fields: Value) {
        self.batch.logs.push(NewLogLine { at: self.shared.sources.clock.now(), level, message, fields });
    }

    /// A stretch of work that the agent says has ended now.
    pub(super) fn span(&mut self, name: String, duration_us: i64, ok: bool, attributes: Value) {
        let duration = Duration::from_micros(u64::try_from(duration_us).unwrap_or(0));
        let started_at = self.shared.sources.clock.now().minus(duration);
        let (id, parent) = (SpanId::new(self.shared.sources.ids.next()), Some(attempt_span(self.batch.attempt)));
        self.batch.spans.push(NewSpan { id, parent, name, started_at, duration_us: duration_us.max(0), ok, attributes });
    }

    /// The error that the attempt ended with.
    pub(super) fn error(&mut self, at: Timestamp, failure: &Failure) {
        self.batch.errors.push(NewError { at, code: failure.code.clone(), message: failure.message.clone(), retryable: failure.retryable });
    }

    /// The attempt that this is the trace of.
    pub(super) const fn attempt(&self) -> AttemptId {
        self.batch.attempt
    }

    /// Takes the spans that are not stored yet, for whoever stores them with the outcome.
    pub(super) fn take_spans(&mut self) -> Vec<NewSpan> {
        std::mem::take(&mut self.batch.spans)
    }

    /// Whether lines wait.
    pub(super) fn waits(&self) -> bool {
        !self.batch.logs.is_empty()
    }

    /// Whether so many lines wait that they should be stored now.
    pub(super) fn is_full(&self) -> bool {
        self.batch.logs.len() >= FULL
    }

    /// Stores what waits, then shows the lines to whoever looks. Nothing is lost if it is dropped before: what was begun goes on.
    pub(super) async fn flush(&mut self) {
        let (task, attempt) = (self.batch.task, self.batch.attempt);
        let empty = TraceBatch { task, attempt, logs: Vec::new(), spans: Vec::new(), errors: Vec::new() };
        let batch = std::mem::replace(&mut self.batch, empty);
        if batch.logs.is_empty() && batch.spans.is_empty() && batch.errors.is_empty() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        // It fails only if the runtime ends.
        let _ = tokio::spawn(async move { store(&shared, batch).await }).await;
    }

    /// Shows how far the attempt is, and the end of what it is writing. States of a text that come too fast are left out: the next one
    /// tells the same and more.
    pub(super) fn progress(&mut self, fraction: f64, mut message: String, written: Option<String>) {
        if written.is_some() && !self.shown.is_due(Instant::now()) {
            return;
        }
        message.truncate(message.floor_char_boundary(MAXIMUM_MESSAGE_BYTES));
        let written = written.map(end);
        self.shared.bus.transient(Transient::Progress { task_id: self.batch.task, fraction, message, written });
    }
}

/// As much of a text's end as is shown.
fn end(mut text: String) -> String {
    text.split_off(text.ceil_char_boundary(text.len().saturating_sub(MAXIMUM_WRITTEN_BYTES)))
}

/// Stores lines, spans and errors, and shows the lines.
async fn store(shared: &Shared, batch: TraceBatch) {
    let (task, attempt, logs) = (batch.task, batch.attempt, batch.logs.clone());
    match shared.store.append_trace(batch).await {
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
                shared.bus.transient(Transient::Log { task_id: task, lines });
            }
        }
        // A trace that cannot be stored must not hold the outcome up.
        Err(error) => tracing::warn!(%error, %task, "log lines were lost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_a_text_are_shown_apart_and_within_their_bound() {
        let (mut shown, now) = (Shown::default(), Instant::now());
        let due = [0, 1, 99, 100, 150, 200, 5_000].map(|after| shown.is_due(now + Duration::from_millis(after)));
        assert_eq!(due, [true, false, false, true, false, true, true]);
        let long = format!("{}é{}", "a".repeat(100), "b".repeat(MAXIMUM_WRITTEN_BYTES - 1));
        assert_eq!(end(long), "b".repeat(MAXIMUM_WRITTEN_BYTES - 1), "no letter is cut in two");
        assert_eq!(end("short".to_owned()), "short");
    }
}
