//! What does one fact change?

use std::collections::{BTreeSet, VecDeque};

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::command::Command;
use super::fact::Fact;
use super::key::{Key, KeyKind};
use super::rows::{Effects, RunState, SignalRow, StepError, StepState};
use super::values::Scope;
use super::work::{bytes_of, shallow};
use super::{Plan, Run, Step};
use crate::document::{Action, OnFailure};
use crate::expression::{Expression, Failure, Meter, evaluate};

/// The most that a run gives, as JSON.
const MAXIMUM_OUTPUTS_BYTES: usize = 16 << 20;

/// One fact being taken in: the run, and what has been noted so far.
pub(super) struct Turn<'a> {
    pub(super) run: &'a mut Run,
    pub(super) plan: &'a Plan,
    pub(super) at: Timestamp,
    pub(super) commands: Vec<Command>,
    pub(super) header: bool,
    pub(super) touched: BTreeSet<usize>,
    pub(super) items: BTreeSet<(usize, usize)>,
    pub(super) cleared: Vec<String>,
    pub(super) signals: Vec<SignalRow>,
    pub(super) ignored: bool,
    /// Steps that may be able to begin.
    pub(super) queue: VecDeque<usize>,
    /// A limit that was reached: nothing more begins, and the run is stopped at the end of the turn.
    pub(super) over: Option<StepError>,
    /// Steps that were taken to begin work.
    pub(super) spent: u64,
}

impl<'a> Turn<'a> {
    pub(super) fn new(run: &'a mut Run, plan: &'a Plan, at: Timestamp) -> Self {
        Self {
            run,
            plan,
            at,
            commands: Vec::new(),
            header: false,
            touched: BTreeSet::new(),
            items: BTreeSet::new(),
            cleared: Vec::new(),
            signals: Vec::new(),
            ignored: false,
            queue: VecDeque::new(),
            over: None,
            spent: 0,
        }
    }

    /// The first turn.
    pub(super) fn begin(&mut self) {
        self.header = true;
        self.touched = (0..self.run.steps.len()).collect();
        self.set_duration();
        self.queue = (0..self.run.steps.len()).collect();
        self.settle();
    }

    pub(super) fn set_duration(&mut self) {
        let header = &self.run.header;
        let key = Key::of_run(&self.run.beginning.id, KeyKind::Duration, header.generation);
        let at = header.resumed_at.plus(self.plan.workflow.limits.duration.as_std());
        self.commands.push(Command::SetTimer { key, at });
    }

    pub(super) fn take(&mut self, fact: &Fact) -> Result<(), Problem> {
        match fact {
            Fact::Ended { key, outcome, usage } => self.work_ended(key, outcome, *usage),
            Fact::Approved { key, hash, by, comment } => self.approved(key, hash, by, comment.as_deref())?,
            Fact::Refused { key, hash, by, comment } => self.refused(key, hash, by, comment.as_deref())?,
            Fact::Signal { id, name, payload } => self.signal(id, name, payload)?,
            Fact::Timer { key } => self.timer(key),
            Fact::Paused => self.pause()?,
            Fact::Resumed => self.resume()?,
            Fact::Canceled => self.cancel()?,
            Fact::Retried { steps, by } => self.retry(steps, by)?,
        }
        self.settle();
        Ok(())
    }

    /// Lets everything happen that follows.
    fn settle(&mut self) {
        loop {
            while let Some(place) = self.queue.pop_front() {
                self.consider(place);
            }
            match self.over.take() {
                Some(error) => self.stop(RunState::Failed, Some(error)),
                None => break,
            }
        }
        if self.run.ended == self.run.steps.len() && !self.run.header.state.is_ended() {
            self.close();
        }
    }

    /// What is stored and what is to be done.
    pub(super) fn finish(self) -> Effects {
        let steps = &self.run.steps;
        Effects {
            commands: self.commands,
            header: self.header.then(|| self.run.header.clone()),
            steps: self.touched.iter().filter_map(|place| steps.get(*place)).map(|step| step.row.clone()).collect(),
            cleared: self.cleared,
            items: self.items.iter().filter_map(|(place, index)| steps.get(*place).and_then(|step| step.item_row(*index))).collect(),
            signals: self.signals,
            ignored: self.ignored,
        }
    }

    pub(super) fn going_on(&self) -> bool {
        self.run.header.state == RunState::Running && self.over.is_none()
    }

    /// A step's state, to be changed; its row is stored.
    pub(super) fn change(&mut self, place: usize) -> Option<&mut Step> {
        self.touched.insert(place);
        self.run.steps.get_mut(place)
    }

