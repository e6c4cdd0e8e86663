//! How the rows of an answer are kept: the first of them to be shown, all of them as CSV, within bounds.

use std::borrow::Cow;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::{MAXIMUM_COLUMNS, MAXIMUM_CSV_BYTES, MAXIMUM_ROWS, MAXIMUM_SHOWN_BYTES};
use crate::limits::cut;

/// The longest text that the shown rows repeat, in characters; the artifact has all of it.
const SHOWN_CHARACTERS: usize = 1_000;
/// The longest name of a column.
const NAME_CHARACTERS: usize = 200;
/// 2^53: readers of JSON keep whole numbers up to here.
const EXACT: u64 = 1 << 53;

/// What a statement gave.
pub(super) struct Answer {
    pub(super) names: Vec<String>,
    pub(super) types: Vec<&'static str>,
    pub(super) shown: Vec<Vec<Value>>,
    pub(super) rows: u64,
    pub(super) csv: Vec<u8>,
}

/// A cell on its way into the answer.
pub(super) enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    /// Digits that are kept as they were written.
    Digits {
        whole: bool,
        text: &'a str,
    },
}

/// What an answer may take, and how much of it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) shown_rows: usize,
    pub(super) rows: u64,
    pub(super) csv_bytes: usize,
}

impl Room {
    pub(super) fn showing(rows: usize) -> Self {
        Self { shown_rows: rows, rows: MAXIMUM_ROWS, csv_bytes: MAXIMUM_CSV_BYTES }
    }
}

/// Takes rows until there is no more room.
pub(super) struct Collector {
    answer: Answer,
    writer: csv::Writer<Vec<u8>>,
    room: Room,
    bytes: usize,
    shown_bytes: usize,
}

fn large(what: &str) -> SkillError {
    SkillError::new(Code::QueryTooLarge, format!("{what}. Aggregate, or add WHERE or LIMIT."))
}

fn cannot(error: impl std::fmt::Display) -> SkillError {
    SkillError::internal(format!("the result cannot be written: {error}"))
}

impl Collector {
    pub(super) fn new(names: impl IntoIterator<Item = impl AsRef<str>>, room: Room) -> Result<Self, SkillError> {
        let names: Vec<String> = names.into_iter().map(|name| cut(name.as_ref(), NAME_CHARACTERS)).collect();
        if names.len() > MAXIMUM_COLUMNS {
            return Err(large(&format!("the result has {} columns; at most {MAXIMUM_COLUMNS} are possible", names.len())));
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&names).map_err(cannot)?;
        let answer = Answer { types: vec!["empty"; names.len()], names, shown: Vec::new(), rows: 0, csv: Vec::new() };
        Ok(Self { answer, writer, room, bytes: 0, shown_bytes: 0 })
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.answer.rows
    }

    /// Takes one more row.
    pub(super) fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), SkillError> {
        let Self { answer, writer, room, bytes, shown_bytes } = self;
        answer.rows += 1;
        if answer.rows > room.rows {
            return Err(large(&format!("the result has more than {} rows", room.rows)));
        }
        let showing = answer.shown.len() < room.shown_rows && *shown_bytes < MAXIMUM_SHOWN_BYTES;
        let mut shown = Vec::new();
        for (cell, kind) in cells.zip(&mut answer.types) {
            *kind = wider(kind, &cell);
            let text = written(&cell);
            *bytes += text.len() + 1;
            if *bytes > room.csv_bytes {
                return Err(large(&format!("the result has more than {} MB", room.csv_bytes >> 20)));
            }
            if showing {
                shown.push(seen(&cell, &text));
            }
            writer.write_field(&*text).map_err(cannot)?;
        }
        writer.write_record(None::<&[u8]>).map_err(cannot)?;
        if showing {
            *shown_bytes += shown.iter().map(|cell| cell.to_string().len() + 1).sum::<usize>();
            if *shown_bytes < MAXIMUM_SHOWN_BYTES {
                answer.shown.push(shown);
            }
        }
        Ok(())
    }

    /// All that was taken.
    pub(super) fn finish(self) -> Result<Answer, SkillError> {
        let csv = self.writer.into_inner().map_err(cannot)?;
        Ok(Answer { csv, ..self.answer })
    }
}

