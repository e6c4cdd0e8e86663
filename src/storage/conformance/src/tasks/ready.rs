//! Which tasks are ready, and in which order?

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_domain::id::TaskId;
use baton_domain::task::{AGING_STEP, Priority, TaskState, Trigger};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{Advance, Guard, QueueClass, ReadyTask, Wanted};

use crate::World;
use crate::make::{at, person, states};

async fn ready(world: &World, skills: &[&str], limit: u32, now: Timestamp) -> Vec<ReadyTask> {
    let mut found = Vec::new();
    for skill in skills {
        found.extend(world.ready(skill, limit, now).await);
    }
    found.sort_by_key(|task| (task.rank, task.id));
    found
}

async fn ready_ids(world: &World, limit: u32) -> Vec<TaskId> {
    ready(world, &["nlp.sentiment"], limit, at(1_000)).await.into_iter().map(|task| task.id).collect()
}

pub async fn a_ready_task_is_shown_with_what_the_balancer_needs(world: &World) {
    let id = world.queued().await;
    let rank = Priority::default().rank(at(0));
    let wanted = ReadyTask {
        id,
        skill: "nlp.sentiment".to_owned(),
        fairness_key: None,
        priority: Priority::default(),
        labels: vec!["gpu".to_owned()],
        rank,
    };
    assert_eq!(ready(world, &["nlp.sentiment"], 9, at(0)).await, [wanted]);
}

pub async fn only_queued_tasks_are_ready(world: &World) {
    let mut queued = Vec::new();
    for state in states() {
        let task = world.in_state(state).await;
        if state == TaskState::Queued {
            queued.push(task.summary.id);
        }
    }
    assert_eq!(ready_ids(world, 99).await, queued);
}

pub async fn a_task_is_ready_from_its_instant_on(world: &World) {
    world.insert_with(|task| task.summary.not_before = Some(at(500))).await;
    assert_eq!(ready(world, &["nlp.sentiment"], 9, at(499)).await.len(), 0);
    assert_eq!(ready(world, &["nlp.sentiment"], 9, at(500)).await.len(), 1);
}

pub async fn the_more_urgent_goes_first_then_the_older(world: &World) {
    let mut wanted = Vec::new();
    for (priority, since) in [(3, 7), (1, 9), (5, 0), (3, 5), (1, 8)] {
        let id = world
            .insert_with(|task| {
                task.summary.priority = Priority::new(priority).unwrap();
                task.ready_at = at(since);
            })
            .await;
        wanted.push((priority, since, id));
    }
    wanted.sort_unstable();
    assert_eq!(ready_ids(world, 99).await, wanted.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>());
}

pub async fn waiting_long_enough_weighs_as_much_as_a_priority(world: &World) {
    let step = i64::try_from(AGING_STEP.as_millis()).unwrap();
    let put = async |priority, since| {
        world
            .insert_with(|task| {
                task.summary.priority = Priority::new(priority).unwrap();
                task.ready_at = at(since);
            })
            .await
    };
    let young = put(1, 0).await;
    let old = put(2, -step - 1).await;
    let older = put(5, -4 * step - 2).await;
    assert_eq!(ready_ids(world, 99).await, [older, old, young]);
}

pub async fn equals_go_in_the_order_they_were_made(world: &World) {
    let mut batch: Vec<_> = (0..20).map(|_| world.new_task()).collect();
    let ids: Vec<TaskId> = batch.iter().map(|new| new.task.summary.id).collect();
    batch.reverse();
    world.store.insert_tasks(batch, None).await.unwrap();
    assert_eq!(ready_ids(world, 99).await, ids);
}

pub async fn a_delayed_task_stands_where_its_instant_puts_it(world: &World) {
    let delayed = world.insert_with(|task| task.summary.not_before = Some(at(500))).await;
    let later = world.insert_with(|task| task.ready_at = at(400)).await;
    assert_eq!(ready_ids(world, 99).await, [later, delayed]);
}

pub async fn the_limit_holds_for_each_class(world: &World) {
    let mut first = Vec::new();
    for skill in ["nlp.sentiment", "nlp.keywords"] {
        for since in [5, 3, 4] {
            let id = world
                .insert_with(|task| {
                    skill.clone_into(&mut task.summary.skill);
                    task.ready_at = at(since);
                })
                .await;
            if since < 5 {
                first.push((since, id));
            }
        }
    }
    first.sort_unstable();
    let found = ready(world, &["nlp.sentiment", "nlp.keywords"], 2, at(1_000)).await;
    assert_eq!(found.iter().map(|task| task.id).collect::<Vec<_>>(), first.iter().map(|(_, id)| *id).collect::<Vec<_>>());
}

pub async fn a_task_that_is_not_due_does_not_use_up_the_limit(world: &World) {
    world
        .insert_with(|task| {
            task.summary.priority = Priority::new(1).unwrap();
            task.summary.not_before = Some(at(2_000));
        })
        .await;
    let id = world.queued().await;
    assert_eq!(ready_ids(world, 1).await, [id]);
}

pub async fn only_the_skills_asked_for_are_ready(world: &World) {
    world.queued().await;
    assert_eq!(ready(world, &["nlp.sentimental", "nlp", ""], 9, at(0)).await, []);
    assert_eq!(ready(world, &[], 9, at(0)).await, []);
}

