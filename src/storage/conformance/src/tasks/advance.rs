//! What of a change is stored beside the state: instants, reasons, what is waited for, the count of attempts.

use baton_domain::id::LeaseToken;
use baton_domain::task::{TaskState, Trigger, WaitKind};
use baton_domain::user::Principal;
use baton_domain::wire::task::Failure;
use baton_storage::{Advance, Advanced, BegunTask, Guard, TaskRecord};
use serde_json::json;

use crate::World;
use crate::make::{at, person};

/// A change by the holder of the lease.
fn by_holder(begun: &BegunTask, trigger: Trigger, millis: i64) -> Advance {
    Advance::new(begun.task.summary.id, Guard::Lease(begun.task.lease), trigger, Principal::System, at(millis))
}

/// A change of a task in the state that the record shows.
fn of(task: &TaskRecord, trigger: Trigger, millis: i64) -> Advance {
    Advance::new(task.summary.id, Guard::State(task.summary.state), trigger, person(), at(millis))
}

pub async fn a_retry_waits_until_its_instant(world: &World) {
    let begun = world.running().await;
    let retry = Advance { not_before: Some(at(5_000)), reason: Some("retry".to_owned()), ..by_holder(&begun, Trigger::Retry, 200) };
    let task = world.applied(retry).await;
    assert_eq!((task.summary.attempt, task.summary.not_before, task.ready_at), (2, Some(at(5_000)), at(5_000)));
    assert_eq!((task.summary.agent, task.lease), (begun.task.summary.agent, begun.task.lease));
    assert_eq!(world.ready("nlp.sentiment", 9, at(4_999)).await, []);
    let ready = world.ready("nlp.sentiment", 9, at(5_000)).await;
    assert_eq!((ready.len(), ready[0].rank), (1, task.summary.priority.rank(at(5_000))));
    assert_eq!(world.store.next_due(at(200)).await.unwrap(), Some(at(5_000)));
}

pub async fn a_retry_without_an_instant_is_ready_at_once(world: &World) {
    let begun = world.running().await;
    let task = world.applied(by_holder(&begun, Trigger::Retry, 200)).await;
    assert_eq!((task.summary.not_before, task.ready_at), (None, at(200)));
    assert_eq!(world.begin(task.summary.id, at(200)).await.task.summary.attempt, 2);
}

pub async fn an_instant_that_has_passed_makes_ready_now(world: &World) {
    let begun = world.running().await;
    let task = world.applied(Advance { not_before: Some(at(50)), ..by_holder(&begun, Trigger::Retry, 200) }).await;
    assert_eq!((task.summary.not_before, task.ready_at), (Some(at(50)), at(200)));
}

pub async fn the_last_attempt_is_followed_by_none(world: &World) {
    for trigger in [Trigger::Retry, Trigger::LoseWorker] {
        let id = world.insert_with(|task| task.summary.maximum_attempts = 2).await;
        let first = world.begin(id, at(100)).await;
        assert_eq!(world.applied(by_holder(&first, trigger, 200)).await.summary.attempt, 2);
        let last = world.begin(id, at(300)).await;
        world.refused(by_holder(&last, trigger, 400)).await;
        world.refused(of(&last.task, trigger, 400)).await;
        assert_eq!(world.applied(by_holder(&last, Trigger::Fail, 500)).await.summary.state, TaskState::Failed);
    }
}

pub async fn handing_back_costs_no_attempt_even_on_the_last(world: &World) {
    let id = world.insert_with(|task| task.summary.maximum_attempts = 1).await;
    for round in 1..4 {
        let begun = world.begin(id, at(round * 100)).await;
        let task = world.applied(by_holder(&begun, Trigger::HandBack, round * 100 + 50)).await;
        assert_eq!((task.summary.attempt, task.summary.state, task.lease.0), (1, TaskState::Queued, round));
    }
}

pub async fn a_released_timer_is_queued_and_due(world: &World) {
    let id = world.waiting(at(500)).await;
    let task = world.applied(of(&world.record(id).await, Trigger::Release, 600)).await;
    assert_eq!((task.summary.state, task.summary.wait_kind, task.summary.not_before), (TaskState::Queued, None, None));
    assert_eq!(task.ready_at, at(600));
    assert_eq!(world.store.due_tasks(at(600), 9).await.unwrap(), []);
    world.begin(id, at(600)).await;
}

pub async fn a_task_can_wait_for_each_kind_of_thing(world: &World) {
    for &kind in WaitKind::ALL {
        let begun = world.running().await;
        let hold = Advance { wait_kind: Some(kind), not_before: Some(at(900)), ..by_holder(&begun, Trigger::Hold, 200) };
        let task = world.applied(hold).await;
        assert_eq!((task.summary.state, task.summary.wait_kind, task.summary.not_before), (TaskState::Waiting, Some(kind), Some(at(900))));
        assert_eq!((task.lease_until, task.deadline_at, task.summary.attempt), (None, None, 1));
    }
}

