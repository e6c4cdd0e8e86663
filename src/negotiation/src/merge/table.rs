//! What do two changes of one table make together?

use std::collections::{BTreeMap, HashMap, HashSet};

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};

use super::json::{Disagreement, MAXIMUM_CONFLICTS};
use super::order::merged_order;
use super::text::MAXIMUM_TEXT;

/// The most rows of a table.
pub const MAXIMUM_ROWS: usize = 200_000;
/// The most columns of a table.
pub const MAXIMUM_COLUMNS: usize = 1_000;

/// The most cells of a merged table: columns that one adds are as long as the rows that the other does.
pub const MAXIMUM_CELLS: usize = 5_000_000;

/// The most bytes of a part of a key that are told of a conflict: one long key may have many conflicts in its row.
pub const MAXIMUM_KEY_PART: usize = 4_096;

/// How a table is merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableOptions {
    /// The columns whose values together tell the rows apart.
    pub key: Vec<String>,
    /// What stands between cells: `,`, `;` or a tab.
    pub delimiter: char,
}

/// A place where two changes disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableConflict {
    /// Which row, by its key, each part cut at [`MAXIMUM_KEY_PART`]; empty where it is about a column, or the order of either.
    pub row: Vec<String>,
    /// Which column; nothing where it is about the row.
    pub column: Option<String>,
    /// How.
    pub kind: Disagreement,
    /// What the cell was.
    pub base: Option<String>,
    /// What one made of it.
    pub ours: Option<String>,
    /// What the other made of it.
    pub theirs: Option<String>,
}

/// A merged table, as CSV. Where the sides disagree it is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedTable {
    /// The table.
    pub text: String,
    /// The first places where the sides disagree, at most [`MAXIMUM_CONFLICTS`].
    pub conflicts: Vec<TableConflict>,
    /// In how many places they do.
    pub total: usize,
}

/// What stands between the parts of a key.
const BETWEEN: char = '\u{1f}';
/// What a part has instead of a sign with a meaning of its own, so that `a` and `b` are never the same key as `a` with `b` in one cell.
const INSTEAD: [(char, &str); 2] = [('\u{1e}', "\u{1e}0"), (BETWEEN, "\u{1e}1")];

fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let parts = parts.map(|part| INSTEAD.iter().fold(part.to_owned(), |part, (sign, instead)| part.replace(*sign, instead)));
    parts.collect::<Vec<_>>().join(&BETWEEN.to_string())
}

struct Table {
    columns: Vec<String>,
    place: HashMap<String, usize>,
    order: Vec<String>,
    rows: HashMap<String, csv::StringRecord>,
}

