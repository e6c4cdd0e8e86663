//! How is the recording of a run made of what is stored of it?
//!
//! A step has its id as its path; of a `foreach` an item is `step[3]`, and the step itself comes after its items, with the list of what they gave. Before a step that
//! somebody had to agree to comes `step/(approval)`. A run begins with `(input)` and ends with `(outputs)`, and so does a run of another workflow
//! below the step that began it: `step/(input)`, `step/fetch`, `step/(outputs)`, and then the step itself.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::{ArtifactId, ProjectId, RunId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_negotiation::replay::{Call, CallKind, MAXIMUM_STEPS, Recording, Step, fingerprint};
use baton_storage::JournalKind;
use baton_workflow::document::{Action, Step as Said};
use baton_workflow::run::{ItemRow, ItemState, Key, KeyKind, Outcome, RunState, StepRow, StepState};
use baton_workflow::validate::MAXIMUM_NESTING;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Replays;
use super::evidence::{Children, began};
use super::rewrite::{Rewriter, identifiers_in};
use super::stored::{Stored, forgotten};
use crate::asked::Question;
use crate::record::broken;
use crate::work::json_bytes;

/// The most bytes of a recording, as JSON.
pub const MAXIMUM_RECORDING_BYTES: usize = 256 << 20;
/// The most artifacts whose content is looked up for one recording.
const MAXIMUM_ARTIFACTS: usize = 100_000;

/// A step before what differs from run to run is rewritten.
#[derive(Debug, Default)]
struct Draft {
    path: String,
    after: Vec<String>,
    input: Option<Value>,
    calls: Vec<(CallKind, String, Value, Value)>,
    outcome: Option<Value>,
}

/// The most that a recording may have, for whoever asked for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    pub steps: usize,
    /// As JSON.
    pub bytes: usize,
    /// What whoever asked can do if it has more.
    pub advice: &'static str,
}

impl Most {
    /// Of a recording that is kept or compared.
    const KEPT: Self = Self { steps: MAXIMUM_STEPS, bytes: MAXIMUM_RECORDING_BYTES, advice: "" };

    pub(crate) fn check(self, steps: usize, bytes: usize) -> Result<(), Problem> {
        let Self { steps: most_steps, bytes: most_bytes, advice } = self;
        if steps <= most_steps && bytes <= most_bytes {
            return Ok(());
        }
        let detail = format!("It has more than {most_steps} steps or {most_bytes} bytes.{advice}");
        Err(Problem::new(Code::RecordingTooLarge, detail))
    }
}

/// A recording that is being made.
struct Assembly {
    drafts: Vec<Draft>,
    rewriter: Rewriter,
    bytes: usize,
    most: Most,
}

impl Assembly {
    fn push(&mut self, draft: Draft) -> Result<(), Problem> {
        let values = draft.calls.iter().flat_map(|(_, _, request, answer)| [request, answer]).chain(&draft.input).chain(&draft.outcome);
        self.bytes = values.map(json_bytes).fold(self.bytes, usize::saturating_add);
        self.most.check(self.drafts.len() + 1, self.bytes)?;
        self.drafts.push(draft);
        Ok(())
    }
}

/// Where in a recording a run stands.
struct Place<'a> {
    prefix: &'a str,
    after: &'a [String],
    depth: usize,
}

impl Replays {
    /// The recording of a run that has ended. What differs from one run to the next although nothing else does is rewritten: two runs of the same are
    /// equal.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `REPLAY-005` beyond the bounds, `REPLAY-006`, `REPLAY-007` while it goes on, `REPLAY-008` if something of it is gone; those of
    /// storage.
    pub async fn record(&self, id: RunId) -> Result<Recording, Problem> {
        let run = self.stored(id).await?;
        self.record_of(&run, Most::KEPT).await
    }

    /// The recording of a run, within these bounds: it is given up as soon as it has more.
    pub(crate) async fn record_of(&self, run: &Stored, most: Most) -> Result<Recording, Problem> {
        let mut assembly = Assembly { drafts: Vec::new(), rewriter: Rewriter::default(), bytes: 0, most };
        self.assemble(&mut assembly, run, Place { prefix: "", after: &[], depth: 0 }).await?;
        let Assembly { drafts, mut rewriter, .. } = assembly;
        // What goes through every text is work of one core, and of no thread that others wait for.
        let (drafts, found) = apart(move || {
            let found = spoken_of(&drafts);
            Ok((drafts, found))
        })
        .await?;
        self.learn_artifacts(run.project, found, &mut rewriter).await?;
        apart(move || {
            let steps = drafts.into_iter().map(|draft| step_of(draft, &rewriter)).collect::<Result<_, Problem>>()?;
            Ok(Recording { steps })
        })
        .await
    }

