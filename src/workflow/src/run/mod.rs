//! What does a run do next? A state machine: what has happened goes in, what is to be done comes out.
//!
//! It is pure and deterministic. [`Run::start`] and [`Run::handle`] take a [`Fact`] with its time and give [`Effects`]: commands, and the rows
//! that have changed. Whoever keeps runs stores the rows in the transaction in which the fact is recorded, and then carries out the commands. Each
//! command has a key that is made of the run, the step, its generation and the item, so that carrying it out twice does it once; after a
//! crash [`Run::load`] and [`Run::outstanding`] give all commands again that may not have been carried out. A fact that is told twice is ignored.
//!
//! - `fact`, `command`, `key`: what goes in and comes out
//! - `rows`: the state as rows: one of the run, one a step, one an item that has begun; `stored`: from a run to its rows and back
//! - `turn`: one fact; `work`: a step's items; `begin`: with what they begin; `signal`, `approval`, `control`: signals; approvals; pausing, stopping, retrying
//! - `fork`: a run that begins where another one stood, with one change
//! - `values`: what expressions can speak of
//!
//! # What a step waits for, and when it is skipped
//! As with GitHub Actions, a step begins when all that it needs has ended. Unless its `if` asks how that ended (`success()`, `failure()`,
//! `always()`), it is skipped when one of those was skipped, failed or was cancelled; a skipped step skips what needs it in turn. A failed step with
//! `on_failure: continue` counts as completed for those that need it, and has no output. A step that handles failures (`on_failure: {run: …}`)
//! is skipped when none of the steps it handles has failed. A failed step makes the run fail unless it is forgiven (`continue`) or handled (the other
//! step completed); steps that do not need it go on all the same, so that the end does not depend on which of two steps ended first.

mod approval;
mod begin;
mod command;
mod control;
mod fact;
mod fork;
mod key;
mod rows;
mod signal;
mod stored;
mod turn;
mod values;
mod work;

use std::collections::BTreeMap;

use baton_domain::problem::{Code, FieldError, Problem};
use baton_domain::time::Timestamp;
use serde_json::{Map, Value};

use crate::document::Workflow;
use crate::graph::Graph;
use crate::problem::{DocumentProblem, Problems};
use crate::validate::misfits;

pub use command::Command;
pub use fact::{Fact, Outcome, Person, Usage};
pub use fork::{Change, Fork, ForkedFrom, MAXIMUM_CHANGES_BYTES, MAXIMUM_FORKS};
pub use key::{Key, KeyKind};
pub use rows::{Allowance, Beginning, Effects, Header, ItemRow, ItemState, RunState, SignalRow, StepError, StepRow, StepState, StopReason};
pub use stored::Rows;
use turn::Turn;
pub use work::MAXIMUM_FACT_STEPS;

/// The most signals that a run keeps.
pub const MAXIMUM_SIGNALS: usize = 1_000;

/// A document that can be run: its steps in order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the document says.
    pub workflow: Workflow,
    /// Which step comes before which.
    pub graph: Graph,
}

impl Plan {
    /// The plan of a document. It asks for no catalogue: a run that has begun goes on although skills have changed.
    ///
    /// # Errors
    /// Steps that do not exist, and circles.
    pub fn of(workflow: Workflow) -> Result<Self, Vec<DocumentProblem>> {
        let mut problems = Problems::default();
        let graph = Graph::read(&workflow, &mut problems);
        if problems.is_empty() { Ok(Self { workflow, graph }) } else { Err(problems.into_sorted()) }
    }

    /// The input of a run with its defaults.
    ///
    /// # Errors
    /// `WORKFLOW-020` with every field that does not fit.
    pub fn input(&self, given: &Value) -> Result<Value, Problem> {
        let mut input = given.as_object().cloned().unwrap_or_default();
        for known in &self.workflow.inputs {
            if let Some(default) = &known.default {
                input.entry(known.name.clone()).or_insert_with(|| default.clone());
            }
        }
        let input = if given.is_object() || given.is_null() { Value::Object(input) } else { given.clone() };
        let found = misfits(&input, &self.workflow.input_schema(), "/input");
        if found.is_empty() {
            return Ok(input);
        }
        let errors = found.into_iter().map(|(field, message)| FieldError { field, message }).collect();
        Err(Problem { errors, ..Problem::new(Code::WorkflowRunInput, "Correct the fields and begin the run again.") })
    }
}

