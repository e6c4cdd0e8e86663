//! How tables are asked in SQL, from the input to the result.

mod answer;
pub(crate) mod contract;
mod functions;
mod import;
mod matching;
mod outside;
mod run;

use std::collections::HashSet;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use answer::{Answer, Room};

use crate::inference::table_file;
use crate::read::TableFile;

/// The most tables of one query.
pub(crate) const MAXIMUM_TABLES: usize = 8;
/// The most columns of one imported table.
pub(crate) const MAXIMUM_IMPORTED_COLUMNS: usize = 500;
/// The most cells of all tables together.
pub(crate) const MAXIMUM_IMPORTED_CELLS: u64 = 200_000_000;
/// The most columns of a result.
pub(crate) const MAXIMUM_COLUMNS: usize = 200;
/// The most rows of a result.
pub(crate) const MAXIMUM_ROWS: u64 = 1_000_000;
/// The most bytes of a result as CSV.
pub(crate) const MAXIMUM_CSV_BYTES: usize = 64 << 20;
/// The most rows that a result shows.
pub(crate) const MAXIMUM_SHOWN: usize = 1_000;
/// The most bytes of the rows that a result shows.
pub(crate) const MAXIMUM_SHOWN_BYTES: usize = 512 << 10;
/// The longest statement, in bytes.
pub(crate) const MAXIMUM_SQL_BYTES: i32 = 20_000;
/// The longest cell or row, in bytes.
pub(crate) const MAXIMUM_CELL_BYTES: i32 = 4 << 20;
/// The most steps of SQLite's machine: some ten seconds.
pub(crate) const MAXIMUM_STEPS: u64 = 1_000_000_000;

/// What the skill is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    tables: Vec<Named>,
    connection: Option<String>,
    sql: String,
    #[serde(default = "usual_limit")]
    limit: usize,
}

/// One table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    artifact: String,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
}

fn yes() -> bool {
    true
}

fn usual_limit() -> usize {
    200
}

/// Answers the query of the input.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    if let Some(connection) = &input.connection {
        if !input.tables.is_empty() {
            return Err(SkillError::input("connection", "name either tables or a connection: one statement cannot ask both"));
        }
        let connection = connection.clone();
        let answer = outside::answer(&context, &connection, input.sql, input.limit).await?;
        let notes = if answer.rows > answer.shown.len() as u64 { vec![left_out(&answer)] } else { Vec::new() };
        return stored(&context, notes, answer).await;
    }
    if input.tables.is_empty() {
        return Err(SkillError::input("tables", "name at least one table, or a connection"));
    }
    let mut tables = Vec::with_capacity(input.tables.len());
    let mut taken = HashSet::new();
    for table in &input.tables {
        check_name(&table.name, &mut taken)?;
        tables.push((table.name.clone(), table_file(&context, &table.artifact, table.delimiter.as_deref(), table.header)?));
    }
    let (notes, answer) = context.blocking(move |context| answer(context, &tables, &input.sql, input.limit)).await?;
    stored(&context, notes, answer).await
}

fn left_out(answer: &Answer) -> String {
    format!("{} of {} rows are shown; the artifact has all.", answer.shown.len(), answer.rows)
}

async fn stored(context: &Context, notes: Vec<String>, answer: Answer) -> Result<Value, SkillError> {
    context.progress(0.95, "storing the result");
    let table = context.store("query.csv", "text/csv", &answer.csv).await?;
    context.info("the query is answered", json!({"rows": answer.rows, "columns": answer.names.len()}));
    context.progress(1.0, "done");
    let columns: Vec<Value> = answer.names.iter().zip(&answer.types).map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    Ok(json!({
        "rows": answer.rows, "shown": answer.shown.len(), "result": {"columns": answer.names, "rows": answer.shown},
        "columns": columns, "table": table, "notes": notes
    }))
}

fn check_name(name: &str, taken: &mut HashSet<String>) -> Result<(), SkillError> {
    let lower = name.to_ascii_lowercase();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && lower.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let wrong = |why: &str| Err(SkillError::new(Code::WrongTableName, format!("tables: the name {name} {why}.")));
    if !plain || name.len() > 60 || lower.starts_with("sqlite_") {
        return wrong("must begin with a letter, hold only letters, digits and _, at most 60 of them, and not begin with sqlite_");
    }
    if taken.insert(lower) { Ok(()) } else { wrong("is taken twice; upper and lower case are the same") }
}

fn answer(context: &Context, tables: &[(String, TableFile)], sql: &str, limit: usize) -> Result<(Vec<String>, Answer), SkillError> {
    let path = context.scratch()?.join("query.sqlite");
    let failed = |error: rusqlite::Error| SkillError::internal(format!("the temporary database cannot be made: {error}"));
    let mut connection = Connection::open(&path).map_err(failed)?;
    // The file is thrown away with the attempt, so nothing must survive a crash.
    connection.execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;").map_err(failed)?;
    let mut notes = Vec::new();
    let mut room = MAXIMUM_IMPORTED_CELLS;
    for (name, source) in tables {
        let (note, cells) = import::import(context, &mut connection, name, source, room)?;
        notes.push(note);
        room -= cells;
    }
    drop(connection);
    context.progress(0.6, "running the query");
    let answer = run::run(context, &path, sql, Room::showing(limit))?;
    if answer.rows > answer.shown.len() as u64 {
        notes.push(left_out(&answer));
    }
    Ok((notes, answer))
}