    /// Adds the steps of a run; gives the path of its end.
    fn assemble<'a>(&'a self, assembly: &'a mut Assembly, run: &'a Stored, place: Place<'a>) -> BoxFuture<'a, Result<String, Problem>> {
        Box::pin(self.assemble_run(assembly, run, place))
    }

    async fn assemble_run(&self, assembly: &mut Assembly, run: &Stored, place: Place<'_>) -> Result<String, Problem> {
        let Place { prefix, after, depth } = place;
        let beginning = &run.opening.beginning;
        assembly.rewriter.know(*run.id.as_uuid(), format!("run:{prefix}"));
        assembly.rewriter.instant(beginning.started_at.to_string(), "(when it began)");
        // What was copied speaks of the run in which it was done.
        for (origin, began) in &beginning.origins {
            if let Ok(origin) = origin.parse::<RunId>() {
                assembly.rewriter.know(*origin.as_uuid(), format!("run:{prefix}"));
                assembly.rewriter.instant(began.to_string(), "(when it began)");
            }
        }
        let children = self.children(run).await?;
        let start = format!("{prefix}(input)");
        let input = json!({"workflow": beginning.workflow, "input": beginning.input});
        assembly.push(Draft { path: start.clone(), after: after.to_vec(), input: Some(input), ..Draft::default() })?;
        let mut ends = vec![start.clone()];
        for (at, row) in in_order(run) {
            let Some(said) = run.plan.workflow.steps.get(at) else {
                continue;
            };
            let ids = run.plan.graph.before(at).filter_map(|before| run.plan.workflow.steps.get(before));
            let mut needs: Vec<String> = ids.map(|before| format!("{prefix}{}", before.id)).collect();
            if needs.is_empty() {
                needs.push(start.clone());
            }
            let path = format!("{prefix}{}", said.id);
            self.step(assembly, run, said, row, &children, Place { prefix: &path, after: &needs, depth }).await?;
            ends.push(path);
        }
        let end = format!("{prefix}(outputs)");
        let header = run.header();
        let outcome = match header.state {
            RunState::Completed => json!({"completed": header.outputs}),
            RunState::Failed => json!({"failed": header.error}),
            state => json!({state.as_str(): header.error}),
        };
        assembly.push(Draft { path: end.clone(), after: ends, outcome: Some(outcome), ..Draft::default() })?;
        Ok(end)
    }

    /// Adds a step with its approval and its items.
    async fn step(
        &self,
        assembly: &mut Assembly,
        run: &Stored,
        said: &Said,
        row: &StepRow,
        children: &Children,
        place: Place<'_>,
    ) -> Result<(), Problem> {
        let Place { prefix: path, after, depth } = place;
        let mut after = after.to_vec();
        if let (Some(_), Some(asked)) = (&said.approve, &row.approval) {
            let draft = self.approval(run, row, asked, format!("{path}/(approval)"), after).await?;
            after = vec![draft.path.clone()];
            assembly.push(draft)?;
        }
        let items = run.items(&said.id);
        if !row.foreach {
            return match items.first() {
                Some(item) if said.works() => {
                    self.item(assembly, run, said, item, children, Place { prefix: path, after: &after, depth }).await
                }
                item => assembly.push(plain(run, said, row, item.copied(), path, after)),
            };
        }
        let mut ends = after.clone();
        for item in items {
            let path = format!("{path}[{}]", item.index);
            self.item(assembly, run, said, item, children, Place { prefix: &path, after: &after, depth }).await?;
            ends.push(path);
        }
        assembly.push(Draft { path: path.to_owned(), after: ends, outcome: Some(outcome_of_step(run, row)), ..Draft::default() })
    }

