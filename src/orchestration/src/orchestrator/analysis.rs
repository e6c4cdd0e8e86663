//! What is known of a failure? The facts that its analysis goes by, and the task that makes the analysis.

use std::collections::VecDeque;

use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::task::{TaskState, within};
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::assistance::{Fact, FailedTask, FailureFacts, MAXIMUM_FACT_CHARACTERS, MAXIMUM_FACTS, TASK_ANALYSIS};
use baton_domain::wire::task::{Failure, NewTask, TaskSummary};
use baton_domain::wire::trace::{Level, LogLine, SpanView};
use baton_storage::{Idempotency, ModelCallRecord, TaskRows};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::redaction::masked;
use super::{Orchestrator, no_such_task};

/// How many lines of a log are read at a time.
const LINES: u32 = 1_000;
/// The most attempts among the facts, the last ones.
const ATTEMPTS: usize = 10;
/// How long one analysis is the answer to everybody who asks, in milliseconds: a model may be there later, or answer.
const FRESH_MS: i64 = 600_000;
/// How often an analysis is made anew within that time, when the one before failed.
const TRIES: u32 = 5;
/// The most bytes of the failed task's title in that of its analysis.
const TITLE_BYTES: usize = 150;
/// The most warnings and errors among the facts, and the most other lines before the end.
const GRAVE: usize = 20;
const LAST: usize = 12;
/// The most model calls that are looked at.
const CALLS: u32 = 300;

impl Orchestrator {
    /// Submits the analysis of a failed task, or finds the one that was made before.
    pub(super) async fn analyzed(&self, caller: &Caller, id: TaskId) -> Result<TaskSummary, Problem> {
        let rows = self.shared.store.task_rows(id).await?.ok_or_else(|| no_such_task(id))?;
        let state = rows.task.summary.state;
        if !matches!(state, TaskState::Failed | TaskState::TimedOut | TaskState::Rejected) {
            let detail = format!("The task is {state}; an analysis says why a task failed, timed out or was rejected.");
            return Err(Problem::new(Code::IllegalTransition, detail));
        }
        let store = &self.shared.store;
        let grave = self.last_lines(id, Level::Warn, GRAVE).await?;
        let all = self.last_lines(id, Level::Info, GRAVE + LAST).await?;
        let (spans, _) = store.spans_and_errors(id).await?;
        let calls = store.model_calls(id, CALLS).await?;
        let facts = facts(&rows, &grave, &all, &spans, &calls);
        let title = format!("Why “{}” failed", within(&facts.task.title, TITLE_BYTES));
        let input = serde_json::to_value(&facts).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
        let request = NewTask { title: Some(title), ..NewTask::new(TASK_ANALYSIS, input) };
        let now = self.shared.sources.clock.now().as_millis() / FRESH_MS;
        let mut last = None;
        for attempt in 0..TRIES {
            // What it is known by is the failed task, whoever asks; where one failed itself the next is known by its number.
            let key = Idempotency {
                principal: Principal::System.tag(),
                key: format!("analysis:{id}:{now}:{attempt}"),
                request_hash: Sha256::digest(id.to_string().as_bytes()).into(),
            };
            let admitted = self.admit(caller, request.clone(), "").await?.new;
            let made = admitted.task.summary.clone();
            let found = match self.take_in(vec![admitted], Some(key)).await?.first() {
                Some(found) if *found != made.id => self.summary(*found).await?,
                _ => return Ok(made),
            };
            if !found.state.is_terminal() || found.state == TaskState::Completed {
                return Ok(found);
            }
            last = Some(found);
        }
        last.ok_or_else(|| no_such_task(id))
    }

    /// The last lines of a task's log that matter at least so much, oldest first.
    async fn last_lines(&self, id: TaskId, level: Level, most: usize) -> Result<Vec<LogLine>, Problem> {
        let (mut kept, mut after) = (VecDeque::new(), 0);
        loop {
            let lines = self.shared.store.log_lines(id, after, level, LINES).await?;
            let Some(last) = lines.last() else { return Ok(kept.into()) };
            after = last.seq;
            let full = lines.len() >= LINES as usize;
            kept.extend(lines);
            kept.drain(..kept.len().saturating_sub(most));
            if !full {
                return Ok(kept.into());
            }
        }
    }
}

/// What is known of a failure, the most telling first.
fn facts(rows: &TaskRows, grave: &[LogLine], all: &[LogLine], spans: &[SpanView], calls: &[ModelCallRecord]) -> FailureFacts {
    let summary = &rows.task.summary;
    let failure = summary.failure.clone().unwrap_or_else(|| {
        let reason = summary.reason.clone().unwrap_or_else(|| summary.state.to_string());
        Failure { message: format!("it ended as {} for the reason {reason}", summary.state), code: reason, retryable: false }
    });
    let mut facts = Vec::new();
    for attempt in rows.attempts.iter().rev().take(ATTEMPTS) {
        let source = format!("attempt {} by {}", attempt.number, attempt.agent.name);
        match (&attempt.failure, attempt.outcome) {
            (Some(failure), _) => {
                let text = format!("{}: {}", failure.code, failure.message);
                facts.push(Fact { source, text, code: Some(shortened(&failure.code, 100)), grave: true });
            }
            (None, Some(outcome)) => facts.push(fact(source, format!("ended as {outcome:?}").to_lowercase())),
            (None, None) => facts.push(fact(source, "did not end".to_owned())),
        }
    }
    facts.extend(grave.iter().rev().take(GRAVE).map(|line| Fact { grave: true, ..of_line(line) }));
    for call in calls.iter().filter(|call| call.failure.is_some()) {
        let code = call.failure.clone().unwrap_or_default();
        facts.push(fact(format!("model call, {}", call.model), format!("{code}: {}", call.answer)));
    }
    for span in spans.iter().filter(|span| !span.ok) {
        facts.push(fact("trace".to_owned(), format!("“{}” did not end well, after {} ms", span.name, span.duration_us / 1_000)));
    }
    let plain = all.iter().rev().filter(|line| line.level == Level::Info).take(LAST);
    facts.extend(plain.map(of_line));
    let slowest = spans.iter().filter(|span| span.ok).max_by_key(|span| span.duration_us);
    facts.extend(
        slowest.map(|span| fact("trace".to_owned(), format!("the longest part was “{}” with {} ms", span.name, span.duration_us / 1_000))),
    );
    facts.truncate(MAXIMUM_FACTS);
    for fact in &mut facts {
        fact.source = shortened(&masked(&fact.source), 100);
        // Masked before it is cut: half of a secret is not recognised.
        fact.text = shortened(&masked(&fact.text), MAXIMUM_FACT_CHARACTERS);
    }
    let failure = Failure { message: masked(&failure.message).into_owned(), ..failure };
    FailureFacts {
        task: FailedTask {
            id: summary.id.to_string(),
            // Often the first words of its input.
            title: masked(&summary.title).into_owned(),
            skill: summary.skill.clone(),
            state: summary.state.to_string(),
            attempt: summary.attempt,
            maximum_attempts: summary.maximum_attempts,
        },
        failure,
        facts,
    }
}

fn fact(source: String, text: String) -> Fact {
    Fact { source, text, code: None, grave: false }
}

fn of_line(line: &LogLine) -> Fact {
    let values = match &line.fields {
        Value::Null => String::new(),
        fields => format!(" {fields}"),
    };
    fact(format!("log, {}", line.level), format!("{}{values}", line.message))
}

/// A text of at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
