//! What becomes of jobs that are committed together? Those that fail are left out, and the others are not harmed.

use std::sync::Arc;
use std::time::Duration;

use crate::harness::{assignment, at, completion, database, insert, new_task, running};
use baton_domain::event::TopicFilter;
use baton_domain::id::{EventSeq, LeaseToken};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_storage::{Advance, Advanced, Completion, EventStore, Guard, NoSink, StoreError, TaskStore};
use baton_storage_postgres::{PostgresOptions, PostgresStore};
use futures::future::join_all;
use sqlx::{Connection, PgConnection};

/// A store with one writing task: what is handed in while it is held up comes into one group.
async fn one_writer(url: &str) -> PostgresStore {
    PostgresOptions { writers: 1, ..PostgresOptions::new(url) }.open(Arc::new(NoSink)).await.unwrap()
}

/// Holds the end of the log until it is let go, so that no write is committed meanwhile.
async fn hold(url: &str) -> PgConnection {
    let mut sql = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT 1 FROM stream_head FOR UPDATE").execute(&mut sql).await.unwrap();
    sql
}

/// Waits until a write is held up; by then all that were handed in with it are in its group or wait for the next.
async fn held_up(sql: &mut PgConnection) {
    for _ in 0..1_000 {
        let waiting: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')",
        )
        .fetch_one(&mut *sql)
        .await
        .unwrap();
        if waiting {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

async fn let_go(mut sql: PgConnection) {
    held_up(&mut sql).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut sql).await.unwrap();
}

#[tokio::test]
async fn a_job_that_fails_is_left_out_of_its_group() {
    let url = database();
    let store = one_writer(&url).await;
    let known = new_task();
    store.insert_tasks(vec![known.clone()], None).await.unwrap();
    let held = hold(&url).await;
    let writes = (0..20).map(|number| {
        let task = if number == 7 { known.clone() } else { new_task() };
        store.insert_tasks(vec![task], None)
    });
    let (answers, ()) = tokio::join!(join_all(writes), let_go(held));
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.is_err(), number == 7, "{answer:?}");
        if let Err(error) = answer {
            assert_eq!(error, StoreError::Conflict("a row with this key"));
        }
    }
    assert_eq!(store.head().await.unwrap(), EventSeq(20));
    store.close().await;
}

#[tokio::test]
async fn completions_of_one_commit_count_only_under_their_own_lease() {
    let url = database();
    let store = one_writer(&url).await;
    let first = running(&store).await;
    let lost = Advance::new(first.task.summary.id, Guard::Lease(LeaseToken(1)), Trigger::LoseWorker, Principal::System, at(150));
    assert!(matches!(store.advance(lost).await.unwrap(), Advanced::Applied(_)));
    let second = store.begin(vec![assignment(first.task.summary.id)]).await.unwrap().remove(0);
    let other = running(&store).await;
    let with = |result: i32, of: Completion| Completion { result: serde_json::json!(result), ..of };
    let held = hold(&url).await;
    let blocker = insert(&store, 1);
    let all = [
        with(1, completion(&first)),
        with(2, completion(&second)),
        with(3, completion(&second)),
        with(4, completion(&other)),
        with(5, completion(&first)),
    ];
    let ended = async { join_all(all.into_iter().map(|completion| store.complete(completion))).await };
    let (_, answers, ()) = tokio::join!(blocker, ended, let_go(held));
    let applied: Vec<bool> = answers.into_iter().map(|answer| matches!(answer.unwrap(), Advanced::Applied(_))).collect();
    assert_eq!(applied, [false, true, false, true, false]);
    let rows = store.task_rows(first.task.summary.id).await.unwrap().unwrap();
    assert_eq!(rows.result, Some(serde_json::json!(2)));
    assert_eq!(rows.attempts.len(), 2);
    assert_eq!(rows.task.summary.state, TaskState::Completed);
    let log = store.events_since(EventSeq(0), &TopicFilter::default(), 1_000).await.unwrap();
    assert_eq!(log.items.iter().filter(|event| event.kind == "task.completed").count(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_group_that_loses_a_deadlock_is_run_again() {
    let url = database();
    let store = one_writer(&url).await;
    let begun = running(&store).await;
    let id = *begun.task.summary.id.as_uuid();
    // Another program holds the log and then wants the task, which is the wrong way round; it asks to be spared.
    let mut sql = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("SET deadlock_timeout = '60s'; BEGIN; SELECT 1 FROM stream_head FOR UPDATE").execute(&mut sql).await.unwrap();
    let other = async {
        held_up(&mut sql).await;
        sqlx::query("SELECT 1 FROM tasks WHERE id = $1 FOR UPDATE").bind(id).execute(&mut sql).await.unwrap();
        sqlx::raw_sql("COMMIT").execute(&mut sql).await.unwrap();
    };
    let (answer, ()) = tokio::join!(store.complete(completion(&begun)), other);
    assert!(matches!(answer.unwrap(), Advanced::Applied(_)));
    assert_eq!(store.task_rows(begun.task.summary.id).await.unwrap().unwrap().task.summary.state, TaskState::Completed);
    store.close().await;
}

#[tokio::test]
async fn a_store_that_is_dropped_commits_what_was_handed_in() {
    let url = database();
    let store = one_writer(&url).await;
    let task = new_task();
    let id = task.task.summary.id;
    let write = {
        let store = store.clone();
        tokio::spawn(async move { store.insert_tasks(vec![task], None).await })
    };
    drop(store);
    write.await.unwrap().unwrap();
    let again = one_writer(&url).await;
    assert!(again.task(id).await.unwrap().is_some());
    again.close().await;
}
