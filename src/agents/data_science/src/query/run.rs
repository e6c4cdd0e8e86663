//! How a statement is run so that it can only read, and ends.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, ErrorCode, OpenFlags};
use serde_json::{Value, json};

use super::{
    MAXIMUM_CELL_BYTES, MAXIMUM_COLUMNS, MAXIMUM_CSV_BYTES, MAXIMUM_ROWS, MAXIMUM_SHOWN_BYTES, MAXIMUM_SQL_BYTES, MAXIMUM_STEPS, functions,
};
use crate::limits::cut;

/// Steps of SQLite's machine between two looks at whether to stop: well below a millisecond.
const STEPS_BETWEEN: u32 = 10_000;
/// The longest text that the shown rows repeat, in characters; the artifact has all of it.
const SHOWN_CHARACTERS: usize = 1_000;
/// 2^53: readers of JSON keep whole numbers up to here.
const EXACT: u64 = 1 << 53;
/// Functions that reach outside of the database, whether this build of SQLite has them or not.
const FORBIDDEN: [&str; 5] = ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"];

/// What a statement gave.
pub(super) struct Answer {
    pub(super) names: Vec<String>,
    pub(super) types: Vec<&'static str>,
    pub(super) shown: Vec<Vec<Value>>,
    pub(super) rows: u64,
    pub(super) csv: Vec<u8>,
}

/// Runs one statement on a database that is opened to be read only.
pub(super) fn run(context: &Context, path: &Path, sql: &str, limit: usize) -> Result<Answer, SkillError> {
    let refused = Arc::new(Mutex::new(None));
    let connection = guarded(context, path, Arc::clone(&refused)).map_err(|error| SkillError::internal(error.to_string()))?;
    let result = ask(context, &connection, sql, limit);
    result.map_err(|trouble| match trouble {
        Trouble::Skill(error) => error,
        Trouble::Sql(error) => {
            let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
            context.check().err().unwrap_or_else(|| explain(&error, refused))
        }
    })
}

enum Trouble {
    Sql(Error),
    Skill(SkillError),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

fn guarded(context: &Context, path: &Path, refused: Arc<Mutex<Option<String>>>) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // What is sorted stays in memory, which the attempt's limit bounds.
    connection.execute_batch("PRAGMA temp_store=MEMORY; PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;")?;
    functions::add(&connection)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, MAXIMUM_CELL_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, MAXIMUM_SQL_BYTES),
        (Limit::SQLITE_LIMIT_COLUMN, 2_000),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
        (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    connection.authorizer(Some(move |asked: AuthContext<'_>| {
        let allowed = match asked.action {
            AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
            AuthAction::Function { function_name } => !FORBIDDEN.iter().any(|name| name.eq_ignore_ascii_case(function_name)),
            _ => false,
        };
        if allowed {
            return Authorization::Allow;
        }
        *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{:?}", asked.action));
        Authorization::Deny
    }))?;
    let (context, mut steps) = (context.clone(), 0u64);
    let handler = move || {
        steps += u64::from(STEPS_BETWEEN);
        steps > MAXIMUM_STEPS || context.is_canceled()
    };
    connection.progress_handler(STEPS_BETWEEN as i32, Some(handler))?;
    Ok(connection)
}

