//! What was a run told? Its facts as they are kept, with what its items gave put back in.

use std::collections::BTreeMap;

use baton_domain::problem::Problem;
use baton_domain::time::Timestamp;
use baton_workflow::Fact;
use baton_workflow::run::{ItemState, Key, KeyKind, Outcome, Usage};
use serde::Deserialize;

use super::Replays;
use super::assemble::outcome_of;
use super::stored::{Stored, forgotten};
use crate::record::{broken, journal};

/// Facts that are read at once.
const FACTS: u32 = 1_000;

/// Items of a step that ended together, as that is kept.
#[derive(Deserialize)]
struct Ended {
    step: String,
    generation: u32,
    #[serde(default)]
    completed: Vec<u32>,
    #[serde(default)]
    failed: Vec<u32>,
    #[serde(default)]
    canceled: Vec<u32>,
    #[serde(default)]
    used: Vec<Used>,
}

/// What an item used: its index, tokens, millionths of money, and how many tasks it began; the last is not said where it began none.
#[derive(Deserialize)]
#[serde(try_from = "Vec<u64>")]
struct Used {
    index: u32,
    usage: Usage,
}

impl TryFrom<Vec<u64>> for Used {
    type Error = String;

    fn try_from(numbers: Vec<u64>) -> Result<Self, String> {
        let (index, tokens, cost_micros, tasks) = match numbers.as_slice() {
            [index, tokens, cost_micros] => (*index, *tokens, *cost_micros, 0),
            [index, tokens, cost_micros, tasks] => (*index, *tokens, *cost_micros, *tasks),
            _ => return Err(format!("{} numbers where three or four are expected", numbers.len())),
        };
        let index = u32::try_from(index).map_err(|error| error.to_string())?;
        Ok(Self { index, usage: Usage { tokens, cost_micros, tasks } })
    }
}

impl Replays {
    /// The facts of a run, in their order.
    ///
    /// # Errors
    /// `REPLAY-008` if an earlier try of the run gave something that a later one has replaced, or if what its work used was not kept with its facts.
    pub(crate) async fn told(&self, run: &Stored) -> Result<Vec<(Timestamp, Fact)>, Problem> {
        let mut told = Vec::new();
        let mut after = 0;
        let mut counted = Usage::default();
        // Whether something has ended of which it is not said that it used anything: older facts never say so.
        let mut unsaid = false;
        loop {
            let facts = self.parts.journals.journal_facts(journal(run.id), after, FACTS).await?;
            let last = facts.len() < FACTS as usize;
            for fact in facts {
                after = fact.number;
                // The core's own form of it has a key.
                if fact.body.get("fact").is_some_and(|name| name == "ended") && fact.body.get("key").is_none() {
                    let ended: Ended = serde_json::from_value(fact.body).map_err(broken)?;
                    unsaid |= ended.used.is_empty();
                    for Used { usage, .. } in &ended.used {
                        counted.tokens = counted.tokens.saturating_add(usage.tokens);
                        counted.cost_micros = counted.cost_micros.saturating_add(usage.cost_micros);
                    }
                    told.extend(put_back(run, ended)?.into_iter().map(|ended| (fact.at, ended)));
                } else {
                    told.push((fact.at, serde_json::from_value(fact.body).map_err(broken)?));
                }
            }
            if last {
                let header = run.header();
                if unsaid && (counted.tokens < header.tokens || counted.cost_micros < header.cost_micros) {
                    return Err(forgotten("what each piece of its work used is not kept: it was stored by an earlier version"));
                }
                return Ok(told);
            }
        }
    }
}

fn put_back(run: &Stored, ended: Ended) -> Result<Vec<Fact>, Problem> {
    let Ended { step, generation, completed, failed, canceled, used } = ended;
    let foreach = run.plan.workflow.step(&step).is_some_and(|(_, said)| said.foreach.is_some());
    let lists = [(ItemState::Completed, completed), (ItemState::Failed, failed), (ItemState::Canceled, canceled)];
    let used: BTreeMap<u32, Usage> = used.into_iter().map(|used| (used.index, used.usage)).collect();
    let mut facts = Vec::new();
    for (state, index) in lists.into_iter().flat_map(|(state, list)| list.into_iter().map(move |index| (state, index))) {
        let item = run.item(&step, index, generation).filter(|(item, _)| ends_as(state, item.state));
        let Some((item, _)) = item else {
            let what = format!("what the step `{step}` gave in try {generation} is not kept: it was begun anew");
            return Err(forgotten(what));
        };
        let outcome = if state == ItemState::Canceled { Outcome::Canceled } else { outcome_of(item) };
        let usage = used.get(&index).copied().unwrap_or_default();
        let key =
            Key { run: run.id.to_string(), kind: KeyKind::Work, step: Some(step.clone()), generation, index: foreach.then_some(index) };
        facts.push(Fact::Ended { key, outcome, usage });
    }
    Ok(facts)
}

/// Whether an item that ended so is kept so: an output that is nested too deep is kept as a failure.
fn ends_as(told: ItemState, kept: ItemState) -> bool {
    told == kept || (told == ItemState::Completed && kept == ItemState::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_read_as_earlier_versions_kept_it_too() {
        let read = |text: &str| serde_json::from_str::<Used>(text).map(|used| (used.index, used.usage)).map_err(|error| error.to_string());
        assert_eq!(read("[2, 30, 4]"), Ok((2, Usage { tokens: 30, cost_micros: 4, tasks: 0 })));
        assert_eq!(read("[2, 30, 4, 7]"), Ok((2, Usage { tokens: 30, cost_micros: 4, tasks: 7 })));
        for wrong in ["[2, 30]", "[2, 30, 4, 7, 1]", "[5000000000, 1, 1]"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
