//! How a file becomes a table of the temporary database.

use std::collections::HashSet;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::read::table::{check, scan};
use crate::read::{Guess, Kind, TableFile, cell, date, iso};

use super::{MAXIMUM_IMPORTED_CELLS, MAXIMUM_IMPORTED_COLUMNS};

/// Imports one file; gives a note on what became of it, and how many cells it has.
pub(super) fn import(
    context: &Context,
    connection: &mut Connection,
    name: &str,
    source: &TableFile,
    room: u64,
) -> Result<(String, u64), SkillError> {
    let failed = |error: rusqlite::Error| SkillError::internal(format!("the table {name} cannot be imported: {error}"));
    let scan = scan(context, source)?;
    let (rows, names, guesses) = check(context, &scan)?;
    if names.len() > MAXIMUM_IMPORTED_COLUMNS {
        let message = format!("the table {name} has {} columns; at most {MAXIMUM_IMPORTED_COLUMNS} can be queried.", names.len());
        return Err(SkillError::new(Code::TableTooLarge, message));
    }
    let cells = rows * names.len() as u64;
    if cells > room {
        let message = format!("the tables have more than {MAXIMUM_IMPORTED_CELLS} cells together; keep fewer columns or rows.");
        return Err(SkillError::new(Code::TableTooLarge, message));
    }
    // Who writes yes and no asks for 'yes' and 'no': as numbers these would silently find nothing.
    let kind = |guess: &Guess| if guess.is_worded() { Kind::Text } else { guess.kind() };
    let kinds: Vec<(Kind, bool)> = guesses.iter().map(|guess| (kind(guess), guess.is_long())).collect();
    let names = unlike(&names);
    let columns: Vec<String> = names
        .iter()
        .zip(&kinds)
        .map(|(name, (kind, long))| {
            let affinity = match kind {
                Kind::Integer | Kind::Boolean => "INTEGER",
                Kind::Number => "REAL",
                // Long whole numbers stay what they are: exact where 64 bits hold them, else text.
                _ if *long => "",
                _ => "TEXT",
            };
            format!("{} {affinity}", quoted(name))
        })
        .collect();
    connection.execute(&format!("CREATE TABLE {} ({})", quoted(name), columns.join(", ")), []).map_err(failed)?;
    let transaction = connection.transaction().map_err(failed)?;
    {
        let places = vec!["?"; names.len()].join(",");
        let mut insert = transaction.prepare(&format!("INSERT INTO {} VALUES ({places})", quoted(name))).map_err(failed)?;
        scan.rows(context, 0.25, "importing rows", |record, first| {
            if first && source.header {
                return Ok(());
            }
            let values = kinds.iter().zip(record).map(|((kind, long), cell)| value(*kind, *long, cell));
            insert.execute(params_from_iter(values)).map(drop).map_err(failed)
        })?;
    }
    transaction.commit().map_err(failed)?;
    let listed: Vec<String> =
        names.iter().zip(&kinds).take(40).map(|(name, (kind, _))| format!("{} ({})", quoted(name), kind.name())).collect();
    let more = if names.len() > listed.len() { ", …" } else { "" };
    Ok((format!("{name}: {rows} rows with {}{more}", listed.join(", ")), cells))
}

/// What a cell is in the database. True and false are 1 and 0, times texts as ISO 8601 writes them.
fn value(kind: Kind, long: bool, cell: &[u8]) -> Value {
    let trimmed = cell.trim_ascii();
    if cell::is_missing(trimmed) {
        return Value::Null;
    }
    let text = || String::from_utf8_lossy(trimmed).into_owned();
    match kind {
        Kind::Integer => text().parse().map_or(Value::Null, Value::Integer),
        Kind::Number => cell::number(trimmed).map_or(Value::Null, |number| Value::Real(number.value())),
        Kind::Boolean => cell::boolean(trimmed).map_or(Value::Null, |truth| Value::Integer(i64::from(truth))),
        Kind::Date(form) => {
            let text = text();
            date::parse(&text, form).map_or(Value::Null, |instant| Value::Text(iso(instant.milliseconds, instant.timed)))
        }
        Kind::Text | Kind::Empty if long => {
            let text = text();
            text.parse().map_or(Value::Text(text), Value::Integer)
        }
        Kind::Text | Kind::Empty => Value::Text(text()),
    }
}

/// A name as SQL quotes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}

/// Names that differ also to SQLite, which takes `A` and `a` for the same.
fn unlike(names: &[String]) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut all = Vec::with_capacity(names.len());
    for base in names {
        let (mut name, mut again) = (base.clone(), 1u32);
        while !taken.insert(name.to_ascii_lowercase()) {
            again += 1;
            name = format!("{base}_{again}");
        }
        all.push(name);
    }
    all
}
