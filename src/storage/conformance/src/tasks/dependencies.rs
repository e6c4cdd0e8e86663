//! When does a task begin that depends on others, and what if they do not complete?

use baton_domain::id::TaskId;
use baton_domain::task::{TaskState, Timeouts, Trigger, WaitKind};
use baton_domain::user::Principal;
use baton_domain::wire::task::Dependency;
use baton_storage::{Advance, DueTask, Guard, Idempotency, Inserted, Settled};

use crate::World;
use crate::make::{at, person};

async fn settle(world: &World, ended: TaskId, millis: i64) -> Vec<TaskId> {
    let Settled { changed, more } = world.store.settle_dependents(ended, at(millis), 100).await.unwrap();
    assert!(!more);
    for task in &changed {
        assert_eq!(*task, world.record(task.summary.id).await, "the task as it is now");
    }
    changed.into_iter().map(|task| task.summary.id).collect()
}

async fn state(world: &World, id: TaskId) -> TaskState {
    world.record(id).await.summary.state
}

pub async fn what_a_task_depends_on_is_shown_as_it_is_now(world: &World) {
    let (one, other) = (world.queued().await, world.running().await.task.summary.id);
    let id = world.insert(world.dependent(vec![other, one, other])).await;
    let shown = |id, state| Dependency { id, title: "How does it feel?".to_owned(), state };
    assert_eq!(world.rows(id).await.depends_on, [shown(one, TaskState::Queued), shown(other, TaskState::Running)]);
    assert_eq!(world.rows(one).await.depends_on, []);
    assert_eq!(world.record(id).await.summary.wait_kind, Some(WaitKind::Dependency));
    assert!(world.record(one).await.awaited && !world.record(id).await.awaited);
}

pub async fn a_dependency_that_does_not_exist_stores_nothing(world: &World) {
    let missing = TaskId::new(world.id());
    let known = world.queued().await;
    let before = world.image().await;
    let key = Idempotency { principal: "user:1".to_owned(), key: "k".to_owned(), request_hash: [1; 32] };
    let batch = vec![world.new_task(), world.dependent(vec![known, missing])];
    assert_eq!(world.store.insert_tasks(batch, Some(key.clone())).await.unwrap(), Inserted::NoSuchDependency(missing));
    assert_eq!(world.image().await, before);
    let again = world.store.insert_tasks(vec![world.new_task()], Some(key)).await.unwrap();
    assert_eq!(again, Inserted::Stored, "a refused request leaves its key free");
}

pub async fn a_batch_can_depend_on_itself_in_any_order(world: &World) {
    let (mut first, mut last) = (world.dependent(vec![]), world.new_task());
    first.depends_on = vec![last.task.summary.id];
    last.task.summary.title = "last".to_owned();
    let (waits, ready) = (first.task.summary.id, last.task.summary.id);
    assert_eq!(world.store.insert_tasks(vec![first, last], None).await.unwrap(), Inserted::Stored);
    world.complete(ready, at(100)).await;
    assert_eq!(settle(world, ready, 200).await, [waits]);
    assert_eq!(state(world, waits).await, TaskState::Queued);
}

pub async fn the_last_completion_queues_the_task(world: &World) {
    let needed = [world.queued().await, world.queued().await, world.queued().await];
    let id = world.insert(world.dependent(needed.to_vec())).await;
    for (index, task) in needed.into_iter().enumerate() {
        assert_eq!(settle(world, task, 50).await, [], "it has not ended");
        let ended = world.complete(task, at(100)).await;
        assert!(ended.awaited, "the result says that somebody waits for it");
        assert_eq!(world.store.due_tasks(at(150), 9).await.unwrap(), [DueTask::Awaited(task)], "a crash here is made good");
        let told = settle(world, task, 200).await;
        assert_eq!(told.len(), usize::from(index == 2));
        assert_eq!(world.store.due_tasks(at(250), 9).await.unwrap(), []);
    }
    let task = world.record(id).await;
    assert_eq!((task.summary.state, task.summary.wait_kind, task.ready_at), (TaskState::Queued, None, at(200)));
    assert_eq!(task.summary.reason.as_deref(), Some("dependencies_completed"));
    assert_eq!(world.begin(id, at(300)).await.task.summary.attempt, 1);
}

pub async fn a_dependency_that_ends_otherwise_fails_the_task(world: &World) {
    for trigger in [Trigger::Cancel, Trigger::TimeOut, Trigger::Reject] {
        let (needed, other) = (world.queued().await, world.queued().await);
        let id = world.insert(world.dependent(vec![needed, other])).await;
        let ended = world.applied(Advance::new(needed, Guard::State(TaskState::Queued), trigger, person(), at(100))).await;
        assert_eq!(settle(world, needed, 200).await, [id], "although the other one goes on");
        let task = world.record(id).await;
        assert_eq!((task.summary.state, task.summary.finished_at), (TaskState::Failed, Some(at(200))));
        assert_eq!(task.summary.reason.as_deref(), Some("dependency_failed"));
        let failure = task.summary.failure.unwrap();
        assert_eq!((failure.code.as_str(), failure.retryable), ("TASK-010", false));
        assert!(failure.message.contains(&needed.to_string()) && failure.message.contains(ended.summary.state.as_str()), "{failure:?}");
        world.complete(other, at(300)).await;
        assert_eq!(settle(world, other, 400).await, [], "an ended task is left alone");
    }
}

