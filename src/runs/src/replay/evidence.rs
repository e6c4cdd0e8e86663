//! What was recorded of a task: the attempt that gave its outcome, and every call of it with its answer?

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::{AttemptId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{AttemptOutcome, AttemptView, Failure, TaskFilter, TaskSummary};
use baton_negotiation::replay::CallKind;
use baton_storage::{ModelCallRecord, TaskQuery, TaskRows};
use baton_workflow::run::Outcome;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Replays;
use super::stored::{Stored, forgotten};
use crate::ends::task_outcome;
use crate::record::{RUN, broken};

/// The most calls of models of a task that are read.
const MAXIMUM_TASK_CALLS: u32 = 10_000;
/// Tasks that are read at once where children are looked for.
const TASKS: u32 = 1_000;
/// What storing a file is called.
pub(crate) const STORE: &str = "store";
/// What a call of a model is called that names none.
pub(crate) const ANY_MODEL: &str = "any";
/// What placing texts is called.
pub(crate) const EMBEDDING: &str = "embedding";

/// A call of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct RecordedCall {
    pub kind: CallKind,
    pub name: String,
    pub request: Value,
    pub answer: Result<Value, Failure>,
    /// The task that was asked for.
    pub child: Option<TaskId>,
    /// Identifiers of one server come in the order in which they were made.
    order: Uuid,
    /// The models that were asked, one after the other.
    models: Vec<String>,
}

impl RecordedCall {
    /// The answer as one value.
    pub(crate) fn answer_value(&self) -> Value {
        match &self.answer {
            Ok(answer) => json!({"ok": answer}),
            Err(failure) => json!({"failed": {"code": failure.code, "message": failure.message}}),
        }
    }
}

/// What was recorded of a task that has ended.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub rows: TaskRows,
    /// The attempt that gave its outcome; none if it ended without one.
    pub attempt: Option<AttemptView>,
    pub calls: Vec<RecordedCall>,
    /// Why its agent is not asked again, if it is not.
    pub apart: Option<String>,
}

impl Evidence {
    pub(crate) fn outcome(&self) -> Outcome {
        let summary = &self.rows.task.summary;
        task_outcome(summary.state, self.rows.result.clone(), summary.failure.clone())
    }
}

/// The tasks that agents of a run asked for, by the task that did, in the order in which they began.
pub(crate) type Children = BTreeMap<TaskId, Vec<TaskSummary>>;

impl Replays {
    /// The children of all tasks of a run: they share its fairness key. Of steps that were copied they are those of the run in which they were done.
    pub(crate) async fn children(&self, run: &Stored) -> Result<Children, Problem> {
        let beginning = &run.opening.beginning;
        let copied: BTreeSet<&str> = run.rows.steps.iter().filter_map(|row| row.copied.as_deref()).collect();
        let origins = beginning.origins.iter().filter(|(origin, _)| copied.contains(origin.as_str()));
        let own = (run.id.to_string(), beginning.started_at);
        let mut children = Children::new();
        for (id, from) in origins.chain([&own]) {
            self.children_of(id, *from, &mut children).await?;
        }
        for tasks in children.values_mut() {
            tasks.sort_by_key(|task| task.id);
        }
        Ok(children)
    }

    async fn children_of(&self, run: &str, from: Timestamp, children: &mut Children) -> Result<(), Problem> {
        let filter = TaskFilter { fairness_key: Some(format!("{RUN}:{run}")), created_from: Some(from), ..TaskFilter::default() };
        let mut before = None;
        loop {
            let page = self.parts.tasks.tasks(&TaskQuery { filter: filter.clone(), before, limit: TASKS }).await?;
            let last = page.items.len() < TASKS as usize;
            before = page.items.last().map(|task| task.id);
            for task in page.items {
                if let Some(parent) = task.parent_id {
                    children.entry(parent).or_default().push(task);
                }
            }
            if last {
                return Ok(());
            }
        }
    }

    /// What was recorded of a task.
    ///
    /// # Errors
    /// `REPLAY-008` if it is gone; those of storage.
    pub(crate) async fn evidence(&self, id: TaskId, children: &Children) -> Result<Evidence, Problem> {
        let rows = self.parts.tasks.task_rows(id).await?.ok_or_else(|| forgotten(format!("its task {id} is gone")))?;
        let attempt = rows.attempts.last().cloned();
        let apart = self.apart(&rows, attempt.as_ref());
        let calls = match &attempt {
            Some(attempt) if apart.is_none() => self.calls(&rows, attempt, children).await?,
            _ => Vec::new(),
        };
        Ok(Evidence { rows, attempt, calls, apart })
    }

    /// Why the agent of a task is not asked again.
    fn apart(&self, rows: &TaskRows, attempt: Option<&AttemptView>) -> Option<String> {
        let summary = &rows.task.summary;
        let Some(attempt) = attempt else {
            return Some(format!("no agent worked on it: it is {}", summary.state));
        };
        let by_itself = matches!(
            (summary.state, attempt.outcome),
            (TaskState::Completed, Some(AttemptOutcome::Completed)) | (TaskState::Failed, Some(AttemptOutcome::Failed))
        );
        if !by_itself {
            return Some(format!("its end did not come of its agent: it is {}", summary.state));
        }
        let first = rows.attempts.len() == 1;
        self.parts.rehearsals.apart(&attempt.agent.name, &summary.skill, &rows.input, first)
    }

