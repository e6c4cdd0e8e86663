//! How do those that depend on a task hear of its end?

use std::time::Duration;

use baton_domain::id::TaskId;
use baton_domain::task::{TaskState, Trigger, WaitKind};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::{Dependency, TaskSummary};
use baton_storage::{Advance, Advanced, Guard, Settled, dependency_failed};

use super::Told;
use super::advance::advance;
use super::table::TaskRow;
use crate::commit::State;

pub(super) fn settle(state: &mut State, ended: TaskId, at: Timestamp, limit: u32) -> Told<Settled> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(row) = state.tasks.get(ended).filter(|row| row.record.awaited && row.record.summary.state.is_terminal()) else {
        return Ok((Settled::default(), Vec::new()));
    };
    let cause = row.record.summary.clone();
    let told = |row: &&TaskRow| waits(&row.record.summary) && (cause.state != TaskState::Completed || all_completed(state, row));
    let dependents: Vec<TaskRow> = state.tasks.dependents(ended).filter(told).take(limit.saturating_add(1)).cloned().collect();
    let (mut settled, mut events) = (Settled { changed: Vec::new(), more: dependents.len() > limit }, Vec::new());
    for row in dependents.into_iter().take(limit) {
        let id = row.record.summary.id;
        let change = |trigger| Advance::new(id, Guard::State(TaskState::Waiting), trigger, Principal::System, at);
        let change = if cause.state == TaskState::Completed {
            let not_before = row.record.summary.not_before.filter(|not_before| *not_before > at);
            Advance { reason: Some("dependencies_completed".to_owned()), not_before, ..change(Trigger::Release) }
        } else {
            let failure = Some(dependency_failed(&cause));
            Advance { reason: Some("dependency_failed".to_owned()), failure, ..change(Trigger::Fail) }
        };
        let (Advanced::Applied(record), told) = advance(state, change)? else { continue };
        if let (TaskState::Queued, Some(span)) = (record.summary.state, record.timeouts.schedule_to_start_ms)
            && let Some(row) = state.tasks.get(id)
        {
            let start_by = Some(record.ready_at.plus(Duration::from_millis(span)));
            state.tasks.put(TaskRow { start_by, ..row.clone() });
        }
        settled.changed.push(*record);
        events.extend(told);
    }
    if !settled.more {
        state.tasks.set_awaited(ended, false);
    }
    Ok((settled, events))
}

fn waits(summary: &TaskSummary) -> bool {
    summary.state == TaskState::Waiting && summary.wait_kind == Some(WaitKind::Dependency)
}

fn all_completed(state: &State, row: &TaskRow) -> bool {
    let completed = |id: &TaskId| state.tasks.get(*id).is_some_and(|row| row.record.summary.state == TaskState::Completed);
    row.depends_on.iter().all(completed)
}

/// What a task depends on, as it is now.
pub(super) fn dependencies(state: &State, row: &TaskRow) -> Vec<Dependency> {
    let mut ids = row.depends_on.clone();
    ids.sort_unstable();
    ids.dedup();
    let known = ids.into_iter().filter_map(|id| state.tasks.get(id)).map(|row| &row.record.summary);
    known.map(|task| Dependency { id: task.id, title: task.title.clone(), state: task.state }).collect()
}
