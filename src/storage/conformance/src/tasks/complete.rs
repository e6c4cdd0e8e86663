//! How is a result recorded? Once, and only under the newest lease.

use baton_domain::id::{LeaseToken, SpanId, TaskId};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::{AttemptOutcome, TaskSummary};
use baton_storage::{Advance, Advanced, Completion, Guard, NewSpan, StoreError, TaskRecord};
use serde_json::json;

use crate::World;
use crate::make::{at, states};

fn span(world: &World) -> NewSpan {
    NewSpan {
        id: SpanId::new(world.id()),
        parent: None,
        name: "parse".to_owned(),
        started_at: at(120),
        duration_us: 1_500,
        ok: true,
        attributes: json!({"rows": 3}),
    }
}

/// A completion that must be refused and leave everything as it is.
async fn refused(world: &World, completion: Completion) {
    let (id, before) = (completion.task.summary.id, world.image().await);
    match world.store.complete(completion).await.unwrap() {
        Advanced::Refused(record) => assert_eq!(*record, world.record(id).await),
        other => panic!("the completion was not refused: {other:?}"),
    }
    assert_eq!(world.image().await, before);
}

pub async fn a_result_ends_the_task_and_its_attempt(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    let Advanced::Applied(ended) = world.store.complete(World::completion(&begun, at(400))).await.unwrap() else { panic!() };
    assert_eq!(*ended, world.record(id).await);
    let summary = TaskSummary { state: TaskState::Completed, finished_at: Some(at(400)), ..begun.task.summary.clone() };
    assert_eq!(*ended, TaskRecord { summary, lease_until: None, deadline_at: None, ..begun.task });
    let rows = world.rows(id).await;
    assert_eq!(rows.result, Some(json!({"score": 0.75})));
    let attempt = &rows.attempts[0];
    assert_eq!((attempt.ended_at, attempt.outcome, &attempt.failure), (Some(at(400)), Some(AttemptOutcome::Completed), &None));
}

pub async fn a_completion_has_one_event_with_what_lists_show(world: &World) {
    let begun = world.running().await;
    let head = world.head().await;
    world.store.complete(World::completion(&begun, at(400))).await.unwrap();
    let events = world.since(head).await;
    assert_eq!((events.len(), events[0].kind.as_str(), events[0].at), (1, "task.completed", at(400)));
    assert_eq!(events[0].actor, Principal::System);
    assert_eq!(events[0].data.value(), serde_json::to_value(world.record(begun.task.summary.id).await.summary).unwrap());
}

pub async fn the_agent_is_credited_with_a_completion(world: &World) {
    world.register_agent().await;
    for (round, end) in [(1, 400), (2, 900)] {
        let begun = world.running().await;
        assert_eq!(world.store.agents().await.unwrap().items[0].busy, 1);
        world.store.complete(World::completion(&begun, at(end))).await.unwrap();
        let agent = world.store.agents().await.unwrap().items.remove(0);
        assert_eq!((agent.completed, agent.failed, agent.busy, agent.last_active_at), (round, 0, 0, Some(at(end))));
    }
}

pub async fn the_spans_of_a_completion_are_stored_with_it(world: &World) {
    let begun = world.running().await;
    let spans = vec![span(world), span(world)];
    world.store.complete(Completion { spans: spans.clone(), ..World::completion(&begun, at(400)) }).await.unwrap();
    let (stored, errors) = world.store.spans_and_errors(begun.task.summary.id).await.unwrap();
    assert_eq!((stored.len(), errors.len()), (2, 0));
    for (stored, given) in stored.iter().zip(&spans) {
        assert_eq!((stored.attempt_id, &stored.name, &stored.attributes), (Some(begun.attempt), &given.name, &given.attributes));
    }
}

pub async fn a_second_completion_is_refused(world: &World) {
    world.register_agent().await;
    let begun = world.running().await;
    world.store.complete(World::completion(&begun, at(400))).await.unwrap();
    let second = Completion { result: json!("another"), spans: vec![span(world)], ..World::completion(&begun, at(500)) };
    refused(world, second).await;
    assert_eq!(world.store.spans_and_errors(begun.task.summary.id).await.unwrap().0, []);
}

