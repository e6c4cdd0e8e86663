//! How does a run begin where another one stood, with one change?
//!
//! A fork is a run of the same document with the same input. What neither is the changed step nor follows it, and has ended in the source, is copied: it is
//! not done again. The changed step and all that follow it are done anew, and so is what was cancelled in the source. What is changed is part of what the
//! fork began with: it holds however often the fork is begun anew, and for forks of it.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::MAXIMUM_INPUT_BYTES;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::control::forbidden;
use super::rows::{Beginning, Effects, Header, ItemState, StepState};
use super::stored::Rows;
use super::turn::Turn;
use super::work::{MAXIMUM_LEVELS, bytes_of, levels};
use super::{Item, Plan, Run, Step, about, fit_for_keys};
use crate::document::{MAXIMUM_ITEMS, Step as Said};
use crate::expression::{Failure, Meter};

/// The most bytes, as JSON, of all changes that a fork holds: its own, and those of the forks that it comes from.
pub const MAXIMUM_CHANGES_BYTES: usize = 4 << 20;
/// The most forks that a run comes from, one of another.
pub const MAXIMUM_FORKS: usize = 100;
/// The most steps that it may take to make again what a step was given.
const MAXIMUM_GIVEN_STEPS: u64 = 20_000_000;

/// What is changed of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is done with this input in place of what its `with` says; of a `foreach` a list with one for each item.
    Input(Value),
    /// It is not done, and gives this; of a `foreach` a list with what each item gives.
    Output(Value),
}

/// Where a run was forked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkedFrom {
    /// The run.
    pub run: String,
    /// Its step that was changed.
    pub step: String,
}

/// A fork to be begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// The new run's id; it is part of all keys and may not hold `/`.
    pub id: String,
    /// Who asks for it: they may not decide on its approvals, nor may those who asked for the source.
    pub requested_by: String,
    /// When.
    pub at: Timestamp,
    /// The step that is changed.
    pub step: String,
    /// What of it.
    pub change: Change,
}

impl Run {
    /// Begins a run at a step of this one, which has ended, with one change.
    ///
    /// # Errors
    /// `WORKFLOW-023` for one that goes on, `WORKFLOW-025` if the plan is not of its document, `WORKFLOW-046` for a step that it never reached,
    /// `WORKFLOW-047` for a change that does not fit the step, `WORKFLOW-024` beyond [`MAXIMUM_FORKS`], `REQUEST-002` for a step that there is not, `WORKFLOW-020` for an id of which no keys
    /// can be made.
    pub fn fork(self, plan: &Plan, fork: Fork) -> Result<(Self, Effects), Problem> {
        let (source, Fork { id, requested_by, at, step, change }) = (self, fork);
        fit_for_keys(&id)?;
        source.belongs_to(plan)?;
        let place = source.forkable(plan, &step)?;
        source.fits(plan, place, &change)?;
        let others = source.askers().filter(|asker| *asker != requested_by).map(str::to_owned).collect::<BTreeSet<_>>();
        let anew = source.begins_anew(plan, place);
        let Beginning { id: from, workflow, hash, started_at, input, mut origins, mut changes, .. } = source.beginning;
        if origins.len() >= MAXIMUM_FORKS {
            let detail = format!("It comes from {MAXIMUM_FORKS} forks, one of another. Begin a new run, or fork one before it.");
            return Err(Problem::new(Code::RunLimitReached, detail));
        }
        origins.push((from.clone(), started_at));
        changes.insert(step.clone(), change);
        within_bounds(&step, &changes)?;
        let forked_from = Some(ForkedFrom { run: from.clone(), step });
        let others = others.into_iter().collect();
        // It is a run of its own, also if the other one was part of another.
        let allowance = super::Allowance::default();
        let beginning =
            Beginning { id, workflow, hash, requested_by, started_at: at, input, others, forked_from, origins, changes, allowance };
        let steps = source.steps.into_iter().enumerate().map(|(place, mut step)| {
            if anew.contains(&place) {
                return Step::new(&step.row.step);
            }
            step.row.copied.get_or_insert_with(|| from.clone());
            step.row.once_copied = false;
            step
        });
        let steps = steps.collect();
        Ok(Self::begin_with(plan, beginning, steps))
    }

    /// A fork once more as it began, from what is stored of it: what was copied is kept, everything else begins. Of a step that was
    /// [copied once](super::StepRow::once_copied) it is not known any more what was copied: it begins too, which is not what happened.
    ///
    /// # Errors
    /// `WORKFLOW-025` if the plan is not of its document.
    pub fn fork_again(plan: &Plan, rows: Rows) -> Result<(Self, Effects), Problem> {
        let run = Self::load(plan, rows)?;
        let steps = run.steps.into_iter().map(|step| if step.row.copied.is_some() { step } else { Step::new(&step.row.step) });
        Ok(Self::begin_with(plan, run.beginning, steps.collect()))
    }