fn ask(context: &Context, connection: &Connection, sql: &str, limit: usize) -> Result<Answer, Trouble> {
    let mut batch = Batch::new(connection, sql);
    let Some(mut statement) = batch.next()? else {
        return Err(Trouble::Skill(SkillError::new(Code::WrongSql, "sql: there is no statement. Write one that begins with SELECT.")));
    };
    if !matches!(batch.next(), Ok(None)) {
        let message = "sql: there is more than one statement. Send one; what it needs before can be a WITH clause.";
        return Err(Trouble::Skill(SkillError::new(Code::ForbiddenSql, message)));
    }
    let names: Vec<String> = statement.column_names().into_iter().map(|name| cut(name, 200)).collect();
    let large = |what: String| Trouble::Skill(SkillError::new(Code::QueryTooLarge, format!("{what}. Aggregate, or add WHERE or LIMIT.")));
    // Some statements pass the authorizer and are none that read, as VACUUM INTO.
    if names.is_empty() || !statement.readonly() {
        return Err(Trouble::Skill(SkillError::new(Code::ForbiddenSql, "sql: the statement may only read the tables: write a SELECT.")));
    }
    if names.len() > MAXIMUM_COLUMNS {
        return Err(large(format!("the result has {} columns; at most {MAXIMUM_COLUMNS} are possible", names.len())));
    }
    let mut answer = Answer { types: vec!["empty"; names.len()], names, shown: Vec::new(), rows: 0, csv: Vec::new() };
    let mut shown_bytes = 0;
    let mut writer = csv::Writer::from_writer(std::mem::take(&mut answer.csv));
    let cannot = |error: &dyn std::fmt::Display| Trouble::Skill(SkillError::internal(format!("the result cannot be written: {error}")));
    writer.write_record(&answer.names).map_err(|error| cannot(&error))?;
    let mut bytes = 0;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        answer.rows += 1;
        if answer.rows.is_multiple_of(1_024) {
            context.check().map_err(Trouble::Skill)?;
        }
        if answer.rows > MAXIMUM_ROWS {
            return Err(large(format!("the result has more than {MAXIMUM_ROWS} rows")));
        }
        let mut shown = Vec::with_capacity(answer.types.len());
        for (place, kind) in answer.types.iter_mut().enumerate() {
            let cell = row.get_ref(place)?;
            *kind = wider(kind, cell);
            let text = written(cell);
            bytes += text.len() + 1;
            if answer.shown.len() < limit {
                shown.push(seen(cell, &text));
            }
            writer.write_field(&text).map_err(|error| cannot(&error))?;
        }
        if bytes > MAXIMUM_CSV_BYTES {
            return Err(large(format!("the result has more than {} MB", MAXIMUM_CSV_BYTES >> 20)));
        }
        writer.write_record(None::<&[u8]>).map_err(|error| cannot(&error))?;
        if answer.shown.len() < limit && shown_bytes < MAXIMUM_SHOWN_BYTES {
            shown_bytes += shown.iter().map(|cell| cell.to_string().len() + 1).sum::<usize>();
            if shown_bytes < MAXIMUM_SHOWN_BYTES {
                answer.shown.push(shown);
            }
        }
    }
    answer.csv = writer.into_inner().map_err(|error| cannot(&error))?;
    Ok(answer)
}

/// The type of a column that held only this so far, and now holds the cell too.
fn wider(kind: &'static str, cell: ValueRef<'_>) -> &'static str {
    let now = match cell {
        ValueRef::Null => return kind,
        ValueRef::Integer(_) => "integer",
        ValueRef::Real(_) => "number",
        ValueRef::Text(_) => "text",
        ValueRef::Blob(_) => "bytes",
    };
    match (kind, now) {
        ("empty", now) => now,
        (before, now) if before == now => now,
        ("integer" | "number", "integer" | "number") => "number",
        _ => "mixed",
    }
}

fn written(cell: ValueRef<'_>) -> String {
    match cell {
        ValueRef::Null => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// A cell in JSON. Whole numbers that readers of JSON would round are texts.
fn seen(cell: ValueRef<'_>, text: &str) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) if value.unsigned_abs() <= EXACT => json!(value),
        ValueRef::Real(value) if value.is_finite() => json!(value),
        _ => json!(cut(text, SHOWN_CHARACTERS)),
    }
}

fn explain(error: &Error, refused: Option<String>) -> SkillError {
    if let Some(action) = refused {
        return SkillError::new(Code::ForbiddenSql, format!("sql: the statement may only read the tables; this is refused: {action}."));
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            let message =
                format!("sql: the query took more than {MAXIMUM_STEPS} steps. Join on equal columns, end recursion, or filter first.");
            SkillError::new(Code::QueryTooLong, message)
        }
        Some(ErrorCode::TooBig | ErrorCode::OutOfMemory) => {
            let message = format!(
                "sql: {error}. A cell has at most {MAXIMUM_CELL_BYTES} bytes, a statement {MAXIMUM_SQL_BYTES}; and memory is bounded. Filter first."
            );
            SkillError::new(Code::QueryTooLarge, message)
        }
        Some(ErrorCode::ReadOnly | ErrorCode::AuthorizationForStatementDenied) => {
            SkillError::new(Code::ForbiddenSql, format!("sql: the statement may only read the tables: {error}."))
        }
        _ => {
            let text = error.to_string();
            if FORBIDDEN.iter().any(|name| text.contains(&format!("no such function: {name}"))) {
                return SkillError::new(Code::ForbiddenSql, format!("sql: the function reaches outside of the tables: {text}."));
            }
            SkillError::new(Code::WrongSql, format!("sql: {text}."))
        }
    }
}
