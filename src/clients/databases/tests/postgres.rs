//! Whether a real PostgreSQL answers what it should, and whether nothing but reading comes through.

use std::time::Duration;

use crate::harness::{asked, asked_within, bounds, cells, code, grant, until};
use baton_clients_databases::{Bounds, ColumnKind};
use baton_domain::connection::{ConnectionGrant, ConnectionKind};
use baton_testkit::PostgresServer;
use sqlx::{AssertSqlSafe, Connection, Executor};

const SETUP: &str = "CREATE TABLE items (id bigint PRIMARY KEY, name text, price numeric(30,2), sold timestamptz, tags text[], doc jsonb, flag boolean, f float8, raw bytea);
    INSERT INTO items VALUES (1, 'Käse', 123456789012345678901234.50, '2024-01-02 03:04:05+00', '{a,\"b,c\"}', '{\"x\": [1]}', true, 0.1, '\\xff00'), (2, NULL, NULL, NULL, NULL, NULL, false, 'NaN', NULL);
    CREATE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; RETURN 1; END $$;
    CREATE SEQUENCE s;";

async fn database() -> (ConnectionGrant, sqlx::PgConnection) {
    let url = PostgresServer::shared().unwrap().new_database().unwrap();
    let mut owner = sqlx::PgConnection::connect(&url).await.unwrap();
    owner.execute(AssertSqlSafe(SETUP)).await.unwrap();
    (grant(ConnectionKind::Postgres, &url, None), owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_as_postgresql_writes_them() {
    let (grant, _owner) = database().await;
    let kept = asked(&grant, "SELECT * FROM items ORDER BY id -- all of them").await.unwrap();
    assert_eq!(
        cells(&kept),
        [
            ["1", "Käse", "123456789012345678901234.50", "2024-01-02 03:04:05+00", "{a,\"b,c\"}", "{\"x\": [1]}", "1", "0.1", "\\xff00"],
            ["2", "NULL", "NULL", "NULL", "NULL", "NULL", "0", "NaN", "NULL"]
        ]
    );
    let kinds: Vec<ColumnKind> = kept.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds[..3], [ColumnKind::Integer, ColumnKind::Text, ColumnKind::Number]);
    assert_eq!(kinds[6..8], [ColumnKind::Boolean, ColumnKind::Number]);
    let none = asked(&grant, "SELECT id, name FROM items WHERE false;").await.unwrap();
    assert_eq!((none.columns.len(), none.rows.len()), (2, 0));
    let many = asked(&grant, "WITH n AS (SELECT generate_series(1, 1234) AS i) SELECT i FROM n").await.unwrap();
    assert_eq!((many.rows.len(), many.rows[1233][0].as_deref()), (1234, Some("1234")));
    assert_eq!(asked(&grant, "(VALUES (1), (2))").await.unwrap().rows.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_reading_comes_through() {
    let (grant, mut owner) = database().await;
    for sql in [
        "DELETE FROM items",
        "WITH gone AS (DELETE FROM items RETURNING id) SELECT * FROM gone",
        "SELECT sneak()",
        "SELECT 1; DELETE FROM items",
        "SELECT 1) ; DELETE FROM items; --",
        "SELECT * INTO copy FROM items",
        "SELECT * FROM items FOR UPDATE",
        "SELECT nextval('s')",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SET TRANSACTION READ WRITE",
        "COPY items TO PROGRAM 'cat > /tmp/x'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT * FROM pg_ls_dir('/')",
        "CREATE TABLE x (a int)",
        "EXPLAIN ANALYZE DELETE FROM items",
        "DO $$ BEGIN DELETE FROM items; END $$",
    ] {
        let (code, message) = code(asked(&grant, sql).await);
        assert!(["DATA-030", "DATA-031"].contains(&code), "{sql}: {code} {message}");
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 2);
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetch_one(&mut owner).await.unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let (grant, _owner) = database().await;
    let (wrong, message) = code(asked(&grant, "SELECT nme FROM items").await);
    assert_eq!(wrong, "DATA-030");
    assert!(message.contains("nme"), "{message}");
    assert_eq!(
        code(asked(&ConnectionGrant { base_url: grant.base_url.replace("/test_", "/none_"), ..grant.clone() }, "SELECT 1").await).0,
        "DATA-042"
    );
    assert_eq!(
        code(asked(&ConnectionGrant { base_url: "postgres://u@127.0.0.1:1/x".to_owned(), ..grant.clone() }, "SELECT 1").await).0,
        "DATA-041"
    );
    // Without an administrator's leave the very same host is not asked.
    assert_eq!(code(asked(&ConnectionGrant { private: false, ..grant.clone() }, "SELECT 1").await).0, "EGRESS-003");
    // A server without TLS is not asked in the clear if the address wants it encrypted.
    let strict = format!("{}?sslmode=require", grant.base_url);
    assert_eq!(code(asked(&ConnectionGrant { base_url: strict, ..grant }, "SELECT 1").await).0, "DATA-041");
}

async fn active(owner: &mut sqlx::PgConnection, word: &str) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = current_database() AND (query LIKE $1 OR query LIKE 'FETCH%')";
    sqlx::query_scalar(sql).bind(format!("%{word}%")).fetch_one(owner).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_an_end_is_ended_at_its_bounds() {
    let (grant, mut owner) = database().await;
    let short = Bounds { statement: Duration::from_millis(400), ..bounds() };
    assert_eq!(code(asked_within(&grant, "SELECT pg_sleep(60)", short, None, std::future::pending()).await).0, "DATA-032");
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n";
    assert_eq!(code(asked_within(&grant, endless, short, None, std::future::pending()).await).0, "DATA-032");
    let wide = "SELECT repeat('x', 1000) FROM generate_series(1, 100000000)";
    assert_eq!(code(asked_within(&grant, wide, Bounds { bytes: 3 << 20, ..bounds() }, None, std::future::pending()).await).0, "DATA-033");
    // One row that is larger than all there may be.
    assert_eq!(
        code(
            asked_within(&grant, "SELECT repeat('x', 100000000)", Bounds { bytes: 3 << 20, ..bounds() }, None, std::future::pending())
                .await
        )
        .0,
        "DATA-033"
    );
    let (full, message) = code(asked_within(&grant, wide, bounds(), Some(10), std::future::pending()).await);
    assert_eq!((full, message.as_str()), ("DATA-033", "enough"));
    until(async || active(&mut owner, "generate_series").await == 0, "the server still works").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_query_stops_on_the_server_too() {
    let (grant, mut owner) = database().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let asking = tokio::spawn(async move {
        let canceled = async {
            let _ = stopped.await;
        };
        asked_within(&grant, "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b", bounds(), None, canceled)
            .await
            .err()
    });
    until(async || active(&mut owner, "generate_series").await == 1, "it did not begin").await;
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(1), asking).await.expect("it ends within a second").unwrap();
    assert!(ended.is_some());
    until(async || active(&mut owner, "generate_series").await == 0, "the server still works").await;
}
