//! Are the two dialects one schema? The same tables, columns, kinds of values and defaults; the same keys, conditions, what is unique, and the same indexes
//! with the same rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::harness::{database, open};
use baton_storage::NoSink;
use baton_storage_sqlite::SqliteOptions;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

/// What is known of one table, in the words of SQLite.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, Column>,
    /// The primary key, in its order.
    key: Vec<String>,
    /// What no two rows may share, by a constraint of the table.
    unique: BTreeSet<Vec<String>>,
    indexes: BTreeMap<String, Index>,
    /// Columns, the table and the columns that they refer to, and what becomes of the row when that one goes.
    refers: BTreeSet<(Vec<String>, String, Vec<String>, String)>,
    /// What must hold in each row.
    checks: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    kind: String,
    maybe: bool,
    /// What stands there if nothing else is said.
    default: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Index {
    unique: bool,
    /// Each with `DESC` if it goes down.
    columns: Vec<String>,
    /// Which rows are in it; all if nothing is said.
    rows: Option<String>,
}

type Schema = BTreeMap<String, Table>;

/// Columns that only SQLite has in an index, behind those that both have: they spare it the rows. PostgreSQL looks at the rows anyway.
const SPARED: &[(&str, &[&str])] = &[("tasks_ready", &["not_before", "cancel_requested_at", "labels"])];

/// What only SQLite holds by a foreign key; see the migration 14, which took it from PostgreSQL's hot path.
const UNCHECKED: &[(&str, &str)] = &[("attempts", "task_id"), ("tasks", "project_id")];

/// How SQLite stores what PostgreSQL has a type of its own for.
fn kind(postgres: &str) -> &str {
    match postgres {
        "uuid" | "bytea" => "BLOB",
        "text" => "TEXT",
        "bigint" | "integer" | "smallint" | "boolean" => "INTEGER",
        "double precision" => "REAL",
        other => other,
    }
}

/// The condition of an index in one way of writing: terms in no order, without the brackets and casts that PostgreSQL puts in.
fn rows(condition: &str, is_boolean: &dyn Fn(&str) -> bool) -> String {
    let plain = condition.replace("::text", "").replace("= ANY (ARRAY[", "IN (").replace("])", ")").replace(['(', ')'], "");
    let mut terms: Vec<String> = plain
        .split(" AND ")
        .map(|term| {
            let term = term.split_whitespace().collect::<Vec<_>>().join(" ");
            // SQLite has numbers for yes and no.
            match term.split_once(" = ") {
                Some((column, "1")) if is_boolean(column) => column.to_owned(),
                Some((column, "0")) if is_boolean(column) => format!("NOT {column}"),
                _ => term,
            }
        })
        .collect();
    terms.sort_unstable();
    terms.join(" AND ")
}

/// A default in one way of writing: numbers, with 0 and 1 for no and yes, and bytes as their digits.
fn value(written: &str) -> String {
    let plain = written.split("::").next().unwrap_or(written).trim_matches(['(', ')']);
    if let Some(bytes) = plain.strip_prefix("X'") {
        return bytes.trim_end_matches('\'').to_lowercase();
    }
    let plain = plain.trim_matches('\'');
    match (plain, plain.parse::<f64>()) {
        ("false", _) => "0".to_owned(),
        ("true", _) => "1".to_owned(),
        (_, Ok(number)) => number.to_string(),
        _ if written.ends_with("::uuid") => plain.replace('-', ""),
        _ => plain.to_owned(),
    }
}

/// The conditions of a table in SQLite, which has them nowhere but in the text that made it.
fn checks(made: &str) -> impl Iterator<Item = &str> {
    made.split("CHECK (").skip(1).map(|rest| {
        let mut open = 1;
        let end = rest.find(|letter: char| {
            open += i32::from(letter == '(') - i32::from(letter == ')');
            open == 0
        });
        &rest[..end.unwrap()]
    })
}

