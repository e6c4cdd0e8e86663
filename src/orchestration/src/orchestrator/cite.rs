//! May a task read what another one came to? As far as whoever submitted it may.

use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::user::Permission;
use baton_domain::wire::task::{Failure, TaskSummary};
use baton_storage::TaskRecord;
use serde_json::Value;

use super::ask::refused;
use super::{Orchestrator, no_such_task};
use crate::attempt::failure;

impl Orchestrator {
    /// A completed task of the reader's project with its result, and the version of the agent that did it.
    pub(crate) async fn cited(&self, reader: &TaskRecord, id: TaskId) -> Result<(TaskSummary, Option<String>, Value), Failure> {
        if !self.still_may(&reader.created_by, Permission::Read).await.map_err(refused)? {
            let text = format!("{}, on whose behalf this is done, may not read tasks any more.", reader.created_by.label());
            return Err(failure(Code::Forbidden, text, false));
        }
        let found = self.shared.store.task_rows(id).await.map_err(|error| refused(Problem::from(error)))?;
        // What belongs to another project is not even known here.
        let rows =
            found.filter(|rows| rows.task.summary.project_id == reader.summary.project_id).ok_or_else(|| refused(no_such_task(id)))?;
        match (rows.task.summary.state, rows.result) {
            (TaskState::Completed, Some(result)) => {
                let last = rows.attempts.into_iter().max_by_key(|attempt| attempt.lease);
                Ok((rows.task.summary, last.and_then(|attempt| attempt.explanation.version), result))
            }
            (state, _) => {
                let text = format!("The task {id} is {state}; only what has completed can be cited.");
                Err(failure(Code::TaskNotCompleted, text, false))
            }
        }
    }
}
