//! Where does an attempt stand, and who wants it to pause there?

use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advance, Advanced, AttemptEnd, BegunTask, Checkpoint, Checkpointed, Guard, PauseRequest};
use serde_json::{Value, json};

use crate::World;
use crate::make::{at, person};

const GOES_ON: Checkpointed = Checkpointed::Kept { pause: false };

async fn save(world: &World, begun: &BegunTask, state: Value, millis: i64) -> Checkpointed {
    let (task, lease) = (begun.task.summary.id, begun.task.lease);
    world.store.save_checkpoint(Checkpoint { task, lease, state, at: at(millis) }).await.unwrap()
}

async fn wish(world: &World, begun: &BegunTask, wanted: bool, millis: i64) -> PauseRequest {
    world.store.request_pause(begun.task.summary.id, wanted, person(), at(millis)).await.unwrap()
}

fn change(begun: &BegunTask, trigger: Trigger) -> Advance {
    Advance::new(begun.task.summary.id, Guard::Lease(begun.task.lease), trigger, Principal::System, at(400))
}

pub async fn a_checkpoint_takes_the_place_of_the_one_before_and_is_no_event(world: &World) {
    let begun = world.running().await;
    let (id, head) = (begun.task.summary.id, world.head().await);
    assert_eq!((world.store.checkpoint(id).await.unwrap(), world.rows(id).await.checkpoint_at), (None, None));
    for (state, millis) in
        [(json!({"rows": 10, "text": "ä\u{0}"}), 300), (json!(null), 301), (json!([1, {"deep": "x".repeat(60_000)}]), 302)]
    {
        assert_eq!(save(world, &begun, state.clone(), millis).await, GOES_ON);
        assert_eq!((world.store.checkpoint(id).await.unwrap(), world.rows(id).await.checkpoint_at), (Some(state), Some(at(millis))));
    }
    assert_eq!((world.record(id).await, world.head().await), (begun.task, head));
}

pub async fn a_later_attempt_finds_it_however_the_earlier_one_ended(world: &World) {
    for trigger in [Trigger::Retry, Trigger::LoseWorker, Trigger::HandBack, Trigger::Pause] {
        let begun = world.running().await;
        let id = begun.task.summary.id;
        save(world, &begun, json!({"by": trigger.as_str()}), 300).await;
        if trigger == Trigger::Pause {
            wish(world, &begun, true, 350).await;
        }
        world.applied(change(&begun, trigger)).await;
        if trigger == Trigger::Pause {
            world.applied(Advance::new(id, Guard::State(TaskState::Paused), Trigger::Resume, person(), at(400))).await;
        }
        world.begin(id, at(500)).await;
        assert_eq!(world.store.checkpoint(id).await.unwrap(), Some(json!({"by": trigger.as_str()})));
    }
}

pub async fn only_the_holder_keeps_a_checkpoint(world: &World) {
    let lost = world.running().await;
    let id = lost.task.summary.id;
    save(world, &lost, json!(1), 300).await;
    world.applied(change(&lost, Trigger::LoseWorker)).await;
    assert_eq!(save(world, &lost, json!(2), 500).await, Checkpointed::Stale, "nobody holds it");
    let again = world.begin(id, at(500)).await;
    assert_eq!(save(world, &lost, json!(3), 600).await, Checkpointed::Stale, "somebody else holds it");
    assert_eq!((world.store.checkpoint(id).await.unwrap(), world.rows(id).await.checkpoint_at), (Some(json!(1)), Some(at(300))));
    assert_eq!(save(world, &again, json!(4), 700).await, GOES_ON);
    world.store.complete(World::completion(&again, at(800))).await.unwrap();
    assert_eq!(save(world, &again, json!(5), 900).await, Checkpointed::Stale, "it has ended");
    let missing = Checkpoint { task: TaskId::new(world.id()), lease: LeaseToken(1), state: json!(6), at: at(0) };
    assert_eq!(world.store.save_checkpoint(missing).await.unwrap(), Checkpointed::Stale);
}