pub async fn a_completion_under_a_stale_lease_changes_nothing(world: &World) {
    world.register_agent().await;
    let old = world.running().await;
    let id = old.task.summary.id;
    world.applied(Advance::new(id, Guard::Lease(old.task.lease), Trigger::LoseWorker, Principal::System, at(200))).await;
    refused(world, World::completion(&old, at(250))).await;
    let new = world.begin(id, at(300)).await;
    refused(world, Completion { spans: vec![span(world)], ..World::completion(&old, at(350)) }).await;
    assert!(matches!(world.store.complete(World::completion(&new, at(400))).await.unwrap(), Advanced::Applied(_)));
    refused(world, World::completion(&old, at(450))).await;
}

pub async fn a_completion_under_a_lease_that_was_never_given_is_refused(world: &World) {
    let begun = world.running().await;
    for lease in [0, 2, -1, i64::MAX] {
        let mut completion = World::completion(&begun, at(400));
        completion.task.lease = LeaseToken(lease);
        refused(world, completion).await;
    }
}

pub async fn only_running_tasks_complete(world: &World) {
    for state in states().filter(|state| *state != TaskState::Running) {
        let task = world.in_state(state).await;
        let mut completion = World::completion(&world.running().await, at(900));
        completion.task = task;
        refused(world, completion).await;
    }
}

pub async fn a_completion_of_no_task_says_so(world: &World) {
    let begun = world.running().await;
    let mut completion = World::completion(&begun, at(400));
    completion.task.summary.id = TaskId::new(world.id());
    let before = world.image().await;
    assert_eq!(world.store.complete(completion).await.unwrap(), Advanced::Missing);
    assert_eq!(world.image().await, before);
}

pub async fn a_request_to_cancel_survives_a_completion(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.store.request_cancel(id, Principal::System, at(150)).await.unwrap();
    let head = world.head().await;
    // The holder does not know of the request: its record is from before.
    let Advanced::Applied(ended) = world.store.complete(World::completion(&begun, at(400))).await.unwrap() else { panic!() };
    assert_eq!((ended.summary.state, ended.summary.cancel_requested_at), (TaskState::Completed, Some(at(150))));
    assert_eq!(*ended, world.record(id).await);
    assert_eq!(world.since(head).await[0].data.value(), serde_json::to_value(&ended.summary).unwrap());
}

pub async fn a_heartbeat_does_not_stand_in_the_way_of_the_result(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    assert_eq!(world.beat(vec![(id, begun.task.lease)], at(99_999)).await, []);
    let Advanced::Applied(ended) = world.store.complete(World::completion(&begun, at(400))).await.unwrap() else { panic!() };
    assert_eq!((ended.lease_until, ended.deadline_at), (None, None));
    assert_eq!(*ended, world.record(id).await);
}

pub async fn a_completion_whose_spans_cannot_be_stored_is_not_stored(world: &World) {
    world.register_agent().await;
    let known = span(world);
    let first = world.running().await;
    world.store.complete(Completion { spans: vec![known.clone()], ..World::completion(&first, at(400)) }).await.unwrap();
    let begun = world.running().await;
    let before = world.image().await;
    let completion = Completion { spans: vec![span(world), known], ..World::completion(&begun, at(500)) };
    assert!(matches!(world.store.complete(completion).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.image().await, before);
    assert!(matches!(world.store.complete(World::completion(&begun, at(600))).await.unwrap(), Advanced::Applied(_)));
}

pub async fn a_result_of_any_shape_reads_back(world: &World) {
    for result in [json!(null), json!([]), json!("ä\n"), json!({"deep": {"list": [1, 2.5, false]}}), json!("x".repeat(300_000))] {
        let begun = world.running().await;
        world.store.complete(Completion { result: result.clone(), ..World::completion(&begun, at(400)) }).await.unwrap();
        assert_eq!(world.rows(begun.task.summary.id).await.result.unwrap_or_default(), result);
    }
}
