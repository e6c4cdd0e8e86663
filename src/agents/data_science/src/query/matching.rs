//! SQLite's functions on texts whose one step may take long, written so that it does not, or can be stopped.
//!
//! SQLite looks at its interrupts between steps of its machine. A call of a function is one step, and its own LIKE, GLOB, instr, replace
//! and trim take the product of two lengths at worst, which for cells of megabytes are hours.

use std::collections::HashSet;

use baton_agents_runtime::Context as Attempt;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use super::MAXIMUM_CELL_BYTES;

/// The longest pattern, in bytes.
const MAXIMUM_PATTERN: usize = 10_000;
/// Comparisons between two looks at whether to stop: some milliseconds.
const COMPARISONS: u32 = 1 << 20;

/// Adds them to a connection, in place of its own.
pub(super) fn add(connection: &Connection, attempt: &Attempt) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, arguments, glob) in [("like", 2, false), ("like", 3, false), ("glob", 2, true)] {
        let attempt = attempt.clone();
        connection.create_scalar_function(name, arguments, flags, move |context| matches(context, glob, &attempt))?;
    }
    connection.create_scalar_function("instr", 2, flags, place)?;
    connection.create_scalar_function("replace", 3, flags, replaced)?;
    for (name, before, after) in [("trim", true, true), ("ltrim", true, false), ("rtrim", false, true)] {
        connection.create_scalar_function(name, 2, flags, move |context| trimmed(context, before, after))?;
    }
    Ok(())
}

fn wrong(message: &str) -> Error {
    Error::UserFunctionError(message.into())
}

/// An argument as a text; none for NULL.
fn text(context: &Context<'_>, place: usize) -> Option<String> {
    match context.get_raw(place) {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) => Some(if value == value.trunc() && value.abs() < 1e15 { format!("{value:.1}") } else { value.to_string() }),
        ValueRef::Text(text) | ValueRef::Blob(text) => Some(String::from_utf8_lossy(text).into_owned()),
    }
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// Any text, also none.
    Any,
    /// Any one letter.
    One,
    Letter(char),
    /// One letter of these ranges, or none of them.
    Of {
        ranges: Vec<(char, char)>,
        not: bool,
    },
    /// Nothing: the pattern is malformed.
    Never,
}

fn like_parts(pattern: &str, escape: Option<char>) -> Vec<Part> {
    let mut letters = pattern.chars();
    let mut parts = Vec::new();
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            _ if Some(letter) == escape => letters.next().map_or(Part::Never, |next| Part::Letter(next.to_ascii_lowercase())),
            '%' => Part::Any,
            '_' => Part::One,
            letter => Part::Letter(letter.to_ascii_lowercase()),
        });
    }
    parts
}

fn glob_parts(pattern: &str) -> Vec<Part> {
    let letters: Vec<char> = pattern.chars().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        at += 1;
        parts.push(match letter {
            '*' => Part::Any,
            '?' => Part::One,
            '[' => {
                let not = letters.get(at) == Some(&'^');
                at += usize::from(not);
                let (first, mut ranges) = (at, Vec::new());
                // A bracket that comes first is one of the letters.
                while letters.get(at).is_some_and(|letter| *letter != ']' || at == first) {
                    let from = letters[at];
                    match (letters.get(at + 1), letters.get(at + 2)) {
                        // A bracket begins no range.
                        (Some('-'), Some(to)) if *to != ']' && from != ']' => {
                            ranges.push((from, *to));
                            at += 3;
                        }
                        _ => {
                            ranges.push((from, from));
                            at += 1;
                        }
                    }
                }
                at += 1;
                if at > letters.len() { Part::Never } else { Part::Of { ranges, not } }
            }
            letter => Part::Letter(*letter),
        });
    }
    parts
}

/// Whether the whole text fits. Only the last [`Part::Any`] is ever gone back to, so this takes the product of the lengths at worst.
fn fits(parts: &[Part], text: &str, fold: bool, mut pulse: impl FnMut() -> bool) -> Option<bool> {
    let letter_at = |at: usize| text.get(at..).and_then(|rest| rest.chars().next());
    let (mut part, mut at, mut back, mut compared) = (0, 0, None, 0u32);
    loop {
        compared += 1;
        if compared.is_multiple_of(COMPARISONS) && pulse() {
            return None;
        }
        let letter = letter_at(at);
        match (parts.get(part), letter) {
            (Some(Part::Any), _) => {
                part += 1;
                if part == parts.len() {
                    return Some(true);
                }
                back = Some((part, at));
                continue;
            }
            (None, None) => return Some(true),
            // Nothing is left to be found, and going back finds only less.
            (Some(_), None) => return Some(false),
            (Some(wanted), Some(letter)) => {
                let letter_found = if fold { letter.to_ascii_lowercase() } else { letter };
                let same = match wanted {
                    Part::One => true,
                    Part::Letter(wanted) => *wanted == letter_found,
                    Part::Of { ranges, not } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != *not,
                    Part::Any | Part::Never => false,
                };
                if same {
                    part += 1;
                    at += letter.len_utf8();
                    continue;
                }
            }
            (None, Some(_)) => {}
        }
        let Some((after, from)) = back else { return Some(false) };
        let next = from + letter_at(from).map_or(1, char::len_utf8);
        (part, at, back) = (after, next, Some((after, next)));
    }
}