    /// Begins a run of which some steps have ended.
    fn begin_with(plan: &Plan, beginning: Beginning, steps: Vec<Step>) -> (Self, Effects) {
        let (at, about) = (beginning.started_at, about(&beginning));
        let ended = steps.iter().filter(|step| step.row.state.is_ended()).count();
        let mut run = Self { beginning, header: Header::new(at), steps, signals: BTreeMap::new(), about, ended };
        let mut turn = Turn::new(&mut run, plan, at);
        for (place, step) in turn.run.steps.iter().enumerate() {
            turn.items.extend((0..step.items.len()).map(|index| (place, index)));
        }
        turn.begin();
        let effects = turn.finish();
        (run, effects)
    }

    /// The place of a step at which a fork can begin.
    ///
    /// # Errors
    /// `WORKFLOW-023` while the run goes on, `REQUEST-002` for a step that there is not, `WORKFLOW-046` for one that was never reached.
    pub fn forkable(&self, plan: &Plan, step: &str) -> Result<usize, Problem> {
        if !self.header.state.is_ended() {
            return Err(forbidden(self.header.state, "forked"));
        }
        let place = plan.graph.place(step).ok_or_else(|| Problem::invalid_field("/step", format!("The run has no step `{step}`.")))?;
        let reached = self.steps.get(place).is_some_and(|step| match step.row.state {
            StepState::Completed | StepState::Failed => true,
            StepState::Canceled => step.row.asked_at.is_some() || step.row.started_at.is_some(),
            _ => false,
        });
        if reached {
            return Ok(place);
        }
        let detail = format!("The run never came to the step `{step}`: change one before it, on which it depends whether it is done.");
        Err(Problem::new(Code::StepNotReached, detail))
    }

    /// Whether a step can be changed so.
    ///
    /// # Errors
    /// `WORKFLOW-047`.
    pub fn fits(&self, plan: &Plan, place: usize, change: &Change) -> Result<(), Problem> {
        let Some(said) = plan.workflow.steps.get(place) else {
            return Ok(());
        };
        match change {
            Change::Input(_) if !said.works() => {
                return Err(unfit("/input", "a step that waits or only asks for approval is given nothing; give it an `output` instead"));
            }
            Change::Output(_) if said.approve.is_some() => {
                return Err(unfit("/output", "somebody has to approve of this step, and that cannot be made up; change its `input`"));
            }
            Change::Output(_) if said.decide.is_some() => {
                return Err(unfit("/output", "voters decide what this step gives, and that cannot be made up; change its `input`"));
            }
            _ => {}
        }
        let (field, value, most) = match change {
            Change::Input(value) => ("/input", value, MAXIMUM_INPUT_BYTES),
            Change::Output(value) => ("/output", value, MAXIMUM_CHANGES_BYTES),
        };
        let values = if said.foreach.is_some() { self.one_for_each(plan, place, field, value)? } else { std::slice::from_ref(value) };
        for (index, value) in values.iter().enumerate() {
            let at = || if said.foreach.is_some() { format!("{field}/{index}") } else { field.to_owned() };
            if levels(value) > MAXIMUM_LEVELS {
                return Err(unfit(at(), format!("it has more than {MAXIMUM_LEVELS} levels")));
            }
            let bytes = bytes_of(value);
            if bytes > most {
                return Err(unfit(at(), format!("it has {bytes} bytes, more than {most}; hand large values on as artifacts")));
            }
        }
        Ok(())
    }

