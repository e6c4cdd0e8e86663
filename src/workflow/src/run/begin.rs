//! With what is a step's work begun? Lists, inputs, questions and timers, made of what the run holds, and the same each time.

use baton_domain::problem::Code;
use baton_domain::wire::task::MAXIMUM_INPUT_BYTES;
use serde_json::{Map, Value};

use super::command::Command;
use super::key::{Key, KeyKind};
use super::rows::ItemState;
use super::values::Scope;
use super::work::{bytes_of, shallow};
use super::{Plan, Run};
use crate::document::{Action, MAXIMUM_ITEMS, Step};
use crate::expression::{Failure, Meter, Template};

/// How many bytes of an input count as a step, so that what one fact begins stays within some 160 MB.
const INPUT_BYTES_A_STEP: usize = 8;

impl Run {
    /// The list of a step's `foreach`; none for a step without.
    pub(super) fn list_of(&self, plan: &Plan, place: usize) -> Result<Option<Vec<Value>>, Failure> {
        let Some(foreach) = plan.workflow.steps.get(place).and_then(|step| step.foreach.as_ref()) else {
            return Ok(None);
        };
        let scope = Scope::of(self, plan, Some(place), None);
        let wrong = |message: String| Failure { code: Code::WorkflowForeach, at: foreach.items.at, message };
        match foreach.items.evaluate(&scope)? {
            Value::Array(items) if items.len() > MAXIMUM_ITEMS => {
                Err(wrong(format!("the list has {} items, more than {MAXIMUM_ITEMS}", items.len())))
            }
            Value::Array(items) => Ok(Some(items)),
            _ => Err(wrong("there is no list".to_owned())),
        }
    }

    /// After a restart, the list that a step was begun with: what its expression reads has not changed since.
    pub(super) fn list_again(&mut self, plan: &Plan, place: usize) {
        let list = self.list_of(plan, place).ok().flatten();
        if let Some(step) = self.steps.get_mut(place) {
            step.list = list;
        }
    }

    /// The input of an item.
    ///
    /// # Errors
    /// An expression without a value, and an input that no task would be given.
    pub(super) fn input_of(&self, plan: &Plan, place: usize, index: usize, said: &Step, meter: &Meter) -> Result<Value, Failure> {
        if let Some(given) = self.given_input(said, index) {
            meter.charge(bytes_of(given) / INPUT_BYTES_A_STEP, said.at)?;
            return Ok(given.clone());
        }
        let scope = Scope::of(self, plan, Some(place), said.foreach.as_ref().map(|_| index));
        let Some(with) = &said.with else {
            return Ok(Value::Object(Map::new()));
        };
        let input = with.input_with(&scope, meter)?;
        shallow(&input, with.at)?;
        let bytes = bytes_of(&input);
        if bytes > MAXIMUM_INPUT_BYTES {
            let message = format!("the input has {bytes} bytes, more than {MAXIMUM_INPUT_BYTES}; hand large values on as artifacts");
            return Err(Failure { code: Code::WorkflowExpressionExhausted, at: with.at, message });
        }
        meter.charge(bytes / INPUT_BYTES_A_STEP, with.at)?;
        Ok(input)
    }

    /// What a decision asks, and what there is to choose from.
    pub(super) fn asked(
        &self,
        plan: &Plan,
        place: usize,
        index: usize,
        said: &Step,
        meter: &Meter,
    ) -> Result<(Option<String>, Option<Value>), Failure> {
        let Some(decide) = &said.decide else {
            return Ok((None, None));
        };
        let scope = Scope::of(self, plan, Some(place), said.foreach.as_ref().map(|_| index));
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let of = |template: &Template| {
            let value = template.with(&scope, meter)?;
            shallow(&value, template.at)?;
            let bytes = bytes_of(&value);
            if bytes > MAXIMUM_INPUT_BYTES {
                let message = format!("the question or its options have {bytes} bytes, more than {MAXIMUM_INPUT_BYTES}");
                return Err(Failure { code: Code::WorkflowExpressionExhausted, at: template.at, message });
            }
            meter.charge(bytes / INPUT_BYTES_A_STEP, template.at)?;
            Ok(value)
        };
        let question = decide.question.as_ref().map(of).transpose()?.map(text);
        let options = decide.options.as_ref().map(of).transpose()?;
        Ok((question, options))
    }

    /// What begins an item.
    pub(super) fn work_command(&self, plan: &Plan, place: usize, index: usize, said: &Step, meter: &Meter) -> Result<Command, Failure> {
        let input = self.input_of(plan, place, index, said, meter)?;
        let step = self.steps.get(place);
        let generation = step.map_or(0, |step| step.row.generation);
        let item = step.and_then(|step| step.items.get(index)).filter(|item| item.state == ItemState::Running);
        let generation = item.map_or(generation, |item| item.generation);
        let key = match step {
            Some(step) => step.work_key(&self.beginning.id, index, generation),
            None => Key::of_step(&self.beginning.id, KeyKind::Work, &said.id, generation),
        };
        if let Some(decide) = &said.decide {
            let (question, options) = self.asked(plan, place, index, said, meter)?;
            let started = step.and_then(|step| step.row.started_at).unwrap_or(self.beginning.started_at);
            return Ok(Command::OpenDecision {
                key,
                skill: match &said.action {
                    Action::Skill(skill) => Some(skill.name.clone()),
                    _ => None,
                },
                input,
                question,
                options,
                deadline: decide.deadline.map(|deadline| started.plus(deadline.as_std())),
                terms: Box::new(decide.clone()),
            });
        }
        Ok(match &said.action {
            Action::Workflow(workflow) => {
                let requested_by = self.header.retried_by.as_ref().unwrap_or(&self.beginning.requested_by).clone();
                Command::StartRun { key, workflow: workflow.name.clone(), input, requested_by }
            }
            Action::Skill(skill) => Command::StartTask { key, skill: skill.name.clone(), input, retry: said.retry.clone() },
            _ => Command::StartTask { key, skill: String::new(), input, retry: None },
        })
    }

    /// The timer of a step's work.
    pub(super) fn work_timer(&self, plan: &Plan, place: usize) -> Option<Command> {
        let said = plan.workflow.steps.get(place)?;
        let step = self.steps.get(place)?;
        let (kind, span) = match &said.action {
            Action::Delay(span) => (KeyKind::Delay, *span),
            Action::Signal { timeout, .. } => (KeyKind::Timeout, *timeout),
            _ => (KeyKind::Timeout, said.timeout?),
        };
        let key = Key::of_step(&self.beginning.id, kind, &step.row.step, step.row.generation);
        Some(Command::SetTimer { key, at: step.row.started_at?.plus(span.as_std()) })
    }
}