/// Who begins a run, of what and when.
#[derive(Debug, Clone)]
pub struct Start {
    /// The run's id; it is part of all keys and may not hold `/`.
    pub id: String,
    /// Who asked for it: nobody may approve what they asked for.
    pub requested_by: String,
    /// What it is given.
    pub input: Value,
    /// When.
    pub at: Timestamp,
}

/// What is left of a run's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// Tasks, sub-workflows and decisions, with what those begin in turn.
    pub tasks: u64,
    /// Tokens of language models, where they are limited.
    pub tokens: Option<u64>,
    /// Money, in millionths of the installation's currency, where it is limited.
    pub cost_micros: Option<u64>,
    /// When this generation of the run is stopped.
    pub until: Timestamp,
}

/// One execution of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    beginning: Beginning,
    header: Header,
    steps: Vec<Step>,
    signals: BTreeMap<String, SignalRow>,
    /// What expressions call `run`.
    about: Value,
    /// How many steps have ended.
    ended: usize,
}

/// A step while a run goes on.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    row: StepRow,
    items: Vec<Item>,
    /// The list of a `foreach`. It is not stored: its expression gives it again.
    list: Option<Vec<Value>>,
    /// The outputs of a `foreach` that has ended, taken from its items.
    output: Option<Value>,
}

/// A piece of a step's work; a step without `foreach` has one.
#[derive(Debug, Clone, PartialEq, Default)]
struct Item {
    generation: u32,
    state: ItemState,
    output: Option<Value>,
    error: Option<Box<StepError>>,
}

impl Run {
    /// Begins a run.
    ///
    /// # Errors
    /// `WORKFLOW-020` if the input does not fit, or the id cannot be part of keys.
    pub fn start(plan: &Plan, start: Start) -> Result<(Self, Effects), Problem> {
        Self::start_for(plan, start, Vec::new())
    }

    /// The same for a run that others have asked for too, as a part of one that was begun anew: see [`askers`](Self::askers).
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_for(plan: &Plan, start: Start, others: Vec<String>) -> Result<(Self, Effects), Problem> {
        Self::start_below(plan, start, others, Allowance::default())
    }

