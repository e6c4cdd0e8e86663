//! What must be done about tasks because of the time, and when is the next such instant?

use baton_domain::id::LeaseToken;
use baton_domain::task::{TaskState, Timeouts, Trigger, WaitKind};
use baton_domain::user::Principal;
use baton_storage::{Advance, DueTask, Guard, TaskRecord};

use crate::World;
use crate::make::{LEASE, at, states, wait};

async fn due(world: &World, millis: i64) -> Vec<DueTask> {
    world.store.due_tasks(at(millis), 99).await.unwrap()
}

fn closes(task: &mut TaskRecord, millis: u64) {
    task.timeouts = Timeouts { schedule_to_close_ms: Some(millis), ..Timeouts::default() };
}

pub async fn a_timer_is_due_at_its_instant(world: &World) {
    let id = world.waiting(at(500)).await;
    assert_eq!(due(world, 499).await, []);
    assert_eq!(due(world, 500).await, [DueTask::Timer(id)]);
}

pub async fn the_earliest_timer_comes_first(world: &World) {
    let (late, early, middle) = (world.waiting(at(700)).await, world.waiting(at(500)).await, world.waiting(at(600)).await);
    assert_eq!(due(world, 900).await, [early, middle, late].map(DueTask::Timer));
    assert_eq!(world.store.due_tasks(at(900), 2).await.unwrap(), [early, middle].map(DueTask::Timer));
}

pub async fn only_timers_are_released_by_time(world: &World) {
    for &kind in WaitKind::ALL.iter().filter(|kind| **kind != WaitKind::Timer) {
        world
            .insert_with(|task| {
                wait(&mut task.summary, at(500));
                task.summary.wait_kind = Some(kind);
            })
            .await;
    }
    assert_eq!(due(world, 900).await, []);
}

pub async fn a_task_that_nobody_begins_in_time_is_due(world: &World) {
    let id = world
        .insert_with(|task| {
            task.ready_at = at(100);
            task.timeouts = Timeouts { schedule_to_start_ms: Some(400), ..Timeouts::default() };
        })
        .await;
    assert_eq!(due(world, 499).await, []);
    assert_eq!(due(world, 500).await, [DueTask::StartedTooLate(id, TaskState::Queued)]);
}

pub async fn a_task_that_once_began_cannot_begin_too_late(world: &World) {
    let id = world.insert_with(|task| task.timeouts = Timeouts { schedule_to_start_ms: Some(400), ..Timeouts::default() }).await;
    let begun = world.begin(id, at(100)).await;
    assert_eq!(due(world, 900).await, []);
    world.applied(Advance::new(id, Guard::Lease(begun.task.lease), Trigger::Retry, Principal::System, at(200))).await;
    assert_eq!(due(world, 900).await, []);
}

pub async fn every_live_task_must_end_in_time(world: &World) {
    for state in states() {
        let id = world
            .insert_with(|task| {
                closes(task, 500);
                if state == TaskState::Waiting {
                    wait(&mut task.summary, at(1_000_000));
                }
            })
            .await;
        let change = |trigger| Advance::new(id, Guard::State(TaskState::Queued), trigger, Principal::System, at(200));
        match state {
            TaskState::Queued | TaskState::Waiting => {}
            TaskState::Running => drop(world.begin(id, at(100)).await),
            TaskState::Paused => drop(world.applied(change(Trigger::Pause)).await),
            _ => drop(world.applied(change(Trigger::Cancel)).await),
        }
        assert_eq!(due(world, 499).await, [], "{state}");
        let found = due(world, 500).await;
        if state.is_terminal() {
            assert_eq!(found, [], "{state}");
        } else {
            assert_eq!(found, [DueTask::ClosedTooLate(id, state)]);
            world.store.request_cancel(id, Principal::System, at(300)).await.unwrap();
            if state.holds_lease() {
                let lease = world.record(id).await.lease;
                world.applied(Advance::new(id, Guard::Lease(lease), Trigger::Cancel, Principal::System, at(300))).await;
            }
        }
    }
}

pub async fn a_holder_that_falls_silent_is_due(world: &World) {
    let begun = world.running().await;
    let end = 100 + i64::try_from(LEASE.as_millis()).unwrap();
    assert_eq!(due(world, end - 1).await, []);
    assert_eq!(due(world, end).await, [DueTask::LeaseExpired(begun.task.summary.id, LeaseToken(1))]);
}

pub async fn a_task_can_be_due_for_two_reasons(world: &World) {
    let id = world
        .insert_with(|task| {
            closes(task, 500);
            task.timeouts.schedule_to_start_ms = Some(300);
        })
        .await;
    let found = due(world, 500).await;
    assert_eq!(found.len(), 2);
    assert!(found.contains(&DueTask::StartedTooLate(id, TaskState::Queued)));
    assert!(found.contains(&DueTask::ClosedTooLate(id, TaskState::Queued)));
}

