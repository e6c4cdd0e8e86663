//! How a statement is run so that it can only read, and ends.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, ErrorCode, OpenFlags};

use super::answer::{Answer, Cell, Collector, Room};
use super::{MAXIMUM_CELL_BYTES, MAXIMUM_SQL_BYTES, MAXIMUM_STEPS, functions, matching};

/// Steps of SQLite's machine between two looks at whether to stop: well below a millisecond.
const STEPS_BETWEEN: u32 = 10_000;
/// How long a file that somebody writes to is waited for.
const BUSY: Duration = Duration::from_millis(800);
/// Functions that reach outside of the database, whether this build of SQLite has them or not.
const FORBIDDEN: [&str; 5] = ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"];

/// Runs one statement on a database that is opened to be read only.
pub(super) fn run(context: &Context, path: &Path, sql: &str, room: Room) -> Result<Answer, SkillError> {
    let refused = Arc::new(Mutex::new(None));
    let connection = guarded(context, path, Arc::clone(&refused)).map_err(|error| {
        let message = format!("the SQLite file cannot be opened to be read: {error}. Is it a database, and may the server read it?");
        SkillError::new(Code::ConnectionUnfit, message)
    })?;
    let result = ask(context, &connection, sql, room);
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
    connection.busy_timeout(BUSY)?;
    // What is sorted goes to temporary files in runs of a few megabytes: a run in memory would be sorted in one step, which nothing
    // interrupts, however long it is. The files have no names and end with the process.
    connection.execute_batch("PRAGMA temp_store=FILE; PRAGMA cache_size=-8192; PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;")?;
    functions::add(&connection, context)?;
    matching::add(&connection, context)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, MAXIMUM_CELL_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, MAXIMUM_SQL_BYTES),
        (Limit::SQLITE_LIMIT_COLUMN, 2_000),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
        (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
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

fn ask(context: &Context, connection: &Connection, sql: &str, room: Room) -> Result<Answer, Trouble> {
    let mut batch = Batch::new(connection, sql);
    let Some(mut statement) = batch.next()? else {
        return Err(Trouble::Skill(SkillError::new(Code::WrongSql, "sql: there is no statement. Write one that begins with SELECT.")));
    };
    if !matches!(batch.next(), Ok(None)) {
        let message = "sql: there is more than one statement. Send one; what it needs before can be a WITH clause.";
        return Err(Trouble::Skill(SkillError::new(Code::ForbiddenSql, message)));
    }
    let names = statement.column_names();
    // Some statements pass the authorizer and are none that read, as VACUUM INTO.
    if names.is_empty() || !statement.readonly() {
        return Err(Trouble::Skill(SkillError::new(Code::ForbiddenSql, "sql: the statement may only read the tables: write a SELECT.")));
    }
    let mut collector = Collector::new(names, room).map_err(Trouble::Skill)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if collector.rows().is_multiple_of(1_024) {
            context.check().map_err(Trouble::Skill)?;
        }
        let mut cells = Vec::with_capacity(width);
        for place in 0..width {
            cells.push(match row.get_ref(place)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(value) => Cell::Integer(value),
                ValueRef::Real(value) => Cell::Real(value),
                ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text)),
                ValueRef::Blob(bytes) => Cell::Bytes(bytes),
            });
        }
        collector.row(cells.into_iter()).map_err(Trouble::Skill)?;
    }
    collector.finish().map_err(Trouble::Skill)
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
