//! When does a ready task get its agent? This loop gives ready tasks to free slots, whenever either appears.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{AttemptId, TaskId};
use baton_domain::wire::task::Explanation;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{Assignment, QueueClass, ReadyTask, StoreError, Wanted};

use crate::agent_pool::Reservation;
use crate::attempt;
use crate::backlog::Lane;
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;
use crate::task_manager::refusals;
use crate::turns::Turns;

/// The most tasks that one round gives out.
const ROUND: u32 = 256;
/// The most tasks that one round looks at.
const WINDOW: u32 = 1_024;
/// The most classes of the queue that one look into the store finds.
const LOOK: u32 = 1_000;
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
        let Round { given, contended } = match round(&shared, &orchestrator, &mut turns).await {
            Ok(round) => round,
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
async fn round(shared: &Arc<Shared>, orchestrator: &Arc<Orchestrator>, turns: &mut Turns) -> Result<Round, StoreError> {
    if shared.stop.is_cancelled() || shared.cluster.is_draining() {
        return Ok(Round::default());
    }
    let (skills, slots) = shared.pool.capacity();
    if slots == 0 {
        return Ok(Round::default());
    }
    if let Some(after) = shared.backlog.look_after() {
        look(shared, after).await?;
    }
    let ready = ready(shared, turns, &skills, slots).await?;
    let mut reserved: BTreeMap<TaskId, (Reservation, String, Option<String>)> = BTreeMap::new();
    let mut assignments = Vec::new();
    for task in ready {
        if assignments.len() >= ROUND as usize {
            break;
        }
        if let Some((assignment, reservation)) = place(shared, task.id, &task.skill, &task.labels) {
            reserved.insert(assignment.task, (reservation, task.skill, task.fairness_key));
            assignments.push(assignment);
        } else {
            // It may have been paused when the last one refused, or those that were left may have gone.
            refusals::settle(shared, task.id, &task.skill, &task.labels).await?;
        }
    }
    if assignments.is_empty() {
        return Ok(Round::default());
    }
    let begun = shared.store.begin(assignments).await?;
    let given = begun.len();
    if given > 0 {
        reach(FaultPoint::AfterClaim);
    }
    let mut served: BTreeMap<(String, Option<String>), (u32, f64)> = BTreeMap::new();
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
    let mut contended = false;
    for (_, skill, key) in reserved.into_values() {
        contended |= !shared.backlog.left_out(&skill, key.as_deref());
    }
    Ok(Round { given, contended })
}

/// The tasks that could be given out now, in the order in which they should be.
async fn ready(shared: &Shared, turns: &mut Turns, skills: &[String], slots: u32) -> Result<Vec<ReadyTask>, StoreError> {
    // More than the slots: some of the first may want labels or skills whose agents are taken. And as much again for each other
    // server, which looks at the same queue.
    let (mine, of) = shared.cluster.part();
    // Those that wait for the one agent that has not refused them must not hide the others behind them.
    let refused = u32::try_from(shared.refusals.tasks()).unwrap_or(WINDOW);
    let window = (slots * 2).clamp(16, ROUND).saturating_mul(of).saturating_add(refused).min(WINDOW);
    let lanes = shared.backlog.lanes(skills, window);
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let now = shared.sources.clock.now();
    let wanted: Vec<Wanted> = lanes.iter().map(|lane| Wanted { class: lane.class(), limit: lane.turn.tasks }).collect();
    let found = shared.store.ready_tasks(&wanted, now).await?;
    let mut ready = turns.order(sorted(shared, lanes, found), now);
    if of > 1 && !ready.is_empty() {
        let first = (mine as usize).saturating_mul(slots as usize) % ready.len();
        ready.rotate_left(first);
    }
    Ok(ready)
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

/// Takes a slot for a task and makes the assignment of it.
pub(crate) fn place(shared: &Shared, task: TaskId, skill: &str, labels: &[String]) -> Option<(Assignment, Reservation)> {
    let refused = shared.refusals.of(task);
    let mut reservation = shared.pool.reserve(refused.as_deref(), skill, labels).ok()?;
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
