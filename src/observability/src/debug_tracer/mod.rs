//! What happened inside a task? Its log lines, its spans and its coded errors, as the attempts left them.

pub mod audit;

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, TraceService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::trace::{Level, LogPage, LogQuery, Trace};
use baton_storage::{TaskStore, TraceStore};

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
            None => Err(Problem::new(Code::NoSuchTask, format!("There is no task {id}; it may have been deleted."))),
        }
    }
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
        self.require_task(id).await?;
        let (spans, errors) = self.traces.spans_and_errors(id).await?;
        Ok(Trace { task_id: id, spans, errors })
    }
}

fn wrong(field: &str, expected: &str) -> Problem {
    Problem::new(Code::InvalidQuery, format!("Give {expected} as {field}.")).with_field(field, format!("expected {expected}"))
}
