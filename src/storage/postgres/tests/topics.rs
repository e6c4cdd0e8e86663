//! Does what is asked of one subscription, or of one dead letter, read that one only? Plans are kept for all parameters alike.

use crate::harness::{at, database, open};
use baton_domain::id::EventSeq;
use baton_domain::topic::SubscriptionName;
use baton_domain::user::Principal;
use baton_storage::TopicStore;
use sqlx::{Connection, PgConnection};

/// Dead letters of the one subscription, and other subscriptions beside it.
const MANY: i64 = 5_000;
/// Far more than a look-up by key reads, far less than all.
const FEW: i64 = 100;

/// Rows that were read of a table by way of any of its indexes or none. The store must be closed: its connections count with delay.
async fn read(url: &str, table: &str) -> i64 {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let text = "SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = $1)::bigint
         + (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = $1)";
    sqlx::query_scalar(text).bind(table).fetch_one(&mut sql).await.unwrap()
}

async fn fill(url: &str) {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let text = format!(
        "INSERT INTO topics (name, project_id, kind, maximum_age, maximum_messages, created_at, created_by)
             SELECT 'orders', id, 'durable', 1000, 100000, 0, 'system' FROM projects;
         INSERT INTO topic_messages (seq, id, topic, at, publisher, payload)
             SELECT n, gen_random_uuid(), 'orders', 0, 'system', '1' FROM generate_series(1, {MANY}) AS n;
         INSERT INTO subscriptions (name, project_id, pattern, ack_deadline_ms, maximum_deliveries, maximum_in_flight,
                 backoff_initial_ms, backoff_maximum_ms, seen, created_at, created_by)
             SELECT 's' || n, id, 'orders', 1000, 3, 10, 1000, 1000, {MANY}, 0, 'system' FROM projects, generate_series(1, {MANY}) AS n;
         INSERT INTO deliveries (subscription, seq, stage, deliveries, token, consumer, reason, died_at)
             SELECT 's1', n, 'dead', 3, 1, 'c', 'expired', 0 FROM generate_series(1, {MANY}) AS n;
         ANALYZE;"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut sql).await.unwrap();
    sql.close().await.unwrap();
}

#[tokio::test]
async fn named_letters_are_found_without_reading_the_others() {
    let url = database();
    open(&url).await.close().await;
    fill(&url).await;
    let before = (read(&url, "deliveries").await, read(&url, "subscriptions").await);
    let store = open(&url).await;
    let name = SubscriptionName::try_from("s1".to_owned()).unwrap();
    let some = |seqs: &[i64]| Some(seqs.iter().copied().map(EventSeq).collect());
    let system = Principal::System;
    assert_eq!(store.redrive(&name, some(&[MANY, 17]), 100, system.clone(), at(1)).await.unwrap(), Some(2));
    assert_eq!(store.purge(&name, some(&[MANY - 1, 17]), 100, system.clone(), at(2)).await.unwrap(), Some(1), "17 is dead no more");
    assert_eq!(store.purge(&name, None, 3, system.clone(), at(3)).await.unwrap(), Some(3));
    assert_eq!(store.redrive(&name, None, 1, system, at(4)).await.unwrap(), Some(1));
    store.close().await;
    let rows = (read(&url, "deliveries").await - before.0, read(&url, "subscriptions").await - before.1);
    assert!(rows.0 < FEW, "{} deliveries were read", rows.0);
    assert!(rows.1 < FEW, "{} subscriptions were read", rows.1);
}
