//! How chosen columns are kept cell by cell, so that what stands in one row stays together.

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

use super::cell;
use super::column::Kind;
use super::date;
use super::table::{self, TableFile};
use crate::limits::{MAXIMUM_CELLS, MAXIMUM_NAME, MAXIMUM_TEXT_BYTES, MAXIMUM_VALUE, cut};

/// The cells of a column, one for each row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cells {
    /// NaN where there is none.
    Numbers(Vec<f64>),
    /// Milliseconds since 1970; and whether any has a time of day.
    Instants { instants: Vec<Option<i64>>, timed: bool },
    /// Which of the levels stands there; [`NO_LEVEL`] where none does.
    Labels { levels: Vec<String>, codes: Vec<u32> },
}

/// Stands for a cell without a label.
pub(crate) const NO_LEVEL: u32 = u32::MAX;

/// A column that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RowColumn {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) cells: Cells,
}

/// What is asked for: the column at this place, and whether its cells are taken as labels whatever their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) place: usize,
    pub(crate) labels: bool,
}

/// Reads the columns that `choose` picks when it sees all names and types, in the order in which it names them. Columns of texts and of
/// truth values come as labels anyway. An infinite number counts as none.
///
/// # Errors
/// `DATA-…` for a table that cannot be read or is too large, and what `choose` answers.
pub(crate) fn rows(
    context: &Context,
    source: &TableFile,
    choose: impl FnOnce(&[(String, Kind)]) -> Result<Vec<Wanted>, SkillError>,
) -> Result<(u64, Vec<RowColumn>), SkillError> {
    let scan = table::scan(context, source)?;
    let (rows, names, guesses) = table::check(context, &scan)?;
    let known: Vec<(String, Kind)> =
        names.into_iter().zip(&guesses).map(|(name, guess)| (cut(&name, MAXIMUM_NAME), guess.kind())).collect();
    let wanted = choose(&known)?;
    if rows * wanted.len() as u64 > MAXIMUM_CELLS {
        let message = format!("{rows} rows of {} columns are more than {MAXIMUM_CELLS} cells; choose fewer columns.", wanted.len());
        return Err(SkillError::new(Code::TableTooLarge, message));
    }
    let capacity = usize::try_from(rows).unwrap_or(0);
    let mut columns: Vec<Filling> = wanted.iter().map(|wanted| Filling::of(*wanted, &known, capacity)).collect();
    let mut bytes = 0;
    scan.rows(context, 0.25, "reading values", |record, first| {
        if first && source.header {
            return Ok(());
        }
        for column in &mut columns {
            bytes += column.add(record.get(column.place).unwrap_or_default().trim_ascii());
        }
        if bytes > MAXIMUM_TEXT_BYTES {
            let message = format!("the labels take more than {} MB; choose columns with fewer different values.", MAXIMUM_TEXT_BYTES >> 20);
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        Ok(())
    })?;
    Ok((rows, columns.into_iter().map(|filling| filling.column).collect()))
}

/// A column that is being read.
struct Filling {
    place: usize,
    column: RowColumn,
    known: HashMap<Vec<u8>, u32>,
}

impl Filling {
    fn of(wanted: Wanted, known: &[(String, Kind)], capacity: usize) -> Self {
        let (name, kind) = known.get(wanted.place).cloned().unwrap_or_else(|| (String::new(), Kind::Empty));
        let cells = match kind {
            Kind::Integer | Kind::Number if !wanted.labels => Cells::Numbers(Vec::with_capacity(capacity)),
            Kind::Date(_) if !wanted.labels => Cells::Instants { instants: Vec::with_capacity(capacity), timed: false },
            _ => Cells::Labels { levels: Vec::new(), codes: Vec::with_capacity(capacity) },
        };
        Self { place: wanted.place, column: RowColumn { name, kind, cells }, known: HashMap::new() }
    }

    /// Keeps one more cell; gives how many bytes of text that took.
    fn add(&mut self, text: &[u8]) -> usize {
        let missing = cell::is_missing(text);
        match &mut self.column.cells {
            Cells::Numbers(values) => {
                let value = if missing { None } else { cell::number(text).map(cell::Number::value) };
                values.push(value.filter(|value| value.is_finite()).unwrap_or(f64::NAN));
            }
            Cells::Instants { instants, timed } => {
                let read = match self.column.kind {
                    Kind::Date(form) if !missing => std::str::from_utf8(text).ok().and_then(|text| date::parse(text, form)),
                    _ => None,
                };
                *timed |= read.as_ref().is_some_and(|read| read.timed);
                instants.push(read.map(|read| read.milliseconds));
            }
            Cells::Labels { codes, .. } if missing => codes.push(NO_LEVEL),
            Cells::Labels { levels, codes } => {
                if let Some(code) = self.known.get(text) {
                    codes.push(*code);
                    return 0;
                }
                let code = u32::try_from(levels.len()).unwrap_or(NO_LEVEL - 1);
                self.known.insert(text.to_vec(), code);
                levels.push(cut(&String::from_utf8_lossy(text), MAXIMUM_VALUE));
                codes.push(code);
                return 2 * text.len() + 64;
            }
        }
        0
    }
}

/// The place of a named column.
///
/// # Errors
/// `TASK-003` that names the field and the columns there are.
pub(crate) fn place_of(known: &[(String, Kind)], field: &str, name: &str) -> Result<usize, SkillError> {
    known.iter().position(|(known, _)| known == name).ok_or_else(|| {
        let listed: Vec<&str> = known.iter().take(20).map(|(name, _)| name.as_str()).collect();
        let more = if known.len() > listed.len() { ", …" } else { "" };
        SkillError::input(field, format!("there is no column {name}; the table has {}{more}", listed.join(", ")))
    })
}

/// The place of a named column that must hold numbers.
///
/// # Errors
/// `TASK-003` that names the field, and the type that the column has.
pub(crate) fn numeric_place(known: &[(String, Kind)], field: &str, name: &str) -> Result<usize, SkillError> {
    let place = place_of(known, field, name)?;
    let kind = known[place].1;
    if kind.is_numeric() {
        Ok(place)
    } else {
        Err(SkillError::input(field, format!("{name} holds {} values; a column of numbers is needed", kind.name())))
    }
}
