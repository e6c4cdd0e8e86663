//! How counts of tasks by state follow events, between two readings of the true counts.

use std::collections::HashMap;

use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_domain::wire::task::{StateCount, TaskSummary};

/// The most tasks whose last state is remembered; the counts are read anew before long anyway.
const REMEMBERED: usize = 20_000;

/// The state that a task most likely came from, for a task that no earlier event told of.
#[must_use]
pub fn presumed_state_before(task: &TaskSummary) -> Option<TaskState> {
    let reason = task.reason.as_deref().unwrap_or_default();
    match task.state {
        TaskState::Assigned => Some(TaskState::Queued),
        TaskState::Running => Some(TaskState::Assigned),
        TaskState::Completed | TaskState::Failed | TaskState::TimedOut => Some(TaskState::Running),
        TaskState::Queued if task.attempt <= 1 && task.agent.is_none() && reason != "released" => None,
        TaskState::Queued => Some(TaskState::Running),
        TaskState::Canceled if task.started_at.is_some() => Some(TaskState::Running),
        TaskState::Canceled | TaskState::Paused => Some(TaskState::Queued),
        TaskState::Waiting | TaskState::Rejected => None,
    }
}

/// Moves a task from the state it was in to the one it is in now.
pub fn apply_to_counts(counts: &mut Vec<StateCount>, known: &mut HashMap<TaskId, TaskState>, task: &TaskSummary) {
    let before = known.get(&task.id).copied().or_else(|| presumed_state_before(task));
    if task.state.is_terminal() {
        known.remove(&task.id);
    } else {
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(task.id, task.state);
    }
    if before == Some(task.state) {
        return;
    }
    if let Some(count) = before.and_then(|before| counts.iter_mut().find(|count| count.state == before)) {
        count.count = count.count.saturating_sub(1);
    }
    match counts.iter_mut().find(|count| count.state == task.state) {
        Some(count) => count.count += 1,
        None => counts.push(StateCount { state: task.state, count: 1 }),
    }
}
