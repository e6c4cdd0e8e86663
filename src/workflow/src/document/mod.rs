//! What does a workflow say? The document as types, with every place kept.
//!
//! ```yaml
//! name: reviews
//! version: 1
//! inputs:
//!   texts: {type: array, items: {type: string}}
//! steps:
//!   rate:
//!     uses: nlp.sentiment
//!     foreach: {items: "${{ inputs.texts }}", as: review, concurrency: 8}
//!     with: {text: "${{ review }}"}
//! outputs:
//!   worst: ${{ min(map(steps.rate.output, r => r.compound)) }}
//! ```

mod duration;
mod fields;
mod read;
mod sections;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use baton_domain::task::{Jitter, RetryPolicy};
use serde_json::{Map, Value};

use crate::expression::{Expression, Template};
use crate::problem::Position;

pub use duration::{Duration, MAXIMUM_DURATION};
pub use read::parse;

/// The form of documents that is understood: the value of `version`.
pub const VERSION: u64 = 1;
/// The most steps of a workflow.
pub const MAXIMUM_STEPS: usize = 1_000;
/// The most inputs, and the most outputs.
pub const MAXIMUM_INPUTS: usize = 100;
/// The most items of a `foreach`.
pub const MAXIMUM_ITEMS: usize = 10_000;
/// The most items of a `foreach` that are worked on at once, and how many are when nobody says.
pub const MAXIMUM_CONCURRENCY: u32 = 1_000;
/// How many items of a `foreach` are worked on at once when nobody says.
pub const DEFAULT_CONCURRENCY: u32 = 16;
/// How long an approval stays open when nobody says: seven days.
pub const DEFAULT_EXPIRY: Duration = Duration::from_millis(7 * 24 * 60 * 60 * 1000);
/// The most names in a list of `who`, `needs` or `non_retryable`.
pub const MAXIMUM_NAMES: usize = 100;

/// A workflow as its document says.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// The name, as others use it.
    pub name: String,
    /// Where the name stands.
    pub at: Position,
    /// What people read.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What a run is given.
    pub inputs: Vec<Input>,
    /// The steps, in the order of the document.
    pub steps: Vec<Step>,
    /// What a run gives.
    pub outputs: Vec<Output>,
    /// What a run may use.
    pub limits: Limits,
    /// SHA-256 of what the document says, whatever its notation and comments. A run goes on with the document it began with.
    pub hash: String,
}

/// One of the values that a run is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    /// Its JSON Schema.
    pub schema: Value,
    /// Whether it must be given.
    pub required: bool,
    /// What it is when it is not given.
    pub default: Option<Value>,
}

/// One of the values that a run gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    /// The value.
    pub value: Template,
}

/// A name that refers to something, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub at: Position,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its id, by which others refer to it.
    pub id: String,
    /// Where it stands.
    pub at: Position,
    /// Where it is in the document, as a JSON Pointer: `/steps/extract`, or `/steps/0` in a list.
    pub path: String,
    /// What people read.
    pub title: Option<String>,
    /// What it does, after its approval if it needs one.
    pub action: Action,
    /// The input of what it uses.
    pub with: Option<Template>,
    /// The steps that come before it; those that its expressions read come before it too.
    pub needs: Vec<Reference>,
    /// Whether it is done at all.
    pub condition: Option<Expression>,
    /// The list for whose values it is done one by one.
    pub foreach: Option<Foreach>,
    /// How a failed attempt of its task is tried again, where it differs from what the skill says.
    pub retry: Option<RetryTerms>,
    /// How long it may take, approval aside.
    pub timeout: Option<Duration>,
    /// Who has to agree before it is done.
    pub approve: Option<Approve>,
    /// How several agents come to one answer.
    pub decide: Option<Decide>,
    /// What happens when it fails.
    pub on_failure: OnFailure,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A task of a skill.
    Skill(Reference),
    /// A run of another workflow.
    Workflow(Reference),
    /// A question put to voters, without a skill.
    Decide,
    /// Waits for a signal.
    Signal {
        /// The signal's name.
        name: String,
        /// The JSON Schema of what it brings.
        schema: Option<Value>,
        /// How long to wait for it.
        timeout: Duration,
    },
    /// Waits for a while.
    Delay(Duration),
    /// Nothing more than its approval.
    Approve,
}

/// The list that a step is done for.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreach {
    /// Where it stands.
    pub at: Position,
    /// The list.
    pub items: Template,
    /// How expressions call the value.
    pub name: String,
    /// How many are worked on at once.
    pub concurrency: u32,
    /// Whether the first failure stops the rest.
    pub fail_fast: bool,
}

/// How a failed attempt is tried again: the terms of [`RetryPolicy`] that a step states.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RetryTerms {
    /// Attempts in all.
    pub maximum_attempts: Option<u32>,
    /// The delay before the second attempt.
    pub initial_interval: Option<Duration>,
    /// How many times longer each further delay is.
    pub backoff_coefficient: Option<f64>,
    /// The longest delay.
    pub maximum_interval: Option<Duration>,
    /// How delays are spread.
    pub jitter: Option<Jitter>,
    /// Codes that are never tried again.
    pub non_retryable: Option<Vec<String>>,
    /// After how many dead workers in a row the task is set aside.
    pub quarantine_after: Option<u32>,
}

