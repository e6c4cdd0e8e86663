//! What is begun together? Items of one step that one turn has begun, so that they are submitted at once and known by one key.

use std::collections::BTreeMap;

use baton_domain::id::RunId;
use baton_domain::task::{Budget, RetryPolicy};
use baton_domain::wire::task::MAXIMUM_BATCH;
use baton_workflow::Command;
use baton_workflow::run::{Allowance, Key, KeyKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most bytes of inputs that are submitted at once.
const MAXIMUM_BYTES: usize = 8 << 20;

/// What a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkKind {
    Task,
    Run,
    Decision,
}

/// Work that was begun together. The very same is submitted again after a crash, under the same key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Work {
    pub kind: WorkKind,
    pub step: String,
    pub generation: u32,
    pub foreach: bool,
    /// The places of its items.
    pub items: Vec<u32>,
    /// The policy of its tasks, as it was when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
    /// What each of its tasks, runs or decisions may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// How many tasks each of its runs or decisions may begin in turn; of work of earlier versions this is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
    /// Whether each of its tasks is submitted by itself, since one of them was refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    /// What became of each: tasks, runs or decisions; none for one that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<Option<Uuid>>>,
    /// How many have not ended; not stored.
    #[serde(skip)]
    pub open: usize,
}

impl Work {
    /// What a run of it may use.
    pub(crate) fn allowance(&self) -> Allowance {
        let budget = self.budget.unwrap_or_default();
        Allowance { tasks: self.tasks, tokens: budget.tokens, cost_micros: budget.cost.map(crate::decisions::micros) }
    }

    /// The key of an item.
    pub(crate) fn key(&self, run: RunId, index: u32) -> Key {
        Key {
            run: run.to_string(),
            kind: KeyKind::Work,
            step: Some(self.step.clone()),
            generation: self.generation,
            index: self.foreach.then_some(index),
        }
    }
}

pub(crate) const fn kind_of(command: &Command) -> Option<WorkKind> {
    match command {
        Command::StartTask { .. } => Some(WorkKind::Task),
        Command::StartRun { .. } => Some(WorkKind::Run),
        Command::OpenDecision { .. } => Some(WorkKind::Decision),
        _ => None,
    }
}

fn bytes_of(command: &Command) -> usize {
    match command {
        Command::StartTask { input, .. } | Command::StartRun { input, .. } | Command::OpenDecision { input, .. } => json_bytes(input),
        _ => 0,
    }
}

/// How long a value is as JSON.
pub(crate) fn json_bytes(value: &serde_json::Value) -> usize {
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
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

/// Puts commands that begin work together: those of one step, in their order, within what is submitted at once.
pub(crate) fn together(commands: Vec<Command>) -> Vec<(Work, Vec<Command>)> {
    let mut groups: Vec<(Work, Vec<Command>, usize)> = Vec::new();
    let mut last: BTreeMap<(String, u32), usize> = BTreeMap::new();
    for command in commands {
        let Some(kind) = kind_of(&command) else {
            continue;
        };
        let key = command.key();
        let (step, generation, index) = (key.step.clone().unwrap_or_default(), key.generation, key.index);
        let bytes = bytes_of(&command);
        let of = (step.clone(), generation);
        let open = last.get(&of).copied().filter(|place| {
            groups
                .get(*place)
                .is_some_and(|(work, _, held)| work.items.len() < MAXIMUM_BATCH && held.saturating_add(bytes) <= MAXIMUM_BYTES)
        });
        let place = open.unwrap_or_else(|| {
            let (items, retry, budget, ids) = (Vec::new(), None, None, None);
            let foreach = index.is_some();
            groups.push((
                Work { kind, step, generation, foreach, items, retry, budget, tasks: None, apart: false, ids, open: 0 },
                Vec::new(),
                0,
            ));
            groups.len() - 1
        });
        last.insert(of, place);
        if let Some((work, held, size)) = groups.get_mut(place) {
            work.items.push(index.unwrap_or(0));
            work.open += 1;
            held.push(command);
            *size = size.saturating_add(bytes);
        }
    }
    groups.into_iter().map(|(work, commands, _)| (work, commands)).collect()
}