pub async fn a_wish_to_pause_has_its_event_and_can_be_taken_back(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    let head = world.head().await;
    for (wanted, millis, stands) in
        [(false, 300, None), (true, 301, Some(301)), (true, 302, Some(301)), (false, 303, None), (true, 304, Some(304))]
    {
        let PauseRequest::Running(now) = wish(world, &begun, wanted, millis).await else { panic!("it runs") };
        assert_eq!((now.summary.pause_requested_at, now.summary.state), (stands.map(at), TaskState::Running));
        assert_eq!(*now, world.record(id).await);
    }
    let events = world.since(head).await;
    let told: Vec<_> = events.iter().map(|event| (event.kind.as_str(), &event.actor, event.at)).collect();
    let who = person();
    assert_eq!(
        told,
        [("task.pause_requested", &who, at(301)), ("task.pause_withdrawn", &who, at(303)), ("task.pause_requested", &who, at(304))]
    );
    assert_eq!(events[2].data.value(), serde_json::to_value(&world.record(id).await.summary).unwrap());
}

pub async fn a_wish_to_pause_is_for_what_runs(world: &World) {
    for state in crate::make::states().filter(|state| !state.holds_lease()) {
        let task = world.in_state(state).await;
        let before = world.image().await;
        let answer = world.store.request_pause(task.summary.id, true, person(), at(900)).await.unwrap();
        assert_eq!(answer, PauseRequest::NotRunning(Box::new(task)), "{state}");
        assert_eq!(world.image().await, before);
    }
    let missing = TaskId::new(world.id());
    assert_eq!(world.store.request_pause(missing, true, person(), at(900)).await.unwrap(), PauseRequest::Missing);
}

pub async fn a_checkpoint_meets_the_wish_to_pause(world: &World) {
    let begun = world.running().await;
    wish(world, &begun, true, 300).await;
    assert_eq!(save(world, &begun, json!(1), 301).await, Checkpointed::Kept { pause: true });
    wish(world, &begun, false, 302).await;
    assert_eq!(save(world, &begun, json!(2), 303).await, GOES_ON);
    wish(world, &begun, true, 304).await;
    assert_eq!(save(world, &begun, json!(3), 305).await, Checkpointed::Kept { pause: true });
    let end = AttemptEnd { outcome: AttemptOutcome::Paused, failure: None };
    let paused = world.applied(Advance { attempt_end: Some(end), ..change(&begun, Trigger::Pause) }).await;
    let summary = &paused.summary;
    assert_eq!((summary.state, summary.attempt, summary.pause_requested_at, paused.lease_until), (TaskState::Paused, 1, None, None));
    world.applied(Advance::new(summary.id, Guard::State(TaskState::Paused), Trigger::Resume, person(), at(500))).await;
    let again = world.begin(summary.id, at(600)).await;
    assert_eq!((again.task.summary.attempt, again.task.lease), (1, LeaseToken(begun.task.lease.0 + 1)));
    let attempts = world.rows(summary.id).await.attempts;
    let outcomes: Vec<_> = attempts.iter().map(|attempt| (attempt.number, attempt.outcome)).collect();
    assert_eq!(outcomes, [(1, Some(AttemptOutcome::Paused)), (1, None)], "the attempt that was paused does not count");
}

pub async fn a_task_that_goes_back_to_the_queue_is_paused_there_if_that_is_wanted(world: &World) {
    for (trigger, attempt) in [(Trigger::Retry, 2), (Trigger::LoseWorker, 2), (Trigger::HandBack, 1)] {
        let begun = world.running().await;
        wish(world, &begun, true, 300).await;
        let head = world.head().await;
        let later = Advance { not_before: Some(at(9_000)), ..change(&begun, trigger) };
        let paused = world.applied(later).await;
        let summary = &paused.summary;
        assert_eq!((summary.state, summary.attempt, summary.reason.as_deref()), (TaskState::Paused, attempt, Some("paused")));
        assert_eq!((summary.pause_requested_at, summary.not_before), (None, Some(at(9_000))));
        assert_eq!(paused, world.record(summary.id).await);
        let events = world.since(head).await;
        assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["task.queued", "task.paused"], "{trigger}");
        assert_eq!(events[1].data.value(), serde_json::to_value(summary).unwrap());
    }
}

