//! Who holds a lease?

use baton_domain::id::AgentId;
use baton_domain::task::Trigger;
use baton_domain::user::Principal;
use baton_storage::{Advance, Guard};

use crate::World;
use crate::make::{agent, at, states};

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
