//! What happens when a time has come or something is left to do: timers, deadlines, silent holders, ends that others wait for.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::problem::Code;
use baton_domain::task::{TaskState, Trigger};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{Advance, Advanced, DueTask, Guard, StoreError};
use tokio::time::Instant;

use super::recovery::take_back;
use super::{cancel, dependencies, voting};
use crate::attempt::failure;
use crate::engine::{Order, Running, Shared};

/// The most tasks of one sweep that are due for the same reason.
const SWEEP: u32 = 500;

/// Ends of children within this time are looked at together: a busy server has thousands a second, of which few are the last one that somebody waits for.
const CHILDREN_TOGETHER: Duration = Duration::from_millis(50);

/// Runs until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let before = shared.sources.clock.now();
        let swept = sweep(&shared).await;
        if let Err(error) = &swept {
            tracing::warn!(%error, "deadlines could not be looked at");
        }
        // A full sweep leaves something behind.
        let full = swept.is_ok_and(|Swept { ended, seen }| ended > 0 && seen >= SWEEP as usize);
        let now = shared.sources.clock.now();
        // What became due during the sweep is due.
        let next = shared.store.next_due(before).await.ok().flatten();
        let pause = next.map_or(shared.options.sweep, |at| at.since(now).min(shared.options.sweep));
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.backlog.due.notified() => {}
            () = shared.backlog.due_soon.notified() => tokio::time::sleep(CHILDREN_TOGETHER).await,
            () = tokio::time::sleep(if full { Duration::ZERO } else { pause }) => {}
        }
        if next.is_some_and(|at| at <= shared.sources.clock.now()) {
            // A retry that became due is queued already; only the dispatcher must look.
            shared.backlog.look_again_at_all();
            shared.backlog.ring_all();
        }
    }
}

/// What a sweep did.
#[derive(Default)]
struct Swept {
    /// Tasks of which nothing is due any more.
    ended: usize,
    /// Those and what could not be read.
    seen: usize,
}

async fn sweep(shared: &Shared) -> Result<Swept, StoreError> {
    let now = shared.sources.clock.now();
    let due = shared.store.due_tasks(now, SWEEP).await?;
    let mut swept = Swept::default();
    for task in due {
        if matches!(task, DueTask::Voted(_)) && shared.votes.get().is_none() {
            // Left to a server that holds votes.
            continue;
        }
        // One server does it for all, but for an attempt that must end, which whoever holds it ends; what nobody holds any more is due
        // for another reason as well.
        let mine = match &task {
            DueTask::ClosedTooLate(id, state) if state.holds_lease() => shared.running.lock().contains_key(id),
            DueTask::LeaseExpired(id, lease) => {
                shared.cluster.leads() && shared.cluster.leadership().may_rescue() && !is_ours(shared, *id, *lease)
            }
            // Whoever leads may be a worker, which holds no votes. Two that do it do it once.
            DueTask::Voted(_) => true,
            _ => shared.cluster.leads(),
        };
        if mine {
            // An attempt that is told to end stays due until it has.
            let ends = !matches!(&task, DueTask::ClosedTooLate(_, state) if state.holds_lease());
            match handle(shared, task, now).await {
                Ok(()) => {
                    swept.ended += usize::from(ends);
                    swept.seen += usize::from(ends);
                }
                // It comes again in each sweep, and so does whatever else is due: neither must wait for somebody to mend the row.
                Err(StoreError::Corrupt(what)) => {
                    swept.seen += 1;
                    tracing::error!(%what, "a task that is due cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(swept)
}

/// Whether a lease that has ended is one of our own that is merely late with its heartbeat: it stays ours as long as nobody else is there to
/// take it, or we trust it.
fn is_ours(shared: &Shared, task: TaskId, lease: LeaseToken) -> bool {
    let ours = |running: &Running| running.lease == lease && (!shared.cluster.is_shared() || running.trusted_until > Instant::now());
    shared.running.lock().get(&task).is_some_and(ours)
}

/// Makes a change, and rings for whoever it concerns.
async fn change(shared: &Shared, change: Advance) -> Result<(), StoreError> {
    if let Advanced::Applied(task) = shared.store.advance(change).await? {
        dependencies::ended(shared, &task);
        if task.summary.state == TaskState::Queued {
            shared.backlog.ring_for(&task);
        }
    }
    Ok(())
}

async fn handle(shared: &Shared, due: DueTask, now: Timestamp) -> Result<(), StoreError> {
    match due {
        DueTask::Timer(task) => {
            let release = Advance::new(task, Guard::State(TaskState::Waiting), Trigger::Release, Principal::System, now);
            change(shared, Advance { reason: Some("run_at".to_owned()), ..release }).await
        }
        DueTask::StartedTooLate(task, state) => {
            let late = failure(Code::StartedTooLate, "No agent began the task within its schedule_to_start.", false);
            let end = Advance::new(task, Guard::State(state), Trigger::TimeOut, Principal::System, now);
            change(shared, Advance { reason: Some(late.code.clone()), failure: Some(late), ..end }).await
        }
        DueTask::ClosedTooLate(task, state) if state.holds_lease() => {
            let Some(record) = shared.store.task(task).await? else { return Ok(()) };
            shared.order(task, record.lease, Order::CloseTooLate);
            Ok(())
        }
        DueTask::ClosedTooLate(task, state) => {
            let late = failure(Code::ClosedTooLate, "The task had not ended within its schedule_to_close.", false);
            let end = Advance::new(task, Guard::State(state), Trigger::TimeOut, Principal::System, now);
            change(shared, Advance { reason: Some(late.code.clone()), failure: Some(late), ..end }).await
        }
        DueTask::LeaseExpired(task, lease) => {
            if is_ours(shared, task, lease) || !shared.cluster.leadership().may_rescue() {
                return Ok(());
            }
            if let Some(record) = shared.store.task(task).await? {
                take_back(shared, &record, lease).await?;
            }
            Ok(())
        }
        DueTask::Voted(task) => voting::settle(shared, task).await,
        DueTask::Awaited(task) => dependencies::settle(shared, task).await,
        DueTask::Orphan(task) | DueTask::CancelPending(task) => cancel::end(shared, task, &Principal::System).await.map(drop),
    }
}
