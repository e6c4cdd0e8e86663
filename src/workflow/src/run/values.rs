//! What can expressions speak of while a run goes on?

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::{Value, json};

use super::rows::StepState;
use super::{Plan, Run};
use crate::document::OnFailure;
use crate::expression::{Function, StepField, Values};

/// The values at one place of a run.
pub(super) struct Scope<'a> {
    pub(super) run: &'a Run,
    pub(super) plan: &'a Plan,
    /// The step; none for the outputs of the run.
    pub(super) step: Option<usize>,
    /// Which item of its list.
    pub(super) index: Option<usize>,
    /// Whether something before the step has failed, once that was asked: it is the same at this place however often it is asked.
    failed: OnceCell<bool>,
}

impl<'a> Scope<'a> {
    pub(super) const fn of(run: &'a Run, plan: &'a Plan, step: Option<usize>, index: Option<usize>) -> Self {
        Self { run, plan, step, index, failed: OnceCell::new() }
    }
}

impl Values for Scope<'_> {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name {
            "inputs" => Some(Cow::Borrowed(&self.run.beginning.input)),
            "run" => Some(Cow::Borrowed(&self.run.about)),
            "index" => self.index.map(|index| Cow::Owned(Value::from(index))),
            _ => {
                let place = self.step?;
                let foreach = self.plan.workflow.steps.get(place)?.foreach.as_ref()?;
                if foreach.name != name {
                    return None;
                }
                let list = self.run.steps.get(place)?.list.as_ref()?;
                list.get(self.index?).map(Cow::Borrowed)
            }
        }
    }

    fn step(&self, id: &str, field: StepField) -> Option<Cow<'_, Value>> {
        let step = self.run.steps.get(self.plan.graph.place(id)?)?;
        if !step.row.state.is_ended() {
            return None;
        }
        match field {
            StepField::Output => step.output_of(step.row.foreach).map(Cow::Borrowed),
            StepField::Status => Some(Cow::Owned(Value::from(step.row.state.as_str()))),
            StepField::Error => step.row.error.as_ref().map(|error| Cow::Owned(json!({"code": error.code, "message": error.message}))),
        }
    }

    fn status(&self, function: Function) -> bool {
        let Some(place) = self.step else {
            return false;
        };
        match function {
            Function::Success => self.run.needs_met(self.plan, place),
            Function::Failure => *self.failed.get_or_init(|| self.run.failed_before(self.plan, place)),
            _ => true,
        }
    }
}

impl Run {
    /// Whether all that a step needs has completed or was forgiven.
    pub(super) fn needs_met(&self, plan: &Plan, place: usize) -> bool {
        let needs = plan.graph.needs.get(place).map(Vec::as_slice).unwrap_or_default();
        needs.iter().all(|need| {
            let forgiven = plan.workflow.steps.get(*need).is_some_and(|step| step.on_failure == OnFailure::Continue);
            match self.steps.get(*need).map(|step| step.row.state) {
                Some(StepState::Completed) => true,
                Some(StepState::Failed) => forgiven,
                _ => false,
            }
        })
    }

    /// Whether one of the steps whose failure this one handles has failed.
    pub(super) fn guarded_failed(&self, plan: &Plan, place: usize) -> bool {
        let guards = plan.graph.guards.get(place).map(Vec::as_slice).unwrap_or_default();
        guards.iter().any(|guard| self.steps.get(*guard).is_some_and(|step| step.row.state == StepState::Failed))
    }

    /// Whether something before a step has failed, however far before.
    fn failed_before(&self, plan: &Plan, place: usize) -> bool {
        let mut seen = vec![false; self.steps.len()];
        let mut open: Vec<usize> = plan.graph.before(place).collect();
        while let Some(step) = open.pop() {
            if std::mem::replace(&mut seen[step], true) {
                continue;
            }
            if self.steps.get(step).is_some_and(|step| step.row.state == StepState::Failed) {
                return true;
            }
            open.extend(plan.graph.before(step));
        }
        false
    }
}
