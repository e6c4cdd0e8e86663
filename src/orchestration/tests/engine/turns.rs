//! Do keys get their shares, does a new one get its turn, and do limits hold, on the engine as a whole?

use std::collections::HashMap;

use baton_domain::id::TaskId;
use baton_domain::task::{Priority, TaskState};
use baton_domain::wire::limit::{LimitScope, NewLimit};
use baton_domain::wire::task::{NewBatch, NewTask, TaskFilter};
use serde_json::json;

use super::world::World;

fn of(key: &str, weight: f64) -> NewTask {
    NewTask { fairness_key: Some(key.to_owned()), fairness_weight: weight, ..NewTask::new("diagnostics.echo", json!({"message": "x"})) }
}

async fn submit(world: &World, task: &NewTask, count: usize) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for part in (0..count).collect::<Vec<_>>().chunks(1_000) {
        let batch = NewBatch { tasks: vec![task.clone(); part.len()] };
        ids.extend(world.tasks().submit_batch(&world.caller, batch, None).await.unwrap().ids);
    }
    ids
}

/// Which keys began, in this order, as the log of events tells it.
pub async fn beginnings(world: &World) -> Vec<String> {
    use baton_storage::EventStore;
    let filter = baton_domain::event::TopicFilter::parse("task.running").unwrap();
    let page = world.store.events_since(baton_domain::id::EventSeq(0), &filter, 1_000_000).await.unwrap();
    page.items.iter().map(|event| event.data.value()["fairness_key"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn drain(world: &World, drained: bool) {
    let agents = world.engine.agents();
    for agent in agents.list(&world.caller).await.unwrap().items {
        if drained {
            agents.drain(&world.caller, agent.id).await.unwrap();
        } else {
            agents.resume(&world.caller, agent.id).await.unwrap();
        }
    }
}

#[tokio::test]
async fn keys_share_by_weight_and_a_new_one_is_not_behind_the_others() {
    let world = World::new().await;
    drain(&world, true).await;
    let (light, heavy) = (submit(&world, &of("light", 1.0), 2_000).await, submit(&world, &of("heavy", 3.0), 4_000).await);
    let late = world.submit(of("late", 1.0)).await.unwrap();
    drain(&world, false).await;
    world.ended(late).await;
    for id in light.iter().chain(&heavy) {
        world.ended(*id).await;
    }
    let order = beginnings(&world).await;
    assert_eq!(order.len(), 6_001);
    // While both have tasks.
    let mut seen: HashMap<&str, f64> = HashMap::new();
    for key in order.iter().filter(|key| *key != "late").take(4_000) {
        *seen.entry(key).or_default() += 1.0;
    }
    assert!((seen["light"] / 1_000.0 - 1.0).abs() < 0.05, "{seen:?}");
    let place = order.iter().position(|key| key == "late").unwrap();
    assert!(place < 64, "the new key began at place {place}");
}

#[tokio::test]
async fn a_limit_holds_on_skill_and_key_and_holds_up_no_other() {
    let world = World::new().await;
    let limits = world.engine.limits();
    let set = |scope, name: &str, maximum| {
        let (limits, caller, name) = (limits.clone(), world.caller.clone(), name.to_owned());
        async move { limits.set(&caller, NewLimit { scope, name, maximum }).await }
    };
    for maximum in [0, -1, 1_000_001] {
        assert_eq!(set(LimitScope::Skill, "diagnostics.sleep", maximum).await.unwrap_err().code, "LIMIT-002");
    }
    assert_eq!(set(LimitScope::Skill, "no.such", 1).await.unwrap_err().code, "AGENT-002");
    assert_eq!(set(LimitScope::FairnessKey, "", 1).await.unwrap_err().code, "REQUEST-002");
    set(LimitScope::FairnessKey, "a", 1).await.unwrap();
    let sleep =
        |key: &str| NewTask { fairness_key: Some(key.into()), ..NewTask::new("diagnostics.sleep", json!({"milliseconds": 60_000})) };
    let held = submit(&world, &sleep("a"), 3).await;
    let others = submit(&world, &sleep("b"), 2).await;
    for id in &others {
        world.reaches(*id, TaskState::Running).await;
    }
    let running = || async {
        let filter = TaskFilter { states: vec![TaskState::Running], fairness_key: Some("a".into()), ..TaskFilter::default() };
        world.tasks().list(&world.caller, filter).await.unwrap().items.iter().map(|task| task.id).collect::<Vec<_>>()
    };
    assert_eq!(running().await, [held[0]]);
    world.tasks().cancel(&world.caller, held[0]).await.unwrap();
    world.reaches(held[1], TaskState::Running).await;
    assert_eq!(running().await, [held[1]]);
    assert_eq!(limits.list(&world.caller).await.unwrap()[0].running, 1);
    limits.remove(&world.caller, LimitScope::FairnessKey, "a".into()).await.unwrap();
    world.reaches(held[2], TaskState::Running).await;
    assert_eq!(limits.remove(&world.caller, LimitScope::FairnessKey, "a".into()).await.unwrap_err().code, "LIMIT-001");
    for id in held.into_iter().chain(others) {
        let _ = world.tasks().cancel(&world.caller, id).await;
    }
}

#[tokio::test]
async fn a_background_task_begins_within_four_steps_behind_endless_critical_ones() {
    let world = World::new().await;
    drain(&world, true).await;
    let with = |number: u8, key: &str| NewTask { priority: Priority::new(number).unwrap(), ..of(key, 1.0) };
    submit(&world, &with(1, "urgent"), 2_000).await;
    let low = world.submit(with(5, "low")).await.unwrap();
    world.clock.advance(baton_domain::task::AGING_STEP * 4);
    submit(&world, &with(1, "urgent"), 1_000).await;
    drain(&world, false).await;
    world.ended(low).await;
    let place = beginnings(&world).await.iter().position(|key| key == "low").unwrap();
    assert!(place < 64, "it began at place {place} of 3,001");
}
