//! How does an agent read what another task came to? Through the host, which looks whether the one who submitted the task may read it.

use std::sync::atomic::Ordering;

use baton_domain::id::TaskId;
use tokio::sync::oneshot;

use super::{Context, Pending, from_failure, host_gone};
use crate::SkillError;
use crate::protocol::{Cited, FromAgent};

impl Context {
    /// Tells what another task came to, within what the one who submitted this task may read: who did it and when, and what stands in its
    /// result where the JSON pointer points (`""` is the whole result, `None` nothing). If that is the id of an artifact, its file comes
    /// with it. The value has at most [`MAXIMUM_CITED_BYTES`](crate::protocol::MAXIMUM_CITED_BYTES).
    ///
    /// # Errors
    /// `TASK-001` without such a task in this project, `TASK-013` for one that has not completed, `TASK-003` if the pointer points at
    /// nothing, `ATTEMPT-007` if the value is too large, `AUTH-005` if whoever submitted this task may not read any more; and when somebody
    /// asks to stop.
    pub async fn cite(&self, task: TaskId, pointer: Option<&str>) -> Result<Cited, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Cited(send));
        self.deliver(FromAgent::Cite { request, task, pointer: pointer.map(str::to_owned) }).await?;
        tokio::select! {
            answer = answer => answer.map_err(|_| host_gone())?.map(|cited| *cited).map_err(from_failure),
            () = self.canceled() => Err(self.check().err().unwrap_or_else(host_gone)),
        }
    }
}
