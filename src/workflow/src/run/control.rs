//! How is a run paused, stopped and begun anew, and what may have to be done again after a crash?

use std::collections::BTreeSet;

use baton_domain::problem::{Code, Problem};

use super::command::Command;
use super::fact::Person;
use super::key::{Key, KeyKind};
use super::rows::{ItemState, RunState, StepError, StepRow, StepState, StopReason};
use super::turn::Turn;
use super::{Item, Plan, Run};
use crate::document::Action;
use crate::expression::Meter;

pub(super) fn forbidden(state: RunState, what: &str) -> Problem {
    Problem::new(Code::RunStateForbids, format!("A run that is {} cannot be {what}.", state.as_str()))
}

impl Turn<'_> {
    pub(super) fn pause(&mut self) -> Result<(), Problem> {
        match self.run.header.state {
            RunState::Running => {}
            RunState::Paused => {
                self.ignored = true;
                return Ok(());
            }
            state => return Err(forbidden(state, "paused")),
        }
        self.run.header.state = RunState::Paused;
        self.header = true;
        let keys = self.run.sub_runs(self.plan);
        self.commands.extend(keys.into_iter().map(|key| Command::PauseRun { key }));
        Ok(())
    }

    pub(super) fn resume(&mut self) -> Result<(), Problem> {
        match self.run.header.state {
            RunState::Paused => {}
            RunState::Running => {
                self.ignored = true;
                return Ok(());
            }
            state => return Err(forbidden(state, "resumed")),
        }
        self.run.header.state = RunState::Running;
        self.header = true;
        let keys = self.run.sub_runs(self.plan);
        self.commands.extend(keys.into_iter().map(|key| Command::ResumeRun { key }));
        self.go_on();
        Ok(())
    }

    /// Begins what can begin.
    fn go_on(&mut self) {
        for place in self.plan.graph.order.clone() {
            match (self.step(place).map(|step| step.row.state), self.plan.workflow.steps.get(place)) {
                (Some(StepState::Pending), _) => self.queue.push_back(place),
                (Some(StepState::Running), Some(said)) if said.works() => self.start_items(place),
                _ => {}
            }
        }
    }

    pub(super) fn cancel(&mut self) -> Result<(), Problem> {
        match self.run.header.state {
            RunState::Canceled => self.ignored = true,
            RunState::Stopping if self.run.header.stopping_to == Some(RunState::Canceled) => self.ignored = true,
            state if state.is_ended() => return Err(forbidden(state, "cancelled")),
            // What stops because of a limit stops anyway.
            RunState::Stopping => self.ignored = true,
            _ => self.stop(RunState::Canceled, None),
        }
        Ok(())
    }

    /// Stops everything; the run ends when all that it began has.
    pub(super) fn stop(&mut self, to: RunState, error: Option<StepError>) {
        let header = &mut self.run.header;
        header.state = RunState::Stopping;
        header.stopping_to = Some(to);
        header.error = error;
        self.header = true;
        for place in 0..self.run.steps.len() {
            let Some((state, running)) = self.step(place).map(|step| (step.row.state, step.row.running)) else {
                continue;
            };
            match state {
                StepState::Approving => {
                    let key = self.key(KeyKind::Approval, place);
                    self.commands.push(Command::WithdrawApproval { key });
                    self.end(place, StepState::Canceled, None);
                }
                StepState::Running if running > 0 => self.stop_step(place, StopReason::RunStopped),
                StepState::Pending | StepState::Running => self.end(place, StepState::Canceled, None),
                _ => {}
            }
        }
    }

    /// Begins steps anew, and all that follow them; what the others gave is kept, and so is what their own items gave.
    pub(super) fn retry(&mut self, ids: &[String], by: &Person) -> Result<(), Problem> {
        let state = self.run.header.state;
        if !matches!(state, RunState::Failed | RunState::Canceled) {
            return Err(forbidden(state, "retried"));
        }
        let bad = |row: &StepRow| matches!(row.state, StepState::Failed | StepState::Canceled);
        // What was cancelled has not been decided by anything in the document: a run cannot complete without it.
        let of = |again: &dyn Fn(usize, &StepRow) -> bool| -> Vec<usize> {
            (0..self.run.steps.len()).filter(|place| self.step(*place).is_some_and(|step| again(*place, &step.row))).collect()
        };
        // Nor with a failure that is neither forgiven nor handled. If there is none, the run has failed by what it was given: by any of them.
        let handled = |place: usize| self.plan.workflow.steps.get(place).is_some_and(|said| self.handled(&said.on_failure));
        let failed = |row: &StepRow| ids.is_empty() && row.state == StepState::Failed;
        let mut targets = of(&|place, row| row.state == StepState::Canceled || (failed(row) && !handled(place)));
        if targets.is_empty() {
            targets = of(&|_, row| failed(row));
        }
        for id in ids {
            let place = self.plan.graph.place(id);
            let found = place.filter(|place| self.step(*place).is_some_and(|step| bad(&step.row)));
            let refused = || {
                Problem::new(Code::RunStateForbids, "Only steps that have failed or were cancelled can be begun anew.")
                    .with_field("/steps", format!("`{id}` is no step that has failed or was cancelled."))
            };
            targets.push(found.ok_or_else(refused)?);
        }
        // A run whose steps have all completed while it was being cancelled has only to be closed.
        if targets.is_empty() && state != RunState::Canceled {
            return Err(Problem::new(Code::RunStateForbids, "No step has failed or was cancelled; begin a new run."));
        }
        let after: BTreeSet<usize> = self.plan.graph.after(&targets).into_iter().collect();
        let all: BTreeSet<usize> = targets.iter().copied().chain(after.iter().copied()).collect();
        for place in &all {
            // What it is given may change with what comes before it.
            self.reset(*place, !after.contains(place));
        }
        let header = &mut self.run.header;
        header.state = RunState::Running;
        header.generation += 1;
        header.resumed_at = self.at;
        header.retried_by = Some(by.name.clone());
        (header.ended_at, header.stopping_to, header.error, header.outputs) = (None, None, None, None);
        self.header = true;
        self.set_duration();
        self.queue.extend(all);
        Ok(())
    }

    fn reset(&mut self, place: usize, keep: bool) {
        let Some(step) = self.change(place) else {
            return;
        };
        if step.row.state.is_ended() {
            step.scatter();
            self.run.ended -= 1;
        }
        let Some(step) = self.run.steps.get_mut(place) else {
            return;
        };
        let generation = step.row.generation + 1;
        let keep = keep && step.row.foreach;
        let count = if keep { u32::try_from(step.items.len()).unwrap_or(u32::MAX) } else { 0 };
        let once_copied = step.row.once_copied || step.row.copied.is_some();
        step.row = StepRow { generation, foreach: keep, count, once_copied, ..StepRow::new(&step.row.step) };
        (step.output, step.list) = (None, None);
        if keep {
            for (index, item) in step.items.iter_mut().enumerate() {
                if item.state != ItemState::Completed && item.generation > 0 {
                    *item = Item { generation: item.generation, ..Item::default() };
                    self.items.insert((place, index));
                }
            }
        } else {
            step.items.clear();
            self.cleared.push(step.row.step.clone());
        }
    }
}

