//! What happens when the database goes away? Callers are told so, nothing is lost, and all goes on when it is back.

use crate::harness;

use std::sync::Arc;
use std::time::Duration;

use crate::harness::{Heard, database, insert, new_task, open, open_heard};
use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_storage::{CommitSink, EventStore, NoSink, StoreError, TaskStore};
use baton_storage_postgres::PostgresOptions;
use baton_testkit::PostgresServer;
use sqlx::{Connection, PgConnection};

/// Ends the sessions whose last statement was like this one.
async fn end_sessions(url: &str, like: &str) -> usize {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let ended: Vec<bool> = sqlx::query_scalar(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'baton' AND query LIKE $1",
    )
    .bind(like)
    .fetch_all(&mut sql)
    .await
    .unwrap();
    ended.len()
}

#[tokio::test]
async fn a_server_that_lost_the_connection_it_listens_on_hears_of_what_it_missed() {
    let url = database();
    let ((one, _), (two, heard)) = (open_heard(&url).await, open_heard(&url).await);
    insert(&one, 2).await;
    heard.told(2).await;
    assert!(end_sessions(&url, "LISTEN%").await >= 2);
    insert(&one, 3).await;
    assert_eq!(heard.told(5).await, [1, 2, 3, 4, 5]);
    insert(&one, 1).await;
    assert_eq!(heard.told(6).await, [1, 2, 3, 4, 5, 6]);
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn a_write_outlives_the_connection_that_it_would_have_used() {
    let url = database();
    let (store, heard) = open_heard(&url).await;
    for round in 1..=5 {
        end_sessions(&url, "%").await;
        insert(&store, 1).await;
        assert_eq!(heard.told(round).await.len(), round);
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_a_crash_of_the_database_and_both_servers_go_on() {
    // One of its own, since it crashes.
    let server = tokio::task::spawn_blocking(PostgresServer::start).await.unwrap().unwrap();
    let url = server.new_database().unwrap();
    let heard = [Arc::new(Heard::default()), Arc::new(Heard::default())];
    let options = PostgresOptions { acquire_timeout: Duration::from_millis(500), ..PostgresOptions::new(&url) };
    let one = options.open(Arc::clone(&heard[0]) as Arc<dyn CommitSink>).await.unwrap();
    let two = options.open(Arc::clone(&heard[1]) as Arc<dyn CommitSink>).await.unwrap();
    let writing = {
        let (one, two) = (one.clone(), two.clone());
        tokio::spawn(async move {
            let mut stored = Vec::new();
            for number in 0.. {
                let (task, store) = (new_task(), if number % 2 == 0 { &one } else { &two });
                let id = task.task.summary.id;
                match store.insert_tasks(vec![task], None).await {
                    Ok(_) => stored.push(id),
                    Err(StoreError::Unavailable(_)) => return stored,
                    Err(other) => panic!("not what an outage is: {other:?}"),
                }
            }
            stored
        })
    };
    harness::eventually("some tasks are stored", || heard[0].places().len() > 50).await;
    server.crash().unwrap();
    let stored = writing.await.unwrap();
    assert!(matches!(one.task(stored[0]).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(one.ping().await, Err(StoreError::Unavailable(_))));
    server.resume().unwrap();
    for store in [&one, &two] {
        // It is noticed within two seconds that PostgreSQL answers again; what comes sooner is told to come later.
        let began = tokio::time::Instant::now();
        while let Err(error) = store.head().await {
            assert!(matches!(error, StoreError::Unavailable(_)) && began.elapsed() < Duration::from_secs(20), "{error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for id in &stored {
            assert!(store.task(*id).await.unwrap().is_some(), "it was acknowledged");
        }
        insert(store, 1).await;
    }
    let log = one.events_since(EventSeq(0), &TopicFilter::default(), 1_000_000).await.unwrap();
    let places: Vec<i64> = log.items.iter().map(|event| event.seq.0).collect();
    assert_eq!(places, (1..=log.head.0).collect::<Vec<_>>());
    for heard in &heard {
        assert_eq!(heard.told(places.len()).await, places);
    }
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_storage_that_does_not_answer() {
    for url in ["postgres://postgres@127.0.0.1:1/none".to_owned(), format!("{}_of_nobody", database()), "no address".to_owned()] {
        let opened = PostgresOptions::new(url).open(Arc::new(NoSink)).await;
        assert!(matches!(opened, Err(StoreError::Unavailable(_))), "{opened:?}");
    }
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let url = database();
    let store = open(&url).await;
    let task = insert(&store, 1).await[0];
    store.close().await;
    assert!(matches!(store.task(task).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.insert_tasks(vec![new_task()], None).await, Err(StoreError::Unavailable(_))));
    let again = open(&url).await;
    assert!(again.task(task).await.unwrap().is_some());
    again.close().await;
}
