//! How does a run become its rows, and how is it made of them again?

use std::collections::{BTreeMap, HashMap};

use baton_domain::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rows::{Beginning, Effects, Header, ItemRow, ItemState, SignalRow, StepRow, StepState};
use super::{Item, Plan, Run, Step, about};

/// All rows of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// What never changes.
    pub beginning: Beginning,
    /// How the run stands.
    pub header: Header,
    /// How its steps stand.
    pub steps: Vec<StepRow>,
    /// Its items.
    pub items: Vec<ItemRow>,
    /// Its signals.
    pub signals: Vec<SignalRow>,
}

impl Rows {
    /// Puts what one fact has changed into the rows, as storage does.
    pub fn apply(&mut self, effects: &Effects) {
        if let Some(header) = &effects.header {
            self.header = header.clone();
        }
        for row in &effects.steps {
            match self.steps.iter_mut().find(|known| known.step == row.step) {
                Some(known) => *known = row.clone(),
                None => self.steps.push(row.clone()),
            }
        }
        self.items.retain(|item| !effects.cleared.contains(&item.step));
        let mut places: HashMap<(String, u32), usize> =
            self.items.iter().enumerate().map(|(place, item)| ((item.step.clone(), item.index), place)).collect();
        for row in &effects.items {
            match places.get(&(row.step.clone(), row.index)) {
                Some(place) => self.items[*place] = row.clone(),
                None => {
                    places.insert((row.step.clone(), row.index), self.items.len());
                    self.items.push(row.clone());
                }
            }
        }
        for row in &effects.signals {
            match self.signals.iter_mut().find(|known| known.id == row.id) {
                Some(known) => *known = row.clone(),
                None => self.signals.push(row.clone()),
            }
        }
    }
}

impl Run {
    /// All rows of the run.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let mut items = Vec::new();
        for step in &self.steps {
            for index in 0..step.items.len() {
                items.extend(step.item_row(index));
            }
        }
        Rows {
            beginning: self.beginning.clone(),
            header: self.header.clone(),
            steps: self.steps.iter().map(|step| step.row.clone()).collect(),
            items,
            signals: self.signals.values().cloned().collect(),
        }
    }

    /// The run that these rows are of.
    ///
    /// # Errors
    /// `WORKFLOW-025` if the plan is not of the document that the run began with.
    pub fn load(plan: &Plan, rows: Rows) -> Result<Self, Problem> {
        let mut known: HashMap<String, StepRow> = rows.steps.into_iter().map(|row| (row.step.clone(), row)).collect();
        let steps: Vec<Step> = plan
            .workflow
            .steps
            .iter()
            .map(|step| {
                let row = known.remove(&step.id).unwrap_or_else(|| StepRow::new(&step.id));
                let items = vec![Item::default(); row.count as usize];
                Step { row, items, list: None, output: None }
            })
            .collect();
        let ended = steps.iter().filter(|step| step.row.state.is_ended()).count();
        let about = about(&rows.beginning);
        let signals: BTreeMap<String, SignalRow> = rows.signals.into_iter().map(|row| (row.id.clone(), row)).collect();
        let mut run = Self { beginning: rows.beginning, header: rows.header, steps, signals, about, ended };
        run.belongs_to(plan)?;
        for row in rows.items {
            let item = plan
                .graph
                .place(&row.step)
                .and_then(|place| run.steps.get_mut(place))
                .and_then(|step| step.items.get_mut(row.index as usize));
            if let Some(item) = item {
                // An output that is null is read back as none.
                let output = row.output.or_else(|| (row.state == ItemState::Completed).then_some(Value::Null));
                *item = Item { generation: row.generation, state: row.state, output, error: row.error.map(Box::new) };
            }
        }
        for step in &mut run.steps {
            if step.row.state.is_ended() && step.row.foreach {
                step.gather();
            }
        }
        for place in plan.graph.order.iter().copied() {
            let state = run.steps.get(place).map(|step| step.row.state);
            if matches!(state, Some(StepState::Approving | StepState::Running | StepState::Stopping)) {
                run.list_again(plan, place);
            }
        }
        Ok(run)
    }
}

impl Step {
    /// The row of an item; none if it has never begun.
    pub(super) fn item_row(&self, index: usize) -> Option<ItemRow> {
        let item = self.items.get(index)?;
        if item.state == ItemState::Waiting && item.generation == 0 {
            return None;
        }
        Some(ItemRow {
            step: self.row.step.clone(),
            index: u32::try_from(index).ok()?,
            generation: item.generation,
            state: item.state,
            output: self.item_output(index).cloned(),
            error: item.error.as_deref().cloned(),
        })
    }

    /// Makes the output of a `foreach` of what its items gave; those that failed give nothing.
    pub(super) fn gather(&mut self) {
        let outputs = self.items.iter_mut().map(|item| item.output.take().unwrap_or(Value::Null));
        self.output = Some(outputs.collect());
    }

    /// The opposite of [`gather`](Self::gather).
    pub(super) fn scatter(&mut self) {
        if let Some(Value::Array(outputs)) = self.output.take() {
            for (item, output) in self.items.iter_mut().zip(outputs) {
                if item.state == ItemState::Completed {
                    item.output = Some(output);
                }
            }
        }
    }
}
