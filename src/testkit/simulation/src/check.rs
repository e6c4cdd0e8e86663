//! What must hold when a world has come to rest? The invariants of the catalogue, from the store's rows, its log, and what the
//! world outside remembers.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::invariants::{Invariant, TaskFacts, Violation, check_attempts, check_log, check_story, check_task};
use baton_domain::task::{AGING_STEP, TaskState};
use baton_domain::wire::task::{AttemptOutcome, TaskFilter};
use baton_storage::{EventStore, StoreError, TaskQuery, TaskRows, TaskStore};

use crate::client::LIMITED;
use crate::places;
use crate::running;
use crate::world::World;

/// The longest that a critical task may wait for an agent, blows and what is done before it included; [`places`] is stricter with what
/// waits for nobody.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// The whole log.
pub(crate) async fn log(world: &World) -> Result<Vec<Event>, StoreError> {
    let page = world.store.events_since(EventSeq(0), &TopicFilter::default(), u32::MAX).await?;
    Ok(page.items)
}

/// Everything that does not hold.
pub(crate) async fn check(world: &World, log: &[Event]) -> Result<Vec<Violation>, StoreError> {
    let mut found = check_log(EventSeq(0), log);
    let mut events: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in log {
        events.entry(&event.subject).or_default().push(event);
    }
    let page = world.store.tasks(&TaskQuery { filter: TaskFilter::default(), before: None, limit: u32::MAX }).await?;
    let mut rows = BTreeMap::new();
    for summary in &page.items {
        if let Some(task) = world.store.task_rows(summary.id).await? {
            let told = events.get(format!("task:{}", summary.id).as_str()).cloned().unwrap_or_default();
            one(world, &task, &told, &mut found);
            rows.insert(summary.id, task);
        }
    }
    let (counts, _) = world.store.state_counts().await?;
    let counted: u64 = counts.iter().map(|count| count.count).sum();
    if counted != rows.len() as u64 {
        found.push(wrong(Invariant::NothingIsLost, format!("{counted} tasks are counted and {} are listed", rows.len())));
    }
    found.extend(running::check(log, &rows));
    let (beside, longest) = places::check(world, &rows);
    found.extend(beside);
    *world.beside.lock() = longest;
    outside(world, &rows, &mut found);
    Ok(found)
}

const fn wrong(invariant: Invariant, detail: String) -> Violation {
    Violation { invariant, detail }
}

/// What must hold of one task.
fn one(world: &World, task: &TaskRows, events: &[&Event], found: &mut Vec<Violation>) {
    let summary = &task.task.summary;
    let facts = TaskFacts {
        id: summary.id,
        state: summary.state,
        has_lease_holder: task.task.lease_until.is_some(),
        attempt: summary.attempt,
        maximum_attempts: summary.maximum_attempts,
        history: task.timeline.iter().map(|entry| entry.state).collect(),
    };
    found.extend(check_task(&facts));
    found.extend(check_attempts(summary, &task.attempts));
    found.extend(check_story(summary, events.iter().copied()));
    if !summary.state.is_terminal() {
        found.push(wrong(Invariant::NothingStarves, format!("task {} is {} ({:?}) for ever", summary.id, summary.state, summary.reason)));
    }
    // Those of the limited key wait for one another; that they end is all that is promised.
    let is_limited = summary.fairness_key.as_deref() == Some(LIMITED.0);
    // A task is only promised to go before more urgent ones once it has waited a step for each priority that they are above it.
    let longest = LONGEST_WAIT + AGING_STEP * u32::from(summary.priority.get() - 1);
    for attempt in task.attempts.iter().filter(|_| !is_limited) {
        if let Some(waited) = attempt.ready_at.map(|ready| attempt.assigned_at.since(ready)).filter(|waited| *waited > longest) {
            let what = format!("task {} ({}, {:?}, {:?})", summary.id, summary.skill, summary.priority, summary.labels);
            found.push(wrong(Invariant::NothingStarves, format!("{what} waited {waited:?} for attempt {}", attempt.number)));
        }
    }
    let pages = world.ledger.pages();
    if summary.state == TaskState::Completed {
        let number = task.result.as_ref().and_then(|result| result["execution"].as_u64());
        let completed = task.attempts.iter().find(|attempt| attempt.outcome == Some(AttemptOutcome::Completed));
        let sent = completed.and_then(|attempt| pages.results.get(&(summary.id, attempt.lease)).copied());
        if number.is_none() || sent != number {
            let lease = completed.map(|attempt| attempt.lease);
            found.push(wrong(
                Invariant::StaleLeaseIsPowerless,
                format!("task {} has the result of execution {number:?}; lease {lease:?} sent that of {sent:?}", summary.id),
            ));
        }
        if number.is_some_and(|number| pages.executions.get(&number) != Some(&summary.id)) {
            found.push(wrong(Invariant::StaleLeaseIsPowerless, format!("task {} has a result that no execution of it gave", summary.id)));
        }
    }
}

/// What must hold of what the world outside was told.
fn outside(world: &World, rows: &BTreeMap<TaskId, TaskRows>, found: &mut Vec<Violation>) {
    let pages = world.ledger.pages();
    found.extend(pages.wrong.iter().cloned());
    let request = |task: &TaskRows| task.input["n"].as_u64();
    for (id, number) in &pages.acknowledged {
        match rows.get(id) {
            None => found.push(wrong(Invariant::AcknowledgedIsStored, format!("task {id} was acknowledged and is not stored"))),
            Some(task) if request(task) != Some(*number) => {
                found.push(wrong(Invariant::AcknowledgedIsStored, format!("task {id} is not what request {number} asked for")));
            }
            Some(_) => {}
        }
    }
    for id in &pages.canceled {
        if rows.get(id).is_some_and(|task| !task.task.summary.state.is_terminal()) {
            found.push(wrong(Invariant::NothingStarves, format!("task {id} was told to end and has not")));
        }
    }
    let mut roots: BTreeMap<u64, Vec<TaskId>> = BTreeMap::new();
    for (id, task) in rows {
        let summary = &task.task.summary;
        let Some(number) = request(task).filter(|number| pages.sent.contains(number)) else {
            found.push(wrong(Invariant::NothingIsLost, format!("task {id} is stored and nobody asked for it")));
            continue;
        };
        if summary.parent_id.is_none() && summary.rerun_of.is_none() {
            roots.entry(number).or_default().push(*id);
        }
    }
    for (number, tasks) in roots.iter().filter(|(_, tasks)| tasks.len() > 1) {
        found.push(wrong(Invariant::NothingIsLost, format!("request {number} made {} tasks: {tasks:?}", tasks.len())));
    }
}
