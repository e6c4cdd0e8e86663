//! Does storage change states as the transition table says, for every pair of state and trigger and both guards?

use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::task::{AttemptEffect, TaskState, Transition, Trigger, apply};
use baton_domain::wire::task::TaskSummary;
use baton_storage::{Advance, Advanced, Guard, TaskRecord};

use crate::World;
use crate::make::{at, person, states};

/// What must be true of a task after a change of the table, with nothing but a reason given.
fn expected(before: &TaskRecord, row: Transition, change: &Advance) -> TaskRecord {
    let mut after = before.clone();
    let summary = &mut after.summary;
    summary.state = row.to;
    summary.reason.clone_from(&change.reason);
    summary.wait_kind = None;
    if row.attempt == AttemptEffect::Next {
        summary.attempt += 1;
    }
    if matches!(row.to, TaskState::Queued | TaskState::Waiting) {
        summary.not_before = None;
    }
    if row.to == TaskState::Queued {
        after.ready_at = change.at;
    }
    if row.to == TaskState::Running {
        summary.started_at.get_or_insert(change.at);
        after.deadline_at = Some(change.at.plus(std::time::Duration::from_millis(before.timeouts.start_to_close_ms)));
    }
    if row.to.is_terminal() {
        summary.finished_at = Some(change.at);
    }
    if !row.to.holds_lease() {
        after.lease_until = None;
        after.deadline_at = None;
    }
    after
}

/// Tries every trigger on a task in this state, under both guards.
async fn decided(world: &World, state: TaskState) {
    for &trigger in Trigger::ALL {
        for by_lease in [false, true] {
            let before = world.in_state(state).await;
            let guard = if by_lease { Guard::Lease(before.lease) } else { Guard::State(state) };
            let change =
                Advance { reason: Some("because".to_owned()), ..Advance::new(before.summary.id, guard, trigger, person(), at(800)) };
            let head = world.head().await;
            let answer = world.store.advance(change.clone()).await.unwrap();
            let after = world.record(before.summary.id).await;
            let events = world.since(head).await;
            let case = format!("{state} × {trigger}, {guard:?}");
            // Only beginning assigns, since that gives a lease out.
            let allowed = trigger != Trigger::Assign && (!by_lease || state.holds_lease());
            // Nobody wants it to pause, so its holder hands it back: `a_wish_that_was_taken_back_pauses_nothing`.
            let change = change.as_wished(&before);
            match apply(Some(state), change.trigger).ok().filter(|_| allowed && change.fits(&before)) {
                Some(row) => {
                    assert_eq!(answer, Advanced::Applied(Box::new(after.clone())), "{case}");
                    assert_eq!(after, expected(&before, row, &change), "{case}");
                    assert_eq!(events.len(), 1, "{case}");
                    assert_eq!((events[0].kind.clone(), events[0].at), (format!("task.{}", row.to), at(800)), "{case}");
                    assert_eq!((&events[0].actor, &events[0].subject), (&person(), &format!("task:{}", after.summary.id)), "{case}");
                    let told: TaskSummary = events[0].data.read().unwrap();
                    assert_eq!(told, after.summary, "{case}");
                }
                None => {
                    assert_eq!(answer, Advanced::Refused(Box::new(before.clone())), "{case}");
                    assert_eq!((after, events), (before, vec![]), "{case}");
                }
            }
        }
    }
}

pub async fn a_queued_task_changes_as_the_table_says(world: &World) {
    decided(world, TaskState::Queued).await;
}

pub async fn a_running_task_changes_as_the_table_says(world: &World) {
    decided(world, TaskState::Running).await;
}

pub async fn a_waiting_task_changes_as_the_table_says(world: &World) {
    decided(world, TaskState::Waiting).await;
}

pub async fn a_paused_task_changes_as_the_table_says(world: &World) {
    decided(world, TaskState::Paused).await;
}

pub async fn a_completed_task_never_changes(world: &World) {
    decided(world, TaskState::Completed).await;
}

pub async fn a_failed_task_never_changes(world: &World) {
    decided(world, TaskState::Failed).await;
}

pub async fn a_canceled_task_never_changes(world: &World) {
    decided(world, TaskState::Canceled).await;
}

pub async fn a_rejected_task_never_changes(world: &World) {
    decided(world, TaskState::Rejected).await;
}

pub async fn a_timed_out_task_never_changes(world: &World) {
    decided(world, TaskState::TimedOut).await;
}

pub async fn a_guard_of_another_state_refuses(world: &World) {
    for state in states() {
        let before = world.in_state(state).await;
        let head = world.head().await;
        for &other in TaskState::ALL.iter().filter(|other| **other != state) {
            let change = Advance::new(before.summary.id, Guard::State(other), Trigger::Cancel, person(), at(800));
            let answer = world.store.advance(change).await.unwrap();
            assert_eq!(answer, Advanced::Refused(Box::new(before.clone())), "{state}, not {other}");
        }
        assert_eq!((world.record(before.summary.id).await, world.head().await), (before, head));
    }
}

pub async fn a_guard_of_another_lease_refuses(world: &World) {
    {
        let state = TaskState::Running;
        let before = world.in_state(state).await;
        let head = world.head().await;
        for step in [-1, 1] {
            let guard = Guard::Lease(LeaseToken(before.lease.0 + step));
            for &trigger in Trigger::ALL {
                let answer = world.store.advance(Advance::new(before.summary.id, guard, trigger, person(), at(800))).await.unwrap();
                assert_eq!(answer, Advanced::Refused(Box::new(before.clone())), "{state} × {trigger}, {guard:?}");
            }
        }
        assert_eq!((world.record(before.summary.id).await, world.head().await), (before, head));
    }
}

pub async fn a_change_of_no_task_says_so(world: &World) {
    for &trigger in Trigger::ALL {
        let change = Advance::new(TaskId::new(world.id()), Guard::State(TaskState::Queued), trigger, person(), at(0));
        assert_eq!(world.store.advance(change).await.unwrap(), Advanced::Missing);
    }
    assert_eq!(world.head().await, 0);
}
