//! How is a database opened? Made on the first time, left alone afterwards, and refused if a newer version made it.

use std::sync::Arc;

use crate::harness::{database, insert, open};
use baton_storage::{NoSink, StoreError, TaskStore};
use baton_storage_postgres::PostgresOptions;
use futures::future::join_all;
use sqlx::{Connection, PgConnection};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_start_together_make_one_schema() {
    let url = database();
    let stores = join_all((0..4).map(|_| open(&url))).await;
    let task = insert(&stores[0], 1).await[0];
    for store in &stores {
        assert!(store.task(task).await.unwrap().is_some());
        store.close().await;
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let url = database();
    open(&url).await.close().await;
    let mut sql = PgConnection::connect(&url).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9000, 'later', TRUE, '\\x00', 0)",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    match PostgresOptions::new(&url).open(Arc::new(NoSink)).await {
        Err(StoreError::TooNew { found: 9000, known }) => assert!(known >= 2),
        other => panic!("it was opened: {other:?}"),
    }
}

#[tokio::test]
async fn whatever_the_database_was_made_with_names_are_sorted_by_their_bytes() {
    let url = database();
    let store = open(&url).await;
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let sorted: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND collation_name = 'C'
         AND table_name || '.' || column_name IN
             ('users.email', 'agents.name', 'tasks.skill', 'metric_buckets.skill', 'metric_buckets.agent')",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    assert_eq!(sorted.len(), 5);
    store.close().await;
}

#[test]
fn opening_and_closing_can_be_done_by_any_task() {
    fn is_send<T: Send>(_: T) {}
    async fn open_and_close(url: String) {
        open(&url).await.close().await;
    }
    is_send(Box::pin(open_and_close(String::new())) as std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);
}

#[test]
fn the_password_is_not_shown() {
    let options = PostgresOptions::new("postgres://baton:secret@localhost/baton");
    assert!(!format!("{options:?}").contains("secret"));
}
