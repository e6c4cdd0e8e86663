//! Whether queries answer what they should, refuse what they must, and end.

use std::fmt::Write;
use std::sync::Arc;

use crate::databases::MariaDb;
use crate::harness::{Ended, Setting, run_in, skill_of};
use baton_agents_data_science::{DataScience, QUERY};
use baton_domain::connection::{AuthKind, ConnectionGrant, ConnectionKind};
use serde_json::{Value, json};

fn ask(tables: &[(&str, &[u8])], sql: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let named: Vec<Value> = tables
        .iter()
        .map(|(name, content)| json!({"name": name, "artifact": setting.file(folder.path(), &format!("{name}.csv"), content)}))
        .collect();
    run_in(setting, Arc::new(DataScience::default()), QUERY, json!({"tables": named, "sql": sql}))
}

const PEOPLE: &[u8] =
    b"id,name,\"a \"\"b\",big,on\n1,Ann,x,9007199254740993,yes\n2,\"B, \"\"ob\"\"\",,9223372036854775807,no\n3,NA,z,5,yes\n";
const ORDERS: &[u8] = b"person,amount\n1,1.5\n1,2.5\n2,10\n9,100.25\n";

fn rows(sql: &str) -> Value {
    ask(&[("people", PEOPLE), ("orders", ORDERS)], sql).value()["result"]["rows"].clone()
}

#[test]
fn tables_are_joined_and_types_are_kept() {
    let joined = "SELECT p.name, sum(o.amount) FROM people p LEFT JOIN orders o ON o.person = p.id GROUP BY p.id ORDER BY p.id";
    assert_eq!(rows(joined), json!([["Ann", 4.0], ["B, \"ob\"", 10.0], [null, null]]));
    assert_eq!(rows("SELECT big + 1, typeof(big) FROM people WHERE id = 1"), json!([["9007199254740994", "integer"]]));
    assert_eq!(rows("SELECT \"a \"\"b\", \"on\" FROM people ORDER BY id"), json!([["x", "yes"], [null, "no"], ["z", "yes"]]));
    assert_eq!(rows("SELECT name REGEXP '^A' FROM people ORDER BY id"), json!([[1], [0], [null]]));
    let ended = ask(&[("people", PEOPLE)], "SELECT name FROM people ORDER BY id");
    assert_eq!(String::from_utf8(ended.stored[0].2.clone()).unwrap(), "name\nAnn\n\"B, \"\"ob\"\"\"\n\"\"\n");
}

#[test]
fn statistics_agree_with_hand_computed_ones() {
    let values = "WITH v(x, y) AS (VALUES (2, 4), (4, 8), (4, 8), (4, 8), (5, 10), (5, 10), (7, 14), (9, 18), (NULL, 1))";
    let sql = format!(
        "{values} SELECT median(x), stddev_pop(x), var_pop(x), round(var_samp(x), 9), percentile(x, 25), round(corr(x, y), 9) FROM v"
    );
    assert_eq!(rows(&sql), json!([[4.5, 2.0, 4.0, 4.571428571, 4.0, 1.0]]));
}

#[test]
fn what_does_more_than_read_is_refused() {
    for sql in [
        "ATTACH 'x.db' AS x",
        "PRAGMA user_version",
        "SELECT * FROM pragma_table_info('people')",
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "INSERT INTO people(id) VALUES (7)",
        "DELETE FROM people",
        "BEGIN",
        "VACUUM INTO 'x.db'",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE people",
    ] {
        let ended = ask(&[("people", PEOPLE)], sql);
        assert_eq!(ended.code(), "DATA-031", "{sql}: {}", ended.message());
    }
}

#[test]
fn wrong_statements_and_names_are_told() {
    let ended = ask(&[("people", PEOPLE)], "SELECT id FORM people");
    assert_eq!(ended.code(), "DATA-030");
    assert!(ended.message().contains("near \"people\""), "{}", ended.message());
    assert_eq!(ask(&[("people", PEOPLE), ("People", ORDERS)], "SELECT 1").code(), "DATA-034");
    assert_eq!(ask(&[("sqlite_x", PEOPLE)], "SELECT 1").code(), "DATA-034");
    assert_eq!(ask(&[("people", PEOPLE)], "SELECT zeroblob(100000000)").code(), "DATA-033");
}

#[test]
fn a_query_without_an_end_is_ended() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    assert_eq!(ask(&[("people", PEOPLE)], endless).code(), "DATA-032");
}