    pub(super) fn step(&self, place: usize) -> Option<&Step> {
        self.run.steps.get(place)
    }

    pub(super) fn key(&self, kind: KeyKind, place: usize) -> Key {
        let (id, generation) = self.step(place).map_or(("", 0), |step| (step.row.step.as_str(), step.row.generation));
        Key::of_step(&self.run.beginning.id, kind, id, generation)
    }

    /// The place of the step that a key is of, if the key is of this run and of the step's present generation.
    pub(super) fn current(&self, key: &Key) -> Option<usize> {
        let place = self.plan.graph.place(key.step.as_deref()?)?;
        let row = &self.step(place)?.row;
        (key.run == self.run.beginning.id && row.generation == key.generation).then_some(place)
    }

    pub(super) fn scope(&self, place: usize, index: Option<usize>) -> Scope<'_> {
        Scope::of(self.run, self.plan, Some(place), index)
    }

    pub(super) fn truth(&self, condition: &Expression, place: usize) -> Result<bool, Failure> {
        let scope = self.scope(place, None);
        let meter = Meter::new();
        let value = evaluate(condition, &scope, &meter)?;
        value.as_bool().ok_or_else(|| Failure {
            code: Code::WorkflowExpressionFailed,
            at: condition.at,
            message: "the condition is neither true nor false".to_owned(),
        })
    }

    /// Begins a step if everything before it has ended.
    fn consider(&mut self, place: usize) {
        let pending = self.step(place).is_some_and(|step| step.row.state == StepState::Pending);
        let open = |before: usize| self.step(before).is_some_and(|step| !step.row.state.is_ended());
        if !self.going_on() || !pending || self.plan.graph.before(place).any(open) {
            return;
        }
        let plan = self.plan;
        let Some(step) = plan.workflow.steps.get(place) else {
            return;
        };
        // What its output is was said beforehand, whatever it would have done.
        if let Some(output) = self.run.given_output(&step.id).cloned() {
            return self.give(place, output);
        }
        let handles = plan.graph.guards.get(place).is_some_and(|guards| !guards.is_empty());
        let asks = step.condition.as_ref().is_some_and(Expression::asks_status);
        let may = asks || (self.run.needs_met(plan, place) && (!handles || self.run.guarded_failed(plan, place)));
        let does = match &step.condition {
            Some(condition) if may => self.truth(condition, place),
            _ => Ok(may),
        };
        match does {
            Ok(true) => self.begin_step(place),
            Ok(false) => self.end(place, StepState::Skipped, None),
            Err(failure) => self.fail(place, failure.code, format!("`if`: {failure}")),
        }
    }

    fn begin_step(&mut self, place: usize) {
        if self.run.header.steps >= self.plan.workflow.limits.steps {
            self.over = Some(StepError::new(Code::RunLimitReached, format!("the run may begin {} steps", self.plan.workflow.limits.steps)));
            return;
        }
        self.run.header.steps += 1;
        self.header = true;
        let Some(step) = self.plan.workflow.steps.get(place) else {
            return;
        };
        if let Err(failure) = self.unfold(place) {
            return self.fail(place, failure.code, format!("`foreach`: {}", failure.message));
        }
        let nothing = self.step(place).is_some_and(|step| step.row.foreach && step.row.count == 0);
        if nothing {
            return self.end(place, StepState::Completed, None);
        }
        if step.approve.is_some() { self.ask(place) } else { self.start_work(place) }
    }

    pub(super) fn fail(&mut self, place: usize, code: Code, message: impl Into<String>) {
        self.end(place, StepState::Failed, Some(StepError::new(code, message)));
    }

    /// Ends a step.
    pub(super) fn end(&mut self, place: usize, state: StepState, error: Option<StepError>) {
        let at = self.at;
        let forgiven =
            self.plan.workflow.steps.get(place).is_some_and(|said| said.foreach.is_some() && said.on_failure == OnFailure::Continue);
        let Some(step) = self.change(place) else {
            return;
        };
        if step.row.state.is_ended() {
            return;
        }
        // Whoever goes on after it reads a list in any case: one that it did not come to has no values.
        step.row.foreach |= forgiven && state == StepState::Failed;
        step.row.state = state;
        step.row.error = error;
        step.row.ended_at = Some(at);
        // Of what was skipped or cancelled before it began nothing can be read.
        if step.row.foreach && (matches!(state, StepState::Completed | StepState::Failed) || !step.items.is_empty()) {
            step.gather();
        }
        step.list = None;
        self.run.ended += 1;
        if let Some(followers) = self.plan.graph.followers.get(place) {
            self.queue.extend(followers);
        }
    }

    /// Ends the run: all its steps have ended.
    fn close(&mut self) {
        self.header = true;
        let stopped = self.run.header.stopping_to;
        let (state, outputs, error) = match (stopped, self.unhandled()) {
            (Some(state), _) => (state, None, self.run.header.error.clone()),
            (None, Some(error)) => (RunState::Failed, None, Some(error)),
            (None, None) => match self.outputs() {
                Ok(outputs) => (RunState::Completed, Some(outputs), None),
                Err(failure) => (RunState::Failed, None, Some(StepError::new(failure.code, format!("the run's outputs: {failure}")))),
            },
        };
        let header = &mut self.run.header;
        header.state = state;
        header.stopping_to = None;
        header.outputs = outputs;
        header.error = error;
        header.ended_at = Some(self.at);
        self.commands.extend(self.run.finish_command());
    }

    /// The failure of the first step, in the order of the document, that was neither forgiven nor handled.
    fn unhandled(&self) -> Option<StepError> {
        let steps = self.plan.workflow.steps.iter().zip(&self.run.steps);
        steps.filter(|(said, step)| step.row.state == StepState::Failed && !self.handled(&said.on_failure)).find_map(|(said, step)| {
            let error = step.row.error.clone()?;
            Some(StepError { message: format!("the step `{}` has failed: {}", said.id, error.message), ..error })
        })
    }

    /// Whether a failure is forgiven, or handled by a step that has completed.
    pub(super) fn handled(&self, on_failure: &OnFailure) -> bool {
        match on_failure {
            OnFailure::Fail => false,
            OnFailure::Continue => true,
            OnFailure::Run(handler) => self
                .plan
                .graph
                .place(&handler.name)
                .and_then(|place| self.step(place))
                .is_some_and(|handler| handler.row.state == StepState::Completed),
        }
    }

    fn outputs(&self) -> Result<Value, Failure> {
        let scope = Scope::of(self.run, self.plan, None, None);
        let mut outputs = Map::new();
        let mut bytes = 0;
        for output in &self.plan.workflow.outputs {
            let value = output.value.evaluate(&scope)?;
            shallow(&value, output.value.at)?;
            bytes += bytes_of(&value);
            if bytes > MAXIMUM_OUTPUTS_BYTES {
                let message = format!("they have more than {MAXIMUM_OUTPUTS_BYTES} bytes; hand large values on as artifacts");
                return Err(Failure { code: Code::WorkflowExpressionExhausted, at: output.value.at, message });
            }
            outputs.insert(output.name.clone(), value);
        }
        Ok(Value::Object(outputs))
    }

    fn timer(&mut self, key: &Key) {
        if key.kind == KeyKind::Duration {
            let header = &self.run.header;
            if key.run == self.run.beginning.id
                && key.generation == header.generation
                && !header.state.is_ended()
                && header.stopping_to.is_none()
            {
                let most = self.plan.workflow.limits.duration;
                return self.stop(RunState::Failed, Some(StepError::new(Code::RunLimitReached, format!("the run may take {most}"))));
            }
            self.ignored = true;
            return;
        }
        let place = self.current(key);
        let state = place.and_then(|place| self.step(place)).map(|step| step.row.state);
        let action = place.and_then(|place| self.plan.workflow.steps.get(place)).map(|step| &step.action);
        match (place, key.kind, state, action) {
            (Some(place), KeyKind::Expiry, Some(StepState::Approving), _) => {
                self.fail(place, Code::ApprovalExpired, "nobody decided on the approval in time");
            }
            (Some(place), KeyKind::Delay, Some(StepState::Running), Some(Action::Delay(_))) => self.complete(place, Value::Null),
            (Some(place), KeyKind::Timeout, Some(StepState::Running), Some(Action::Signal { name, .. })) => {
                self.fail(place, Code::StepTimedOut, format!("the signal `{name}` did not come in time"));
            }
            (Some(place), KeyKind::Timeout, Some(StepState::Running), _) => self.stop_step(place, super::rows::StopReason::TimedOut),
            _ => self.ignored = true,
        }
    }
}

impl Run {
    pub(super) fn finish_command(&self) -> Option<Command> {
        let header = &self.header;
        header.state.is_ended().then(|| Command::FinishRun {
            key: Key::of_run(&self.beginning.id, KeyKind::Finish, header.generation),
            state: header.state,
            outputs: header.outputs.clone(),
            error: header.error.clone(),
        })
    }
}