    async fn calls(&self, rows: &TaskRows, attempt: &AttemptView, children: &Children) -> Result<Vec<RecordedCall>, Problem> {
        let id = rows.task.summary.id;
        let mut calls = self.model_calls(id, attempt.id).await?;
        for child in children.get(&id).into_iter().flatten().filter(|child| child.created_at >= attempt.assigned_at) {
            calls.push(self.child_call(child.id, &child.skill).await?);
        }
        for artifact in rows.artifacts.iter().filter(|artifact| artifact.created_at >= attempt.assigned_at) {
            calls.push(RecordedCall {
                kind: CallKind::Tool,
                name: STORE.to_owned(),
                request: stored_file(&artifact.name, &artifact.media_type, artifact.size, &artifact.sha256),
                answer: Ok(json!(artifact.id)),
                child: None,
                order: *artifact.id.as_uuid(),
                models: Vec::new(),
            });
        }
        calls.sort_by_key(|call| call.order);
        Ok(calls)
    }

    async fn child_call(&self, id: TaskId, skill: &str) -> Result<RecordedCall, Problem> {
        let rows =
            self.parts.tasks.task_rows(id).await?.ok_or_else(|| forgotten(format!("the task {id} is gone, which an agent asked for")))?;
        let summary = rows.task.summary;
        let answer = match (summary.state, rows.result) {
            (TaskState::Completed, Some(result)) => Ok(result),
            (state, _) => Err(summary.failure.unwrap_or_else(|| Failure {
                code: Code::WorkerLost.as_str().to_owned(),
                message: format!("The child task is {state}."),
                retryable: false,
            })),
        };
        Ok(RecordedCall {
            kind: CallKind::Skill,
            name: skill.to_owned(),
            request: rows.input,
            answer,
            child: Some(id),
            order: *id.as_uuid(),
            models: Vec::new(),
        })
    }

    /// The calls of models of an attempt. Each model that was asked for one answer, one after the other, has its record; to the agent they were one call.
    async fn model_calls(&self, task: TaskId, attempt: AttemptId) -> Result<Vec<RecordedCall>, Problem> {
        let mut records = self.parts.models.model_calls(task, MAXIMUM_TASK_CALLS).await?;
        if records.len() >= MAXIMUM_TASK_CALLS as usize {
            return Err(Problem::new(Code::ReplayStopped, format!("The task {task} has {MAXIMUM_TASK_CALLS} calls of models or more.")));
        }
        records.retain(|record| record.attempt == attempt);
        // An identifier is made when the call has ended.
        records.sort_by_key(|record| record.id);
        let mut calls: Vec<RecordedCall> = Vec::with_capacity(records.len());
        for record in records {
            let call = read_call(record)?;
            match calls.last_mut().filter(|last| goes_on(last, &call)) {
                Some(last) => {
                    last.models.extend(call.models);
                    (last.answer, last.order) = (call.answer, call.order);
                }
                None => calls.push(call),
            }
        }
        Ok(calls)
    }
}

/// A file that an agent stores, as the request of a call.
pub(crate) fn stored_file(name: &str, media_type: &str, size: u64, sha256: &str) -> Value {
    json!({"name": name, "media_type": media_type, "size": size, "sha256": sha256})
}

/// Whether the second is what the next model answered to the first, which failed.
fn goes_on(first: &RecordedCall, second: &RecordedCall) -> bool {
    let ends = |failure: &Failure| [Code::BudgetExhausted, Code::InvalidRequest].iter().any(|code| failure.code == code.as_str());
    first.answer.as_ref().is_err_and(|failure| !ends(failure))
        && first.kind == second.kind
        && first.request == second.request
        && second.models.iter().all(|model| !first.models.contains(model))
}

fn read_call(record: ModelCallRecord) -> Result<RecordedCall, Problem> {
    let request: Value = serde_json::from_str(&record.request).map_err(broken)?;
    let answer = match record.failure {
        None => Ok(serde_json::from_str(&record.answer).map_err(broken)?),
        Some(code) => {
            // As the layer of models makes its failures: an endpoint or a store that does not answer may do so later.
            let retryable = code == Code::ModelFailed.as_str() || code == Code::StorageUnavailable.as_str();
            Err(Failure { code, message: record.answer, retryable })
        }
    };
    let embeds = request.get("texts").is_some();
    let named = request.get("model").and_then(Value::as_str).unwrap_or(ANY_MODEL).to_owned();
    let (kind, name) = if embeds { (CallKind::Embedding, EMBEDDING.to_owned()) } else { (CallKind::Model, named) };
    Ok(RecordedCall { kind, name, request, answer, child: None, order: record.id, models: vec![record.model] })
}

/// When something began that has these instants.
pub(crate) fn began(instants: [Option<Timestamp>; 3]) -> Timestamp {
    instants.into_iter().flatten().next().unwrap_or_default()
}
