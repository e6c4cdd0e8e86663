//! What does the contract say of tasks that several do: who votes, the decision that differing answers open, and when something follows?

use baton_domain::id::{DecisionId, JournalId, TaskId};
use baton_domain::ports::TaskVote;
use baton_domain::task::{TaskState, Trigger, WaitKind};
use baton_domain::user::Principal;
use baton_domain::wire::decision::DecideTerms;
use baton_domain::wire::task::TaskSummary;
use baton_storage::{
    Advance, DECISION_OPENED, DueTask, ESCALATED, ESCALATED_FOR, Guard, Idempotency, Inserted, JournalHead, JournalKind, JournalWrite,
    NewTaskRecord, asked_for,
};
use serde_json::json;

use crate::World;
use crate::journals;
use crate::make::{at, person};

/// A task that two do, with their tasks.
fn voted(world: &World) -> Vec<NewTaskRecord> {
    let mut task = world.task_with(|task| {
        task.summary.state = TaskState::Waiting;
        task.summary.wait_kind = Some(WaitKind::Decision);
    });
    let voter = || {
        world.task_with(|voter| {
            voter.summary.parent_id = Some(task.task.summary.id);
            voter.depth = 1;
        })
    };
    let voters = [voter(), voter()];
    let terms = DecideTerms { rule: Some("majority".to_owned()), threshold: Some(0.75), ..DecideTerms::default() };
    let tasks = voters.iter().map(|voter| voter.task.summary.id).collect();
    task.decide = Some(Box::new(TaskVote { terms, beginning: json!({"seed": 7, "who": ["a", "b"]}), voters: tasks }));
    [vec![task], voters.to_vec()].concat()
}

async fn stored(world: &World) -> (TaskId, [TaskId; 2]) {
    let new = voted(world);
    let ids: Vec<TaskId> = new.iter().map(|new| new.task.summary.id).collect();
    assert_eq!(world.store.insert_tasks(new, None).await.unwrap(), Inserted::Stored);
    (ids[0], [ids[1], ids[2]])
}

async fn due(world: &World, millis: i64) -> Vec<DueTask> {
    world.store.due_tasks(at(millis), 99).await.unwrap()
}

fn completes(task: TaskId, millis: i64) -> Advance {
    let change = Advance::new(task, Guard::State(TaskState::Waiting), Trigger::Complete, Principal::System, at(millis));
    Advance { result: Some(json!({"label": "fine"})), reason: Some("agreed".to_owned()), ..change }
}

/// A decision's journal in this state, last written then.
async fn decision(world: &World, id: DecisionId, state: &str, live: bool, millis: i64) -> JournalHead {
    let mut new = journals::new(world, JournalKind::Decision, "Which?");
    new.head.id = JournalId::new(*id.as_uuid());
    let head = journals::open(world, new).await;
    let write = JournalWrite { state: state.to_owned(), live, at: at(millis), ..journals::turn(&head, 1) };
    world.store.write_journal(write).await.unwrap();
    head
}

pub async fn who_does_a_task_is_stored_with_it(world: &World) {
    let new = voted(world);
    let (vote, id) = (new[0].decide.clone(), new[0].task.summary.id);
    let voter = new[1].task.summary.id;
    assert_eq!(asked_for(&new), [id]);
    world.store.insert_tasks(new, None).await.unwrap();
    let rows = world.rows(id).await;
    assert_eq!((rows.decide, rows.task.summary.decision_id), (vote, None));
    assert_eq!((rows.task.summary.state, rows.task.summary.wait_kind), (TaskState::Waiting, Some(WaitKind::Decision)));
    assert_eq!(world.rows(voter).await.decide, None);
}

pub async fn a_repeated_request_answers_with_what_was_asked_for(world: &World) {
    let key = || Some(Idempotency { principal: "ann".to_owned(), key: "k".to_owned(), request_hash: [7; 32] });
    let (first, other) = (voted(world), world.new_task());
    let asked = vec![first[0].task.summary.id, other.task.summary.id];
    let all = [vec![first[0].clone(), other], first[1..].to_vec()].concat();
    assert_eq!(world.store.insert_tasks(all.clone(), key()).await.unwrap(), Inserted::Stored);
    assert_eq!(world.store.insert_tasks(all, key()).await.unwrap(), Inserted::Replayed(asked));
}

pub async fn a_task_that_several_do_completes_while_it_waits(world: &World) {
    let (id, _) = stored(world).await;
    let head = world.head().await;
    let record = world.applied(completes(id, 300)).await;
    assert_eq!((record.summary.state, record.summary.wait_kind, record.summary.finished_at), (TaskState::Completed, None, Some(at(300))));
    assert_eq!(world.rows(id).await.result, Some(json!({"label": "fine"})));
    let events = world.since(head).await;
    assert_eq!((events.len(), events[0].kind.as_str()), (1, "task.completed"));
    world.refused(completes(id, 400)).await;
}

