//! Is everything there when the same data is opened again? Back-ends that keep none pass.

use baton_domain::agent::AgentStatus;
use baton_domain::id::{DEFAULT_PROJECT, EventSeq};
use baton_domain::task::Trigger;
use baton_domain::user::{Principal, Role};
use baton_domain::wire::trace::Level;
use baton_storage::{
    Advance, Advanced, Checkpoint, Checkpointed, Guard, Idempotency, Inserted, JournalWrite, NewLogLine, TraceBatch, Verdict,
};
use serde_json::json;

use crate::World;
use crate::make::{agent, at, person};
use crate::{journals, notifications, topics, users, workflows};

pub async fn what_was_committed_is_there_after_a_restart(world: &World) {
    world.register_agent().await;
    world.store.set_agent_status(agent().id, AgentStatus::Draining, person(), at(5)).await.unwrap();
    world.store.insert_artifact(world.artifact_view(), person()).await.unwrap();
    world.waiting(at(500)).await;
    let ended = world.running().await;
    world.store.complete(World::completion(&ended, at(300))).await.unwrap();
    let running = world.running().await;
    let line = NewLogLine { at: at(5), level: Level::Info, message: "still here".to_owned(), fields: json!({}) };
    let task = running.task.summary.id;
    let batch = TraceBatch { task, attempt: running.attempt, logs: vec![line], spans: vec![], errors: vec![] };
    world.store.append_trace(batch.clone()).await.unwrap();
    let before = world.image().await;
    let Some(world) = world.restarted().await else { return };
    assert_eq!(world.image().await, before);
    assert_eq!(world.store.append_trace(batch).await.unwrap(), 2, "the log goes on where it was");
    world.holds().await;
}

pub async fn the_sequence_goes_on_after_a_restart(world: &World) {
    world.queued().await;
    let Some(world) = world.restarted().await else { return };
    world.running().await;
    assert_eq!(world.head().await, 4);
    world.holds().await;
}

pub async fn leases_hold_over_a_restart(world: &World) {
    let (kept, lost) = (world.running().await, world.running().await);
    let lose = Advance::new(lost.task.summary.id, Guard::Lease(lost.task.lease), Trigger::LoseWorker, Principal::System, at(200));
    world.applied(lose).await;
    let Some(world) = world.restarted().await else { return };
    assert_eq!(world.store.leased_tasks().await.unwrap(), std::slice::from_ref(&kept.task));
    let again = world.begin(lost.task.summary.id, at(300)).await;
    assert_eq!(again.task.lease.0, 2, "a lease is never given out twice");
    let stale = world.store.complete(World::completion(&lost, at(400))).await.unwrap();
    assert!(matches!(stale, Advanced::Refused(_)));
    for begun in [kept, again] {
        assert!(matches!(world.store.complete(World::completion(&begun, at(500))).await.unwrap(), Advanced::Applied(_)));
    }
    world.holds().await;
}

pub async fn a_checkpoint_and_a_wish_to_pause_are_known_after_a_restart(world: &World) {
    let begun = world.running().await;
    let (task, lease) = (begun.task.summary.id, begun.task.lease);
    let checkpoint = Checkpoint { task, lease, state: json!({"row": 7}), at: at(300) };
    world.store.save_checkpoint(checkpoint.clone()).await.unwrap();
    world.store.request_pause(task, true, person(), at(310)).await.unwrap();
    let Some(world) = world.restarted().await else { return };
    assert_eq!(world.store.checkpoint(task).await.unwrap(), Some(json!({"row": 7})));
    assert_eq!(world.record(task).await.summary.pause_requested_at, Some(at(310)));
    assert_eq!(world.store.save_checkpoint(checkpoint).await.unwrap(), Checkpointed::Kept { pause: true });
    world.holds().await;
}

pub async fn a_request_is_known_again_after_a_restart(world: &World) {
    let key = Idempotency { principal: "user:1".to_owned(), key: "k".to_owned(), request_hash: [1; 32] };
    let first = world.new_task();
    let id = first.task.summary.id;
    world.store.insert_tasks(vec![first], Some(key.clone())).await.unwrap();
    let Some(world) = world.restarted().await else { return };
    assert_eq!(world.store.insert_tasks(vec![world.new_task()], Some(key)).await.unwrap(), Inserted::Replayed(vec![id]));
    world.holds().await;
}

pub async fn users_are_known_after_a_restart(world: &World) {
    let ada = users::insert(world, "ada@x.test", Role::Admin).await;
    let Some(world) = world.restarted().await else { return };
    assert_eq!(world.store.users().await.unwrap(), [ada]);
    world.holds().await;
}

pub async fn a_subscription_goes_on_after_a_restart(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", 1..=4).await;
    let got = world.pulled("s", 2, at(10)).await.items;
    world.settled("s", vec![topics::ids(&got)[0]], Verdict::Acknowledge, at(20)).await;
    let before = world.view("s", at(20)).await;
    let Some(world) = world.restarted().await else { return };
    assert_eq!(world.view("s", at(20)).await, before);
    assert_eq!(topics::said(&world.pulled("s", 9, at(30)).await.items), [3, 4]);
    let late = world.settled("s", topics::ids(&got), Verdict::Acknowledge, at(40)).await;
    assert_eq!(late.settled, 1, "what was in somebody's hands can still be acknowledged");
    world.holds().await;
}

pub async fn journals_workflows_and_notifications_are_known_after_a_restart(world: &World) {
    let begun = journals::opened(world).await;
    let facts = vec![(at(20), json!(1))];
    journals::written(world, JournalWrite { facts: facts.clone(), ..journals::turn(&begun, 1) }).await;
    workflows::store(world, "orders", "one", None, 9).await;
    let told = notifications::of(world, 1, 1, "approval:a");
    world.store.notify(vec![told.clone()], vec![], EventSeq(0), EventSeq(1)).await.unwrap();
    let before = (world.store.journal(begun.id).await.unwrap(), world.store.workflows(DEFAULT_PROJECT, None, 9).await.unwrap());
    let Some(world) = world.restarted().await else { return };
    let after = (world.store.journal(begun.id).await.unwrap(), world.store.workflows(DEFAULT_PROJECT, None, 9).await.unwrap());
    assert_eq!(after, before);
    assert_eq!(world.store.notifications(told.user, true, None, 9).await.unwrap(), [told]);
    assert_eq!(world.store.notified_until().await.unwrap(), EventSeq(1));
    journals::written(&world, JournalWrite { facts, ..journals::turn(&begun, 2) }).await;
    let numbers: Vec<i64> = world.store.journal_facts(begun.id, 0, 9).await.unwrap().iter().map(|fact| fact.number).collect();
    assert_eq!(numbers, [1, 2], "the numbers go on where they were");
    world.holds().await;
}
