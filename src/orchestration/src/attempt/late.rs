//! What is left of an attempt that no longer had its task? An error in its trace, with a code that says why nothing else of it counts.

use baton_domain::problem::Code;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::TaskRecord;

use super::failure;
use super::record::TraceBuffer;
use crate::engine::Shared;

const STOPPED: &str = "The attempt was stopped: its lease could not be renewed, since the task was another's by then, or over.";
const REFUSED: &str = "The attempt's outcome was refused: it came when the task was another's, or over.";

/// Traces that the attempt was told that its lease was lost.
pub(super) fn stopped(shared: &Shared, trace: &mut TraceBuffer) {
    tracing::warn!(code = Code::LeaseLost.as_str(), attempt = %trace.attempt(), "the attempt was stopped: its lease is lost");
    trace.error(shared.sources.clock.now(), &failure(Code::LeaseLost, STOPPED, false));
}

/// Traces that the attempt's outcome was refused.
pub(super) async fn refused(shared: &Shared, trace: &mut TraceBuffer, task: &TaskRecord, how: Option<AttemptOutcome>) {
    let attempt = trace.attempt();
    // Stored twice, since the answer to the first time was lost: then what was refused is what stands there.
    let rows = shared.store.task_rows(task.summary.id).await.ok().flatten();
    // Who is lost did not say so itself: whoever took its task did.
    let told = how.filter(|how| *how != AttemptOutcome::Lost);
    let stored = rows.is_some_and(|rows| rows.attempts.iter().any(|known| known.id == attempt && told.is_some() && known.outcome == told));
    if stored {
        tracing::info!(task = %task.summary.id, lease = task.lease.0, ?how, "the outcome had been stored before");
        return;
    }
    let code = Code::LeaseLost.as_str();
    tracing::warn!(code, task = %task.summary.id, lease = task.lease.0, ?how, "the outcome came too late and was refused");
    trace.error(shared.sources.clock.now(), &failure(Code::LeaseLost, REFUSED, false));
    trace.flush().await;
}
