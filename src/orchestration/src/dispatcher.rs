//! When does a ready task get its agent? This loop gives ready tasks to free slots, whenever either appears.

use std::sync::Arc;

use baton_domain::id::{AttemptId, TaskId};
use baton_domain::wire::task::Explanation;
use baton_storage::{Assignment, QueueClass, ReadyTask, StoreError, Wanted};
use std::collections::HashMap;
use std::time::Duration;

use crate::agent_pool::Reservation;
use crate::attempt;
use crate::backlog::Lane;
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;
use crate::turns::Turns;

/// The most tasks that one round gives out.
const ROUND: u32 = 256;
/// The most classes of the queue that one look into the store finds.
const LOOK: u32 = 1_000;
/// How long the loop waits after storage failed.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>, orchestrator: Arc<Orchestrator>, beat: impl Fn()) {
    let mut turns = Turns::default();
    let mut looked = shared.sources.clock.now();
    loop {
        beat();
        // What other servers put into the queue rings here only if their events do.
        let now = shared.sources.clock.now();
        if now.since(looked) >= shared.options.sweep {
            looked = now;
            shared.backlog.ring_all();
        }
        let given = match round(&shared, &orchestrator, &mut turns).await {
            Ok(given) => given,
            Err(error) => {
                tracing::warn!(%error, "tasks cannot be given out now");
                tokio::select! {
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
            () = shared.stop.cancelled() => return,
            () = shared.backlog.rung.notified() => {}
            () = shared.pool.capacity_freed.notified() => {}
            () = tokio::time::sleep(shared.options.sweep) => shared.backlog.ring_all(),
        }
    }
}

/// What is believed of the queues, brought up to date.
async fn look(shared: &Shared, after: Option<QueueClass>) -> Result<(), StoreError> {
    let looked = async {
        let classes = shared.store.queue_classes(after.as_ref(), LOOK).await?;
        Ok::<_, StoreError>((classes, shared.store.limits().await?))
    };
    match looked.await {
        Ok((classes, limits)) => {
            let more = classes.len() >= LOOK as usize;
            shared.backlog.looked(classes, more, limits.into_iter().map(|limit| (limit.scope, limit.name)).collect());
            Ok(())
        }
        Err(error) => {
            shared.backlog.ring_all();
            Err(error)
        }
    }
}

/// Gives out what can be given out now; says how many tasks that were.
async fn round(shared: &Arc<Shared>, orchestrator: &Arc<Orchestrator>, turns: &mut Turns) -> Result<usize, StoreError> {
    if shared.stop.is_cancelled() {
        return Ok(0);
    }
    let (skills, slots) = shared.pool.capacity();
    if slots == 0 {
        return Ok(0);
    }
    if let Some(after) = shared.backlog.look_after() {
        look(shared, after).await?;
    }
    // More than the slots: some of the first may want labels or skills whose agents are taken.
    let lanes = shared.backlog.lanes(&skills, (slots * 2).clamp(16, ROUND));
    if lanes.is_empty() {
        return Ok(0);
    }
    let now = shared.sources.clock.now();
    let wanted: Vec<Wanted> = lanes.iter().map(|lane| Wanted { class: lane.class(), limit: lane.turn.tasks }).collect();
    let ready = shared.store.ready_tasks(&wanted, now).await?;
    let ready = turns.order(sorted(shared, lanes, ready), now);
    let mut reserved: HashMap<TaskId, (Reservation, String, Option<String>)> = HashMap::new();
    let mut assignments = Vec::new();
    for task in ready {
        if assignments.len() >= ROUND as usize {
            break;
        }
        let (skill, key) = (task.skill.clone(), task.fairness_key.clone());
        if let Some((assignment, reservation)) = place(shared, task) {
            reserved.insert(assignment.task, (reservation, skill, key));
            assignments.push(assignment);
        }
    }
    if assignments.is_empty() {
        return Ok(0);
    }
    let begun = shared.store.begin(assignments).await?;
    let given = begun.len();
    let mut served: HashMap<(String, Option<String>), (u32, f64)> = HashMap::new();
    for task in begun {
        let Some((reservation, skill, key)) = reserved.remove(&task.task.summary.id) else { continue };
        let of_key = served.entry((skill, key)).or_insert((0, 1.0));
        *of_key = (of_key.0 + 1, task.task.fairness_weight);
        attempt::begin(shared, orchestrator, task, reservation);
    }
    for ((skill, key), (tasks, weight)) in served {
        shared.backlog.served(&skill, key.as_deref(), tasks, weight);
    }
    // The reservations of tasks that did not begin are dropped with this, which frees their slots.
    for (_, skill, key) in reserved.into_values() {
        shared.backlog.left_out(&skill, key.as_deref());
    }
    Ok(given)
}

/// The ready tasks by their lanes; lanes without any are known to be empty from now on.
fn sorted(shared: &Shared, lanes: Vec<Lane>, ready: Vec<ReadyTask>) -> Vec<(Lane, Vec<ReadyTask>)> {
    let mut found: Vec<(Lane, Vec<ReadyTask>)> = lanes.into_iter().map(|lane| (lane, Vec::new())).collect();
    if let [(_, tasks)] = found.as_mut_slice() {
        *tasks = ready;
    } else {
        let places: HashMap<QueueClass, usize> = found.iter().enumerate().map(|(index, (lane, _))| (lane.class(), index)).collect();
        for task in ready {
            let class = QueueClass { skill: task.skill.clone(), fairness_key: task.fairness_key.clone(), priority: task.priority };
            if let Some(index) = places.get(&class) {
                found[*index].1.push(task);
            }
        }
    }
    for (lane, _) in found.iter().filter(|(_, tasks)| tasks.is_empty()) {
        shared.backlog.empty(lane);
    }
    found
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