pub async fn a_failure_goes_down_the_chain_link_by_link(world: &World) {
    let mut chain = vec![world.queued().await];
    for link in 0..20 {
        chain.push(world.insert(world.dependent(vec![chain[link]])).await);
    }
    world.store.request_cancel(chain[0], person(), at(100)).await.unwrap();
    for pair in chain.windows(2) {
        assert_eq!(world.store.due_tasks(at(150), 9).await.unwrap(), [DueTask::Awaited(pair[0])]);
        assert_eq!(settle(world, pair[0], 200).await, pair[1..]);
    }
    assert_eq!(world.store.due_tasks(at(300), 9).await.unwrap(), []);
}

pub async fn one_that_has_ended_before_is_told_of_all_the_same(world: &World) {
    let (good, bad) = (world.queued().await, world.queued().await);
    world.complete(good, at(100)).await;
    world.store.request_cancel(bad, person(), at(100)).await.unwrap();
    let (happy, sad) = (world.insert(world.dependent(vec![good])).await, world.insert(world.dependent(vec![bad, good])).await);
    assert_eq!(settle(world, good, 200).await, [happy]);
    assert_eq!(settle(world, bad, 200).await, [sad]);
    assert_eq!((state(world, happy).await, state(world, sad).await), (TaskState::Queued, TaskState::Failed));
}

pub async fn many_dependents_are_told_a_part_at_a_time(world: &World) {
    let needed = world.queued().await;
    let batch: Vec<_> = (0..7).map(|_| world.dependent(vec![needed])).collect();
    let ids: Vec<TaskId> = batch.iter().map(|new| new.task.summary.id).collect();
    world.store.insert_tasks(batch, None).await.unwrap();
    world.complete(needed, at(100)).await;
    let mut told = Vec::new();
    for round in 0..3 {
        let settled = world.store.settle_dependents(needed, at(200), 3).await.unwrap();
        assert_eq!((settled.changed.len(), settled.more), if round < 2 { (3, true) } else { (1, false) });
        assert_eq!(world.store.due_tasks(at(250), 9).await.unwrap().is_empty(), round == 2, "what is left is not forgotten");
        told.extend(settled.changed.into_iter().map(|task| task.summary.id));
    }
    assert_eq!(told, ids);
}

pub async fn a_task_can_depend_on_sixty_four(world: &World) {
    let needed: Vec<_> = (0..64).map(|_| world.new_task()).collect();
    let ids: Vec<TaskId> = needed.iter().map(|new| new.task.summary.id).collect();
    world.store.insert_tasks(needed, None).await.unwrap();
    let id = world.insert(world.dependent(ids.clone())).await;
    for (index, task) in ids.iter().enumerate() {
        assert_eq!(state(world, id).await, TaskState::Waiting);
        world.complete(*task, at(100)).await;
        assert_eq!(settle(world, *task, 200).await.len(), usize::from(index == 63));
    }
    assert_eq!(world.rows(id).await.depends_on.len(), 64);
}

pub async fn its_own_instant_is_waited_for_after_the_others(world: &World) {
    let needed = world.queued().await;
    let mut new = world.dependent(vec![needed]);
    new.task.summary.not_before = Some(at(5_000));
    let id = world.insert(new).await;
    world.complete(needed, at(100)).await;
    settle(world, needed, 200).await;
    let task = world.record(id).await;
    assert_eq!((task.summary.state, task.summary.not_before, task.ready_at), (TaskState::Queued, Some(at(5_000)), at(5_000)));
    assert_eq!((world.ready("nlp.sentiment", 9, at(4_999)).await.len(), world.ready("nlp.sentiment", 9, at(5_000)).await.len()), (0, 1));
}

pub async fn its_time_to_begin_runs_from_the_last_completion(world: &World) {
    let needed = world.queued().await;
    let mut new = world.dependent(vec![needed]);
    new.task.timeouts = Timeouts { schedule_to_start_ms: Some(400), ..Timeouts::default() };
    let id = world.insert(new).await;
    world.complete(needed, at(10_000)).await;
    settle(world, needed, 10_000).await;
    assert_eq!(world.store.due_tasks(at(10_399), 9).await.unwrap(), []);
    assert_eq!(world.store.due_tasks(at(10_400), 9).await.unwrap(), [DueTask::StartedTooLate(id, TaskState::Queued)]);
}

pub async fn a_paused_task_is_told_once_it_waits_again(world: &World) {
    let needed = world.queued().await;
    let id = world.insert(world.dependent(vec![needed])).await;
    world.applied(Advance::new(id, Guard::State(TaskState::Waiting), Trigger::Pause, person(), at(50))).await;
    world.complete(needed, at(100)).await;
    assert_eq!(settle(world, needed, 200).await, []);
    assert_eq!((state(world, id).await, world.store.due_tasks(at(250), 9).await.unwrap()), (TaskState::Paused, vec![]));
    let resume = Advance::new(id, Guard::State(TaskState::Paused), Trigger::ResumeWaiting, person(), at(300));
    world.applied(Advance { wait_kind: Some(WaitKind::Dependency), ..resume }).await;
    assert_eq!(world.store.due_tasks(at(350), 9).await.unwrap(), [DueTask::Awaited(needed)]);
    assert_eq!(settle(world, needed, 400).await, [id]);
    assert_eq!(state(world, id).await, TaskState::Queued);
}

pub async fn one_that_was_cancelled_meanwhile_stays_so(world: &World) {
    let needed = world.queued().await;
    let id = world.insert(world.dependent(vec![needed])).await;
    world.store.request_cancel(id, Principal::System, at(50)).await.unwrap();
    world.complete(needed, at(100)).await;
    assert_eq!(settle(world, needed, 200).await, []);
    assert_eq!(state(world, id).await, TaskState::Canceled);
    assert!(!world.record(needed).await.awaited, "nobody is left to tell");
}
