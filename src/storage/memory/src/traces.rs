//! How are log lines, spans and errors kept?

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::wire::trace::{ErrorView, Level, LogLine, SpanView};
use baton_storage::{NewSpan, StoreError, TraceBatch, TraceStore};

use crate::MemoryStore;
use crate::commit::{State, taken};

/// What was traced of one task.
#[derive(Default)]
struct Trace {
    lines: Vec<LogLine>,
    spans: Vec<SpanView>,
    errors: Vec<ErrorView>,
}

/// What was traced of all tasks.
#[derive(Default)]
pub(crate) struct Traces {
    tasks: BTreeMap<TaskId, Trace>,
    spans: BTreeSet<SpanId>,
}

impl Traces {
    /// Refuses spans that are stored already, or given twice.
    pub(crate) fn spans_are_new(&self, spans: &[NewSpan]) -> Result<(), StoreError> {
        let mut given = BTreeSet::new();
        if spans.iter().all(|span| given.insert(span.id) && !self.spans.contains(&span.id)) { Ok(()) } else { Err(taken()) }
    }

    /// Stores spans that were found to be new.
    pub(crate) fn insert_spans(&mut self, task: TaskId, attempt: AttemptId, spans: Vec<NewSpan>) {
        if spans.is_empty() {
            return;
        }
        self.spans.extend(spans.iter().map(|span| span.id));
        self.tasks.entry(task).or_default().spans.extend(spans.into_iter().map(|span| SpanView {
            id: span.id,
            parent_id: span.parent,
            attempt_id: Some(attempt),
            name: span.name,
            started_at: span.started_at,
            duration_us: span.duration_us,
            ok: span.ok,
            attributes: span.attributes,
        }));
    }
}

fn append(state: &mut State, batch: TraceBatch) -> Result<i64, StoreError> {
    let TraceBatch { task, attempt, logs, spans, errors } = batch;
    state.traces.spans_are_new(&spans)?;
    state.traces.insert_spans(task, attempt, spans);
    let trace = state.traces.tasks.entry(task).or_default();
    let first = trace.lines.last().map_or(0, |line| line.seq) + 1;
    trace.lines.extend(logs.into_iter().zip(first..).map(|(line, seq)| LogLine {
        attempt_id: attempt,
        seq,
        at: line.at,
        level: line.level,
        message: line.message,
        fields: line.fields,
    }));
    trace.errors.extend(errors.into_iter().map(|error| ErrorView {
        attempt_id: attempt,
        at: error.at,
        code: error.code,
        message: error.message,
        retryable: error.retryable,
    }));
    Ok(first)
}

#[async_trait]
impl TraceStore for MemoryStore {
    async fn append_trace(&self, batch: TraceBatch) -> Result<i64, StoreError> {
        self.commit(|state| Ok((append(state, batch)?, Vec::new())))
    }

    async fn log_lines(&self, task: TaskId, after: i64, at_least: Level, limit: u32) -> Result<Vec<LogLine>, StoreError> {
        Ok(self.read(|state| {
            let lines = state.traces.tasks.get(&task).into_iter().flat_map(|trace| &trace.lines);
            // Levels are declared from the least to the most that matters.
            let wanted = lines.filter(|line| line.seq > after && line.level >= at_least);
            wanted.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
        }))
    }

    async fn spans_and_errors(&self, task: TaskId) -> Result<(Vec<SpanView>, Vec<ErrorView>), StoreError> {
        Ok(self.read(|state| {
            let Some(trace) = state.traces.tasks.get(&task) else { return (Vec::new(), Vec::new()) };
            let mut spans = trace.spans.clone();
            spans.sort_by_key(|span| (span.started_at, std::cmp::Reverse(span.duration_us)));
            (spans, trace.errors.clone())
        }))
    }
}