pub async fn what_is_waited_for_is_kept_only_while_it_waits(world: &World) {
    let task = world.record(world.queued().await).await;
    let pause = Advance { wait_kind: Some(WaitKind::Timer), ..of(&task, Trigger::Pause, 200) };
    let paused = world.applied(pause).await;
    assert_eq!(paused.summary.wait_kind, None);
    let again = Advance { wait_kind: Some(WaitKind::Input), ..of(&paused, Trigger::ResumeWaiting, 300) };
    let waiting = world.applied(again).await;
    assert_eq!(waiting.summary.wait_kind, Some(WaitKind::Input));
    assert_eq!(world.applied(of(&waiting, Trigger::Release, 400)).await.summary.wait_kind, None);
}

pub async fn a_failed_task_says_why(world: &World) {
    let failure = Failure { code: "SKILL-001".to_owned(), message: "The text is empty.".to_owned(), retryable: false };
    let begun = world.running().await;
    let fail = Advance { failure: Some(failure.clone()), reason: Some(failure.code.clone()), ..by_holder(&begun, Trigger::Fail, 700) };
    let task = world.applied(fail).await;
    assert_eq!((task.summary.failure, task.summary.finished_at), (Some(failure), Some(at(700))));
    assert_eq!(task.summary.reason.as_deref(), Some("SKILL-001"));
}

pub async fn a_task_that_goes_on_keeps_no_failure(world: &World) {
    let failure = Failure { code: "SKILL-001".to_owned(), message: "Once.".to_owned(), retryable: true };
    let begun = world.running().await;
    let task = world.applied(Advance { failure: Some(failure), ..by_holder(&begun, Trigger::Retry, 200) }).await;
    assert_eq!((task.summary.failure, task.summary.finished_at), (None, None));
}

pub async fn a_result_can_come_with_the_change(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.applied(Advance { result: Some(json!({"n": 1})), ..by_holder(&begun, Trigger::Complete, 200) }).await;
    assert_eq!(world.rows(id).await.result, Some(json!({"n": 1})));
}

pub async fn the_first_beginning_stays_when_started_again(world: &World) {
    let first = world.running().await;
    world.applied(by_holder(&first, Trigger::Retry, 200)).await;
    let second = world.begin(first.task.summary.id, at(300)).await;
    assert_eq!(second.task.summary.started_at, Some(at(100)));
}

pub async fn only_beginning_assigns(world: &World) {
    let queued = world.record(world.queued().await).await;
    world.refused(of(&queued, Trigger::Assign, 200)).await;
    assert_eq!(world.begin(queued.summary.id, at(300)).await.task.lease, LeaseToken(1));
}

pub async fn the_reason_is_that_of_the_last_change(world: &World) {
    let queued = world.record(world.queued().await).await;
    assert_eq!(queued.summary.reason.as_deref(), Some("submitted"));
    let paused = world.applied(Advance { reason: Some("by_hand".to_owned()), ..of(&queued, Trigger::Pause, 200) }).await;
    assert_eq!(paused.summary.reason.as_deref(), Some("by_hand"));
    let resumed = world.applied(of(&paused, Trigger::Resume, 300)).await;
    assert_eq!(resumed.summary.reason, None);
    let reasons: Vec<_> = world.rows(queued.summary.id).await.timeline.into_iter().map(|entry| entry.reason).collect();
    assert_eq!(reasons, [Some("submitted".to_owned()), Some("by_hand".to_owned()), None]);
}

pub async fn a_stale_holder_can_change_nothing(world: &World) {
    let old = world.running().await;
    let id = old.task.summary.id;
    world.applied(by_holder(&old, Trigger::LoseWorker, 200)).await;
    let new = world.begin(id, at(300)).await;
    for &trigger in Trigger::ALL {
        world.refused(Advance { result: Some(json!("late")), ..by_holder(&old, trigger, 400) }).await;
    }
    assert!(matches!(world.store.complete(World::completion(&new, at(500))).await.unwrap(), Advanced::Applied(_)));
}

pub async fn the_timeline_tells_every_state_with_its_attempt(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.applied(by_holder(&begun, Trigger::Retry, 200)).await;
    world.store.request_cancel(id, person(), at(300)).await.unwrap();
    let rows = world.rows(id).await;
    let told: Vec<_> = rows.timeline.iter().map(|entry| (entry.state, entry.at, entry.attempt, entry.actor.as_str())).collect();
    let (system, asked) = (Principal::System, person());
    assert_eq!(
        told,
        [
            (TaskState::Queued, at(0), 1, asked.label()),
            (TaskState::Assigned, at(100), 1, system.label()),
            (TaskState::Running, at(100), 1, system.label()),
            (TaskState::Queued, at(200), 2, system.label()),
            (TaskState::Canceled, at(300), 2, asked.label()),
        ]
    );
    assert_eq!((rows.timeline[0].seq.0, rows.timeline[4].seq.0, rows.as_of.0), (1, 5, 5));
}
