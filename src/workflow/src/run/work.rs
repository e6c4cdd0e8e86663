//! How is a step's work begun, item by item, and how does it end?

use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::Item;
use super::command::Command;
use super::fact::{Outcome, Usage};
use super::key::{Key, KeyKind};
use super::rows::{ItemState, StepError, StepState, StopReason};
use super::turn::Turn;
use crate::document::{Action, Step};
use crate::expression::{Failure, Meter};
use crate::problem::Position;

/// The most steps that one fact may take to begin work; the run is stopped beyond them. Only items that fail as they begin come as far.
pub const MAXIMUM_FACT_STEPS: u64 = 100_000_000;
/// After so many steps a fact begins no second item of a step: the next fact does.
const ENOUGH_FACT_STEPS: u64 = 20_000_000;
/// The most levels of a value that is handed on or kept: what is stored is read back by a parser that takes 128.
pub(super) const MAXIMUM_LEVELS: usize = 100;

pub(super) fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

/// Refuses a value with more levels than can be read back.
pub(super) fn shallow(value: &Value, at: Position) -> Result<(), Failure> {
    if levels(value) <= MAXIMUM_LEVELS {
        return Ok(());
    }
    let message = format!("the value has more than {MAXIMUM_LEVELS} levels");
    Err(Failure { code: Code::WorkflowExpressionExhausted, at, message })
}

