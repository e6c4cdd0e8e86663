//! Who holds a lease, and until when is the holder believed?

use baton_domain::id::{AgentId, LeaseToken, TaskId};
use baton_domain::task::Trigger;
use baton_domain::user::Principal;
use baton_storage::{Advance, Guard};

use crate::World;
use crate::make::{agent, at, states};

pub async fn a_heartbeat_moves_the_end_of_a_lease_and_nothing_else(world: &World) {
    let begun = world.running().await;
    let (id, head) = (begun.task.summary.id, world.head().await);
    assert_eq!(world.store.heartbeat(vec![(id, begun.task.lease, at(60_000))]).await.unwrap(), []);
    let mut wanted = begun.task;
    wanted.lease_until = Some(at(60_000));
    assert_eq!((world.record(id).await, world.head().await), (wanted, head));
}

pub async fn stale_leases_are_given_back_in_their_order(world: &World) {
    let (held, lost) = (world.running().await, world.running().await);
    let lose = Advance::new(lost.task.summary.id, Guard::Lease(lost.task.lease), Trigger::LoseWorker, Principal::System, at(200));
    world.applied(lose).await;
    let again = world.begin(lost.task.summary.id, at(300)).await;
    let done = world.running().await;
    world.store.complete(World::completion(&done, at(300))).await.unwrap();
    let missing = TaskId::new(world.id());
    let beats = vec![
        (done.task.summary.id, done.task.lease, at(90_000)),
        (held.task.summary.id, held.task.lease, at(90_000)),
        (missing, LeaseToken(1), at(90_000)),
        (lost.task.summary.id, lost.task.lease, at(80_000)),
        (again.task.summary.id, again.task.lease, at(90_000)),
    ];
    let stale = world.store.heartbeat(beats).await.unwrap();
    assert_eq!(stale, [(done.task.summary.id, LeaseToken(1)), (missing, LeaseToken(1)), (lost.task.summary.id, LeaseToken(1))]);
    assert_eq!(world.record(held.task.summary.id).await.lease_until, Some(at(90_000)));
    assert_eq!(world.record(again.task.summary.id).await.lease_until, Some(at(90_000)), "not the stale holder's");
    assert_eq!(world.record(done.task.summary.id).await.lease_until, None);
}

pub async fn no_heartbeats_are_no_error(world: &World) {
    assert_eq!(world.store.heartbeat(vec![]).await.unwrap(), []);
}

pub async fn a_holder_that_beats_does_not_expire(world: &World) {
    let begun = world.running().await;
    let (id, lease) = (begun.task.summary.id, begun.task.lease);
    world.store.heartbeat(vec![(id, lease, at(60_000))]).await.unwrap();
    assert_eq!(world.store.due_tasks(at(59_999), 9).await.unwrap(), []);
    assert_eq!(world.store.due_tasks(at(60_000), 9).await.unwrap(), [baton_storage::DueTask::LeaseExpired(id, lease)]);
}

pub async fn leased_tasks_are_those_an_attempt_works_on(world: &World) {
    let mut wanted = Vec::new();
    for state in states() {
        let task = world.in_state(state).await;
        if state.holds_lease() {
            wanted.push(task);
        }
    }
    wanted.sort_by_key(|task| task.summary.id);
    let mut leased = world.store.leased_tasks().await.unwrap();
    leased.sort_by_key(|task| task.summary.id);
    assert_eq!((leased.len(), leased), (1, wanted));
}

pub async fn the_tasks_of_an_agent_are_those_it_works_on_now(world: &World) {
    let (one, other) = (world.running().await, world.running().await);
    let ended = world.running().await;
    world.store.complete(World::completion(&ended, at(300))).await.unwrap();
    let back = world.running().await;
    let hand_back = Advance::new(back.task.summary.id, Guard::Lease(back.task.lease), Trigger::HandBack, Principal::System, at(300));
    world.applied(hand_back).await;
    let mut tasks = world.store.tasks_of_agent(agent().id).await.unwrap();
    tasks.sort();
    assert_eq!(tasks, [one.task.summary.id, other.task.summary.id]);
    assert_eq!(world.store.tasks_of_agent(AgentId::new(world.id())).await.unwrap(), []);
}