/// The type of a column that held only this so far, and now holds the cell too.
fn wider(kind: &'static str, cell: &Cell<'_>) -> &'static str {
    let now = match cell {
        Cell::Null => return kind,
        Cell::Integer(_) | Cell::Digits { whole: true, .. } => "integer",
        Cell::Real(_) | Cell::Digits { whole: false, .. } => "number",
        Cell::Text(_) => "text",
        Cell::Bytes(_) => "bytes",
    };
    match (kind, now) {
        ("empty", now) => now,
        (before, now) if before == now => now,
        ("integer" | "number", "integer" | "number") => "number",
        _ => "mixed",
    }
}

fn written<'a>(cell: &'a Cell<'_>) -> Cow<'a, str> {
    match cell {
        Cell::Null => Cow::Borrowed(""),
        Cell::Integer(value) => Cow::Owned(value.to_string()),
        Cell::Real(value) => Cow::Owned(format!("{value:?}")),
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::Digits { text, .. } => Cow::Borrowed(text),
        Cell::Bytes(bytes) => Cow::Owned(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

/// A cell in JSON. Whole numbers that readers of JSON would round are texts.
fn seen(cell: &Cell<'_>, text: &str) -> Value {
    let whole = |value: i64| if value.unsigned_abs() <= EXACT { json!(value) } else { json!(text) };
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(value) => whole(*value),
        Cell::Real(value) if value.is_finite() => json!(value),
        Cell::Digits { whole: true, text } => text.parse().map_or_else(|_| json!(text), whole),
        // As a number what a number holds, as a text what would lose digits, or is none at all, as NaN.
        Cell::Digits { whole: false, text } => {
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            text.parse::<f64>().ok().filter(|value| value.is_finite() && digits <= 17).map_or_else(|| json!(text), |value| json!(value))
        }
        _ => json!(cut(text, SHOWN_CHARACTERS)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn room() -> Room {
        Room { shown_rows: 2, rows: 5, csv_bytes: 1_000 }
    }

    #[test]
    fn the_first_rows_are_shown_and_all_are_written() {
        let mut collector = Collector::new(["a", "b"], room()).unwrap();
        for row in 0..4 {
            collector.row([Cell::Integer(row), Cell::Digits { whole: false, text: "1.50" }].into_iter()).unwrap();
        }
        let answer = collector.finish().unwrap();
        assert_eq!((answer.rows, answer.shown.len(), answer.types), (4, 2, vec!["integer", "number"]));
        assert_eq!(answer.shown[1], [json!(1), json!(1.5)]);
        assert_eq!(answer.csv, b"a,b\n0,1.50\n1,1.50\n2,1.50\n3,1.50\n");
    }

    #[test]
    fn an_answer_without_end_is_refused_at_each_of_its_bounds() {
        let code = |error: SkillError| error.code;
        let mut collector = Collector::new(["a"], room()).unwrap();
        let over = (0..6).find_map(|_| collector.row([Cell::Null].into_iter()).err()).unwrap();
        assert_eq!(code(over), Code::QueryTooLarge.as_str());
        let mut collector = Collector::new(["a"], room()).unwrap();
        let over = collector.row([Cell::Text("x".repeat(1_001).into())].into_iter()).unwrap_err();
        assert_eq!(code(over), Code::QueryTooLarge.as_str());
        assert!(Collector::new(vec!["a"; MAXIMUM_COLUMNS + 1], room()).is_err());
        let mut collector = Collector::new(["a"], Room { csv_bytes: 1 << 30, rows: 2_000, shown_rows: 2_000 }).unwrap();
        for _ in 0..1_000 {
            collector.row([Cell::Text("x".repeat(2_000).into())].into_iter()).unwrap();
        }
        let shown = serde_json::to_vec(&collector.finish().unwrap().shown).unwrap().len();
        // The brackets and commas of rows are not counted.
        assert!(shown <= MAXIMUM_SHOWN_BYTES + 3 * 2_000, "{shown}");
    }

    #[test]
    fn no_digit_is_lost_on_the_way() {
        let shown = |whole: bool, text: &str| seen(&Cell::Digits { whole, text }, text);
        assert_eq!(shown(true, "9007199254740993"), json!("9007199254740993"));
        assert_eq!(shown(true, "18446744073709551615"), json!("18446744073709551615"));
        assert_eq!(shown(false, "12345678901234567890.12"), json!("12345678901234567890.12"));
        assert_eq!(shown(false, "NaN"), json!("NaN"));
    }
}