    async fn approval(&self, run: &Stored, row: &StepRow, hash: &str, path: String, after: Vec<String>) -> Result<Draft, Problem> {
        let key = Key {
            run: row.copied.clone().unwrap_or_else(|| run.id.to_string()),
            kind: KeyKind::Approval,
            step: Some(row.step.clone()),
            generation: row.generation,
            index: None,
        };
        let head = self.parts.journals.journal_by_key(run.project, JournalKind::Approval, &key.to_string()).await?;
        let opening = match head {
            Some(head) => self.parts.journals.journal_opening(head.id).await?,
            None => None,
        };
        let opening = opening.ok_or_else(|| forgotten(format!("what was approved as {hash} before the step `{}` is gone", row.step)))?;
        let Question { subject } = serde_json::from_value(opening).map_err(broken)?;
        let answer = match (&row.decided_by, row.error.as_ref()) {
            (Some(by), Some(error)) if error.code == Code::ApprovalRefused.as_str() => json!({"refused": by, "comment": row.comment}),
            (Some(by), _) => json!({"approved": by, "comment": row.comment}),
            (None, error) => json!({"undecided": error}),
        };
        Ok(Draft { path, after, input: Some(subject), outcome: Some(answer), ..Draft::default() })
    }

    /// Adds a piece of work: a task, a run of another workflow, or a decision.
    async fn item(
        &self,
        assembly: &mut Assembly,
        run: &Stored,
        said: &Said,
        item: &ItemRow,
        children: &Children,
        place: Place<'_>,
    ) -> Result<(), Problem> {
        let Place { prefix: path, after, depth } = place;
        let outcome = serde_json::to_value(outcome_of(item)).map_err(broken)?;
        let mut draft = Draft { path: path.to_owned(), after: after.to_vec(), outcome: Some(outcome.clone()), ..Draft::default() };
        match (run.id_of(&item.step, item.index), &said.action, &said.decide) {
            // It never began, or was refused when it should.
            (None, ..) => {}
            (Some(id), Action::Workflow(_), None) => {
                if depth + 1 >= MAXIMUM_NESTING {
                    return Err(broken("its runs are nested too deep"));
                }
                let below = self.stored(RunId::new(id)).await?;
                draft.input = Some(below.opening.beginning.input.clone());
                let prefix = format!("{path}/");
                let end = self.assemble(assembly, &below, Place { prefix: &prefix, after, depth: depth + 1 }).await?;
                draft.after = vec![end];
            }
            (Some(id), Action::Skill(skill), None) => {
                assembly.rewriter.know(id, format!("task:{path}"));
                let evidence = self.evidence(TaskId::new(id), children).await?;
                for artifact in &evidence.rows.artifacts {
                    assembly.rewriter.know(*artifact.id.as_uuid(), format!("artifact:{}", artifact.sha256));
                }
                if evidence.apart.is_some() {
                    draft.calls.push((CallKind::Tool, skill.name.clone(), evidence.rows.input.clone(), outcome));
                }
                for (place, call) in evidence.calls.iter().enumerate() {
                    if let Some(child) = call.child {
                        assembly.rewriter.know(*child.as_uuid(), format!("task:{path}/{place}"));
                    }
                    draft.calls.push((call.kind, call.name.clone(), call.request.clone(), without_usage(call.answer_value())));
                }
                draft.input = Some(evidence.rows.input);
            }
            (Some(id), ..) => {
                assembly.rewriter.know(id, format!("decision:{path}"));
                let asked = self.parts.journals.journal_opening(baton_domain::id::JournalId::new(id)).await?;
                let asked = asked.ok_or_else(|| forgotten(format!("the decision {id} is gone")))?;
                // What it is about; when it began and by what it draws lots is its own.
                let request = json!({"question": asked.pointer("/request/question"), "answers": asked.pointer("/request/answers")});
                draft.calls.push((CallKind::Tool, "decision".to_owned(), request, outcome));
            }
        }
        assembly.push(draft)
    }

    /// Learns the content of every artifact of the project that is spoken of; what another project has is nothing that a run can speak of.
    async fn learn_artifacts(&self, project: ProjectId, mut found: BTreeSet<Uuid>, rewriter: &mut Rewriter) -> Result<(), Problem> {
        found.retain(|id| !rewriter.knows(id));
        if found.len() > MAXIMUM_ARTIFACTS {
            let detail = format!("It speaks of more than {MAXIMUM_ARTIFACTS} things that may be artifacts.");
            return Err(Problem::new(Code::RecordingTooLarge, detail));
        }
        for id in found {
            let artifact = self.parts.artifacts.artifact(ArtifactId::new(id)).await?;
            if let Some(artifact) = artifact.filter(|artifact| artifact.project_id == project) {
                rewriter.know(id, format!("artifact:{}", artifact.sha256));
            }
        }
        Ok(())
    }
}

