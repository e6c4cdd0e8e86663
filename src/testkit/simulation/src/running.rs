//! Did anything run beside what it must not, or before what it must wait for? Read from the log, which has everything in its order.

use std::collections::BTreeMap;

use baton_domain::event::Event;
use baton_domain::id::TaskId;
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::task::TaskState;
use baton_storage::TaskRows;

use crate::client::LIMITED;

/// The limit of [`LIMITED`] is kept at every moment, and no task begins before what it depends on has completed.
pub(crate) fn check(log: &[Event], rows: &BTreeMap<TaskId, TaskRows>) -> Vec<Violation> {
    let subjects: BTreeMap<String, &TaskRows> = rows.iter().map(|(id, task)| (format!("task:{id}"), task)).collect();
    let (key, most) = LIMITED;
    let mut found = Vec::new();
    let mut states: BTreeMap<TaskId, TaskState> = BTreeMap::new();
    let mut beside = 0_u32;
    for event in log {
        let Some(task) = subjects.get(&event.subject) else { continue };
        let Some(state) =
            event.kind.strip_prefix("task.").and_then(|name| TaskState::ALL.iter().copied().find(|state| state.as_str() == name))
        else {
            continue;
        };
        let summary = &task.task.summary;
        let before = states.insert(summary.id, state);
        if state == TaskState::Assigned {
            for needed in &task.depends_on {
                if states.get(&needed.id) != Some(&TaskState::Completed) {
                    let detail = format!("task {} began at {} and {} had not completed", summary.id, event.seq.0, needed.id);
                    found.push(Violation { invariant: Invariant::OnlyTableTransitions, detail });
                }
            }
        }
        if summary.fairness_key.as_deref() == Some(key) {
            beside = beside + u32::from(holds(Some(state))) - u32::from(holds(before));
            if beside > most && state == TaskState::Assigned {
                let detail = format!("task {} began at {} as number {beside} of {key:?}, of which {most} may", summary.id, event.seq.0);
                found.push(Violation { invariant: Invariant::OnlyTableTransitions, detail });
            }
        }
    }
    found
}

const fn holds(state: Option<TaskState>) -> bool {
    matches!(state, Some(TaskState::Assigned | TaskState::Running))
}
