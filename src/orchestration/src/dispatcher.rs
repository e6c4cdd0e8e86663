//! When does a ready task get its agent? This loop gives ready tasks to free slots, whenever either appears.

use std::sync::Arc;

use baton_domain::id::AttemptId;
use baton_domain::wire::task::Explanation;
use baton_storage::{Assignment, ReadyTask, StoreError};
use std::collections::HashMap;
use std::time::Duration;

use crate::agent_pool::Reservation;
use crate::attempt;
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;

/// The most tasks that one round gives out.
const ROUND: u32 = 256;
/// How long the loop waits after storage failed.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>, orchestrator: Arc<Orchestrator>, beat: impl Fn()) {
    loop {
        beat();
        let given = match round(&shared, &orchestrator).await {
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
async fn round(shared: &Arc<Shared>, orchestrator: &Arc<Orchestrator>) -> Result<usize, StoreError> {
    if shared.stop.is_cancelled() {
        return Ok(0);
    }
    let (skills, slots) = shared.pool.capacity();
    if slots == 0 {
        return Ok(0);
    }
    let skills = shared.backlog.worth_a_look(skills);
    if skills.is_empty() {
        return Ok(0);
    }
    let now = shared.sources.clock.now();
    let names: Vec<String> = skills.iter().map(|(skill, _)| skill.clone()).collect();
    // More than the slots: some of the first may want labels or skills whose agents are taken.
    let ready = shared.store.ready_tasks(&names, (slots * 2).clamp(16, ROUND), now).await?;
    for (skill, rings) in skills {
        if !ready.iter().any(|task| task.skill == skill) {
            shared.backlog.empty(skill, rings);
        }
    }
    let mut reserved: HashMap<_, Reservation> = HashMap::new();
    let mut assignments = Vec::new();
    for task in ready {
        if assignments.len() >= ROUND as usize {
            break;
        }
        if let Some((assignment, reservation)) = place(shared, task) {
            reserved.insert(assignment.task, reservation);
            assignments.push(assignment);
        }
    }
    if assignments.is_empty() {
        return Ok(0);
    }
    // Reservations of tasks that are not in the answer are dropped at the end, which frees their slots.
    let begun = shared.store.begin(assignments).await?;
    let given = begun.len();
    for task in begun {
        if let Some(reservation) = reserved.remove(&task.task.summary.id) {
            attempt::begin(shared, orchestrator, task, reservation);
        }
    }
    Ok(given)
}

fn place(shared: &Arc<Shared>, task: ReadyTask) -> Option<(Assignment, Reservation)> {
    let mut reservation = shared.pool.reserve(&task.skill, &task.labels).ok()?;
    let at = shared.sources.clock.now();
    let explanation: Explanation = std::mem::take(&mut reservation.explanation);
    let assignment = Assignment {
        task: task.id,
        attempt: AttemptId::new(shared.sources.ids.next()),
        agent: reservation.name.clone(),
        explanation,
        at,
        lease_until: at.plus(shared.options.lease),
    };
    Some((assignment, reservation))
}
