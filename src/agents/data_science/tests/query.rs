//! Whether queries answer what they should, refuse what they must, and end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, clippy::print_stdout, reason = "tests")]

mod harness;

use std::fmt::Write;
use std::sync::Arc;

use baton_agents_data_science::{DataScience, QUERY};
use harness::{Ended, Setting, run_in};
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
    assert_eq!(rows("SELECT \"a \"\"b\", \"on\" FROM people ORDER BY id"), json!([["x", 1], [null, 0], ["z", 1]]));
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