pub async fn the_limit_is_for_each_reason(world: &World) {
    for _ in 0..3 {
        world.insert_with(|task| closes(task, 500)).await;
        world.running().await;
    }
    for limit in [1, 2, 4] {
        let found = world.store.due_tasks(at(1_000_000), limit).await.unwrap();
        let late = found.iter().filter(|due| matches!(due, DueTask::ClosedTooLate(..))).count();
        let silent = found.iter().filter(|due| matches!(due, DueTask::LeaseExpired(..))).count();
        let most = usize::try_from(limit.min(3)).unwrap();
        assert_eq!((late, silent, found.len()), (most, most, 2 * most), "{found:?}");
    }
}

pub async fn what_only_its_silent_holder_could_end_hides_no_rescue(world: &World) {
    let mut silent = Vec::new();
    for _ in 0..3 {
        let id = world.insert_with(|task| closes(task, 500)).await;
        world.begin(id, at(100)).await;
        silent.push(DueTask::LeaseExpired(id, LeaseToken(1)));
    }
    let found = world.store.due_tasks(at(1_000_000), 3).await.unwrap();
    assert!(silent.iter().all(|wanted| found.contains(wanted)), "{found:?}");
}

pub async fn a_live_child_of_an_ended_parent_is_due(world: &World) {
    let parent = world.running().await;
    let child = world.insert_with(|task| task.summary.parent_id = Some(parent.task.summary.id)).await;
    assert_eq!(due(world, 200).await, []);
    world.store.complete(World::completion(&parent, at(300))).await.unwrap();
    assert_eq!(due(world, 400).await, [DueTask::Orphan(child)]);
    world.store.request_cancel(child, Principal::System, at(500)).await.unwrap();
    assert_eq!(due(world, 600).await, []);
}

pub async fn a_live_child_of_a_parent_that_is_to_end_is_due_until_it_is_asked_too(world: &World) {
    let parent = world.running().await.task.summary.id;
    let children = [world.insert_with(|task| task.summary.parent_id = Some(parent)).await, {
        let running = world.insert_with(|task| task.summary.parent_id = Some(parent)).await;
        world.begin(running, at(150)).await.task.summary.id
    }];
    assert_eq!(world.store.live_children(parent, 9).await.unwrap(), children);
    assert_eq!(world.store.live_children(parent, 1).await.unwrap(), children[..1]);
    assert_eq!(world.store.live_children(children[0], 9).await.unwrap(), []);
    world.store.request_cancel(parent, Principal::System, at(200)).await.unwrap();
    assert_eq!(due(world, 300).await, children.map(DueTask::Orphan));
    for child in children {
        world.store.request_cancel(child, Principal::System, at(400)).await.unwrap();
    }
    assert_eq!(world.store.live_children(parent, 9).await.unwrap(), []);
    assert_eq!(due(world, 500).await, []);
}

pub async fn a_task_that_is_to_end_and_went_back_to_the_queue_is_due(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.store.request_cancel(id, Principal::System, at(150)).await.unwrap();
    assert_eq!(due(world, 160).await, []);
    world.applied(Advance::new(id, Guard::Lease(begun.task.lease), Trigger::LoseWorker, Principal::System, at(200))).await;
    assert_eq!(due(world, 200).await, [DueTask::CancelPending(id)]);
    world.applied(Advance::new(id, Guard::State(TaskState::Queued), Trigger::Cancel, Principal::System, at(300))).await;
    assert_eq!(due(world, 400).await, []);
}

pub async fn what_was_done_about_is_no_longer_due(world: &World) {
    let timer = world.waiting(at(500)).await;
    world.applied(Advance::new(timer, Guard::State(TaskState::Waiting), Trigger::Release, Principal::System, at(500))).await;
    let late = world.insert_with(|task| closes(task, 500)).await;
    world.applied(Advance::new(late, Guard::State(TaskState::Queued), Trigger::TimeOut, Principal::System, at(500))).await;
    let silent = world.running().await;
    let lose = Advance::new(silent.task.summary.id, Guard::Lease(silent.task.lease), Trigger::LoseWorker, Principal::System, at(500));
    world.applied(lose).await;
    assert_eq!(due(world, 1_000_000).await, []);
}

pub async fn the_next_instant_is_the_earliest_after_now(world: &World) {
    assert_eq!(world.store.next_due(at(0)).await.unwrap(), None);
    world.waiting(at(500)).await;
    world.insert_with(|task| task.summary.not_before = Some(at(400))).await;
    world.insert_with(|task| task.timeouts = Timeouts { schedule_to_start_ms: Some(600), ..Timeouts::default() }).await;
    world.insert_with(|task| closes(task, 700)).await;
    for (now, next) in [(0, Some(400)), (399, Some(400)), (400, Some(500)), (500, Some(600)), (600, Some(700)), (700, None)] {
        assert_eq!(world.store.next_due(at(now)).await.unwrap(), next.map(at), "after {now}");
    }
}

pub async fn ended_tasks_have_no_next_instant(world: &World) {
    let timer = world.waiting(at(500)).await;
    let late = world.insert_with(|task| closes(task, 600)).await;
    for id in [timer, late] {
        world.store.request_cancel(id, Principal::System, at(100)).await.unwrap();
    }
    assert_eq!(world.store.next_due(at(0)).await.unwrap(), None);
}
