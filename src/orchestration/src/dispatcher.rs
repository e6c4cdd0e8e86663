//! When does a ready task get its agent? This loop gives ready tasks to free slots, whenever either appears.

use std::sync::Arc;

use baton_domain::id::{AttemptId, TaskId};
use baton_domain::task::TaskState;
use baton_domain::user::Principal;
use baton_domain::wire::task::Explanation;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{Assignment, StoreError, TaskRecord};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent_pool::Reservation;
use crate::attempt;
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;

/// The most tasks that one round gives out.
const ROUND: u32 = 256;
/// The most tasks that one round looks at.
const WINDOW: u32 = 1_024;
/// The most tasks of one round that are asked why they could not be given out.
const LOOKED_AT: usize = 16;
/// How long the loop waits after storage failed.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the loop waits after others were faster.
const CONTENDED: Duration = Duration::from_millis(5);

/// What a round did.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    /// Tasks that were given out.
    given: usize,
    /// Whether others took some that were to be given out.
    contended: bool,
}

/// Runs until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>, orchestrator: Arc<Orchestrator>, beat: impl Fn()) {
    loop {
        beat();
        let Round { given, contended } = match round(&shared, &orchestrator).await {
            Ok(given) => given,
            Err(error) => {
                tracing::warn!(%error, "tasks cannot be given out now");
                tokio::select! {
                    biased;
                    () = shared.stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
                continue;
            }
        };
        if shared.stop.is_cancelled() {
            return;
        }
        if given > 0 {
            continue;
        }
        if contended {
            // Other servers took what was seen, or are taking it: nobody rings for what they leave.
            tokio::time::sleep(CONTENDED).await;
            continue;
        }
        // The sweep also covers a task that became due while this loop was reading.
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.backlog.rung.notified() => {}
            () = shared.pool.capacity_freed.notified() => {}
            () = tokio::time::sleep(shared.options.sweep) => shared.backlog.ring_all(),
        }
    }
}

/// Gives out what can be given out now; says how many tasks that were.
async fn round(shared: &Arc<Shared>, orchestrator: &Arc<Orchestrator>) -> Result<Round, StoreError> {
    if shared.stop.is_cancelled() || shared.cluster.is_draining() {
        return Ok(Round::default());
    }
    let (skills, slots) = shared.pool.capacity();
    if slots == 0 {
        return Ok(Round::default());
    }
    let skills = shared.backlog.worth_a_look(skills);
    if skills.is_empty() {
        return Ok(Round::default());
    }
    let now = shared.sources.clock.now();
    let names: Vec<String> = skills.iter().map(|(skill, _)| skill.clone()).collect();
    // More than the slots: some of the first may want labels or skills whose agents are taken. And as much again for each other
    // server, which looks at the same queue.
    let (mine, of) = shared.cluster.part();
    let limit = (slots * 2).clamp(16, ROUND).saturating_mul(of).min(WINDOW);
    let mut ready = shared.store.ready_tasks(&names, limit, now).await?;
    if of > 1 && !ready.is_empty() {
        let first = (mine as usize).saturating_mul(slots as usize) % ready.len();
        ready.rotate_left(first);
    }
    for (skill, rings) in skills {
        if !ready.iter().any(|task| task.skill == skill) {
            shared.backlog.empty(skill, rings);
        }
    }
    let mut reserved: BTreeMap<_, Reservation> = BTreeMap::new();
    let mut assignments = Vec::new();
    for task in ready {
        if assignments.len() >= ROUND as usize {
            break;
        }
        if let Some((assignment, reservation)) = place(shared, task.id, &task.skill, &task.labels) {
            reserved.insert(assignment.task, reservation);
            assignments.push(assignment);
        }
    }
    if assignments.is_empty() {
        return Ok(Round::default());
    }
    // Reservations of tasks that are not in the answer are dropped at the end, which frees their slots.
    let wanted = assignments.len();
    let begun = shared.store.begin(assignments).await?;
    let given = begun.len();
    if given > 0 {
        reach(FaultPoint::AfterClaim);
    }
    for task in begun {
        if let Some(reservation) = reserved.remove(&task.task.summary.id) {
            attempt::begin(shared, orchestrator, task, reservation);
        }
    }
    let left: Vec<TaskId> = reserved.into_keys().take(LOOKED_AT).collect();
    for task in left {
        end_if_asked(shared, task).await?;
    }
    Ok(Round { given, contended: given < wanted })
}

/// Ends a task that is not begun because somebody wants it to end: its attempt had ended some other way before it heard of that.
async fn end_if_asked(shared: &Shared, task: TaskId) -> Result<(), StoreError> {
    let Some(TaskRecord { summary, .. }) = shared.store.task(task).await? else { return Ok(()) };
    if summary.state == TaskState::Queued && summary.cancel_requested_at.is_some() {
        shared.store.request_cancel(task, Principal::System, shared.sources.clock.now()).await?;
    }
    Ok(())
}

/// Takes a slot for a task and makes the assignment of it.
pub(crate) fn place(shared: &Shared, task: TaskId, skill: &str, labels: &[String]) -> Option<(Assignment, Reservation)> {
    let mut reservation = shared.pool.reserve(skill, labels).ok()?;
    let at = shared.sources.clock.now();
    let explanation: Explanation = std::mem::take(&mut reservation.explanation);
    let assignment = Assignment {
        task,
        attempt: AttemptId::new(shared.sources.ids.next()),
        agent: reservation.name.clone(),
        server: shared.cluster.server().clone(),
        explanation,
        at,
        lease_until: at.plus(shared.options.lease),
    };
    Some((assignment, reservation))
}
