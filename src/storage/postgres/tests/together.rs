//! Do several servers on one database work together? Each task is begun once, each request is answered once, and all hear of
//! everything.

use std::collections::HashSet;

use crate::harness::{agent, assignment, at, audit_row, completion, database, insert, new_task, open, open_heard, ready, running, user};
use baton_domain::agent::AgentStatus;
use baton_domain::event::TopicFilter;
use baton_domain::id::{EventSeq, LeaseToken, ServerId, TaskId};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::{Principal, Role};
use baton_storage::{
    Advance, Advanced, AgentStore, Beat, CancelRequest, EventStore, Guard, Heart, Idempotency, IdentityStore, Inserted, StoreError,
    TaskStore, TraceBatch, TraceStore,
};
use futures::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_servers_that_want_the_same_tasks_each_task_is_begun_by_one() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let tasks = insert(&one, 200).await;
    let rounds = tasks.chunks(20).flat_map(|chunk| [&one, &two].map(|store| (store, chunk)));
    let begun = join_all(rounds.map(|(store, chunk)| store.begin(chunk.iter().copied().map(assignment).collect()))).await;
    let begun: Vec<_> = begun.into_iter().flat_map(Result::unwrap).collect();
    // What the one was taking just now the other passes over: a third round finds nothing that neither took.
    let left = ready(&one, at(200)).await;
    assert_eq!(begun.len() + left.len(), tasks.len());
    let ids: HashSet<TaskId> = begun.iter().map(|begun| begun.task.summary.id).collect();
    assert_eq!(ids.len(), begun.len(), "no task twice");
    for begun in begun.iter().take(5) {
        let rows = two.task_rows(begun.task.summary.id).await.unwrap().unwrap();
        assert_eq!(rows.attempts.len(), 1);
        assert_eq!(rows.attempts[0].id, begun.attempt);
        assert_eq!((rows.task.lease, rows.task.summary.state), (LeaseToken(1), TaskState::Running));
    }
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sequence_has_no_gap_however_many_write_and_whatever_is_rolled_back() {
    let url = database();
    let ((one, heard_one), (two, heard_two)) = (open_heard(&url).await, open_heard(&url).await);
    let known = new_task();
    one.insert_tasks(vec![known.clone()], None).await.unwrap();
    let writes = (0..300).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        let known = known.clone();
        async move {
            // Every third write has a task in it that exists: nothing of it may stay.
            let mut tasks = vec![new_task(), new_task()];
            let refused = number % 3 == 0;
            if refused {
                tasks.push(known);
            }
            assert_eq!(store.insert_tasks(tasks, None).await.is_err(), refused);
        }
    });
    join_all(writes.map(tokio::spawn)).await.into_iter().for_each(Result::unwrap);
    let expected: Vec<i64> = (1..=401).collect();
    let log = one.events_since(EventSeq(0), &TopicFilter::default(), 10_000).await.unwrap();
    assert_eq!(log.items.iter().map(|event| event.seq.0).collect::<Vec<_>>(), expected);
    assert_eq!((log.head, log.more), (EventSeq(401), false));
    assert_eq!(heard_one.told(401).await, expected, "each server hears of all, in order and once");
    assert_eq!(heard_two.told(401).await, expected);
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn what_one_server_commits_the_other_hears_of_within_a_second() {
    let url = database();
    let ((one, _), (two, heard)) = (open_heard(&url).await, open_heard(&url).await);
    for count in 1..=20 {
        insert(&one, 1).await;
        let told = tokio::time::timeout(std::time::Duration::from_secs(1), heard.told(count)).await;
        assert_eq!(told.unwrap().last(), Some(&i64::try_from(count).unwrap()));
    }
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn a_server_hears_only_of_what_comes_after_it_was_opened() {
    let url = database();
    let one = open(&url).await;
    insert(&one, 3).await;
    let (two, heard) = open_heard(&url).await;
    insert(&one, 1).await;
    insert(&two, 1).await;
    assert_eq!(heard.told(2).await, [4, 5]);
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_request_at_two_servers_at_once_is_answered_as_one() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    for round in 0..20 {
        let key = Idempotency { principal: "user:1".to_owned(), key: format!("k{round}"), request_hash: [7; 32] };
        let (mine, theirs) = (new_task(), new_task());
        let ids = [mine.task.summary.id, theirs.task.summary.id];
        let (mine, theirs) =
            tokio::join!(one.insert_tasks(vec![mine], Some(key.clone())), two.insert_tasks(vec![theirs], Some(key.clone())));
        match (mine.unwrap(), theirs.unwrap()) {
            (Inserted::Stored, Inserted::Replayed(first)) => assert_eq!(first, [ids[0]]),
            (Inserted::Replayed(first), Inserted::Stored) => assert_eq!(first, [ids[1]]),
            other => panic!("one is stored and the other repeats it: {other:?}"),
        }
        let other = Idempotency { request_hash: [8; 32], ..key };
        assert_eq!(two.insert_tasks(vec![new_task()], Some(other)).await.unwrap(), Inserted::KeyConflict);
    }
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_task_ends_once_though_two_servers_end_it() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    for _ in 0..20 {
        let begun = running(&one).await;
        let id = begun.task.summary.id;
        let change = Advance::new(id, Guard::State(TaskState::Running), Trigger::TimeOut, Principal::System, at(300));
        let (completed, timed_out) = tokio::join!(one.complete(completion(&begun)), two.advance(change));
        let applied = [completed.unwrap(), timed_out.unwrap()].iter().filter(|answer| matches!(answer, Advanced::Applied(_))).count();
        assert_eq!(applied, 1);
        let timeline = two.task_rows(id).await.unwrap().unwrap().timeline;
        assert_eq!(timeline.iter().filter(|entry| entry.state.is_terminal()).count(), 1);
    }
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_change_the_same_tasks_in_opposite_orders_wait_for_each_other_and_end() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let tasks = insert(&one, 40).await;
    let begun = one.begin(tasks.iter().copied().map(assignment).collect()).await.unwrap();
    let forth: Vec<_> = begun.iter().map(|begun| (begun.task.summary.id, begun.task.lease)).collect();
    let back: Vec<_> = forth.iter().rev().copied().collect();
    let beat = |leases: &Vec<_>| Beat {
        server: ServerId::new(uuid::Uuid::from_u128(1)),
        at: at(300),
        leases: leases.clone(),
        until: at(60_000),
        agents: vec![],
    };
    let beats = (0..50).map(|number| if number % 2 == 0 { one.beat(beat(&forth)) } else { two.beat(beat(&back)) });
    let canceled = tasks.iter().rev().map(|task| two.request_cancel(*task, Principal::System, at(300)));
    let (stale, canceled) = tokio::join!(join_all(beats), join_all(canceled));
    assert!(stale.into_iter().all(|beaten| beaten.unwrap().stale.is_empty()));
    assert!(canceled.into_iter().all(|answer| matches!(answer.unwrap(), CancelRequest::Running(_))));
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_want_to_be_the_first_user_one_is() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let (a, b) = tokio::join!(
        one.insert_user(user("a@example.test", Role::Admin), true, audit_row()),
        two.insert_user(user("b@example.test", Role::Admin), true, audit_row())
    );
    assert_ne!(a.unwrap(), b.unwrap());
    assert_eq!(one.users().await.unwrap().len(), 1);
    let taken = one.users().await.unwrap().remove(0).email;
    let again = two.insert_user(user(&taken, Role::Viewer), false, audit_row()).await;
    assert_eq!(again, Err(StoreError::Conflict("a row with this key")));
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_administrators_who_remove_each_other_leave_one() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let mut left = None;
    for round in 0..10 {
        let (a, b) = (user(&format!("a{round}@example.test"), Role::Admin), user(&format!("b{round}@example.test"), Role::Admin));
        one.insert_user(a.clone(), false, audit_row()).await.unwrap();
        one.insert_user(b.clone(), false, audit_row()).await.unwrap();
        if let Some(before) = left {
            assert!(one.change_user(before, Role::Viewer, true, at(1), audit_row()).await.unwrap(), "there are two others");
        }
        let (first, second) = tokio::join!(
            one.change_user(a.id, Role::Viewer, true, at(1), audit_row()),
            two.change_user(b.id, Role::Admin, false, at(1), audit_row())
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_ne!(first, second, "round {round}");
        left = Some(if first { b.id } else { a.id });
    }
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn log_lines_from_two_servers_have_places_of_their_own() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let begun = running(&one).await;
    let line = baton_storage::NewLogLine {
        at: at(1),
        level: baton_domain::wire::trace::Level::Info,
        message: "a\0b".to_owned(),
        fields: serde_json::json!({"n": "\0"}),
    };
    let task = begun.task.summary.id;
    let batch = TraceBatch { task, attempt: begun.attempt, logs: vec![line; 3], spans: Vec::new(), errors: Vec::new() };
    let appended = (0..40).map(|number| if number % 2 == 0 { one.append_trace(batch.clone()) } else { two.append_trace(batch.clone()) });
    let mut first: Vec<i64> = join_all(appended).await.into_iter().map(Result::unwrap).collect();
    first.sort_unstable();
    assert_eq!(first, (0..40).map(|number| number * 3 + 1).collect::<Vec<_>>());
    let lines = two.log_lines(task, 0, baton_domain::wire::trace::Level::Debug, 1_000).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), (1..=120).collect::<Vec<_>>());
    assert_eq!((lines[0].message.as_str(), &lines[0].fields), ("a\u{fffd}b", &serde_json::json!({"n": "\0"})));
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_counts_of_an_agent_are_those_of_all_servers() {
    let url = database();
    let (one, two) = (open(&url).await, open(&url).await);
    let card = serde_json::from_value(serde_json::json!({"name": "nlp", "title": "N", "description": "", "family": "nlp", "skills": [],
        "labels": [], "slots": 4}))
    .unwrap();
    let registration = baton_storage::AgentRegistration { id: agent().id, card };
    let (first, second) =
        tokio::join!(one.register_agents(vec![registration.clone()], at(0)), two.register_agents(vec![registration], at(0)));
    assert_eq!(first.unwrap().items, second.unwrap().items);
    assert_eq!(one.head().await.unwrap(), EventSeq(1), "it is announced once");
    let tasks = insert(&one, 60).await;
    let begun = one.begin(tasks.into_iter().map(assignment).collect()).await.unwrap();
    let ended = begun.iter().enumerate().map(|(number, begun)| {
        let store = if number % 2 == 0 { one.clone() } else { two.clone() };
        let completion = completion(begun);
        tokio::spawn(async move { store.complete(completion).await })
    });
    for answer in join_all(ended).await {
        assert!(matches!(answer.unwrap().unwrap(), Advanced::Applied(_)));
    }
    let drained = two.set_agent_status(agent().id, AgentStatus::Draining, Principal::System, at(400)).await.unwrap().unwrap();
    assert_eq!((drained.completed, drained.busy, drained.status), (60, 0, AgentStatus::Drained));
    assert_eq!(one.agents().await.unwrap().items, [drained]);
    one.close().await;
    two.close().await;
}
