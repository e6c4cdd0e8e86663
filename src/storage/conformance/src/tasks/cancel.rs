//! What becomes of a request to cancel, in each state?

use baton_domain::id::TaskId;
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::TaskSummary;
use baton_storage::{Advance, CancelRequest, Guard};

use crate::World;
use crate::make::{at, person, states};

async fn ends_at_once(world: &World, state: TaskState) {
    let before = world.in_state(state).await;
    let head = world.head().await;
    let CancelRequest::Canceled(task) = world.store.request_cancel(before.summary.id, person(), at(800)).await.unwrap() else { panic!() };
    assert_eq!(*task, world.record(before.summary.id).await);
    let wanted = TaskSummary {
        state: TaskState::Canceled,
        wait_kind: None,
        reason: Some("canceled".to_owned()),
        finished_at: Some(at(800)),
        cancel_requested_at: Some(at(800)),
        ..before.summary
    };
    assert_eq!(task.summary, wanted);
    let events = world.since(head).await;
    assert_eq!((events.len(), events[0].kind.as_str(), &events[0].actor, events[0].at), (1, "task.canceled", &person(), at(800)));
    assert_eq!(events[0].data.value(), serde_json::to_value(&wanted).unwrap());
}

pub async fn a_queued_task_is_canceled_at_once(world: &World) {
    ends_at_once(world, TaskState::Queued).await;
}

pub async fn a_waiting_task_is_canceled_at_once(world: &World) {
    ends_at_once(world, TaskState::Waiting).await;
}

pub async fn a_paused_task_is_canceled_at_once(world: &World) {
    ends_at_once(world, TaskState::Paused).await;
}

async fn is_asked(world: &World, state: TaskState) {
    let before = world.in_state(state).await;
    let (id, head) = (before.summary.id, world.head().await);
    let CancelRequest::Running(task) = world.store.request_cancel(id, person(), at(800)).await.unwrap() else { panic!() };
    let mut wanted = before;
    wanted.summary.cancel_requested_at = Some(at(800));
    assert_eq!((&*task, world.record(id).await), (&wanted, wanted.clone()), "nothing else changed");
    let events = world.since(head).await;
    assert_eq!((events.len(), events[0].kind.as_str(), &events[0].actor), (1, "task.cancel_requested", &person()));
    assert_eq!(events[0].data.value(), serde_json::to_value(&wanted.summary).unwrap());
    assert!(world.rows(id).await.timeline.iter().all(|entry| entry.at != at(800)), "a request is no state");
}

pub async fn a_running_task_is_asked_to_stop(world: &World) {
    is_asked(world, TaskState::Running).await;
}

pub async fn asking_again_changes_nothing(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.store.request_cancel(id, person(), at(150)).await.unwrap();
    let before = world.image().await;
    let CancelRequest::Running(task) = world.store.request_cancel(id, Principal::System, at(160)).await.unwrap() else { panic!() };
    assert_eq!((task.summary.cancel_requested_at, world.image().await), (Some(at(150)), before));
}

pub async fn an_ended_task_stays_as_it_is(world: &World) {
    for state in states().filter(|state| state.is_terminal()) {
        let task = world.in_state(state).await;
        let before = world.image().await;
        let answer = world.store.request_cancel(task.summary.id, person(), at(800)).await.unwrap();
        assert_eq!(answer, CancelRequest::Ended(Box::new(task)), "{state}");
        assert_eq!(world.image().await, before, "{state}");
    }
}

pub async fn a_request_for_no_task_says_so(world: &World) {
    assert_eq!(world.store.request_cancel(TaskId::new(world.id()), person(), at(0)).await.unwrap(), CancelRequest::Missing);
    assert_eq!(world.head().await, 0);
}

pub async fn a_task_whose_attempt_was_stopped_is_canceled(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.store.request_cancel(id, person(), at(150)).await.unwrap();
    let cancel = Advance::new(id, Guard::Lease(begun.task.lease), Trigger::Cancel, Principal::System, at(200));
    let task = world.applied(cancel).await;
    assert_eq!((task.summary.state, task.summary.cancel_requested_at), (TaskState::Canceled, Some(at(150))));
    assert_eq!((task.lease_until, task.deadline_at), (None, None));
}

pub async fn a_request_is_kept_over_a_retry(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.store.request_cancel(id, person(), at(150)).await.unwrap();
    let retry = Advance::new(id, Guard::Lease(begun.task.lease), Trigger::Retry, Principal::System, at(200));
    assert_eq!(world.applied(retry).await.summary.cancel_requested_at, Some(at(150)));
    assert!(matches!(world.store.request_cancel(id, person(), at(300)).await.unwrap(), CancelRequest::Canceled(_)));
}