pub async fn one_that_waits_for_anything_else_has_no_result(world: &World) {
    for &kind in WaitKind::ALL.iter().filter(|kind| **kind != WaitKind::Decision) {
        let id = world
            .insert_with(|task| {
                task.summary.state = TaskState::Waiting;
                task.summary.wait_kind = Some(kind);
            })
            .await;
        world.refused(completes(id, 300)).await;
    }
}

pub async fn answers_differ_once_and_open_one_decision(world: &World) {
    let (id, _) = stored(world).await;
    let (first, second) = (DecisionId::new(world.id()), DecisionId::new(world.id()));
    let head = world.head().await;
    assert_eq!(world.store.differ(id, first, at(300)).await.unwrap(), Some(first));
    assert_eq!(world.store.differ(id, second, at(400)).await.unwrap(), Some(first), "whoever comes second opens the same");
    let events = world.since(head).await;
    assert_eq!((events.len(), events[0].kind.as_str(), events[0].at), (1, DECISION_OPENED, at(300)));
    let (told, record): (TaskSummary, _) = (events[0].data.read().unwrap(), world.record(id).await);
    assert_eq!((told, record.summary.decision_id), (record.summary.clone(), Some(first)));
    assert_eq!((record.summary.state, record.summary.wait_kind), (TaskState::Waiting, Some(WaitKind::Decision)));
    // It keeps it to its end, and none is opened after.
    let ended = world.applied(completes(id, 500)).await;
    assert_eq!(ended.summary.decision_id, Some(first));
    assert_eq!(world.store.differ(id, second, at(600)).await.unwrap(), None);
}

pub async fn no_decision_is_opened_for_others(world: &World) {
    let (queued, (paused, _)) = (world.queued().await, stored(world).await);
    let waits = world
        .insert_with(|task| {
            task.summary.state = TaskState::Waiting;
            task.summary.wait_kind = Some(WaitKind::Decision);
        })
        .await;
    world.applied(Advance::new(paused, Guard::State(TaskState::Waiting), Trigger::Pause, person(), at(100))).await;
    let before = world.image().await;
    for id in [queued, paused, waits, TaskId::new(world.id())] {
        assert_eq!(world.store.differ(id, DecisionId::new(world.id()), at(300)).await.unwrap(), None);
    }
    assert_eq!(world.image().await, before);
}

pub async fn something_follows_once_every_voter_has_ended(world: &World) {
    let (id, [one, other]) = stored(world).await;
    assert_eq!(due(world, 900).await, []);
    world.complete(one, at(200)).await;
    assert_eq!(due(world, 900).await, []);
    world.store.request_cancel(other, person(), at(300)).await.unwrap();
    assert_eq!(due(world, 900).await, [DueTask::Voted(id)], "whatever the end was");
    world.applied(Advance::new(id, Guard::State(TaskState::Waiting), Trigger::Pause, person(), at(400))).await;
    assert_eq!(due(world, 900).await, [], "a paused task takes no answer");
    let resume = Advance::new(id, Guard::State(TaskState::Paused), Trigger::ResumeWaiting, person(), at(500));
    world.applied(Advance { wait_kind: Some(WaitKind::Decision), ..resume }).await;
    assert_eq!(due(world, 900).await, [DueTask::Voted(id)]);
    world.applied(completes(id, 600)).await;
    assert_eq!(due(world, 900).await, []);
}

pub async fn something_follows_once_the_decision_has_ended_or_is_missing(world: &World) {
    let (id, voters) = stored(world).await;
    for voter in voters {
        world.complete(voter, at(200)).await;
    }
    let wanted = DecisionId::new(world.id());
    world.store.differ(id, wanted, at(300)).await.unwrap();
    assert_eq!(due(world, 900).await, [DueTask::Voted(id)], "it was never opened");
    let head = decision(world, wanted, "open", true, 400).await;
    assert_eq!(due(world, 900).await, []);
    let write = |version, state: &str, live| JournalWrite { state: state.to_owned(), live, at: at(500), ..journals::turn(&head, version) };
    world.store.write_journal(write(2, ESCALATED, true)).await.unwrap();
    let late = 500 + i64::try_from(ESCALATED_FOR.as_millis()).unwrap();
    assert_eq!(due(world, late - 1).await, []);
    assert_eq!(due(world, late).await, [DueTask::Voted(id)], "nobody decides it any more");
    world.store.write_journal(write(3, "decided", false)).await.unwrap();
    assert_eq!(due(world, 900).await, [DueTask::Voted(id)]);
}

pub async fn a_decision_whose_task_has_ended_is_due(world: &World) {
    let (id, voters) = stored(world).await;
    for voter in voters {
        world.complete(voter, at(200)).await;
    }
    let wanted = DecisionId::new(world.id());
    world.store.differ(id, wanted, at(300)).await.unwrap();
    let head = decision(world, wanted, "open", true, 400).await;
    world.store.request_cancel(id, person(), at(500)).await.unwrap();
    assert_eq!(due(world, 900).await, [DueTask::Voted(id)]);
    let end = JournalWrite { state: "cancelled".to_owned(), live: false, at: at(600), ..journals::turn(&head, 2) };
    world.store.write_journal(end).await.unwrap();
    assert_eq!(due(world, 900).await, []);
}
