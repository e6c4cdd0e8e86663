//! How do attempts end, and what do agents get counted for it?

use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::{AttemptOutcome, Failure};
use baton_storage::{Advance, AttemptEnd, BegunTask, Guard};

use crate::World;
use crate::make::{at, person};

fn ending(begun: &BegunTask, trigger: Trigger, outcome: AttemptOutcome, failure: Option<Failure>) -> Advance {
    let change = Advance::new(begun.task.summary.id, Guard::Lease(begun.task.lease), trigger, Principal::System, at(200));
    Advance { attempt_end: Some(AttemptEnd { outcome, failure }), ..change }
}

/// A running task that may end so: its holder pauses it only if somebody wants that.
async fn running(world: &World, trigger: Trigger) -> BegunTask {
    let begun = world.running().await;
    if trigger == Trigger::Pause {
        world.store.request_pause(begun.task.summary.id, true, person(), at(150)).await.unwrap();
    }
    begun
}

pub async fn an_attempt_ends_with_its_outcome_and_failure(world: &World) {
    let failure = Failure { code: "ATTEMPT-001".to_owned(), message: "The worker is gone.".to_owned(), retryable: true };
    for (trigger, outcome) in [
        (Trigger::Complete, AttemptOutcome::Completed),
        (Trigger::Retry, AttemptOutcome::Failed),
        (Trigger::TimeOut, AttemptOutcome::TimedOut),
        (Trigger::Cancel, AttemptOutcome::Canceled),
        (Trigger::LoseWorker, AttemptOutcome::Lost),
        (Trigger::HandBack, AttemptOutcome::HandedBack),
        (Trigger::HandBack, AttemptOutcome::Refused),
        (Trigger::Pause, AttemptOutcome::Paused),
    ] {
        let begun = running(world, trigger).await;
        world.applied(ending(&begun, trigger, outcome, Some(failure.clone()))).await;
        let attempt = world.rows(begun.task.summary.id).await.attempts.remove(0);
        assert_eq!((attempt.ended_at, attempt.outcome, attempt.failure), (Some(at(200)), Some(outcome), Some(failure.clone())));
    }
}

pub async fn agents_are_counted_for_what_ended_well_or_badly(world: &World) {
    world.register_agent().await;
    for (trigger, outcome, counted) in [
        (Trigger::Complete, AttemptOutcome::Completed, (1, 0)),
        (Trigger::Retry, AttemptOutcome::Failed, (1, 1)),
        (Trigger::TimeOut, AttemptOutcome::TimedOut, (1, 2)),
        (Trigger::LoseWorker, AttemptOutcome::Lost, (1, 3)),
        (Trigger::Cancel, AttemptOutcome::Canceled, (1, 3)),
        (Trigger::HandBack, AttemptOutcome::HandedBack, (1, 3)),
        (Trigger::HandBack, AttemptOutcome::Refused, (1, 3)),
        (Trigger::Pause, AttemptOutcome::Paused, (1, 3)),
    ] {
        let begun = running(world, trigger).await;
        world.applied(ending(&begun, trigger, outcome, None)).await;
        let agent = world.store.agents().await.unwrap().items.remove(0);
        assert_eq!((agent.completed, agent.failed), counted, "{outcome:?}");
        assert_eq!((agent.busy, agent.last_active_at), (0, Some(at(200))));
    }
}

pub async fn a_refused_task_keeps_its_attempt_and_ends_rejected_when_nobody_is_left(world: &World) {
    let refusal = Failure { code: "WRONG-LANGUAGE".to_owned(), message: "Only English.".to_owned(), retryable: false };
    let first = world.running().await;
    let id = first.task.summary.id;
    let refused =
        Advance { reason: Some("refused".to_owned()), ..ending(&first, Trigger::HandBack, AttemptOutcome::Refused, Some(refusal.clone())) };
    let queued = world.applied(refused).await.summary;
    assert_eq!((queued.state, queued.attempt, queued.reason.as_deref(), queued.failure), (TaskState::Queued, 1, Some("refused"), None));
    // Another agent is asked under the next lease, for the same attempt.
    let second = world.begin(id, at(300)).await;
    assert_eq!((second.task.summary.attempt, second.task.lease.0), (1, first.task.lease.0 + 1));
    let refused = ending(&second, Trigger::HandBack, AttemptOutcome::Refused, Some(refusal.clone()));
    world.applied(Advance { at: at(400), ..refused }).await;
    let rejected = Advance::new(id, Guard::State(TaskState::Queued), Trigger::Reject, Principal::System, at(400));
    world.applied(Advance { reason: Some(refusal.code.clone()), failure: Some(refusal.clone()), ..rejected }).await;
    let rows = world.rows(id).await;
    let summary = &rows.task.summary;
    assert_eq!((summary.state, summary.finished_at, summary.failure.as_ref()), (TaskState::Rejected, Some(at(400)), Some(&refusal)));
    let ends: Vec<_> = rows.attempts.iter().map(|attempt| (attempt.number, attempt.outcome, attempt.failure.as_ref())).collect();
    assert_eq!(ends, [(1, Some(AttemptOutcome::Refused), Some(&refusal)); 2]);
}

pub async fn an_attempt_without_an_end_stays_open(world: &World) {
    let begun = world.running().await;
    let hold = Advance::new(begun.task.summary.id, Guard::Lease(begun.task.lease), Trigger::Hold, Principal::System, at(200));
    world.applied(hold).await;
    let attempt = world.rows(begun.task.summary.id).await.attempts.remove(0);
    assert_eq!((attempt.ended_at, attempt.outcome), (None, None));
}

pub async fn only_the_newest_attempt_ends(world: &World) {
    let first = world.running().await;
    world.applied(ending(&first, Trigger::Retry, AttemptOutcome::Failed, None)).await;
    let second = world.begin(first.task.summary.id, at(300)).await;
    world.applied(Advance { at: at(400), ..ending(&second, Trigger::Cancel, AttemptOutcome::Canceled, None) }).await;
    let rows = world.rows(first.task.summary.id).await;
    let ends: Vec<_> = rows.attempts.iter().map(|attempt| (attempt.outcome, attempt.ended_at)).collect();
    assert_eq!(ends, [(Some(AttemptOutcome::Failed), Some(at(200))), (Some(AttemptOutcome::Canceled), Some(at(400)))]);
}

pub async fn a_refused_change_ends_no_attempt(world: &World) {
    world.register_agent().await;
    let begun = world.running().await;
    let stale = Guard::Lease(baton_domain::id::LeaseToken(begun.task.lease.0 - 1));
    world.refused(Advance { guard: stale, ..ending(&begun, Trigger::Fail, AttemptOutcome::Failed, None) }).await;
    world.refused(ending(&begun, Trigger::Enqueue, AttemptOutcome::Failed, None)).await;
}