/// `text LIKE pattern ESCAPE letter`, which SQLite calls as `like(pattern, text, letter)`; and GLOB alike.
fn matches(context: &Context<'_>, glob: bool, attempt: &Attempt) -> Result<Option<bool>> {
    let (Some(pattern), Some(text)) = (text(context, 0), text(context, 1)) else { return Ok(None) };
    if pattern.len() > MAXIMUM_PATTERN {
        return Err(wrong("LIKE or GLOB pattern too complex: it has more than 10000 bytes"));
    }
    let escape = if context.len() < 3 {
        None
    } else {
        let Some(given) = self::text(context, 2) else { return Ok(None) };
        let mut letters = given.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Some(letter),
            _ => return Err(wrong("ESCAPE expression must be a single character")),
        }
    };
    let parts = if glob { glob_parts(&pattern) } else { like_parts(&pattern, escape) };
    fits(&parts, &text, !glob, || attempt.is_canceled()).map(Some).ok_or_else(|| wrong("interrupted"))
}

/// Where the second text begins in the first, from 1; 0 if it does not.
fn place(context: &Context<'_>) -> Result<Option<i64>> {
    if let (ValueRef::Blob(hay), ValueRef::Blob(needle)) = (context.get_raw(0), context.get_raw(1)) {
        if needle.len() > 1_000 && hay.len() > 1_000 {
            return Err(wrong("instr of two long blobs; use texts"));
        }
        let found = if needle.is_empty() { Some(0) } else { hay.windows(needle.len()).position(|window| window == needle) };
        return Ok(Some(found.map_or(0, |at| i64::try_from(at + 1).unwrap_or(i64::MAX))));
    }
    let (Some(hay), Some(needle)) = (text(context, 0), text(context, 1)) else { return Ok(None) };
    Ok(Some(hay.find(&needle).map_or(0, |at| i64::try_from(hay[..at].chars().count() + 1).unwrap_or(i64::MAX))))
}

/// The first text with the third in place of each second.
fn replaced(context: &Context<'_>) -> Result<Option<String>> {
    let (Some(whole), Some(old), Some(new)) = (text(context, 0), text(context, 1), text(context, 2)) else { return Ok(None) };
    if old.is_empty() {
        return Ok(Some(whole));
    }
    let count = whole.matches(&old).count();
    if whole.len().saturating_add(count.saturating_mul(new.len())) > MAXIMUM_CELL_BYTES as usize + whole.len() {
        return Err(Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_TOOBIG), None));
    }
    Ok(Some(whole.replace(&old, &new)))
}

/// The first text without the letters of the second at its ends.
fn trimmed(context: &Context<'_>, before: bool, after: bool) -> Result<Option<String>> {
    let (Some(whole), Some(letters)) = (text(context, 0), text(context, 1)) else { return Ok(None) };
    let letters: HashSet<char> = letters.chars().collect();
    let is = |letter: char| letters.contains(&letter);
    let rest = if before { whole.trim_start_matches(is) } else { whole.as_str() };
    Ok(Some(if after { rest.trim_end_matches(is) } else { rest }.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn of_sqlite(connection: &Connection, sql: &str, first: &str, second: &str) -> rusqlite::types::Value {
        connection.query_row(sql, [first, second], |row| row.get(0)).unwrap()
    }

    proptest! {
        #[test]
        fn patterns_mean_what_they_mean_to_sqlite(text in "[abAB%_ü\\[\\]^*?-]{0,8}", pattern in "[abAB%_ü\\[\\]^*?-]{0,8}") {
            let connection = Connection::open_in_memory().unwrap();
            let is = |found: Option<bool>| rusqlite::types::Value::Integer(i64::from(found.unwrap()));
            prop_assert_eq!(is(fits(&like_parts(&pattern, None), &text, true, || false)), of_sqlite(&connection, "SELECT ?1 LIKE ?2", &text, &pattern));
            let escaped = is(fits(&like_parts(&pattern, Some('a')), &text, true, || false));
            prop_assert_eq!(escaped, of_sqlite(&connection, "SELECT ?1 LIKE ?2 ESCAPE 'a'", &text, &pattern));
            prop_assert_eq!(is(fits(&glob_parts(&pattern), &text, false, || false)), of_sqlite(&connection, "SELECT ?1 GLOB ?2", &text, &pattern));
        }
    }

    #[test]
    fn a_long_search_can_be_stopped() {
        let (text, pattern) = ("a".repeat(100_000), format!("%{}b", "a".repeat(5_000)));
        let mut looks = 0;
        let stopped = fits(&like_parts(&pattern, None), &text, true, || {
            looks += 1;
            looks == 2
        });
        assert_eq!(stopped, None);
    }
}