/// Does work of one core apart from what others wait for.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| broken(format!("its recording was broken off: {error}")))?
}

/// All identifiers that drafts speak of.
fn spoken_of(drafts: &[Draft]) -> BTreeSet<Uuid> {
    let mut found = BTreeSet::new();
    for draft in drafts {
        let calls = draft.calls.iter().flat_map(|(_, _, request, answer)| [request, answer]);
        calls.chain(&draft.input).chain(&draft.outcome).for_each(|value| identifiers_in(value, &mut found));
    }
    found
}

/// The steps of a run, by place, in the order in which they began.
fn in_order(run: &Stored) -> Vec<(usize, &StepRow)> {
    let rows: BTreeMap<&str, &StepRow> = run.rows.steps.iter().map(|row| (row.step.as_str(), row)).collect();
    let steps = run.plan.graph.order.iter().copied();
    let mut steps: Vec<(usize, &StepRow)> =
        steps.filter_map(|at| run.plan.workflow.steps.get(at).and_then(|said| rows.get(said.id.as_str())).map(|row| (at, *row))).collect();
    // What is sorted stays in the order of the graph where it began at the same instant.
    steps.sort_by_key(|(_, row)| began([row.asked_at, row.started_at, row.ended_at]));
    steps
}

/// What came of an item.
pub(crate) fn outcome_of(item: &ItemRow) -> Outcome {
    match (item.state, &item.error) {
        (ItemState::Completed, _) => Outcome::Completed(item.output.clone().unwrap_or_default()),
        (ItemState::Failed, Some(error)) => Outcome::Failed { code: error.code.clone(), message: error.message.clone() },
        _ => Outcome::Canceled,
    }
}

/// What came of a step, whose items have their own outcomes.
fn outcome_of_step(run: &Stored, row: &StepRow) -> Value {
    match row.state {
        StepState::Completed if row.foreach => {
            let outputs: Vec<Value> = run.items(&row.step).into_iter().map(|item| item.output.clone().unwrap_or_default()).collect();
            json!({"completed": outputs})
        }
        StepState::Failed => json!({"failed": row.error}),
        state => json!(state.as_str()),
    }
}

/// A step without work: one that waits, or that was not done.
fn plain(run: &Stored, said: &Said, row: &StepRow, item: Option<&ItemRow>, path: &str, after: Vec<String>) -> Draft {
    let mut draft = Draft { path: path.to_owned(), after, ..Draft::default() };
    let outcome = match (row.state, item) {
        (StepState::Completed, Some(item)) => json!({"completed": item.output}),
        _ => outcome_of_step(run, row),
    };
    if let (Action::Signal { name, .. }, StepState::Completed) = (&said.action, row.state) {
        draft.calls.push((CallKind::Tool, format!("signal:{name}"), Value::Null, outcome.clone()));
    }
    draft.outcome = Some(outcome);
    draft
}

/// What an answer took, and whether it had been given before, is no part of it.
fn without_usage(mut answer: Value) -> Value {
    if let Some(answer) = answer.get_mut("ok").and_then(Value::as_object_mut)
        && answer.contains_key("usage")
        && answer.contains_key("model")
    {
        answer.remove("usage");
        answer.remove("cached");
    }
    answer
}

fn step_of(draft: Draft, rewriter: &Rewriter) -> Result<Step, Problem> {
    let Draft { path, after, input, calls, outcome } = draft;
    let (input, outcome) = (input.map(|value| rewriter.rewritten(value)), outcome.map(|value| rewriter.rewritten(value)));
    let calls = calls
        .into_iter()
        .map(|(kind, name, request, answer)| Call::new(kind, name, rewriter.rewritten(request), rewriter.rewritten(answer)))
        .collect::<Result<_, Problem>>()?;
    let input_hash = input.as_ref().map(fingerprint).transpose()?;
    let outcome_hash = outcome.as_ref().map(fingerprint).transpose()?;
    Ok(Step { path, after, input_hash, input, calls, outcome_hash, outcome })
}
