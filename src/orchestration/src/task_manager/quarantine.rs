//! Is a task the cause of its workers' deaths? One whose last attempts all lost theirs is set aside instead of killing the next.

use baton_domain::problem::Code;
use baton_domain::wire::task::{AttemptOutcome, AttemptView, Failure};
use baton_storage::{StoreError, TaskRecord};

use crate::attempt::failure;
use crate::engine::Shared;

/// Why the task is set aside, if the loss of its present worker is one too many in a row. An attempt that was handed back or refused
/// says nothing of the task and is passed over.
pub(crate) async fn reached(shared: &Shared, task: &TaskRecord) -> Result<Option<Failure>, StoreError> {
    let Some(rows) = shared.store.task_rows(task.summary.id).await? else { return Ok(None) };
    let lost = 1 + lost_in_a_row(&rows.attempts, task.lease.0);
    Ok((lost >= task.retry.quarantine_after).then(|| {
        let text =
            format!("The worker died in each of the last {lost} attempts: the task is set aside. See the logs, then run it again by hand.");
        failure(Code::Quarantined, text, false)
    }))
}

/// How many of the newest attempts before this lease lost their worker.
fn lost_in_a_row(attempts: &[AttemptView], lease: i64) -> u32 {
    let before = attempts.iter().rev().filter(|attempt| attempt.lease < lease);
    let passed_over = [Some(AttemptOutcome::HandedBack), Some(AttemptOutcome::Refused)];
    let counted = before.filter(|attempt| !passed_over.contains(&attempt.outcome));
    let lost = counted.take_while(|attempt| attempt.outcome == Some(AttemptOutcome::Lost)).count();
    u32::try_from(lost).unwrap_or(u32::MAX)
}
