//! What if many write at the same time? Each write is whole, one wins where only one can, and a refused one takes no
//! other with it.

use baton_domain::event::TopicFilter;
use baton_domain::id::{EventSeq, SpanId, TaskId};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::{Principal, Role};
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advance, Advanced, AttemptEnd, BegunTask, Completion, Guard, Idempotency, Inserted, NewSpan, NewTaskRecord};
use futures::future::join_all;
use serde_json::json;

use crate::World;
use crate::make::{agent, at};
use crate::users;

const MANY: usize = 40;

fn task_ids(batch: &[NewTaskRecord]) -> Vec<TaskId> {
    batch.iter().map(|new| new.task.summary.id).collect()
}

/// That many tasks that run.
async fn running(world: &World, count: usize) -> Vec<BegunTask> {
    let batch: Vec<_> = (0..count).map(|_| world.new_task()).collect();
    let ids = task_ids(&batch);
    world.store.insert_tasks(batch, None).await.unwrap();
    world.store.begin(ids.into_iter().map(|id| world.assignment(id, at(100))).collect()).await.unwrap()
}

pub async fn many_writers_leave_no_gap_and_the_sink_hears_their_order(world: &World) {
    let batches: Vec<_> = (1..=MANY).map(|size| (0..size % 4 + 1).map(|_| world.new_task()).collect::<Vec<_>>()).collect();
    let total: usize = batches.iter().map(Vec::len).sum();
    join_all(batches.iter().cloned().map(|batch| world.store.insert_tasks(batch, None))).await;
    assert_eq!(world.head().await, i64::try_from(total).unwrap());
    let log = world.since(0).await;
    for batch in &batches {
        let first = log.iter().position(|event| event.subject == format!("task:{}", batch[0].task.summary.id)).unwrap();
        let told: Vec<_> = log[first..first + batch.len()].iter().map(|event| event.subject.clone()).collect();
        let wanted: Vec<_> = task_ids(batch).into_iter().map(|id| format!("task:{id}")).collect();
        assert_eq!(told, wanted, "the events of one write stand together");
    }
}

pub async fn a_refused_write_takes_no_other_with_it(world: &World) {
    let known = world.new_task();
    world.insert(known.clone()).await;
    let batches: Vec<_> = (0..MANY)
        .map(|index| if index % 5 == 0 { vec![world.new_task(), known.clone()] } else { vec![world.new_task(), world.new_task()] })
        .collect();
    let answers = join_all(batches.iter().cloned().map(|batch| world.store.insert_tasks(batch, None))).await;
    for (index, (answer, batch)) in answers.iter().zip(&batches).enumerate() {
        assert_eq!(answer.is_ok(), index % 5 != 0, "{answer:?}");
        assert_eq!(world.store.task(batch[0].task.summary.id).await.unwrap().is_some(), answer.is_ok());
    }
}

pub async fn of_many_who_begin_one_task_one_succeeds(world: &World) {
    let ids = [world.queued().await, world.queued().await];
    let assignments: Vec<_> = (0..MANY).map(|index| world.assignment(ids[index % 2], at(100))).collect();
    let answers = join_all(assignments.into_iter().map(|assignment| world.store.begin(vec![assignment]))).await;
    let begun: Vec<BegunTask> = answers.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(begun.len(), 2);
    for begun in begun {
        let rows = world.rows(begun.task.summary.id).await;
        assert_eq!(rows.attempts.iter().map(|attempt| attempt.id).collect::<Vec<_>>(), [begun.attempt]);
    }
}

pub async fn of_many_results_of_one_attempt_the_one_accepted_is_stored(world: &World) {
    world.register_agent().await;
    let begun = running(world, 5).await;
    let completions: Vec<_> = (0..MANY)
        .map(|index| {
            let begun = &begun[index % begun.len()];
            Completion { result: json!({"try": index}), at: at(400 + i64::try_from(index).unwrap()), ..World::completion(begun, at(0)) }
        })
        .collect();
    let answers = join_all(completions.iter().cloned().map(|completion| world.store.complete(completion))).await;
    let mut accepted = 0;
    for (completion, answer) in completions.iter().zip(answers) {
        let Advanced::Applied(task) = answer.unwrap() else { continue };
        accepted += 1;
        let rows = world.rows(task.summary.id).await;
        assert_eq!((rows.result.as_ref(), &rows.task), (Some(&completion.result), &*task), "what was acknowledged is what is stored");
        assert_eq!(rows.attempts[0].ended_at, Some(completion.at));
    }
    assert_eq!((accepted, world.store.agents().await.unwrap().items[0].completed), (5, 5));
}

pub async fn a_stale_result_beside_the_true_one_is_refused(world: &World) {
    world.register_agent().await;
    let old = running(world, 8).await;
    for begun in &old {
        let lose = Advance::new(begun.task.summary.id, Guard::Lease(begun.task.lease), Trigger::LoseWorker, Principal::System, at(200));
        let end = AttemptEnd { outcome: AttemptOutcome::Lost, failure: None };
        world.applied(Advance { attempt_end: Some(end), ..lose }).await;
    }
    let again = old.iter().map(|begun| world.assignment(begun.task.summary.id, at(300))).collect();
    let new = world.store.begin(again).await.unwrap();
    let both = old.iter().zip(&new).flat_map(|(old, new)| {
        let late = Completion { result: json!("stale"), ..World::completion(old, at(400)) };
        [late, World::completion(new, at(400))]
    });
    let answers = join_all(both.map(|completion| world.store.complete(completion))).await;
    for (index, answer) in answers.into_iter().enumerate() {
        let answer = answer.unwrap();
        if index % 2 == 0 {
            assert!(matches!(answer, Advanced::Refused(_)), "I7: a stale result was accepted: {answer:?}");
        } else {
            let Advanced::Applied(task) = answer else { panic!("the true result was refused: {answer:?}") };
            let rows = world.rows(task.summary.id).await;
            assert_eq!((*task, rows.result), (rows.task, Some(json!({"score": 0.75}))));
            let outcomes: Vec<_> = rows.attempts.iter().map(|attempt| attempt.outcome).collect();
            assert_eq!(outcomes, [Some(AttemptOutcome::Lost), Some(AttemptOutcome::Completed)]);
        }
    }
}