async fn of_sqlite(is_boolean: &dyn Fn(&str) -> bool) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baton.db");
    SqliteOptions::new(&path).open(Arc::new(NoSink)).await.unwrap().close().await;
    let mut sql = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let mut schema = Schema::new();
    let columns = sqlx::query(
        "SELECT tables.name AS tab, columns.name AS col, columns.type AS kind, columns.\"notnull\" = 0 AS maybe, columns.pk AS pk,
             columns.dflt_value AS given, tables.sql AS made
         FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%' AND tables.name NOT LIKE '_sqlx%' ORDER BY columns.pk",
    );
    for row in columns.fetch_all(&mut sql).await.unwrap() {
        let (table, name): (&mut Table, String) = (schema.entry(row.get("tab")).or_default(), row.get("col"));
        if row.get::<i64, _>("pk") > 0 {
            table.key.push(name.clone());
        }
        let default = row.get::<Option<&str>, _>("given").map(value);
        table.columns.insert(name, Column { kind: row.get("kind"), maybe: row.get("maybe"), default });
        table.checks.extend(checks(row.get("made")).map(|condition| rows(condition, is_boolean)));
    }
    // Without the indexes of primary keys.
    let indexes = sqlx::query(
        "SELECT list.name AS idx, tables.name AS tab, list.\"unique\" AS one, list.origin AS origin, made.sql AS made,
             (SELECT group_concat(name || iif(\"desc\", ' DESC', ''), ',') FROM (
                 SELECT name, \"desc\" FROM pragma_index_xinfo(list.name) WHERE key ORDER BY seqno)) AS cols
         FROM sqlite_master AS tables JOIN pragma_index_list(tables.name) AS list JOIN sqlite_master AS made ON made.name = list.name
         WHERE tables.type = 'table' AND tables.name NOT LIKE '_sqlx%' AND list.origin <> 'pk'",
    );
    for row in indexes.fetch_all(&mut sql).await.unwrap() {
        let table = schema.get_mut(row.get::<&str, _>("tab")).unwrap();
        let columns = list(row.get("cols"));
        if row.get::<&str, _>("origin") == "u" {
            table.unique.insert(columns);
            continue;
        }
        let made: String = row.get("made");
        let rows = made.split_once(" WHERE ").map(|(_, condition)| rows(condition, is_boolean));
        table.indexes.insert(row.get("idx"), Index { unique: row.get("one"), columns, rows });
    }
    let refers = sqlx::query(
        "SELECT tables.name AS tab, keys.\"table\" AS to_tab, keys.on_delete AS gone,
             group_concat(keys.\"from\", ',' ORDER BY keys.seq) AS cols, group_concat(keys.\"to\", ',' ORDER BY keys.seq) AS to_cols
         FROM sqlite_master AS tables JOIN pragma_foreign_key_list(tables.name) AS keys WHERE tables.type = 'table' GROUP BY tables.name, keys.id",
    );
    for row in refers.fetch_all(&mut sql).await.unwrap() {
        let table = schema.get_mut(row.get::<&str, _>("tab")).unwrap();
        table.refers.insert((list(row.get("cols")), row.get("to_tab"), list(row.get("to_cols")), row.get("gone")));
    }
    schema
}

/// Without the bytes of artifacts: beside a file they are in a folder. And which columns are yes or no, which SQLite has no type for.
async fn of_postgres() -> (Schema, BTreeSet<String>) {
    let url = database();
    open(&url).await.close().await;
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let (mut schema, mut booleans) = (Schema::new(), BTreeSet::new());
    let columns = sqlx::query(
        "SELECT table_name::text AS tab, column_name::text AS col, data_type::text AS kind, is_nullable = 'YES' AS maybe, column_default::text AS given
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' AND table_name NOT IN ('blobs', 'blob_chunks')",
    );
    for row in columns.fetch_all(&mut sql).await.unwrap() {
        let (name, found): (String, String) = (row.get("col"), row.get("kind"));
        if found == "boolean" {
            booleans.insert(name.clone());
        }
        let default = row.get::<Option<&str>, _>("given").map(value);
        let column = Column { kind: kind(&found).to_owned(), maybe: row.get("maybe"), default };
        schema.entry(row.get("tab")).or_default().columns.insert(name, column);
    }
    // Whatever sorts down has the first bit of its options set.
    let indexes = sqlx::query(
        "SELECT tables.relname::text AS tab, indexes.relname::text AS idx, index.indisunique AS one, index.indisprimary AS is_key,
             pg_get_expr(index.indpred, index.indrelid) AS rows,
             EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = index.indexrelid AND contype = 'u') AS constrained,
             (SELECT array_agg(attname::text || CASE WHEN index.indoption[place - 1] & 1 = 1 THEN ' DESC' ELSE '' END ORDER BY place)
                 FROM generate_series(1, index.indnkeyatts) AS place
                 JOIN pg_attribute ON attrelid = index.indrelid AND attnum = index.indkey[place - 1]) AS cols
         FROM pg_index AS index JOIN pg_class AS indexes ON indexes.oid = index.indexrelid JOIN pg_class AS tables ON tables.oid = index.indrelid
         WHERE tables.relnamespace = 'public'::regnamespace",
    );
    for row in indexes.fetch_all(&mut sql).await.unwrap() {
        let Some(table) = schema.get_mut(row.get::<&str, _>("tab")) else { continue };
        let columns: Vec<String> = row.get("cols");
        if row.get("is_key") {
            table.key = columns;
        } else if row.get("constrained") {
            table.unique.insert(columns);
        } else {
            let rows = row.get::<Option<&str>, _>("rows").map(|condition| rows(condition, &|column| booleans.contains(column)));
            table.indexes.insert(row.get("idx"), Index { unique: row.get("one"), columns, rows });
        }
    }
    let refers = sqlx::query(
        "SELECT own.relname::text AS tab, other.relname::text AS to_tab,
             CASE confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE' ELSE confdeltype::text END AS gone,
             (SELECT array_agg(attname::text ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS keys (number, place)
                 JOIN pg_attribute ON attrelid = conrelid AND attnum = number) AS cols,
             (SELECT array_agg(attname::text ORDER BY place) FROM unnest(confkey) WITH ORDINALITY AS keys (number, place)
                 JOIN pg_attribute ON attrelid = confrelid AND attnum = number) AS to_cols
         FROM pg_constraint JOIN pg_class AS own ON own.oid = conrelid JOIN pg_class AS other ON other.oid = confrelid WHERE contype = 'f'",
    );
    for row in refers.fetch_all(&mut sql).await.unwrap() {
        let Some(table) = schema.get_mut(row.get::<&str, _>("tab")) else { continue };
        table.refers.insert((row.get("cols"), row.get("to_tab"), row.get("to_cols"), row.get("gone")));
    }
    let checks = sqlx::query(
        "SELECT relname::text AS tab, pg_get_expr(conbin, conrelid) AS must FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE contype = 'c'",
    );
    for row in checks.fetch_all(&mut sql).await.unwrap() {
        let Some(table) = schema.get_mut(row.get::<&str, _>("tab")) else { continue };
        table.checks.insert(rows(row.get("must"), &|column| booleans.contains(column)));
    }
    (schema, booleans)
}

fn list(joined: &str) -> Vec<String> {
    joined.split(',').map(str::to_owned).collect()
}

/// Takes from SQLite's schema what is meant to be there only, which must be there.
fn without_what_is_meant(schema: &mut Schema) {
    for (name, columns) in SPARED {
        let index = schema.values_mut().find_map(|table| table.indexes.get_mut(*name)).unwrap();
        let both = index.columns.len() - columns.len();
        assert_eq!(index.columns.split_off(both), *columns, "{name}");
    }
    for (table, column) in UNCHECKED {
        let table = schema.get_mut(*table).unwrap();
        let before = table.refers.len();
        table.refers.retain(|(columns, ..)| columns != &[*column]);
        assert_eq!(table.refers.len(), before - 1, "{column}");
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_keys_and_indexes() {
    let (postgres, booleans) = Box::pin(of_postgres()).await;
    let mut sqlite = Box::pin(of_sqlite(&|column| booleans.contains(column))).await;
    without_what_is_meant(&mut sqlite);
    assert!(sqlite.len() > 10, "{sqlite:?}");
    let count = |of: fn(&Table) -> usize| sqlite.values().map(of).sum::<usize>();
    let indexes = count(|table| table.indexes.len());
    let some = count(|table| table.indexes.values().filter(|index| index.rows.is_some()).count());
    assert!(indexes > 40 && some > 15 && some < indexes, "{indexes} indexes, {some} of them of some rows");
    assert!(count(|table| table.unique.len()) >= 5 && count(|table| table.refers.len()) >= 15);
    let defaults = count(|table| table.columns.values().filter(|column| column.default.is_some()).count());
    assert!(count(|table| table.checks.len()) >= 3 && defaults > 10, "{defaults} defaults");
    assert!(sqlite.values().all(|table| !table.key.is_empty()));
    for (name, table) in &sqlite {
        assert_eq!(Some(table), postgres.get(name), "of SQLite and of PostgreSQL: the table {name}");
    }
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
}

#[test]
fn a_default_is_the_same_in_either_way_of_writing() {
    for (sqlite, postgres) in
        [("0", "0"), ("0", "'0'::bigint"), ("0", "false"), ("1.0", "1.0"), ("-1", "'-1'::integer"), ("'a'", "'a'::text")]
    {
        assert_eq!(value(sqlite), value(postgres));
    }
    let zeros = "00000000";
    assert_eq!(value("X'0a00'"), "0a00");
    assert_eq!(value(&format!("X'{}'", zeros.repeat(4))), value("'00000000-0000-0000-0000-000000000000'::uuid"));
    assert_ne!(value("0"), value("true"));
    assert_eq!(checks("a TEXT CHECK (length(a) < (3)), CHECK (b = 1)").collect::<Vec<_>>(), ["length(a) < (3)", "b = 1"]);
}
