//! How do ready tasks get their agents and begin?

use std::time::Duration;

use baton_domain::id::{AgentId, AttemptId, LeaseToken, TaskId};
use baton_domain::task::{TaskState, Timeouts, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::{AgentRef, AttemptView, TaskSummary};
use baton_storage::{Advance, Assignment, Guard, StoreError};

use crate::World;
use crate::make::{LEASE, agent, at, server, states};

pub async fn a_begun_task_runs_under_a_lease_of_its_agent(world: &World) {
    let id = world.insert_with(|task| task.timeouts = Timeouts { start_to_close_ms: 5_000, ..Timeouts::default() }).await;
    let begun = world.begin(id, at(100)).await;
    assert_eq!(begun.task, world.record(id).await);
    let task = begun.task;
    assert_eq!((task.summary.state, task.summary.attempt, task.summary.agent), (TaskState::Running, 1, Some(agent())));
    assert_eq!((task.summary.reason, task.summary.wait_kind, task.summary.started_at), (None, None, Some(at(100))));
    assert_eq!((task.lease, task.lease_until, task.deadline_at), (LeaseToken(1), Some(at(100).plus(LEASE)), Some(at(5_100))));
    assert_eq!((task.ready_at, begun.input), (at(0), world.new_task().input));
}

pub async fn beginning_tells_assigned_then_running(world: &World) {
    let id = world.queued().await;
    let begun = world.begin(id, at(100)).await;
    let events = world.since(1).await;
    assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["task.assigned", "task.running"]);
    for (event, state) in events.iter().zip([TaskState::Assigned, TaskState::Running]) {
        assert_eq!((event.at, &event.actor, &event.subject), (at(100), &Principal::System, &format!("task:{id}")));
        let data: TaskSummary = event.data.read().unwrap();
        assert_eq!((data.state, data.agent), (state, Some(agent())));
    }
    assert_eq!(events[1].data.value(), serde_json::to_value(&begun.task.summary).unwrap());
}

pub async fn an_attempt_remembers_why_this_agent(world: &World) {
    let id = world.queued().await;
    let assignment = world.assignment(id, at(100));
    world.store.begin(vec![assignment.clone()]).await.unwrap();
    let wanted = AttemptView {
        id: assignment.attempt,
        number: 1,
        lease: 1,
        agent: agent(),
        server: Some(server("main")),
        ready_at: Some(at(0)),
        assigned_at: at(100),
        started_at: Some(at(100)),
        ended_at: None,
        outcome: None,
        failure: None,
        explanation: assignment.explanation,
    };
    assert_eq!(world.rows(id).await.attempts, [wanted]);
}

pub async fn only_queued_tasks_begin(world: &World) {
    for state in states().filter(|state| *state != TaskState::Queued) {
        let task = world.in_state(state).await;
        let before = world.image().await;
        let begun = world.store.begin(vec![world.assignment(task.summary.id, at(1_000))]).await.unwrap();
        assert!(begun.is_empty(), "{state}");
        assert_eq!(world.image().await, before, "{state}");
    }
}

pub async fn a_task_begins_no_sooner_than_it_is_due(world: &World) {
    let id = world.insert_with(|task| task.summary.not_before = Some(at(1_000))).await;
    let before = world.image().await;
    assert!(world.store.begin(vec![world.assignment(id, at(999))]).await.unwrap().is_empty());
    assert_eq!(world.image().await, before);
    assert_eq!(world.begin(id, at(1_000)).await.task.summary.not_before, Some(at(1_000)));
}

pub async fn a_task_that_somebody_wants_to_end_is_not_begun_again(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    world.store.request_cancel(id, Principal::System, at(150)).await.unwrap();
    let retry = Advance::new(id, Guard::Lease(begun.task.lease), Trigger::Retry, Principal::System, at(200));
    assert_eq!(world.applied(retry).await.summary.state, TaskState::Queued);
    let before = world.image().await;
    assert!(world.store.begin(vec![world.assignment(id, at(300))]).await.unwrap().is_empty());
    assert_eq!(world.image().await, before);
}

pub async fn the_lease_grows_with_every_beginning(world: &World) {
    let id = world.queued().await;
    for (round, trigger) in [(1, Trigger::Retry), (2, Trigger::HandBack), (3, Trigger::LoseWorker)] {
        let begun = world.begin(id, at(round * 100)).await;
        assert_eq!(begun.task.lease, LeaseToken(round));
        world.applied(Advance::new(id, Guard::Lease(begun.task.lease), trigger, Principal::System, at(round * 100 + 50))).await;
    }
    let last = world.begin(id, at(1_000)).await.task;
    assert_eq!((last.lease, last.summary.attempt, last.summary.started_at), (LeaseToken(4), 3, Some(at(100))));
    let attempts: Vec<_> = world.rows(id).await.attempts.iter().map(|attempt| (attempt.number, attempt.lease)).collect();
    assert_eq!(attempts, [(1, 1), (2, 2), (2, 3), (3, 4)], "an attempt that was handed back shares its number with the next");
}