impl RetryTerms {
    /// The skill's policy with what the step states.
    #[must_use]
    pub fn over(&self, skill: &RetryPolicy) -> RetryPolicy {
        let millis = |stated: Option<Duration>, otherwise: u64| stated.map_or(otherwise, Duration::as_millis);
        RetryPolicy {
            initial_interval_ms: millis(self.initial_interval, skill.initial_interval_ms),
            backoff_coefficient: self.backoff_coefficient.unwrap_or(skill.backoff_coefficient),
            maximum_interval_ms: millis(self.maximum_interval, skill.maximum_interval_ms),
            maximum_attempts: self.maximum_attempts.unwrap_or(skill.maximum_attempts),
            jitter: self.jitter.unwrap_or(skill.jitter),
            non_retryable: self.non_retryable.clone().unwrap_or_else(|| skill.non_retryable.clone()),
            quarantine_after: self.quarantine_after.unwrap_or(skill.quarantine_after),
        }
    }
}

/// Who has to agree to what, and until when.
#[derive(Debug, Clone, PartialEq)]
pub struct Approve {
    /// Where it stands.
    pub at: Position,
    /// Who may agree: `role:operator` or a user's name; anybody but the requester when it is empty.
    pub who: Vec<String>,
    /// Where each of those stands, and its path.
    pub places: Vec<(Position, String)>,
    /// What is asked.
    pub message: Option<Template>,
    /// How long it stays open.
    pub expires: Duration,
}

/// How several voters come to one answer. Its terms are kept as they are written; whoever holds the decision reads them.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    /// Where it stands.
    pub at: Position,
    /// What is asked.
    pub question: Option<Template>,
    /// What there is to choose from; free answers when absent.
    pub options: Option<Template>,
    /// Who votes: a number of samples, or names of agents, skills, roles and users.
    pub voters: Option<Value>,
    /// The rule that makes a verdict of the ballots.
    pub rule: Option<String>,
    /// How many voters have to take part: a number, or a share below 1.
    pub quorum: Option<f64>,
    /// When the verdict is due, from the opening.
    pub deadline: Option<Duration>,
    /// Everything else that is stated.
    pub more: Map<String, Value>,
    /// Where everything stands, by its JSON Pointer within these terms.
    pub places: BTreeMap<String, Position>,
}

impl Decide {
    /// Where a value stands, or the nearest one around it that is stated.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Position {
        let mut left = pointer;
        loop {
            if let Some(at) = self.places.get(left) {
                return *at;
            }
            match left.rfind('/') {
                Some(end) => left = left.get(..end).unwrap_or_default(),
                None => return self.at,
            }
        }
    }
}

/// What happens when a step fails for good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// The run fails; steps that do not need this one go on.
    #[default]
    Fail,
    /// The run goes on as if the step had completed without an output.
    Continue,
    /// Another step runs, and the failure counts as handled if that one completes.
    Run(Reference),
}

/// What a run may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Steps that begin, those of retries included.
    pub steps: u64,
    /// Tasks, sub-workflows and decisions that are begun.
    pub tasks: u64,
    /// Whether the document states how many: only then it is divided among what a run begins, and what those begin counts.
    pub tasks_stated: bool,
    /// From its beginning to its end.
    pub duration: Duration,
    /// Tokens of language models.
    pub tokens: Option<u64>,
    /// Money, in millionths of the installation's currency.
    pub cost_micros: Option<u64>,
}

impl Limits {
    /// The most steps that a run may begin.
    pub const MAXIMUM_STEPS: u64 = 10_000;
    /// The most tasks that a run may begin.
    pub const MAXIMUM_TASKS: u64 = 100_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: Self::MAXIMUM_STEPS,
            tasks: Self::MAXIMUM_TASKS,
            tasks_stated: false,
            duration: MAXIMUM_DURATION,
            tokens: None,
            cost_micros: None,
        }
    }
}

impl Workflow {
    /// The step with this id and its place in the list.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<(usize, &Step)> {
        self.steps.iter().enumerate().find(|(_, step)| step.id == id)
    }

    /// The JSON Schema of what a run is given.
    #[must_use]
    pub fn input_schema(&self) -> Value {
        let properties: Map<String, Value> = self
            .inputs
            .iter()
            .map(|input| {
                let mut schema = input.schema.clone();
                if let (Some(map), Some(default)) = (schema.as_object_mut(), &input.default) {
                    map.insert("default".to_owned(), default.clone());
                }
                (input.name.clone(), schema)
            })
            .collect();
        let required: Vec<&str> = self.inputs.iter().filter(|input| input.required).map(|input| input.name.as_str()).collect();
        serde_json::json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    /// The workflows that it uses, each with the place where it first does.
    #[must_use]
    pub fn uses_workflows(&self) -> Vec<&Reference> {
        let mut found: Vec<&Reference> = Vec::new();
        for step in &self.steps {
            if let Action::Workflow(reference) = &step.action
                && !found.iter().any(|known| known.name == reference.name)
            {
                found.push(reference);
            }
        }
        found
    }
}

impl Step {
    /// Whether this step does its work through others, which can be cancelled.
    #[must_use]
    pub const fn works(&self) -> bool {
        matches!(self.action, Action::Skill(_) | Action::Workflow(_) | Action::Decide)
    }

    /// Calls `visit` with every expression of the step and the path of the value it stands in.
    pub(crate) fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        if let Some(condition) = &self.condition {
            visit(condition);
        }
        let decide = self.decide.as_ref();
        let templates = [
            self.with.as_ref(),
            self.foreach.as_ref().map(|foreach| &foreach.items),
            self.approve.as_ref().and_then(|approve| approve.message.as_ref()),
            decide.and_then(|decide| decide.question.as_ref()),
            decide.and_then(|decide| decide.options.as_ref()),
        ];
        for template in templates.into_iter().flatten() {
            template.expressions(visit);
        }
    }
}