pub async fn a_wish_to_pause_ends_with_the_task_and_gives_way_to_its_cancellation(world: &World) {
    for trigger in [Trigger::Fail, Trigger::TimeOut, Trigger::Cancel] {
        let begun = world.running().await;
        wish(world, &begun, true, 300).await;
        assert_eq!(world.applied(change(&begun, trigger)).await.summary.pause_requested_at, None, "{trigger}");
    }
    let begun = world.running().await;
    wish(world, &begun, true, 300).await;
    let head = world.head().await;
    let Advanced::Applied(ended) = world.store.complete(World::completion(&begun, at(400))).await.unwrap() else { panic!() };
    assert_eq!((ended.summary.state, ended.summary.pause_requested_at), (TaskState::Completed, None));
    assert_eq!(*ended, world.record(ended.summary.id).await);
    assert_eq!(world.since(head).await[0].data.value(), serde_json::to_value(&ended.summary).unwrap());

    let begun = world.running().await;
    wish(world, &begun, true, 300).await;
    world.store.request_cancel(begun.task.summary.id, person(), at(310)).await.unwrap();
    let back = world.applied(change(&begun, Trigger::LoseWorker)).await;
    assert_eq!((back.summary.state, back.summary.pause_requested_at), (TaskState::Queued, None), "it is to end, not to pause");
}

pub async fn a_wish_that_was_taken_back_pauses_nothing(world: &World) {
    let begun = world.running().await;
    wish(world, &begun, true, 300).await;
    assert_eq!(save(world, &begun, json!(1), 301).await, Checkpointed::Kept { pause: true });
    wish(world, &begun, false, 302).await;
    let end = AttemptEnd { outcome: AttemptOutcome::Paused, failure: None };
    let back = world.applied(Advance { attempt_end: Some(end), ..change(&begun, Trigger::Pause) }).await;
    assert_eq!((back.summary.state, back.summary.attempt), (TaskState::Queued, 1));
    assert_eq!(back.summary.reason.as_deref(), Some("handed_back"));
    assert_eq!(world.rows(back.summary.id).await.attempts[0].outcome, Some(AttemptOutcome::HandedBack));
    world.begin(back.summary.id, at(500)).await;
    assert_eq!(world.store.checkpoint(back.summary.id).await.unwrap(), Some(json!(1)));
}

pub async fn a_task_that_is_to_end_does_not_pause_at_its_checkpoint(world: &World) {
    let begun = world.running().await;
    wish(world, &begun, true, 300).await;
    world.store.request_cancel(begun.task.summary.id, person(), at(310)).await.unwrap();
    assert_eq!(save(world, &begun, json!(1), 320).await, GOES_ON);
}

pub async fn checkpoints_go_with_the_end_of_their_tasks(world: &World) {
    let (live, done, failed) = (world.running().await, world.running().await, world.running().await);
    for begun in [&live, &done, &failed] {
        save(world, begun, json!(1), 300).await;
    }
    world.store.complete(World::completion(&done, at(400))).await.unwrap();
    world.applied(change(&failed, Trigger::Fail)).await;
    let kept = async |begun: &BegunTask| {
        let id = begun.task.summary.id;
        (world.store.checkpoint(id).await.unwrap(), world.rows(id).await.checkpoint_at)
    };
    assert_eq!((kept(&done).await, kept(&failed).await), ((None, None), (None, None)));
    assert_eq!(world.store.forget_checkpoints(1).await.unwrap(), 1);
    assert_eq!(world.store.forget_checkpoints(100).await.unwrap(), 1);
    assert_eq!(world.store.forget_checkpoints(100).await.unwrap(), 0);
    assert_eq!(kept(&live).await, (Some(json!(1)), Some(at(300))));
}
