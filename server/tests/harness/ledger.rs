//! What became of what was acknowledged? The story of every task, as the event log tells it, held against the invariants.

use std::collections::BTreeMap;

use baton_clients::baton_api::BatonApi;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::invariants::{TaskFacts, check_log, check_task};
use baton_domain::task::TaskState;
use baton_domain::wire::task::TaskSummary;

/// What the events say of each task, gathered as the log grows.
#[derive(Default)]
pub struct Ledger {
    since: EventSeq,
    pub tasks: BTreeMap<TaskId, (Vec<TaskState>, TaskSummary)>,
}

impl Ledger {
    /// Reads on; says how many tasks have ended.
    pub async fn read(&mut self, api: &BatonApi) -> usize {
        loop {
            let page = api.events(self.since, "").await.expect("events");
            assert_eq!(check_log(self.since, &page.items), [], "after {}", self.since);
            for event in page.items {
                let Some(state) = event.kind.strip_prefix("task.").and_then(TaskState::parse) else { continue };
                let task: TaskSummary = event.data.read().expect("a task");
                let entry = self.tasks.entry(task.id).or_insert_with(|| (Vec::new(), task.clone()));
                entry.0.push(state);
                entry.1 = task;
            }
            self.since = page.next_since;
            if !page.more {
                return self.tasks.values().filter(|(_, task)| task.state.is_terminal()).count();
            }
        }
    }

    /// Holds every task against the invariants; each of these must have completed, once.
    pub fn check(&self, acknowledged: &[TaskId]) {
        for id in acknowledged {
            let (history, task) = self.tasks.get(id).unwrap_or_else(|| panic!("{id} is lost"));
            assert_eq!(task.state, TaskState::Completed, "{id}: {:?} {history:?}", task.failure);
        }
        for (id, (history, task)) in &self.tasks {
            assert!(history.iter().filter(|state| state.is_terminal()).count() <= 1, "{id} ended twice");
            let facts = TaskFacts {
                id: *id,
                state: task.state,
                has_lease_holder: false,
                attempt: task.attempt,
                maximum_attempts: task.maximum_attempts,
                history: history.clone(),
            };
            assert_eq!(check_task(&facts), []);
        }
    }
}