pub async fn nothing_overtakes_for_ever(world: &World) {
    let old = world.insert_with(|task| task.summary.priority = Priority::new(5).unwrap()).await;
    let mut rounds = 0;
    for minute in 0..20 {
        let now = minute * 60_000;
        for _ in 0..2 {
            world
                .insert_with(|task| {
                    task.summary.priority = Priority::new(1).unwrap();
                    task.ready_at = at(now);
                })
                .await;
        }
        let next = ready(world, &["nlp.sentiment"], 1, at(now)).await.remove(0);
        if next.id == old {
            break;
        }
        world.begin(next.id, at(now)).await;
        rounds += 1;
    }
    assert!(rounds <= 9, "I12: critical work of four minutes goes first, then the background task: {rounds} rounds");
}

fn class(skill: &str, key: Option<&str>, priority: u8) -> QueueClass {
    QueueClass { skill: skill.to_owned(), fairness_key: key.map(str::to_owned), priority: Priority::new(priority).unwrap() }
}

async fn put(world: &World, class: &QueueClass, since: i64) -> TaskId {
    world
        .insert_with(|task| {
            task.summary.skill.clone_from(&class.skill);
            task.summary.fairness_key.clone_from(&class.fairness_key);
            task.summary.priority = class.priority;
            task.ready_at = at(since);
        })
        .await
}

pub async fn the_classes_that_hold_tasks_come_in_order_page_by_page(world: &World) {
    let classes = [
        class("code.audit", None, 3),
        class("code.audit", Some("a"), 1),
        class("nlp.keywords", Some("Z"), 5),
        class("nlp.keywords", Some("a"), 2),
        class("nlp.keywords", Some("a"), 3),
        class("nlp.keywords", Some("ä"), 1),
        class("nlp.sentiment", None, 1),
    ];
    for class in classes.iter().rev().chain(&classes) {
        put(world, class, 0).await;
    }
    world.waiting(at(1)).await;
    assert_eq!(world.store.queue_classes(None, 99).await.unwrap(), classes);
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = world.store.queue_classes(after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        assert!(page.len() <= 2);
        seen.extend(page);
    }
    assert_eq!(seen, classes);
}

pub async fn a_class_without_queued_tasks_is_none(world: &World) {
    let id = put(world, &class("nlp.sentiment", Some("a"), 2), 0).await;
    assert_eq!(world.store.queue_classes(None, 9).await.unwrap().len(), 1);
    world.begin(id, at(100)).await;
    assert_eq!(world.store.queue_classes(None, 9).await.unwrap(), []);
}

pub async fn of_each_class_as_many_are_ready_as_are_wanted(world: &World) {
    let (one, other) = (class("nlp.sentiment", None, 3), class("nlp.sentiment", Some("a"), 3));
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for since in 0..5 {
        first.push(put(world, &one, since).await);
        second.push(put(world, &other, 10 + since).await);
    }
    put(world, &class("nlp.sentiment", Some("a"), 2), 0).await;
    let wanted = [Wanted::first(other, 1), Wanted::first(one, 3)];
    let found = world.store.ready_tasks(&wanted, at(100)).await.unwrap();
    let ids: Vec<TaskId> = found.iter().map(|task| task.id).collect();
    assert_eq!(ids, [first[0], first[1], first[2], second[0]]);
    assert_eq!((found[0].fairness_key.as_deref(), found[3].fairness_key.as_deref()), (None, Some("a")));
}

pub async fn tasks_are_left_out_that_require_just_these_labels(world: &World) {
    let mut ids = Vec::new();
    for (place, labels) in ["gpu", "", "gpu \"big\"", "big gpu", "gpu", "é"].into_iter().enumerate() {
        let labels: Vec<String> = labels.split_whitespace().map(str::to_owned).collect();
        ids.push(
            world
                .insert_with(|task| {
                    task.summary.labels = labels;
                    task.ready_at = at(i64::try_from(place).unwrap());
                })
                .await,
        );
    }
    let of = class("nlp.sentiment", None, 3);
    let ready = async |without: &[&[&str]], limit| {
        let without = without.iter().map(|labels| labels.iter().map(|label| (*label).to_owned()).collect()).collect();
        let wanted = Wanted { without: Arc::new(without), ..Wanted::first(of.clone(), limit) };
        // Of another class, with another's labels left out.
        let other = Wanted { without: Arc::new(BTreeSet::from([vec!["é".to_owned()]])), ..Wanted::first(class("no.such", None, 3), 9) };
        let found = world.store.ready_tasks(&[wanted, other], at(100)).await.unwrap();
        found.iter().map(|task| task.id).collect::<Vec<_>>()
    };
    assert_eq!(ready(&[], 9).await, ids);
    assert_eq!(ready(&[&["gpu"]], 9).await, [ids[1], ids[2], ids[3], ids[5]]);
    assert_eq!(ready(&[&["gpu"]], 2).await, [ids[1], ids[2]], "as many as are wanted");
    assert_eq!(ready(&[&["gpu"], &["gpu", "\"big\""], &["gpu", "big"]], 9).await, [ids[1], ids[3], ids[5]]);
    assert_eq!(ready(&[&["gpu"], &["big", "gpu"], &["é"]], 9).await, [ids[1], ids[2]]);
}

pub async fn a_task_that_somebody_wants_to_end_is_not_ready(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.store.request_cancel(id, person(), at(150)).await.unwrap();
    let back = Advance::new(id, Guard::Lease(begun.task.lease), Trigger::HandBack, Principal::System, at(200));
    assert_eq!(world.applied(back).await.summary.state, TaskState::Queued);
    assert_eq!(ready_ids(world, 9).await, []);
}