pub async fn a_result_that_cannot_be_stored_takes_no_other_with_it(world: &World) {
    let begun = running(world, 20).await;
    let span = NewSpan {
        id: SpanId::new(world.id()),
        parent: None,
        name: "parse".to_owned(),
        started_at: at(1),
        duration_us: 1,
        ok: true,
        attributes: json!({}),
    };
    let (first, others) = begun.split_first().unwrap();
    world.store.complete(Completion { spans: vec![span.clone()], ..World::completion(first, at(300)) }).await.unwrap();
    let completions = others.iter().enumerate().map(|(index, begun)| {
        let spans = if index == 7 { vec![span.clone()] } else { vec![] };
        world.store.complete(Completion { spans, ..World::completion(begun, at(400)) })
    });
    for (index, answer) in join_all(completions).await.into_iter().enumerate() {
        if index == 7 {
            assert!(answer.is_err(), "{answer:?}");
        } else {
            assert!(matches!(answer, Ok(Advanced::Applied(_))), "number {index} was lost with another: {answer:?}");
        }
    }
    assert_eq!(world.record(others[7].task.summary.id).await.summary.state, TaskState::Running);
}

pub async fn a_result_and_the_loss_of_its_worker_exclude_each_other(world: &World) {
    let begun = running(world, 20).await;
    let changes = begun.iter().map(|begun| {
        let lose = Advance::new(begun.task.summary.id, Guard::Lease(begun.task.lease), Trigger::LoseWorker, Principal::System, at(400));
        async { futures::join!(world.store.advance(lose), world.store.complete(World::completion(begun, at(400)))) }
    });
    for (lost, completed) in join_all(changes).await {
        let applied = [lost.unwrap(), completed.unwrap()].iter().filter(|answer| matches!(answer, Advanced::Applied(_))).count();
        assert_eq!(applied, 1);
    }
}

pub async fn of_many_same_requests_one_is_stored(world: &World) {
    let key = Idempotency { principal: "user:1".to_owned(), key: "k".to_owned(), request_hash: [1; 32] };
    let batches: Vec<_> = (0..MANY).map(|_| vec![world.new_task()]).collect();
    let ids: Vec<_> = batches.iter().map(|batch| task_ids(batch)).collect();
    let answers = join_all(batches.into_iter().map(|batch| world.store.insert_tasks(batch, Some(key.clone())))).await;
    let answers: Vec<Inserted> = answers.into_iter().map(Result::unwrap).collect();
    let stored = answers.iter().position(|answer| *answer == Inserted::Stored).unwrap();
    for (index, answer) in answers.iter().enumerate().filter(|(index, _)| *index != stored) {
        assert_eq!(*answer, Inserted::Replayed(ids[stored].clone()), "number {index}");
    }
    assert_eq!(world.head().await, 1);
}

pub async fn of_many_first_users_one_is_added(world: &World) {
    let new: Vec<_> = (0..10).map(|index| users::user(world, &format!("u{index}@x.test"), Role::Admin)).collect();
    let answers = join_all(new.into_iter().map(|user| world.store.insert_user(user, true, world.audit_row()))).await;
    assert_eq!(answers.into_iter().filter(|answer| *answer.as_ref().unwrap()).count(), 1);
    assert_eq!(world.store.users().await.unwrap().len(), 1);
}

pub async fn a_reader_sees_whole_commits_only(world: &World) {
    let write = async {
        for _ in 0..15 {
            let batch = (0..10).map(|_| world.new_task()).collect();
            world.store.insert_tasks(batch, None).await.unwrap();
        }
    };
    let read = async {
        for _ in 0..30 {
            let page = world.store.events_since(EventSeq(0), &TopicFilter::default(), 1_000).await.unwrap();
            assert_eq!((page.items.len() % 10, page.next_since), (0, page.head));
            let (counts, as_of) = world.store.state_counts().await.unwrap();
            let tasks: u64 = counts.iter().map(|entry| entry.count).sum();
            assert_eq!(i64::try_from(tasks).unwrap(), as_of.0, "rows and their sequence are of one moment");
            tokio::task::yield_now().await;
        }
    };
    futures::join!(write, read);
}

pub async fn agents_are_counted_for_results_that_come_together(world: &World) {
    world.register_agent().await;
    let begun = running(world, MANY).await;
    let busy = world.store.agents().await.unwrap().items[0].busy;
    join_all(begun.iter().map(|begun| world.store.complete(World::completion(begun, at(400))))).await;
    let seen = world.store.agents().await.unwrap().items.remove(0);
    assert_eq!((seen.id, busy, seen.busy, seen.completed), (agent().id, 40, 0, 40));
}