pub async fn a_later_attempt_knows_since_when_the_task_was_ready_for_it(world: &World) {
    let begun = world.running().await;
    let id = begun.task.summary.id;
    let retry = Advance::new(id, Guard::Lease(begun.task.lease), Trigger::Retry, Principal::System, at(200));
    world.applied(Advance { not_before: Some(at(700)), ..retry }).await;
    world.begin(id, at(900)).await;
    let ready: Vec<_> = world.rows(id).await.attempts.iter().map(|attempt| attempt.ready_at).collect();
    assert_eq!(ready, [Some(at(0)), Some(at(700))]);
}

pub async fn those_that_cannot_begin_do_not_hold_up_the_others(world: &World) {
    let (one, other) = (world.queued().await, world.queued().await);
    let ended = world.in_state(TaskState::Canceled).await.summary.id;
    let missing = TaskId::new(world.id());
    let wanted = [one, ended, missing, other].map(|id| world.assignment(id, at(300)));
    let begun = world.store.begin(wanted.to_vec()).await.unwrap();
    assert_eq!(begun.iter().map(|begun| begun.task.summary.id).collect::<Vec<_>>(), [one, other]);
    assert_eq!(begun.iter().map(|begun| begun.attempt).collect::<Vec<_>>(), [wanted[0].attempt, wanted[3].attempt]);
}

pub async fn many_begin_at_once_in_the_order_asked_for(world: &World) {
    let batch: Vec<_> = (0..300).map(|_| world.new_task()).collect();
    let mut ids: Vec<TaskId> = batch.iter().map(|new| new.task.summary.id).collect();
    world.store.insert_tasks(batch, None).await.unwrap();
    ids.reverse();
    let begun = world.store.begin(ids.iter().map(|id| world.assignment(*id, at(10))).collect()).await.unwrap();
    assert_eq!(begun.iter().map(|begun| begun.task.summary.id).collect::<Vec<_>>(), ids);
    let told: Vec<String> = world.since(300).await.into_iter().map(|event| event.subject).collect();
    let wanted: Vec<String> = ids.iter().flat_map(|id| [format!("task:{id}"), format!("task:{id}")]).collect();
    assert_eq!(told, wanted, "the events of a task stand together, in the order asked for");
}

pub async fn a_task_named_twice_begins_once(world: &World) {
    let id = world.queued().await;
    let begun = world.store.begin(vec![world.assignment(id, at(10)), world.assignment(id, at(10))]).await.unwrap();
    assert_eq!(begun.len(), 1);
    let rows = world.rows(id).await;
    assert_eq!((rows.task.lease, rows.attempts.len(), rows.attempts[0].id), (LeaseToken(1), 1, begun[0].attempt));
    assert_eq!(world.kinds_since(1).await, ["task.assigned", "task.running"]);
}

pub async fn a_task_named_twice_goes_whole_to_the_first_agent(world: &World) {
    let id = world.queued().await;
    let other = AgentRef { id: AgentId::new(world.id()), name: "other".to_owned() };
    let second = Assignment { agent: other, lease_until: at(99_999), ..world.assignment(id, at(20)) };
    let first = world.assignment(id, at(10));
    let begun = world.store.begin(vec![first.clone(), second]).await.unwrap();
    assert_eq!(begun.iter().map(|begun| begun.attempt).collect::<Vec<_>>(), [first.attempt]);
    let rows = world.rows(id).await;
    assert_eq!((rows.task.summary.agent, rows.task.lease_until), (Some(agent()), Some(first.lease_until)));
    assert_eq!((rows.task.summary.started_at, &rows.attempts[0].agent), (Some(at(10)), &agent()));
}

pub async fn an_attempt_identifier_that_is_taken_begins_nothing(world: &World) {
    let taken = world.running().await.attempt;
    let (one, other) = (world.queued().await, world.queued().await);
    let before = world.image().await;
    let wanted = vec![world.assignment(one, at(300)), Assignment { attempt: taken, ..world.assignment(other, at(300)) }];
    assert!(matches!(world.store.begin(wanted).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.image().await, before);
    let twice = AttemptId::new(world.id());
    let wanted = [one, other].map(|id| Assignment { attempt: twice, ..world.assignment(id, at(300)) });
    assert!(matches!(world.store.begin(wanted.to_vec()).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.image().await, before);
}

pub async fn nothing_to_begin_is_no_error(world: &World) {
    assert_eq!(world.store.begin(vec![]).await.unwrap(), []);
    assert_eq!(world.head().await, 0);
}

pub async fn each_attempt_has_a_deadline_of_its_own(world: &World) {
    let begun = world.running().await;
    let (id, span) = (begun.task.summary.id, Duration::from_millis(begun.task.timeouts.start_to_close_ms));
    let back = Advance::new(id, Guard::Lease(begun.task.lease), Trigger::HandBack, Principal::System, at(200));
    assert_eq!(world.applied(back).await.deadline_at, None);
    assert_eq!(world.begin(id, at(5_000)).await.task.deadline_at, Some(at(5_000).plus(span)));
}