/// How long a value is as JSON.
pub(super) fn bytes_of(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

fn too_many_tasks(most: Option<u64>) -> StepError {
    StepError::new(Code::RunLimitReached, format!("the run may begin {} tasks", most.unwrap_or(0)))
}

impl Turn<'_> {
    /// Finds out which items a step has. Those that an earlier generation completed are kept.
    pub(super) fn unfold(&mut self, place: usize) -> Result<(), Failure> {
        let plan = self.plan;
        let Some(said) = plan.workflow.steps.get(place) else {
            return Ok(());
        };
        let list = self.run.list_of(plan, place)?;
        let count = list.as_ref().map_or(1, Vec::len);
        self.run.given_for_each(said, count)?;
        let Some(step) = self.change(place) else {
            return Ok(());
        };
        step.items.resize_with(count, Item::default);
        step.list = list;
        let row = &mut step.row;
        row.foreach = said.foreach.is_some();
        row.count = u32::try_from(count).unwrap_or(u32::MAX);
        row.completed = u32::try_from(step.items.iter().filter(|item| item.state == ItemState::Completed).count()).unwrap_or(u32::MAX);
        (row.next, row.running, row.failed) = (0, 0, 0);
        Ok(())
    }

    /// Begins a step's work; whoever had to agree has agreed.
    pub(super) fn start_work(&mut self, place: usize) {
        let at = self.at;
        let Some(step) = self.change(place) else {
            return;
        };
        step.row.state = StepState::Running;
        step.row.started_at = Some(at);
        self.commands.extend(self.run.work_timer(self.plan, place));
        match self.plan.workflow.steps.get(place).map(|step| &step.action) {
            Some(Action::Approve) => {
                let row = self.step(place).map(|step| (step.row.decided_by.clone(), step.row.comment.clone()));
                let (by, comment) = row.unwrap_or_default();
                self.complete(place, json!({"by": by, "comment": comment}));
            }
            Some(Action::Signal { name, .. }) => {
                let waiting = self.run.signals.values().filter(|signal| signal.name == *name && signal.taken_by.is_none());
                if let Some(signal) = waiting.min_by_key(|signal| signal.place).cloned() {
                    self.hand_over(place, signal);
                }
            }
            Some(Action::Skill(_) | Action::Workflow(_) | Action::Decide) => self.start_items(place),
            _ => {}
        }
    }

    /// Completes a step that has one item and no work of others.
    pub(super) fn complete(&mut self, place: usize, output: Value) {
        if let Some(step) = self.change(place) {
            let generation = step.row.generation;
            step.row.completed = 1;
            step.row.next = 1;
            step.items = vec![Item { generation, state: ItemState::Completed, output: Some(output), error: None }];
            self.items.insert((place, 0));
        }
        self.end(place, StepState::Completed, None);
    }

    /// Begins as many items as may be worked on at once.
    pub(super) fn start_items(&mut self, place: usize) {
        let Some(said) = self.plan.workflow.steps.get(place) else {
            return;
        };
        let most = said.foreach.as_ref().map_or(1, |foreach| foreach.concurrency);
        loop {
            let Some(row) = self.step(place).map(|step| &step.row) else {
                return;
            };
            if row.state != StepState::Running {
                return;
            }
            if row.next >= row.count {
                if row.running == 0 {
                    self.work_done(place);
                }
                return;
            }
            if row.running >= most || !self.going_on() {
                return;
            }
            let index = row.next as usize;
            let kept = self.step(place).is_some_and(|step| step.items.get(index).is_some_and(|item| item.state == ItemState::Completed));
            if kept {
                if let Some(step) = self.change(place) {
                    step.row.next += 1;
                }
                continue;
            }
            let most = self.run.most(self.plan).tasks;
            if most.is_some_and(|most| self.run.header.tasks >= most) {
                self.over = Some(too_many_tasks(most));
                return;
            }
            if self.spent > MAXIMUM_FACT_STEPS {
                let message = format!("what one fact began takes more than {MAXIMUM_FACT_STEPS} steps");
                self.over = Some(StepError::new(Code::RunLimitReached, message));
                return;
            }
            // The next item that ends begins more.
            if self.spent > ENOUGH_FACT_STEPS && row.running > 0 {
                return;
            }
            self.start_item(place, index, said);
        }
    }

    fn start_item(&mut self, place: usize, index: usize, said: &Step) {
        let meter = Meter::new();
        let command = self.run.work_command(self.plan, place, index, said, &meter);
        self.spent = self.spent.saturating_add(meter.used());
        let begun = command.is_ok();
        if begun {
            self.run.header.tasks += 1;
            self.header = true;
        }
        self.items.insert((place, index));
        let Some(step) = self.change(place) else {
            return;
        };
        let generation = step.row.generation;
        step.row.next += 1;
        if let Some(item) = step.items.get_mut(index) {
            *item = Item { generation, state: ItemState::Running, output: None, error: None };
        }
        step.row.running += 1;
        match command {
            Ok(command) => self.commands.push(command),
            Err(failure) => {
                let outcome = Outcome::Failed { code: failure.code.as_str().to_owned(), message: failure.to_string() };
                self.item_ended(place, index, &outcome);
            }
        }
    }

    /// A task, a run or a decision has ended.
    pub(super) fn work_ended(&mut self, key: &Key, outcome: &Outcome, usage: Usage) {
        let index = key.index.unwrap_or(0) as usize;
        let place = key.step.as_deref().and_then(|step| self.plan.graph.place(step));
        let item = place.and_then(|place| self.step(place)).and_then(|step| step.items.get(index));
        let running = item.is_some_and(|item| item.state == ItemState::Running && item.generation == key.generation);
        let (Some(place), true) = (place, running && key.kind == KeyKind::Work && key.run == self.run.beginning.id) else {
            self.ignored = true;
            return;
        };
        self.use_up(usage);
        self.item_ended(place, index, outcome);
        self.start_items(place);
    }

    fn use_up(&mut self, usage: Usage) {
        if usage == Usage::default() {
            return;
        }
        let shares_tasks = self.run.shares_tasks(self.plan);
        let header = &mut self.run.header;
        header.tokens = header.tokens.saturating_add(usage.tokens);
        header.cost_micros = header.cost_micros.saturating_add(usage.cost_micros);
        if shares_tasks {
            header.tasks = header.tasks.saturating_add(usage.tasks);
        }
        self.header = true;
        if header.stopping_to.is_some() {
            return;
        }
        let (most, header) = (self.run.most(self.plan), &self.run.header);
        if most.tokens.is_some_and(|most| header.tokens > most) {
            self.over = Some(StepError::new(Code::RunLimitReached, format!("the run may use {} tokens", most.tokens.unwrap_or(0))));
        } else if most.cost_micros.is_some_and(|most| header.cost_micros > most) {
            let most = most.cost_micros.unwrap_or(0) as f64 / 1e6;
            self.over = Some(StepError::new(Code::RunLimitReached, format!("the run may cost {most}")));
        } else if most.tasks.is_some_and(|most| header.tasks > most) {
            self.over = Some(too_many_tasks(most.tasks));
        }
    }

    fn item_ended(&mut self, place: usize, index: usize, outcome: &Outcome) {
        self.items.insert((place, index));
        let fail_fast = self.plan.workflow.steps.get(place).and_then(|step| step.foreach.as_ref()).is_none_or(|foreach| foreach.fail_fast);
        let Some(step) = self.change(place) else {
            return;
        };
        step.row.running = step.row.running.saturating_sub(1);
        let Some(item) = step.items.get_mut(index) else {
            return;
        };
        match outcome {
            Outcome::Completed(output) if levels(output) > MAXIMUM_LEVELS => {
                let message = format!("the output has more than {MAXIMUM_LEVELS} levels");
                item.state = ItemState::Failed;
                item.error = Some(Box::new(StepError::new(Code::WorkflowExpressionExhausted, message)));
                step.row.failed += 1;
            }
            Outcome::Completed(output) => {
                item.state = ItemState::Completed;
                item.output = Some(output.clone());
                step.row.completed += 1;
            }
            Outcome::Failed { code, message } => {
                item.state = ItemState::Failed;
                item.error = Some(Box::new(StepError { code: code.clone(), message: message.clone() }));
                step.row.failed += 1;
            }
            Outcome::Canceled => {
                item.state = ItemState::Canceled;
                item.error = Some(Box::new(StepError { code: "canceled".to_owned(), message: "it was cancelled".to_owned() }));
            }
        }
        let bad = item.state != ItemState::Completed;
        match step.row.state {
            StepState::Stopping if step.row.running == 0 => self.work_done(place),
            StepState::Running if bad && fail_fast => self.stop_step(place, StopReason::ItemFailed),
            _ => {}
        }
    }

    /// Cancels what a step has begun; it ends when that has.
    pub(super) fn stop_step(&mut self, place: usize, reason: StopReason) {
        let run = self.run.beginning.id.clone();
        let Some(step) = self.change(place) else {
            return;
        };
        step.row.state = StepState::Stopping;
        step.row.stopping = Some(reason);
        if step.row.running == 0 {
            return self.work_done(place);
        }
        let keys = step.running_keys(&run);
        self.commands.extend(keys.into_iter().map(|key| Command::Cancel { key }));
    }

    /// Ends a step whose items have ended.
    fn work_done(&mut self, place: usize) {
        let Some(step) = self.step(place) else {
            return;
        };
        let row = &step.row;
        let timeout = self.plan.workflow.steps.get(place).and_then(|step| step.timeout);
        match (row.stopping, step.first_error()) {
            // What has completed all the same is not done again by a retry.
            (Some(StopReason::RunStopped), Some(_)) => self.end(place, StepState::Canceled, None),
            (Some(StopReason::TimedOut), _) => {
                let most = timeout.map_or_else(String::new, |timeout| format!(" {timeout}"));
                self.fail(place, Code::StepTimedOut, format!("the step took longer than{most}"));
            }
            (_, None) => self.end(place, StepState::Completed, None),
            (_, Some((_, error))) if !row.foreach => self.end(place, StepState::Failed, Some(error)),
            (_, Some((index, error))) => {
                let message =
                    format!("{} of {} items have failed; item {index}: {} ({})", row.failed, row.count, error.message, error.code);
                self.fail(place, Code::StepItemsFailed, message);
            }
        }
    }
}

impl super::Step {
    /// The keys of the items that are being done.
    pub(super) fn running_keys(&self, run: &str) -> Vec<Key> {
        let running = self.items.iter().enumerate().filter(|(_, item)| item.state == ItemState::Running);
        running.map(|(index, item)| self.work_key(run, index, item.generation)).collect()
    }

    pub(super) fn work_key(&self, run: &str, index: usize, generation: u32) -> Key {
        let index = self.row.foreach.then(|| u32::try_from(index).unwrap_or(u32::MAX));
        Key { index, ..Key::of_step(run, KeyKind::Work, &self.row.step, generation) }
    }

    /// The first item, by its place, that has not completed though it began.
    fn first_error(&self) -> Option<(usize, StepError)> {
        if self.row.completed == self.row.count {
            return None;
        }
        let mut errors =
            self.items.iter().enumerate().filter_map(|(index, item)| Some((index, item.state, item.error.as_deref()?.clone())));
        // A failure says more than a cancellation that it caused.
        let failed = errors.clone().find(|(_, state, _)| *state == ItemState::Failed);
        failed.or_else(|| errors.next()).map(|(index, _, error)| (index, error))
    }
}