    /// The values of a list with one for each item that the step goes through. Whatever comes before the step is copied, so the list is known.
    fn one_for_each<'a>(&self, plan: &Plan, place: usize, field: &str, value: &'a Value) -> Result<&'a [Value], Problem> {
        let Value::Array(values) = value else {
            return Err(unfit(field, "the step goes through a list: give a list with one value for each of its items"));
        };
        match self.list_of(plan, place) {
            Ok(list) => {
                let count = list.as_ref().map_or(1, Vec::len);
                if values.len() != count {
                    let message = format!("the step goes through a list of {count}: give as many values, not {}", values.len());
                    return Err(unfit(field, message));
                }
            }
            // What it would have gone through is not known, so anything will do.
            Err(_) if field == "/output" && values.len() <= MAXIMUM_ITEMS => {}
            Err(failure) => return Err(unfit(field, format!("the list that the step goes through has no value: {}", failure.message))),
        }
        Ok(values)
    }

    /// The steps that a fork at this one does anew, in the order of the document; the changed one is among them.
    #[must_use]
    pub fn anew(&self, plan: &Plan, place: usize) -> Vec<String> {
        let anew = self.begins_anew(plan, place);
        anew.iter().filter_map(|place| plan.workflow.steps.get(*place)).map(|step| step.id.clone()).collect()
    }

    /// What is done anew in a fork: the changed step, what was cancelled, and all that follow.
    fn begins_anew(&self, plan: &Plan, place: usize) -> BTreeSet<usize> {
        let canceled = self.steps.iter().enumerate().filter(|(_, step)| step.row.state == StepState::Canceled).map(|(place, _)| place);
        let first: Vec<usize> = std::iter::once(place).chain(canceled).collect();
        plan.graph.after(&first).into_iter().chain(first).collect()
    }

    /// What a step was given, of a `foreach` the list of what its items were given; for whoever wants to change it.
    ///
    /// # Errors
    /// `WORKFLOW-047` for a step that is given nothing, or whose input has no value.
    pub fn given(&mut self, plan: &Plan, place: usize) -> Result<Value, Problem> {
        let said = plan.workflow.steps.get(place).filter(|said| said.works());
        let Some(said) = said else {
            return Err(unfit("/input", "a step that waits or only asks for approval is given nothing"));
        };
        let none = |failure: Failure| unfit("/input", format!("what it is given has no value: {failure}"));
        let meter = Meter::of(MAXIMUM_GIVEN_STEPS);
        if said.foreach.is_none() {
            return self.input_of(plan, place, 0, said, &meter).map_err(none);
        }
        let list = self.list_of(plan, place).map_err(none)?;
        let count = list.as_ref().map_or(0, Vec::len);
        if let Some(step) = self.steps.get_mut(place) {
            step.list = list;
        }
        let mut inputs = Vec::with_capacity(count);
        let mut bytes = 0;
        for index in 0..count {
            let input = self.input_of(plan, place, index, said, &meter).map_err(none)?;
            bytes += bytes_of(&input);
            if bytes > MAXIMUM_CHANGES_BYTES {
                return Err(unfit("/input", format!("what its items are given has more than {MAXIMUM_CHANGES_BYTES} bytes")));
            }
            inputs.push(input);
        }
        if let Some(step) = self.steps.get_mut(place) {
            step.list = None;
        }
        Ok(Value::Array(inputs))
    }

    /// The input of an item that was given in place of what the document says.
    pub(super) fn given_input(&self, said: &Said, index: usize) -> Option<&Value> {
        let Some(Change::Input(input)) = self.beginning.changes.get(&said.id) else {
            return None;
        };
        if said.foreach.is_some() { input.get(index) } else { Some(input) }
    }

    /// What a step gives without being done.
    pub(super) fn given_output(&self, step: &str) -> Option<&Value> {
        match self.beginning.changes.get(step) {
            Some(Change::Output(output)) => Some(output),
            _ => None,
        }
    }

    /// Whether there is an input for each item: a change that an earlier fork made may not fit what comes before the step now.
    pub(super) fn given_for_each(&self, said: &Said, count: usize) -> Result<(), Failure> {
        match self.beginning.changes.get(&said.id) {
            Some(Change::Input(Value::Array(given))) if said.foreach.is_some() && given.len() != count => {
                let message = format!("the fork gives {} inputs, and the list has {count} items", given.len());
                Err(Failure { code: Code::ForkUnfit, at: said.at, message })
            }
            _ => Ok(()),
        }
    }
}

impl Turn<'_> {
    /// Ends a step with what it was said to give.
    pub(super) fn give(&mut self, place: usize, output: Value) {
        let foreach = self.plan.workflow.steps.get(place).is_some_and(|said| said.foreach.is_some());
        let outputs = match output {
            Value::Array(outputs) if foreach => outputs,
            output => vec![output],
        };
        let Some(step) = self.change(place) else {
            return;
        };
        let generation = step.row.generation;
        let count = u32::try_from(outputs.len()).unwrap_or(u32::MAX);
        (step.row.foreach, step.row.count, step.row.next, step.row.completed) = (foreach, count, count, count);
        let item = |output| Item { generation, state: ItemState::Completed, output: Some(output), error: None };
        step.items = outputs.into_iter().map(item).collect();
        let count = step.items.len();
        self.items.extend((0..count).map(|index| (place, index)));
        self.end(place, StepState::Completed, None);
    }
}

fn within_bounds(step: &str, changes: &BTreeMap<String, Change>) -> Result<(), Problem> {
    let bytes: usize = changes.values().map(|(Change::Input(value) | Change::Output(value))| bytes_of(value)).sum();
    if bytes <= MAXIMUM_CHANGES_BYTES {
        return Ok(());
    }
    let field = if matches!(changes.get(step), Some(Change::Output(_))) { "/output" } else { "/input" };
    let message = format!(
        "with the changes of the forks before it has {bytes} bytes, more than {MAXIMUM_CHANGES_BYTES}; hand large values on as artifacts"
    );
    Err(unfit(field, message))
}

fn unfit(field: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem::new(Code::ForkUnfit, "Correct the change and fork the run again.").with_field(field, message)
}
