//! What happened inside a task? Its log lines, its spans and its coded errors, as the attempts left them.

pub mod audit;
mod outer_spans;

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, TraceService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::trace::{Level, LogPage, LogQuery, SpanView, Trace};
use baton_storage::{TaskStore, TraceStore};

pub use outer_spans::attempt_span;

/// Log lines of one page when the caller does not say.
pub const DEFAULT_LOG_LIMIT: u32 = 500;
/// The most log lines of one page.
pub const MAXIMUM_LOG_LIMIT: u32 = 5_000;

/// Shows logs, spans and errors of tasks.
pub struct DebugTracer {
    tasks: Arc<dyn TaskStore>,
    traces: Arc<dyn TraceStore>,
}

impl DebugTracer {
    /// Over these stores.
    #[must_use]
    pub fn new(tasks: Arc<dyn TaskStore>, traces: Arc<dyn TraceStore>) -> Self {
        Self { tasks, traces }
    }

    async fn require_task(&self, id: TaskId) -> Answer<()> {
        match self.tasks.task(id).await? {
            Some(_) => Ok(()),
            None => Err(no_such_task(id)),
        }
    }
}

fn no_such_task(id: TaskId) -> Problem {
    Problem::new(Code::NoSuchTask, format!("There is no task {id}; it may have been deleted."))
}

impl std::fmt::Debug for DebugTracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DebugTracer")
    }
}

#[async_trait]
impl TraceService for DebugTracer {
    async fn logs(&self, caller: &Caller, id: TaskId, query: LogQuery) -> Answer<LogPage> {
        caller.require(Permission::Read)?;
        let after = query.after.unwrap_or(0);
        if after < 0 {
            return Err(wrong("after", "0 or the seq of a log line"));
        }
        let limit = query.limit.unwrap_or(DEFAULT_LOG_LIMIT);
        if !(1..=MAXIMUM_LOG_LIMIT).contains(&limit) {
            return Err(wrong("limit", "a number from 1 to 5000"));
        }
        self.require_task(id).await?;
        let items = self.traces.log_lines(id, after, query.level.unwrap_or(Level::Debug), limit).await?;
        let after = items.last().map_or(after, |line| line.seq);
        Ok(LogPage { items, after })
    }

    async fn trace(&self, caller: &Caller, id: TaskId) -> Answer<Trace> {
        caller.require(Permission::Read)?;
        let rows = self.tasks.task_rows(id).await?.ok_or_else(|| no_such_task(id))?;
        let (inner, errors) = self.traces.spans_and_errors(id).await?;
        let mut spans: Vec<SpanView> = rows.attempts.iter().flat_map(outer_spans::of).chain(inner).collect();
        // An outer span begins with its first part, and comes before it.
        spans.sort_by_key(|span| (span.started_at, std::cmp::Reverse(span.duration_us)));
        Ok(Trace { task_id: id, spans, errors })
    }
}

fn wrong(field: &str, expected: &str) -> Problem {
    Problem::new(Code::InvalidQuery, format!("Give {expected} as {field}.")).with_field(field, format!("expected {expected}"))
}
