//! Do concurrency limits hold, for skills and for fairness keys, and what is said of them?

use baton_domain::id::TaskId;
use baton_domain::task::Trigger;
use baton_domain::user::Principal;
use baton_domain::wire::limit::{LimitScope, LimitView};
use baton_storage::{Advance, Assignment, Guard};
use futures::future::join_all;

use crate::World;
use crate::make::{at, person};

const SKILL: &str = "nlp.sentiment";

async fn set(world: &World, scope: LimitScope, name: &str, maximum: u32) -> LimitView {
    world.store.set_limit(scope, name.to_owned(), maximum, person(), at(0)).await.unwrap()
}

async fn many(world: &World, count: usize, key: Option<&str>) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    for _ in 0..count {
        let id = world.insert_with(|task| task.summary.fairness_key = key.map(str::to_owned)).await;
        assignments.push(world.assignment(id, at(100)));
    }
    assignments
}

async fn begun(world: &World, assignments: Vec<Assignment>) -> Vec<TaskId> {
    world.store.begin(assignments).await.unwrap().into_iter().map(|begun| begun.task.summary.id).collect()
}

pub async fn a_limit_reads_back_as_it_was_set(world: &World) {
    let key = set(world, LimitScope::FairnessKey, "tenant/7 €", 3).await;
    set(world, LimitScope::Skill, "nlp.keywords", 9).await;
    let skill = set(world, LimitScope::Skill, "nlp.keywords", 2).await;
    let by = person().label().to_owned();
    let wanted =
        LimitView { scope: LimitScope::Skill, name: "nlp.keywords".to_owned(), maximum: 2, running: 0, updated_at: at(0), updated_by: by };
    assert_eq!(skill, wanted);
    assert_eq!(world.store.limits().await.unwrap(), [skill, key]);
}

pub async fn setting_and_removing_have_their_events(world: &World) {
    let limit = set(world, LimitScope::Skill, SKILL, 2).await;
    let remove = || world.store.remove_limit(LimitScope::Skill, SKILL.to_owned(), person(), at(5));
    assert!(remove().await.unwrap());
    assert!(!remove().await.unwrap(), "there is none any more");
    let told: Vec<_> = world.since(0).await;
    assert_eq!(told.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["limit.set", "limit.removed"]);
    assert_eq!((told[0].subject.as_str(), &told[0].actor), ("limit:skill:nlp.sentiment", &person()));
    assert_eq!(told[0].data.value(), serde_json::to_value(&limit).unwrap());
    assert_eq!(world.store.limits().await.unwrap(), []);
}

pub async fn no_more_of_a_skill_begin_than_its_limit(world: &World) {
    set(world, LimitScope::Skill, SKILL, 3).await;
    let assignments = many(world, 5, None).await;
    let wanted: Vec<TaskId> = assignments.iter().map(|assignment| assignment.task).collect();
    assert_eq!(begun(world, assignments).await, wanted[..3], "those that were asked for first");
    assert_eq!(world.store.limits().await.unwrap()[0].running, 3);
    let more = vec![world.assignment(wanted[3], at(200))];
    assert_eq!(begun(world, more).await, []);
}

pub async fn no_more_of_a_key_begin_than_its_limit_whatever_their_skill(world: &World) {
    set(world, LimitScope::FairnessKey, "a", 2).await;
    let mut assignments = many(world, 2, Some("b")).await;
    assignments.extend(many(world, 3, Some("a")).await);
    assignments.extend(many(world, 2, None).await);
    let wanted: Vec<TaskId> = assignments.iter().map(|assignment| assignment.task).collect();
    let mut found = begun(world, assignments).await;
    found.sort_unstable();
    assert_eq!(found, [&wanted[..4], &wanted[5..]].concat(), "only the third of the key has no room");
}

pub async fn both_limits_of_a_task_hold(world: &World) {
    set(world, LimitScope::FairnessKey, "a", 1).await;
    set(world, LimitScope::Skill, SKILL, 2).await;
    let mut assignments = many(world, 2, Some("a")).await;
    assignments.extend(many(world, 3, None).await);
    let wanted: Vec<TaskId> = assignments.iter().map(|assignment| assignment.task).collect();
    assert_eq!(begun(world, assignments).await, [wanted[0], wanted[2]]);
}

pub async fn an_attempt_that_ends_in_whatever_way_leaves_its_room(world: &World) {
    set(world, LimitScope::Skill, SKILL, 1).await;
    for trigger in [Trigger::Fail, Trigger::LoseWorker, Trigger::HandBack, Trigger::Cancel, Trigger::TimeOut] {
        let task = world.running().await;
        let id = task.task.summary.id;
        assert_eq!(world.store.limits().await.unwrap()[0].running, 1, "{trigger}");
        world.applied(Advance::new(id, Guard::Lease(task.task.lease), trigger, Principal::System, at(300))).await;
        assert_eq!(world.store.limits().await.unwrap()[0].running, 0, "{trigger}");
        if !world.record(id).await.summary.state.is_terminal() {
            world.store.request_cancel(id, person(), at(400)).await.unwrap();
        }
    }
    let last = world.running().await;
    world.store.complete(World::completion(&last, at(500))).await.unwrap();
    world.running().await;
}

pub async fn a_lower_limit_lets_go_on_what_runs_and_a_removed_one_is_gone(world: &World) {
    set(world, LimitScope::Skill, SKILL, 3).await;
    let assignments = many(world, 4, None).await;
    let last = assignments[3].task;
    assert_eq!(begun(world, assignments).await.len(), 3);
    assert_eq!(set(world, LimitScope::Skill, SKILL, 1).await.running, 3);
    assert_eq!(begun(world, vec![world.assignment(last, at(200))]).await, []);
    world.store.remove_limit(LimitScope::Skill, SKILL.to_owned(), person(), at(5)).await.unwrap();
    assert_eq!(begun(world, vec![world.assignment(last, at(300))]).await, [last]);
}

pub async fn many_who_begin_at_once_keep_to_the_limit_together(world: &World) {
    set(world, LimitScope::Skill, SKILL, 7).await;
    set(world, LimitScope::FairnessKey, "a", 2).await;
    let mut assignments = many(world, 20, Some("a")).await;
    assignments.extend(many(world, 20, Some("b")).await);
    let answers = join_all(assignments.into_iter().map(|assignment| world.store.begin(vec![assignment]))).await;
    let begun: Vec<_> = answers.into_iter().flat_map(Result::unwrap).collect();
    let of_key = |key: &str| begun.iter().filter(|begun| begun.task.summary.fairness_key.as_deref() == Some(key)).count();
    assert_eq!((of_key("a") <= 2, begun.len()), (true, 7));
}
