//! When does a ready task get its agent? This loop gives ready tasks to free slots, whenever either appears.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{AttemptId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::Explanation;
use baton_storage::{Assignment, QueueClass, ReadyTask, StoreError, Wanted};

use crate::agent_pool::Reservation;
use crate::backlog::Lane;
use crate::claims::{Claim, Settled, Storing};
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;
use crate::precedence::Precedence;
use crate::reach::Reach;
use crate::task_manager::refusals;
use crate::turns::Turns;

/// The most tasks that one round gives out.
const ROUND: u32 = 256;
/// The most tasks that one round looks at.
const WINDOW: u32 = 1_024;
/// The most classes of the queue that one look into the store finds.
const LOOK: u32 = 1_000;
/// The most rounds in a row that only learn what is out of reach; then whatever else may have happened comes first.
const LOOKS_ON: u32 = 64;
/// How often classes that were looked at in vain are looked at again, whatever is known of them.
const AGAIN: Duration = Duration::from_secs(10);
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
    /// Which are left out.
    reach: Reach,
}

/// Runs until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>, orchestrator: Arc<Orchestrator>, beat: impl Fn()) {
    let mut order = Order::default();
    let mut storing = Storing::default();
    let mut looked = shared.sources.clock.now();
    let (mut looked_again, mut looks_on) = (looked, 0);
    loop {
        beat();
        // What other servers put into the queue rings here only if their events do.
        let now = shared.sources.clock.now();
        if now.since(looked) >= shared.options.sweep {
            looked = now;
            shared.backlog.ring_all();
        }
        if now.since(looked_again) >= AGAIN {
            looked_again = now;
            order.reach.forget_all();
            shared.backlog.look_again_at_all();
        }
        let claim = if storing.is_full() { Ok(Claim::default()) } else { round(&shared, &mut order, &storing).await };
        if shared.stop.is_cancelled() {
            break;
        }
        let settled = match claim {
            Ok(claim) => {
                let more = claim.more;
                let look_on = claim.look_on && claim.is_empty();
                if look_on && looks_on < LOOKS_ON {
                    looks_on += 1;
                    continue;
                }
                looks_on = 0;
                if !claim.is_empty() {
                    let (tasks, store) = (claim.tasks(), claim.store(Arc::clone(&shared), Arc::clone(&orchestrator)));
                    // Counted among the attempts, which it is about to start: who waits for those waits for it.
                    storing.add(tasks, shared.attempts.track_future(store));
                    if more {
                        continue;
                    }
                }
                next(&shared, &mut storing, look_on).await
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

/// Waits until something may be given out again, for a moment only if the last round was not at its end; gives what settled, if that is why.
async fn next(shared: &Shared, storing: &mut Storing, look_on: bool) -> Result<Settled, StoreError> {
    let room = !storing.is_full();
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => {}
        settled = storing.settled() => return settled,
        () = shared.backlog.rung.notified(), if room => {}
        () = shared.pool.capacity_freed.notified(), if room => {}
        () = tokio::time::sleep(CONTENDED), if look_on => {}
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
    let Ready { tasks, more, look_on } = ready(shared, order, storing, &skills, slots).await?;
    (claim.more, claim.look_on) = (more, look_on);
    let mut left = BTreeSet::new();
    for task in tasks {
        if claim.len() >= ROUND as usize {
            claim.more = true;
            break;
        }
        if let Some((assignment, reservation)) = place(shared, task.id, &task.skill, &task.labels) {
            claim.add(task, assignment, reservation);
        } else {
            // It may have been paused when the last one refused, or those that were left may have gone.
            refusals::settle(shared, task.id, &task.skill, &task.labels).await?;
            // What some refused is read each time, and counted.
            if !task.labels.is_empty() && shared.refusals.of(task.id).is_none() {
                left.insert((task.skill, task.labels));
            }
        }
    }
    claim.look_on |= order.reach.learn(left, |skill, labels| shared.pool.would_take(skill, labels));
    Ok(claim)
}

/// What could be given out now.
#[derive(Default)]
struct Ready {
    /// The tasks, in the order in which they should be.
    tasks: Vec<ReadyTask>,
    /// Whether there may be more behind them.
    more: bool,
    /// Whether another look may find others, by what this one found out.
    look_on: bool,
}

/// Reads the tasks that could be given out now.
async fn ready(shared: &Shared, order: &mut Order, storing: &Storing, skills: &[String], slots: u32) -> Result<Ready, StoreError> {
    let free = |skill: &str, labels: &[String]| shared.pool.would_take(skill, labels);
    order.reach.look(free);
    // More than the slots: some of the first may want labels or skills whose agents are taken. And as much again for each other
    // server, which looks at the same queue.
    let (before, of) = shared.cluster.part();
    // Those that wait for the one agent that has not refused them, and those that are being claimed, must not hide the others behind them.
    let refused = shared.refusals.tasks();
    let passed_over = u32::try_from(refused + storing.tasks()).unwrap_or(WINDOW);
    let window = (slots * 2).clamp(16, ROUND).saturating_mul(of).saturating_add(passed_over).min(WINDOW);
    let lanes = shared.backlog.lanes(skills, window, refused, |skill| order.reach.is_as_known(skill));
    let now = shared.sources.clock.now();
    let mut found = Vec::new();
    if !lanes.is_empty() {
        let first = |lane: &Lane| Wanted { without: order.reach.without(&lane.skill), ..Wanted::first(lane.class(), lane.turn.tasks) };
        found = shared.store.ready_tasks(&lanes.iter().map(first).collect::<Vec<_>>(), now).await?;
        if order.reach.is_outdated(free) {
            // What was left out comes first.
            return Ok(Ready { look_on: true, ..Ready::default() });
        }
    }
    let forgotten = order.reach.saw(found.iter().filter(|task| shared.refusals.of(task.id).is_none()));
    for skill in &forgotten {
        shared.backlog.look_again(skill);
    }
    // Left out only now: they come first, as they did when they were claimed, and the others are behind them where they should be.
    let found = sorted(lanes, found);
    let empty: Vec<&Lane> = found.iter().filter(|(_, tasks)| tasks.is_empty()).map(|(lane, _)| lane).collect();
    let holding = holding(shared, order, &empty, now).await?;
    let mut look_on = !forgotten.is_empty();
    for lane in empty {
        if holding.contains(&lane.class()) {
            // It made room for another key.
            look_on |= shared.backlog.in_vain(lane);
        } else {
            shared.backlog.empty(lane);
        }
    }
    let more = found.iter().any(|(lane, tasks)| tasks.len() >= lane.turn.tasks as usize);
    let mut tasks = order.turns.order(found, now);
    tasks.retain(|task| !storing.hold(task.id));
    Ok(Ready { tasks: order.precedence.order(tasks, before, slots, now), more, look_on })
}

/// Those of these classes that hold tasks which were left out.
async fn holding(shared: &Shared, order: &Order, lanes: &[&Lane], now: Timestamp) -> Result<BTreeSet<QueueClass>, StoreError> {
    let doubtful = lanes.iter().filter(|lane| !order.reach.without(&lane.skill).is_empty());
    let wanted: Vec<Wanted> = doubtful.map(|lane| Wanted::first(lane.class(), 1)).collect();
    if wanted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let held = shared.store.ready_tasks(&wanted, now).await?.into_iter();
    Ok(held.map(|task| QueueClass { skill: task.skill, fairness_key: task.fairness_key, priority: task.priority }).collect())
}

/// The ready tasks by their lanes.
fn sorted(lanes: Vec<Lane>, ready: Vec<ReadyTask>) -> Vec<(Lane, Vec<ReadyTask>)> {
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