#[test]
fn many_rows_are_imported_and_grouped() {
    let count = baton_testkit::scale().of(50_000, 1_000_000);
    let mut text = "id,kind,value\n".to_owned();
    for row in 0..count {
        let _ = writeln!(text, "{row},k{},{}.5", row % 10, row % 100);
    }
    let began = std::time::Instant::now();
    let result = ask(&[("t", text.as_bytes())], "SELECT kind, count(*), median(value) FROM t GROUP BY kind ORDER BY kind").value();
    println!("{}", json!({"rows": count, "seconds": began.elapsed().as_secs_f64()}));
    assert_eq!(result["result"]["rows"][0], json!(["k0", count / 10, 45.5]));
}

/// Asks a database behind a connection.
fn ask_connection(kind: ConnectionKind, base_url: &str, private: bool, sql: &str) -> Ended {
    ask_granted(
        ConnectionGrant {
            name: "shop".to_owned(),
            kind,
            base_url: base_url.to_owned(),
            auth: AuthKind::None,
            auth_name: None,
            secret: None,
            private,
        },
        sql,
    )
}

fn ask_granted(grant: ConnectionGrant, sql: &str) -> Ended {
    let connections = std::collections::BTreeMap::from([("shop".to_owned(), grant)]);
    let setting = Setting { connections, egress: Some(baton_domain::egress::EgressPolicy::default()), ..Setting::default() };
    run_in(setting, Arc::new(DataScience::default()), QUERY, json!({"connection": "shop", "sql": sql}))
}

#[test]
fn a_sqlite_file_behind_a_connection_is_read_and_only_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let url = path.to_str().unwrap();
    let owner = rusqlite::Connection::open(&path).unwrap();
    owner
        .execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE items (id INTEGER, name TEXT); INSERT INTO items VALUES (1, 'x'), (2, NULL);")
        .unwrap();
    let result = ask_connection(ConnectionKind::Sqlite, url, true, "SELECT * FROM items ORDER BY id").value();
    assert_eq!(result["result"]["rows"], json!([[1, "x"], [2, null]]));
    for sql in [
        "DELETE FROM items",
        "ATTACH '/tmp/x.db' AS x",
        "PRAGMA writable_schema = 1",
        "SELECT 1; DELETE FROM items",
        "VACUUM INTO '/tmp/x.db'",
    ] {
        assert_eq!(ask_connection(ConnectionKind::Sqlite, url, true, sql).code(), "DATA-031", "{sql}");
    }
    let left: i64 = owner.query_row("SELECT count(*) FROM items", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 2);
    assert_eq!(ask_connection(ConnectionKind::Sqlite, url, false, "SELECT 1").code(), "DATA-040");
    assert_eq!(ask_connection(ConnectionKind::Sqlite, "/etc/passwd", true, "SELECT 1").code(), "DATA-040");
    assert_eq!(ask_connection(ConnectionKind::Sqlite, "/nowhere/x.db", true, "SELECT 1").code(), "DATA-040");
    assert_eq!(ask_connection(ConnectionKind::Http, "https://example.org/", true, "SELECT 1").code(), "DATA-040");
}

#[test]
fn a_postgresql_behind_a_connection_answers() {
    let url = baton_testkit::PostgresServer::shared().unwrap().new_database().unwrap();
    let sql = "SELECT i, i * 0.5 AS half, i % 2 = 0 AS even, 9007199254740993::bigint AS big, 'ü' || i AS name, NULL AS none FROM generate_series(1, 300) i";
    let ended = ask_connection(ConnectionKind::Postgres, &url, true, sql);
    let csv = String::from_utf8(ended.stored[0].2.clone()).unwrap();
    assert!(csv.starts_with("i,half,even,big,name,none\n1,0.5,0,9007199254740993,ü1,\n"), "{}", &csv[..80]);
    let result = ended.value();
    assert_eq!(result["result"]["rows"][1], json!([2, 1.0, 1, "9007199254740993", "ü2", null]));
    assert_eq!((&result["rows"], &result["shown"]), (&json!(300), &json!(200)));
    assert_eq!(ask_connection(ConnectionKind::Postgres, &url, false, "SELECT 1").code(), "EGRESS-003");
    assert_eq!(ask_connection(ConnectionKind::Postgres, &url, true, "DROP TABLE x").code(), "DATA-031");
}

