//! How are tasks read? One, with everything about it, or a page of a list.

use std::collections::BTreeMap;

use baton_domain::event::Event;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::task::TaskState;
use baton_domain::wire::task::{AttemptView, StateCount, TaskEnd, TaskSummary, TimelineEntry};
use baton_storage::{Spent, StoreError, TaskPage, TaskQuery, TaskRows, TaskStory};

use super::announce::subject;
use super::checkpoints;
use super::dependencies::dependencies;
use crate::commit::State;

pub(super) fn rows(state: &State, id: TaskId) -> Result<Option<TaskRows>, StoreError> {
    let Some(row) = state.tasks.get(id) else { return Ok(None) };
    Ok(Some(TaskRows {
        task: row.record.clone(),
        input: row.input.clone(),
        result: row.result.clone(),
        timeline: timeline(state, &row.record.summary)?,
        attempts: state.tasks.attempts(id).cloned().collect(),
        artifacts: state.artifacts.values().filter(|artifact| artifact.task_id == Some(id)).cloned().collect(),
        depends_on: dependencies(state, row),
        decide: row.decide.clone(),
        checkpoint_at: checkpoints::last(state, id).map(|(_, at)| at),
        has_children: state.tasks.has_children(id),
        as_of: state.head(),
    }))
}

/// A task beside what its events tell.
pub(super) fn story(state: &State, id: TaskId, most: u32) -> Option<TaskStory> {
    let row = state.tasks.get(id)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let all: Vec<Event> = state.events_of(&subject(&row.record.summary)).map(|event| Event::clone(event)).collect();
    let attempts: Vec<AttemptView> = state.tasks.attempts(id).cloned().collect();
    let whole = all.len() < most && state.floor == EventSeq(0);
    Some(TaskStory { task: row.record.clone(), attempts: newest(attempts, most), events: newest(all, most), whole })
}

/// The last of a list, at most so many.
fn newest<T>(mut all: Vec<T>, most: usize) -> Vec<T> {
    all.split_off(all.len().saturating_sub(most))
}

/// What is waited for of tasks.
pub(super) fn ends(state: &State, ids: &[TaskId]) -> Vec<TaskEnd> {
    let end = |id: &TaskId| {
        let row = state.tasks.get(*id)?;
        let spent = state.spending.get(&format!("task:{id}")).map_or_else(Spent::default, |(spent, _)| *spent);
        let (summary, result) = (&row.record.summary, row.result.clone());
        let (tokens, cost_micros) = (spent.tokens, spent.cost_micros);
        Some(TaskEnd { id: *id, state: summary.state, result, failure: summary.failure.clone(), tokens, cost_micros })
    };
    ids.iter().filter_map(end).collect()
}

fn timeline(state: &State, task: &TaskSummary) -> Result<Vec<TimelineEntry>, StoreError> {
    let mut entries = Vec::new();
    for event in state.events_of(&subject(task)) {
        // Other facts about a task, as a request to cancel it, change no state.
        let Some(state) = event.kind.strip_prefix("task.").and_then(TaskState::parse) else { continue };
        let then = event.data.read::<TaskSummary>().map_err(|error| StoreError::Corrupt(error.to_string()))?;
        entries.push(TimelineEntry {
            seq: event.seq,
            state,
            at: event.at,
            reason: then.reason,
            attempt: then.attempt,
            actor: event.actor.label().to_owned(),
        });
    }
    Ok(entries)
}

pub(super) fn page(state: &State, query: &TaskQuery) -> TaskPage {
    let items = state.tasks.all().rev().map(|row| &row.record.summary);
    let items = items.filter(|task| query.before.is_none_or(|before| task.id < before) && query.filter.admits(task));
    TaskPage { items: items.take(usize::try_from(query.limit).unwrap_or(usize::MAX)).cloned().collect(), as_of: state.head() }
}

pub(super) fn state_counts(state: &State) -> (Vec<StateCount>, EventSeq) {
    let mut counts: BTreeMap<&str, StateCount> = BTreeMap::new();
    for row in state.tasks.all() {
        let state = row.record.summary.state;
        counts.entry(state.as_str()).or_insert(StateCount { state, count: 0 }).count += 1;
    }
    (counts.into_values().collect(), state.head())
}
