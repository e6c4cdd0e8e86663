//! How does a call wait for a task to end? It listens to the bus; the store has the last word.

use std::time::Duration;

use baton_bus::message_bus::Message;
use baton_domain::id::TaskId;
use baton_domain::problem::Problem;
use baton_domain::task::TaskState;
use baton_storage::TaskRows;

use super::{Orchestrator, no_such_task};

impl Orchestrator {
    /// Gives the task when it has ended or the span has passed.
    pub(super) async fn wait_for_end(&self, id: TaskId, span: Duration) -> Result<TaskRows, Problem> {
        let deadline = tokio::time::Instant::now() + span;
        // Subscribed before the first look, so that no end falls between the two.
        let mut bus = self.shared.bus.subscribe_to_commits();
        let subject = format!("task:{id}");
        loop {
            let rows = self.shared.store.task_rows(id).await?.ok_or_else(|| no_such_task(id))?;
            if rows.task.summary.state.is_terminal() {
                return Ok(rows);
            }
            let late = loop {
                let message = tokio::select! {
                    // A bus that never falls silent must not hold the call beyond its time.
                    biased;
                    () = tokio::time::sleep_until(deadline) => break true,
                    () = self.shared.stop.cancelled() => break true,
                    message = bus.next() => message,
                };
                match message {
                    Some(Message::Committed(events)) if !events.iter().any(|event| event.subject == subject && ends(&event.kind)) => {}
                    Some(Message::Transient(_)) => {}
                    // The end of this task, or something was missed.
                    Some(_) => break false,
                    None => break true,
                }
            };
            if late {
                return self.shared.store.task_rows(id).await?.ok_or_else(|| no_such_task(id));
            }
        }
    }
}

/// Whether this kind of event says that a task has ended.
fn ends(kind: &str) -> bool {
    kind.strip_prefix("task.").and_then(TaskState::parse).is_some_and(TaskState::is_terminal)
}