impl Run {
    /// The keys of sub-workflows that are running.
    fn sub_runs(&self, plan: &Plan) -> Vec<Key> {
        let steps = plan.workflow.steps.iter().zip(&self.steps).filter(|(said, _)| matches!(said.action, Action::Workflow(_)));
        steps.flat_map(|(_, step)| step.running_keys(&self.beginning.id)).collect()
    }

    /// All commands that may not have been carried out, if this process knows nothing but the rows: they are the same, key by key, as those that were
    /// given before.
    #[must_use]
    pub fn outstanding(&self, plan: &Plan) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.header.state.is_ended() {
            commands.extend(self.withdrawals());
            commands.extend(self.finish_command());
            return commands;
        }
        commands.push(Command::SetTimer {
            key: Key::of_run(&self.beginning.id, KeyKind::Duration, self.header.generation),
            at: self.header.resumed_at.plus(plan.workflow.limits.duration.as_std()),
        });
        for (place, step) in self.steps.iter().enumerate() {
            let Some(said) = plan.workflow.steps.get(place) else {
                continue;
            };
            match step.row.state {
                StepState::Approving => commands.extend(self.approval_commands(plan, place).unwrap_or_default()),
                StepState::Running | StepState::Stopping => {
                    if step.row.state == StepState::Running {
                        commands.extend(self.work_timer(plan, place));
                    }
                    let running = step.items.iter().enumerate().filter(|(_, item)| item.state == ItemState::Running);
                    for (index, _) in running {
                        commands.extend(self.work_command(plan, place, index, said, &Meter::new()));
                    }
                    if step.row.state == StepState::Stopping {
                        commands.extend(step.running_keys(&self.beginning.id).into_iter().map(|key| Command::Cancel { key }));
                    }
                }
                _ => {}
            }
        }
        let children = self.sub_runs(plan).into_iter();
        match self.header.state {
            RunState::Paused => commands.extend(children.map(|key| Command::PauseRun { key })),
            // That they were let go on again may be what was lost.
            RunState::Running => commands.extend(children.map(|key| Command::ResumeRun { key })),
            RunState::Stopping => commands.extend(self.withdrawals()),
            _ => {}
        }
        commands
    }

    /// Of steps that were cancelled before anybody decided on their approval.
    fn withdrawals(&self) -> Vec<Command> {
        let open = |row: &&StepRow| row.state == StepState::Canceled && row.approval.is_some() && row.decided_by.is_none();
        let keys = self.steps().filter(open).map(|row| Key::of_step(&self.beginning.id, KeyKind::Approval, &row.step, row.generation));
        keys.map(|key| Command::WithdrawApproval { key }).collect()
    }
}
