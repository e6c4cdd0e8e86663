//! Whether a real MariaDB answers what it should, and whether nothing but reading comes through.

use std::time::Duration;

use crate::harness::{MariaDb, asked, asked_within, bounds, cells, code, until};
use baton_clients_databases::{Bounds, ColumnKind};
use baton_domain::connection::ConnectionGrant;

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_as_mariadb_writes_them() {
    let Some(server) = MariaDb::shared() else { return };
    let kept = asked(&server.grant(), "SELECT * FROM items ORDER BY id;").await.unwrap();
    assert_eq!(
        cells(&kept),
        [
            ["1", "Käse", "12.50", "18446744073709551615", "2024-01-02 03:04:05", "ff00", "1", "0.1"],
            ["2", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]
        ]
    );
    let kinds: Vec<ColumnKind> = kept.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds[..4], [ColumnKind::Integer, ColumnKind::Text, ColumnKind::Number, ColumnKind::Integer]);
    let none = asked(&server.grant(), "SELECT id, name FROM items WHERE 1 = 0").await.unwrap();
    assert_eq!((none.columns.len(), none.rows.len()), (2, 0));
    let many = asked(&server.grant(), "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i FROM n")
        .await
        .unwrap();
    assert_eq!(many.rows.len(), 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_reading_comes_through() {
    let Some(server) = MariaDb::shared() else { return };
    for sql in [
        "DELETE FROM items",
        "SELECT 1; DELETE FROM items",
        "SELECT 1 INTO OUTFILE '/tmp/baton-never'",
        "SELECT load_file('/etc/passwd')",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE items (name)",
        "SELECT get_lock('a', 1)",
        "SELECT 1 /*! INTO OUTFILE '/tmp/baton-never' */",
        "SET SESSION TRANSACTION READ WRITE",
        "CREATE TABLE x (a int)",
        "COMMIT",
        "WITH x AS (SELECT 1) DELETE FROM items",
        "SELECT nextval(s)",
    ] {
        let (code, message) = code(asked(&server.grant(), sql).await);
        assert!(["DATA-030", "DATA-031"].contains(&code), "{sql}: {code} {message}");
    }
    let left = asked(&server.grant(), "SELECT count(*) FROM items").await.unwrap();
    assert_eq!(cells(&left), [["2"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let Some(server) = MariaDb::shared() else { return };
    let grant = server.grant();
    let (wrong, message) = code(asked(&grant, "SELECT nme FROM items").await);
    assert_eq!(wrong, "DATA-030");
    assert!(message.contains("nme"), "{message}");
    assert_eq!(code(asked(&ConnectionGrant { secret: Some("no".to_owned()), ..grant.clone() }, "SELECT 1").await).0, "DATA-042");
    assert_eq!(
        code(asked(&ConnectionGrant { base_url: grant.base_url.replace("/shop", "/none"), ..grant.clone() }, "SELECT 1").await).0,
        "DATA-042"
    );
    assert_eq!(code(asked(&ConnectionGrant { private: false, ..grant }, "SELECT 1").await).0, "EGRESS-003");
}

async fn running(server: &MariaDb, word: &str) -> bool {
    let sql = format!(
        "SELECT count(*) FROM information_schema.processlist WHERE command = 'Query' AND info LIKE '%{word}%' AND info NOT LIKE '%processlist%'"
    );
    cells(&asked(&server.grant(), &sql).await.unwrap()) != [["0"]]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_an_end_is_ended_at_its_bounds() {
    let Some(server) = MariaDb::shared() else { return };
    let short = Bounds { statement: Duration::from_millis(500), ..bounds() };
    let heavy = "SELECT count(*) FROM seq_1_to_1000000 bounded, seq_1_to_1000000 b WHERE bounded.seq + b.seq = 7";
    assert_eq!(code(asked_within(&server.grant(), heavy, short, None, std::future::pending()).await).0, "DATA-032");
    // Which is stopped as well, and then answers 0.
    let loops = "SELECT benchmark(1000000000000, md5('bounded'))";
    match asked_within(&server.grant(), loops, short, None, std::future::pending()).await {
        Ok(answer) => assert_eq!(cells(&answer), [["0"]]),
        refused => assert_eq!(code(refused).0, "DATA-032"),
    }
    let wide = "SELECT repeat('x', 1000), 'bounded' FROM seq_1_to_10000000";
    assert_eq!(
        code(asked_within(&server.grant(), wide, Bounds { bytes: 3 << 20, ..bounds() }, None, std::future::pending()).await).0,
        "DATA-033"
    );
    assert_eq!(code(asked_within(&server.grant(), wide, bounds(), Some(10), std::future::pending()).await).0, "DATA-033");
    until(async || !running(server, "bounded").await, "the server still works").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_query_stops_on_the_server_too() {
    let Some(server) = MariaDb::shared() else { return };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let grant = server.grant();
    let asking = tokio::spawn(async move {
        let canceled = async {
            let _ = stopped.await;
        };
        asked_within(
            &grant,
            "SELECT count(*) FROM seq_1_to_1000000 stoppable, seq_1_to_1000000 b WHERE stoppable.seq + b.seq = 7",
            bounds(),
            None,
            canceled,
        )
        .await
        .err()
    });
    until(async || running(server, "stoppable").await, "it did not begin").await;
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(1), asking).await.expect("it ends within a second").unwrap();
    assert!(ended.is_some());
    until(async || !running(server, "stoppable").await, "the server still works").await;
}