impl Table {
    fn read(text: &str, which: &str, options: &TableOptions) -> Result<Self, Problem> {
        let unfit = |what: String| Problem::new(Code::NotMergeable, format!("The table `{which}` cannot be merged: {what}."));
        if text.len() > MAXIMUM_TEXT {
            return Err(Problem::new(Code::MergeTooLarge, format!("The table `{which}` has {} bytes; a merge reads 4 MiB.", text.len())));
        }
        let delimiter = u8::try_from(options.delimiter).map_err(|_| unfit("its delimiter is no single byte".into()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let columns: Vec<String> = reader.headers().map_err(|error| unfit(error.to_string()))?.iter().map(str::to_owned).collect();
        let place: HashMap<String, usize> = columns.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        if columns.len() > MAXIMUM_COLUMNS {
            return Err(Problem::new(Code::MergeTooLarge, format!("The table `{which}` has more than 1,000 columns.")));
        }
        if place.len() < columns.len() {
            return Err(unfit("two columns have the same name".into()));
        }
        let mut keys = Vec::with_capacity(options.key.len());
        for name in &options.key {
            keys.push(*place.get(name).ok_or_else(|| unfit(format!("it has no column `{name}`")))?);
        }
        let mut table = Self { columns, place, order: Vec::new(), rows: HashMap::new() };
        for record in reader.records() {
            let record = record.map_err(|error| unfit(error.to_string()))?;
            let key = joined(keys.iter().map(|at| record.get(*at).unwrap_or_default()));
            table.order.push(key.clone());
            if table.order.len() > MAXIMUM_ROWS {
                return Err(Problem::new(Code::MergeTooLarge, format!("The table `{which}` has more than 200,000 rows.")));
            }
            if table.rows.insert(key.clone(), record).is_some() {
                return Err(unfit(format!("two rows have the key `{}`", self::key(&key).join(", "))));
            }
        }
        Ok(table)
    }

    fn cell(&self, row: &str, column: &str) -> Option<&str> {
        self.rows.get(row)?.get(*self.place.get(column)?)
    }
}

/// Merges two changes of a table, row by row and cell by cell. Without a base, both added it.
///
/// # Errors
/// [`Code::NotMergeable`] for what is no table with such a key, [`Code::MergeTooLarge`] beyond the bounds.
pub fn merge_tables(base: Option<&str>, ours: &str, theirs: &str, options: &TableOptions) -> Result<MergedTable, Problem> {
    if options.key.is_empty() {
        return Err(
            Problem::new(Code::NotMergeable, "Name at least one column that tells the rows apart.").with_field("key", "It is empty.")
        );
    }
    let own = Table::read(ours, "ours", options)?;
    let other = Table::read(theirs, "theirs", options)?;
    let was = match base {
        Some(text) => Table::read(text, "base", options)?,
        None => Table { columns: Vec::new(), place: HashMap::new(), order: Vec::new(), rows: HashMap::new() },
    };
    // What nobody merges stays to the letter, quotes and all.
    for (one, text) in [(theirs, ours), (ours, theirs)] {
        if base == Some(one) || ours == theirs {
            return Ok(MergedTable { text: text.to_owned(), conflicts: Vec::new(), total: 0 });
        }
    }
    let mut work = Work { was, own, other, conflicts: Vec::new(), total: 0 };
    let columns = work.columns();
    let rows = work.rows();
    if columns.len().saturating_mul(rows.len()) > MAXIMUM_CELLS {
        let detail =
            format!("The merged table would have {} columns and {} rows; a merge makes 5,000,000 cells.", columns.len(), rows.len());
        return Err(Problem::new(Code::MergeTooLarge, detail));
    }
    let mut writer = csv::WriterBuilder::new().delimiter(u8::try_from(options.delimiter).unwrap_or(b',')).from_writer(Vec::new());
    let unwritten = |error: String| Problem::new(Code::Internal, format!("The merged table could not be written: {error}."));
    writer.write_record(&columns).map_err(|error| unwritten(error.to_string()))?;
    for row in &rows {
        let cells: Vec<String> = columns.iter().map(|column| work.merge_cell(row, column)).collect();
        writer.write_record(&cells).map_err(|error| unwritten(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritten(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| unwritten(error.to_string()))?;
    Ok(MergedTable { text, conflicts: work.conflicts, total: work.total })
}

struct Work {
    was: Table,
    own: Table,
    other: Table,
    conflicts: Vec<TableConflict>,
    total: usize,
}

fn key(row: &str) -> Vec<String> {
    let part = |part: &str| INSTEAD.iter().rev().fold(part.to_owned(), |part, (sign, instead)| part.replace(instead, &sign.to_string()));
    row.split(BETWEEN).map(part).collect()
}

impl Work {
    /// Whether a side has changed a cell of a column, in rows that were there and still are, or has filled one in a row that it added.
    fn changed_column(&self, side: &Table, column: &str) -> bool {
        let added = |row: &&String| !self.was.rows.contains_key(*row);
        if side.order.iter().filter(added).any(|row| side.cell(row, column).is_some_and(|cell| !cell.is_empty())) {
            return true;
        }
        self.was.order.iter().any(|row| side.rows.contains_key(row) && side.cell(row, column) != self.was.cell(row, column))
    }

    /// Whether a side has changed a row, in columns that were there and still are, or has filled it in a column that it added.
    fn changed_row(&self, side: &Table, row: &str) -> bool {
        let added = |column: &&String| !self.was.place.contains_key(*column);
        if side.columns.iter().filter(added).any(|column| side.cell(row, column).is_some_and(|cell| !cell.is_empty())) {
            return true;
        }
        self.was.columns.iter().any(|column| side.place.contains_key(column) && side.cell(row, column) != self.was.cell(row, column))
    }

    fn columns(&mut self) -> Vec<String> {
        let mut keep = HashSet::new();
        let mut removed = Vec::new();
        for name in [&self.was, &self.own, &self.other].into_iter().flat_map(|table| &table.columns) {
            let has = |table: &Table| table.place.contains_key(name);
            let stays = match (has(&self.was), has(&self.own), has(&self.other)) {
                (true, false, false) => false,
                (true, true, false) => self.changed_column(&self.own, name),
                (true, false, true) => self.changed_column(&self.other, name),
                _ => true,
            };
            if stays && keep.insert(name.as_str()) && has(&self.was) && !(has(&self.own) && has(&self.other)) {
                removed.push(name.clone());
            }
        }
        let (order, moved) = order_of([&self.was.columns, &self.own.columns, &self.other.columns], &keep);
        for name in removed {
            let there = [&self.was, &self.own, &self.other].map(|table| table.place.contains_key(&name).then(|| name.clone()));
            self.disagree(Vec::new, Some(&name), Disagreement::Removed, there);
        }
        if moved {
            let names = [&self.was, &self.own, &self.other].map(|table| Some(table.columns.join(", ")));
            self.disagree(Vec::new, None, Disagreement::Order, names);
        }
        order
    }

    fn rows(&mut self) -> Vec<String> {
        let mut keep = HashSet::new();
        let mut removed = Vec::new();
        for row in [&self.was, &self.own, &self.other].into_iter().flat_map(|table| &table.order) {
            let has = |table: &Table| table.rows.contains_key(row);
            let stays = match (has(&self.was), has(&self.own), has(&self.other)) {
                (true, false, false) => false,
                (true, true, false) => self.changed_row(&self.own, row),
                (true, false, true) => self.changed_row(&self.other, row),
                _ => true,
            };
            if stays && keep.insert(row.as_str()) && has(&self.was) && !(has(&self.own) && has(&self.other)) {
                removed.push(row.clone());
            }
        }
        let (order, moved) = order_of([&self.was.order, &self.own.order, &self.other.order], &keep);
        for row in removed {
            let text = |record: &csv::StringRecord| record.iter().collect::<Vec<_>>().join(", ");
            let there = [&self.was, &self.own, &self.other].map(|table| table.rows.get(&row).map(text));
            self.disagree(|| key(&row), None, Disagreement::Removed, there);
        }
        if moved {
            self.disagree(Vec::new, None, Disagreement::Order, [None, None, None]);
        }
        order
    }

    fn merge_cell(&mut self, row: &str, column: &str) -> String {
        let (was, mine, its) = (self.was.cell(row, column), self.own.cell(row, column), self.other.cell(row, column));
        // Who has no such row or column says nothing of the cell: that it is missing was dealt with as a whole.
        let merged = match (was, mine, its) {
            (_, mine, None) if was.is_none() => mine,
            (_, None, its) if was.is_none() => its,
            (_, None, _) | (_, _, None) => was,
            _ if mine == its || its == was => mine,
            _ if mine == was => its,
            _ => {
                let kind = if was.is_none() { Disagreement::Added } else { Disagreement::Changed };
                let values = [was, mine, its].map(|cell| cell.map(str::to_owned));
                let kept = values[0].clone().unwrap_or_default();
                self.disagree(|| key(row), Some(column), kind, values);
                return kept;
            }
        };
        merged.unwrap_or_default().to_owned()
    }

    fn disagree(
        &mut self,
        row: impl FnOnce() -> Vec<String>,
        column: Option<&str>,
        kind: Disagreement,
        [base, ours, theirs]: [Option<String>; 3],
    ) {
        self.total += 1;
        if self.conflicts.len() < MAXIMUM_CONFLICTS {
            let row = row().into_iter().map(|part| cut(part, MAXIMUM_KEY_PART)).collect();
            let column = column.map(|column| cut(column.to_owned(), MAXIMUM_KEY_PART));
            self.conflicts.push(TableConflict { row, column, kind, base, ours, theirs });
        }
    }
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn order_of<'a>(sides: [&'a Vec<String>; 3], keep: &HashSet<&'a str>) -> (Vec<String>, bool) {
    let [was, own, other] = sides.map(|keys| keys.iter().map(String::as_str).collect::<Vec<_>>());
    let (order, moved) = merged_order(&was, &own, &other, keep);
    (order.into_iter().map(str::to_owned).collect(), moved)
}

/// What a table is made of, by key, for tests and for whoever shows it: a map of rows to maps of cells.
///
/// # Errors
/// As [`merge_tables`].
pub fn cells(text: &str, options: &TableOptions) -> Result<BTreeMap<Vec<String>, BTreeMap<String, String>>, Problem> {
    let table = Table::read(text, "table", options)?;
    let row = |name: &String| {
        let cells = table.columns.iter().map(|column| (column.clone(), table.cell(name, column).unwrap_or_default().to_owned()));
        (key(name), cells.collect())
    };
    Ok(table.order.iter().map(row).collect())
}