#[test]
fn a_mysql_behind_a_connection_answers_and_is_only_read() {
    let Some(server) = MariaDb::shared() else { return };
    let ended = ask_granted(server.grant(), "SELECT id, name, price, big, sold FROM items ORDER BY id");
    let csv = String::from_utf8(ended.stored[0].2.clone()).unwrap();
    assert!(csv.starts_with("id,name,price,big,sold\n1,Käse,12.50,18446744073709551615,2024-01-02 03:04:05\n"), "{csv}");
    let result = ended.value();
    let rows = json!([[1, "Käse", 12.5, "18446744073709551615", "2024-01-02 03:04:05"], [2, null, null, null, null]]);
    assert_eq!((&result["result"]["rows"], &result["rows"]), (&rows, &json!(2)));
    for sql in ["DELETE FROM items", "SELECT 1 INTO OUTFILE '/tmp/baton-never'"] {
        let refused = ask_granted(server.grant(), sql);
        assert!(["DATA-030", "DATA-031"].contains(&refused.code()), "{sql}: {}", refused.message());
    }
    let left = ask_granted(server.grant(), "SELECT count(*) FROM items").value();
    assert_eq!(left["result"]["rows"], json!([[2]]));
    assert_eq!(ask_granted(ConnectionGrant { private: false, ..server.grant() }, "SELECT 1").code(), "EGRESS-003");
}

#[test]
fn forms_offer_databases_only() {
    let kinds = [ConnectionKind::Postgres, ConnectionKind::Mysql, ConnectionKind::Sqlite].map(ConnectionKind::as_str);
    let schema = skill_of(&DataScience::default(), QUERY).input_schema;
    assert_eq!(schema["properties"]["connection"]["x-kinds"], json!(kinds));
}

#[test]
fn tables_and_a_connection_are_not_asked_together() {
    let setting = || Setting::default();
    assert_eq!(run_in(setting(), Arc::new(DataScience::default()), QUERY, json!({"sql": "SELECT 1"})).code(), "TASK-003");
    assert_eq!(
        run_in(setting(), Arc::new(DataScience::default()), QUERY, json!({"connection": "none", "sql": "SELECT 1"})).code(),
        "CONNECTION-001"
    );
}

#[test]
fn long_texts_are_searched_in_time() {
    let text = format!("a\n{}\n", "a".repeat(3_000_000));
    let one = |sql: &str| ask(&[("t", text.as_bytes())], sql).value()["result"]["rows"].clone();
    assert_eq!(one("SELECT instr(a, a || 'b') FROM t"), json!([[0]]));
    assert_eq!(one("SELECT a LIKE '%a%a%a%a%a%a%b' FROM t"), json!([[0]]));
    assert_eq!(one("SELECT length(trim(a, a)) FROM t"), json!([[0]]));
    assert_eq!(one("SELECT length(replace(a, substr(a, 2), 'x')) FROM t"), json!([[2]]));
    assert_eq!(ask(&[("t", text.as_bytes())], "SELECT replace(a, 'a', 'bbbbbbbb') FROM t").code(), "DATA-033");
}

#[test]
fn hostile_expressions_are_refused_or_end_soon() {
    let text = format!("a\n{}\n", "ab".repeat(1_500_000));
    let one = |pattern: &str| ask(&[("t", text.as_bytes())], &format!("SELECT a REGEXP '{pattern}' FROM t"));
    assert_eq!(one("^(ab)+$").value()["result"]["rows"], json!([[1]]), "a small one is held against the longest cells");
    assert_eq!(one("(a+)+$").value()["result"]["rows"], json!([[0]]), "nothing steps back");
    let began = std::time::Instant::now();
    for (pattern, says) in [
        ("(a|b)*a(a|b){1000}c", "too long for this expression"),
        ("(.*a){50}c", "too long for this expression"),
        ("(a{1000}){1000}", "size limit"),
        ("(", "regex"),
    ] {
        let ended = one(pattern);
        assert!(ended.code() == "DATA-030" && ended.message().contains(says), "{pattern}: {} {}", ended.code(), ended.message());
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    let words = format!("a\né ж{}\n", "ab".repeat(400_000));
    let one = |pattern: &str| ask(&[("t", words.as_bytes())], &format!("SELECT a REGEXP '{pattern}' FROM t"));
    for pattern in [r"\w+ \w+", r"\w\w\w\w\w\w", r"^\w \w"] {
        assert_eq!(one(pattern).value()["result"]["rows"], json!([[1]]), "{pattern}: letters of all languages make it no larger");
    }
    // Within what it may be held against, the same expression answers.
    assert_eq!(rows("SELECT 'abab' REGEXP '(a|b)*a(a|b){2}b', 12 REGEXP '^1', NULL REGEXP 'x'"), json!([[1, 1, null]]));
}

#[test]
fn what_is_sorted_may_be_more_than_memory_keeps_at_once() {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
        SELECT i FROM n ORDER BY printf('%0100d', (i * 7919) % 300007) DESC LIMIT 1 OFFSET 299999";
    assert_eq!(rows(sql), json!([[(1..=300_000_i64).min_by_key(|i| i * 7_919 % 300_007).unwrap()]]));
}
