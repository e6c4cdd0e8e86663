//! For which step is a signal?

use baton_domain::problem::{Code, Problem};
use serde_json::Value;

use super::MAXIMUM_SIGNALS;
use super::rows::{RunState, SignalRow, StepState};
use super::turn::Turn;
use crate::document::Action;
use crate::validate::misfits;

impl Turn<'_> {
    /// A signal has come.
    pub(super) fn signal(&mut self, id: &str, name: &str, payload: &Value) -> Result<(), Problem> {
        if self.run.signals.contains_key(id) {
            self.ignored = true;
            return Ok(());
        }
        if self.run.header.state.is_ended() || self.run.header.state == RunState::Stopping {
            return Err(Problem::new(Code::RunStateForbids, "The run does not go on; a signal would be lost."));
        }
        if self.run.signals.len() >= MAXIMUM_SIGNALS {
            return Err(Problem::new(Code::RunLimitReached, format!("The run keeps {MAXIMUM_SIGNALS} signals and no more.")));
        }
        let mut waiting = None;
        let mut known = false;
        for (place, step) in self.plan.workflow.steps.iter().enumerate() {
            let Action::Signal { name: wanted, schema, .. } = &step.action else {
                continue;
            };
            if wanted != name {
                continue;
            }
            known = true;
            if let Some(schema) = schema
                && let Some((field, message)) = misfits(payload, schema, "/payload").into_iter().next()
            {
                let problem = Problem::new(Code::SignalUnfit, format!("The step `{}` expects something else.", step.id));
                return Err(problem.with_field(field, message));
            }
            if waiting.is_none() && self.step(place).is_some_and(|step| step.row.state == StepState::Running) {
                waiting = Some(place);
            }
        }
        if !known {
            return Err(Problem::new(Code::RunStateForbids, format!("No step of the run waits for a signal `{name}`.")));
        }
        let signal = SignalRow {
            id: id.to_owned(),
            name: name.to_owned(),
            payload: payload.clone(),
            place: u32::try_from(self.run.signals.len()).unwrap_or(u32::MAX),
            taken_by: None,
        };
        match waiting {
            Some(place) => self.hand_over(place, signal),
            None => self.keep(signal),
        }
        Ok(())
    }

    pub(super) fn hand_over(&mut self, place: usize, mut signal: SignalRow) {
        signal.taken_by = self.step(place).map(|step| step.row.step.clone());
        let payload = signal.payload.clone();
        self.keep(signal);
        self.complete(place, payload);
    }

    fn keep(&mut self, signal: SignalRow) {
        self.run.signals.insert(signal.id.clone(), signal.clone());
        self.signals.push(signal);
    }
}