    /// The same for a run that another one begins: it uses no more than its own document says, and no more than what is left to the other one.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_below(plan: &Plan, start: Start, others: Vec<String>, allowance: Allowance) -> Result<(Self, Effects), Problem> {
        fit_for_keys(&start.id)?;
        let beginning = Beginning {
            id: start.id,
            workflow: plan.workflow.name.clone(),
            hash: plan.workflow.hash.clone(),
            requested_by: start.requested_by,
            started_at: start.at,
            input: plan.input(&start.input)?,
            others,
            forked_from: None,
            origins: Vec::new(),
            changes: BTreeMap::new(),
            allowance,
        };
        let steps = plan.workflow.steps.iter().map(|step| Step::new(&step.id)).collect();
        let header = Header::new(start.at);
        let about = about(&beginning);
        let mut run = Self { beginning, header, steps, signals: BTreeMap::new(), about, ended: 0 };
        let mut turn = Turn::new(&mut run, plan, start.at);
        turn.begin();
        let effects = turn.finish();
        Ok((run, effects))
    }

    /// Takes in what has happened. A fact that was told before, or that is about what is over, changes nothing and is marked as ignored.
    ///
    /// # Errors
    /// What is not allowed, with the run unchanged: `WORKFLOW-023` and `WORKFLOW-026` to `WORKFLOW-029`, `WORKFLOW-033`; `WORKFLOW-025` if the
    /// plan is not that of the run's document.
    pub fn handle(&mut self, plan: &Plan, at: Timestamp, fact: &Fact) -> Result<Effects, Problem> {
        self.belongs_to(plan)?;
        let mut turn = Turn::new(self, plan, at);
        turn.take(fact)?;
        Ok(turn.finish())
    }

    /// The same for what somebody does to the run as a whole, who saw it in this generation: pauses, resumes, cancels, or begins it anew. What belongs to an
    /// earlier generation, because it is told again or comes late, changes nothing and is marked as ignored.
    ///
    /// # Errors
    /// As [`handle`](Self::handle).
    pub fn handle_in(&mut self, plan: &Plan, at: Timestamp, generation: u32, fact: &Fact) -> Result<Effects, Problem> {
        let of_run = matches!(fact, Fact::Paused | Fact::Resumed | Fact::Canceled | Fact::Retried { .. });
        if !of_run || generation == self.header.generation {
            return self.handle(plan, at, fact);
        }
        self.belongs_to(plan)?;
        let mut turn = Turn::new(self, plan, at);
        turn.ignored = true;
        Ok(turn.finish())
    }

    /// Who has asked for what the run does now: none of them may decide on its approvals. A run that it begins is asked for by all of them.
    pub fn askers(&self) -> impl Iterator<Item = &str> {
        let Beginning { requested_by, others, .. } = &self.beginning;
        std::iter::once(requested_by).chain(others).chain(&self.header.retried_by).map(String::as_str)
    }

    /// What may still be used of the run's limits: what it begins has no more than that.
    #[must_use]
    pub fn remaining(&self, plan: &Plan) -> Remaining {
        let limits = &plan.workflow.limits;
        let most = self.most(plan);
        Remaining {
            tasks: most.tasks.unwrap_or(limits.tasks).saturating_sub(self.header.tasks),
            tokens: most.tokens.map(|most| most.saturating_sub(self.header.tokens)),
            cost_micros: most.cost_micros.map(|most| most.saturating_sub(self.header.cost_micros)),
            until: self.header.resumed_at.plus(limits.duration.as_std()),
        }
    }

    /// Whether the tasks that runs and decisions below begin count for this run: its document or whoever began it says how many there may be.
    #[must_use]
    pub fn shares_tasks(&self, plan: &Plan) -> bool {
        plan.workflow.limits.tasks_stated || self.beginning.allowance.tasks.is_some()
    }

    /// What the run may use: the least of what its document states and what it was given.
    pub(super) fn most(&self, plan: &Plan) -> Allowance {
        let (limits, given) = (&plan.workflow.limits, self.beginning.allowance);
        Allowance {
            tasks: Allowance::least(given.tasks, Some(limits.tasks)),
            tokens: Allowance::least(given.tokens, limits.tokens),
            cost_micros: Allowance::least(given.cost_micros, limits.cost_micros),
        }
    }

    /// Refuses a plan of another document than the one the run began with.
    fn belongs_to(&self, plan: &Plan) -> Result<(), Problem> {
        if plan.workflow.hash == self.beginning.hash && plan.workflow.steps.len() == self.steps.len() {
            return Ok(());
        }
        Err(Problem::new(Code::WorkflowEdited, "Go on with the document that the run began with; begin a new run to use another one."))
    }

    /// What the run began with.
    #[must_use]
    pub const fn beginning(&self) -> &Beginning {
        &self.beginning
    }

    /// How the run stands.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How a step stands.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&StepRow> {
        self.steps.iter().map(|step| &step.row).find(|row| row.step == id)
    }

    /// How all steps stand, in the order of the document.
    pub fn steps(&self) -> impl Iterator<Item = &StepRow> {
        self.steps.iter().map(|step| &step.row)
    }

    /// What a step gave; of a `foreach`, the list of what its items gave.
    #[must_use]
    pub fn output(&self, id: &str) -> Option<&Value> {
        self.steps.iter().find(|step| step.row.step == id).and_then(|step| step.output_of(step.list_like()))
    }
}

impl Step {
    fn new(id: &str) -> Self {
        Self { row: StepRow::new(id), items: Vec::new(), list: None, output: None }
    }

    /// Whether its output is a list of what its items gave.
    const fn list_like(&self) -> bool {
        self.row.foreach
    }

    fn output_of(&self, list: bool) -> Option<&Value> {
        if list { self.output.as_ref() } else { self.items.first().and_then(|item| item.output.as_ref()) }
    }

    /// What an item gave, wherever it is kept.
    fn item_output(&self, index: usize) -> Option<&Value> {
        let own = self.items.get(index).and_then(|item| item.output.as_ref());
        own.or_else(|| self.output.as_ref().filter(|_| self.row.foreach).and_then(|output| output.get(index)).filter(|_| self.kept(index)))
    }

    fn kept(&self, index: usize) -> bool {
        self.items.get(index).is_some_and(|item| item.state == ItemState::Completed)
    }
}

/// Refuses an id of which no keys can be made.
fn fit_for_keys(id: &str) -> Result<(), Problem> {
    if id.is_empty() || id.contains('/') {
        return Err(Problem::new(Code::WorkflowRunInput, "Give the run an id without `/`: keys are made of it.")
            .with_field("/id", "It is empty or holds `/`."));
    }
    Ok(())
}

/// What expressions call `run`.
fn about(beginning: &Beginning) -> Value {
    let rows = [
        ("id", beginning.id.clone()),
        ("workflow", beginning.workflow.clone()),
        ("requested_by", beginning.requested_by.clone()),
        ("started_at", beginning.started_at.to_string()),
    ];
    Value::Object(rows.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect::<Map<_, _>>())
}
