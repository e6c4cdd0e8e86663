//! When does a ready task get its agent? This loop gives ready tasks to free slots, whenever either appears.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{AttemptId, TaskId};
use baton_domain::wire::task::Explanation;
use baton_storage::{Assignment, QueueClass, ReadyTask, StoreError, Wanted};

use crate::agent_pool::Reservation;
use crate::backlog::Lane;
use crate::claims::{Claim, Settled, Storing};
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;
use crate::precedence::Precedence;
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

/// What decides in which order tasks are given out.
#[derive(Debug, Default)]
struct Order {
    /// Among all of them.
    turns: Turns,
    /// Between this server and the others.
    precedence: Precedence,
}

/// Runs until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>, orchestrator: Arc<Orchestrator>, beat: impl Fn()) {
    let mut order = Order::default();
    let mut storing = Storing::default();
    let mut looked = shared.sources.clock.now();
    loop {
        beat();
        // What other servers put into the queue rings here only if their events do.
        let now = shared.sources.clock.now();
        if now.since(looked) >= shared.options.sweep {
            looked = now;
            shared.backlog.ring_all();
        }
        let claim = if storing.is_full() { Ok(Claim::default()) } else { round(&shared, &mut order, &storing).await };
        if shared.stop.is_cancelled() {
            break;
        }
        let settled = match claim {
            Ok(claim) => {
                let more = claim.more;
                if !claim.is_empty() {
                    let (tasks, store) = (claim.tasks(), claim.store(Arc::clone(&shared), Arc::clone(&orchestrator)));
                    // Counted among the attempts, which it is about to start: who waits for those waits for it.
                    storing.add(tasks, shared.attempts.track_future(store));
                    if more {
                        continue;
                    }
                }
                next(&shared, &mut storing).await
            }
            Err(error) => Err(error),
        };
        let pause = match settled {
            Ok(Settled { given, lost }) => {
                order.precedence.lost(&lost, shared.sources.clock.now());
                if given > 0 || lost.is_empty() {
                    continue;
                }
                // Other servers took what was seen, or are taking it: nobody rings for what they leave.
                CONTENDED
            }
            Err(error) => {
                tracing::warn!(%error, "tasks cannot be given out now");
                PAUSE
            }
        };
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    storing.settle().await;
}

/// Waits until something may be given out again; gives what settled, if that is why.
async fn next(shared: &Shared, storing: &mut Storing) -> Result<Settled, StoreError> {
    let room = !storing.is_full();
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => {}
        settled = storing.settled() => return settled,
        () = shared.backlog.rung.notified(), if room => {}
        () = shared.pool.capacity_freed.notified(), if room => {}
        // It also covers a task that became due while this loop was reading.
        () = tokio::time::sleep(shared.options.sweep) => shared.backlog.ring_all(),
    }
    Ok(Settled::default())
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

/// Finds agents for what can be given out now.
async fn round(shared: &Arc<Shared>, order: &mut Order, storing: &Storing) -> Result<Claim, StoreError> {
    let mut claim = Claim::default();
    if shared.stop.is_cancelled() || shared.cluster.is_draining() {
        return Ok(claim);
    }
    let (skills, slots) = shared.pool.capacity();
    if slots == 0 {
        return Ok(claim);
    }
    if let Some(after) = shared.backlog.look_after() {
        look(shared, after).await?;
    }
    let (ready, more) = ready(shared, order, storing, &skills, slots).await?;
    claim.more = more;
    for task in ready {
        if claim.len() >= ROUND as usize {
            claim.more = true;
            break;
        }
        if let Some((assignment, reservation)) = place(shared, task.id, &task.skill, &task.labels) {
            claim.add(task, assignment, reservation);
        } else {
            // It may have been paused when the last one refused, or those that were left may have gone.
            refusals::settle(shared, task.id, &task.skill, &task.labels).await?;
        }
    }
    Ok(claim)
}

/// The tasks that could be given out now, in the order in which they should be, and whether there may be more behind them.
async fn ready(
    shared: &Shared,
    order: &mut Order,
    storing: &Storing,
    skills: &[String],
    slots: u32,
) -> Result<(Vec<ReadyTask>, bool), StoreError> {
    // More than the slots: some of the first may want labels or skills whose agents are taken. And as much again for each other
    // server, which looks at the same queue.
    let (before, of) = shared.cluster.part();
    // Those that wait for the one agent that has not refused them, and those that are being claimed, must not hide the others behind them.
    let passed_over = u32::try_from(shared.refusals.tasks() + storing.tasks()).unwrap_or(WINDOW);
    let window = (slots * 2).clamp(16, ROUND).saturating_mul(of).saturating_add(passed_over).min(WINDOW);
    let lanes = shared.backlog.lanes(skills, window);
    if lanes.is_empty() {
        return Ok((Vec::new(), false));
    }
    let now = shared.sources.clock.now();
    let wanted: Vec<Wanted> = lanes.iter().map(|lane| Wanted { class: lane.class(), limit: lane.turn.tasks }).collect();
    let found = shared.store.ready_tasks(&wanted, now).await?;
    // Left out only now: they come first, as they did when they were claimed, and the others are behind them where they should be.
    let found = sorted(shared, lanes, found);
    let more = found.iter().any(|(lane, tasks)| tasks.len() >= lane.turn.tasks as usize);
    let mut ready = order.turns.order(found, now);
    ready.retain(|task| !storing.hold(task.id));
    Ok((order.precedence.order(ready, before, slots, now), more))
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
