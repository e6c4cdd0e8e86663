//! Which values of a table does a chart show? They are gathered in one pass, place by place, so that memory holds what is drawn.

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use csv::ByteRecord;

use super::contract::{MAXIMUM_GROUPS, MAXIMUM_PLACES, MAXIMUM_SCATTERED};
use super::statistics::Cell;
use super::{Aggregate, Input, Kind};
use crate::limits::{MAXIMUM_NAME, MAXIMUM_ROWS, cut};
use crate::read::table::{ragged, scan};
use crate::read::{TableFile, cell};

/// A place along x.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) name: String,
    /// Its number, if it is one.
    pub(super) number: Option<f64>,
}

/// What the chart shows.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) places: Vec<Place>,
    /// Names of series, in the order of the table.
    pub(super) series: Vec<String>,
    /// For each place and series.
    pub(super) cells: HashMap<(usize, usize), Cell>,
    /// Points of a scatter: x, y, series.
    pub(super) points: Vec<(f64, f64, usize)>,
    /// How many rows stand for one point.
    pub(super) thinning: u64,
    pub(super) read: u64,
    pub(super) used: u64,
    pub(super) aggregate: Option<Aggregate>,
}

/// The columns by their places in a record.
struct Columns {
    x: Option<usize>,
    y: Vec<usize>,
    group: Option<usize>,
    names: Vec<String>,
}

pub(super) fn gather(context: &Context, source: &TableFile, input: &Input) -> Result<Gathered, SkillError> {
    let scan = scan(context, source)?;
    let names: Vec<String> = scan.names(context)?.iter().map(|name| cut(name, MAXIMUM_NAME)).collect();
    if names.is_empty() {
        return Err(SkillError::new(Code::EmptyTable, format!("{} has no rows. Send a table with at least one.", source.file.name)));
    }
    let expected = names.len();
    let columns = columns(names, input)?;
    let mut gathered = Gathered { thinning: 1, aggregate: aggregate(input), ..Gathered::default() };
    let mut index = Index::default();
    scan.rows(context, 0.25, "reading rows", |record, first| {
        if record.len() != expected {
            return Err(ragged(record, expected));
        }
        if first && source.header {
            return Ok(());
        }
        gathered.read += 1;
        if gathered.read > MAXIMUM_ROWS {
            return Err(SkillError::new(Code::TableTooLarge, format!("the table has more than {MAXIMUM_ROWS} rows. Take a sample of it.")));
        }
        take(record, &columns, input, &mut gathered, &mut index)
    })?;
    if gathered.read == 0 {
        return Err(SkillError::new(
            Code::EmptyTable,
            format!("{} has a header, but no rows. Send a table with at least one.", source.file.name),
        ));
    }
    if gathered.used == 0 {
        return Err(SkillError::new(Code::ChartInvalid, "x, y: no row has a value in every column of the chart. Choose other columns."));
    }
    Ok(gathered)
}

/// Which places and series are known by which name.
#[derive(Default)]
struct Index {
    places: HashMap<Vec<u8>, usize>,
    series: HashMap<Vec<u8>, usize>,
}

fn aggregate(input: &Input) -> Option<Aggregate> {
    let counts = match input.kind {
        Kind::Heatmap => input.group.is_none(),
        Kind::Scatter | Kind::Histogram | Kind::Boxplot => return None,
        _ => input.y.is_empty(),
    };
    Some(match (counts, input.aggregate) {
        (true, _) => Aggregate::Count,
        (false, Some(aggregate)) => aggregate,
        (false, None) if matches!(input.kind, Kind::Bar | Kind::Pie) => Aggregate::Sum,
        (false, None) => Aggregate::Mean,
    })
}

fn columns(names: Vec<String>, input: &Input) -> Result<Columns, SkillError> {
    let place = |field: &str, name: &str| {
        names.iter().position(|known| known == name).ok_or_else(|| {
            let known = names.iter().take(30).cloned().collect::<Vec<_>>().join(", ");
            SkillError::input(field, format!("the table has no column {name:?}; it has {known}"))
        })
    };
    let x = input.x.as_deref().map(|name| place("x", name)).transpose()?;
    let y: Vec<usize> = input.y.iter().map(|name| place("y", name)).collect::<Result<_, _>>()?;
    let group = input.group.as_deref().map(|name| place("group", name)).transpose()?;
    let wants = |wrong: bool, field: &str, message: &str| if wrong { Err(SkillError::input(field, message)) } else { Ok(()) };
    match input.kind {
        Kind::Scatter => {
            wants(x.is_none(), "x", "points want a column of numbers along x")?;
            wants(y.is_empty(), "y", "points want a column of numbers along y")?;
        }
        Kind::Histogram => wants(x.is_none() && y.len() != 1, "x", "a histogram wants one column of numbers")?,
        Kind::Heatmap => {
            wants(x.is_none(), "x", "a heatmap wants a column along x")?;
            wants(y.len() != 1, "y", "a heatmap wants one column of names along y")?;
        }
        Kind::Boxplot => wants(y.len() != 1, "y", "box plots want one column of numbers")?,
        Kind::Pie => {
            wants(x.is_none(), "x", "a pie wants a column of names")?;
            wants(y.len() > 1 || group.is_some(), "y", "a pie shows one column of numbers, without a group")?;
        }
        Kind::Bar | Kind::Line | Kind::Area => wants(x.is_none(), "x", "name the column along x")?,
    }
    if group.is_some() && y.len() > 1 {
        return Err(SkillError::input("group", "with a group there can be one column in y"));
    }
    Ok(Columns { x, y, group, names })
}

fn take(record: &ByteRecord, columns: &Columns, input: &Input, gathered: &mut Gathered, index: &mut Index) -> Result<(), SkillError> {
    let row = gathered.read;
    let text = |place: usize| record.get(place).unwrap_or_default().trim_ascii();
    let figure = |field: &str, place: usize| {
        let found = text(place);
        if cell::is_missing(found) {
            return Ok(None);
        }
        let number = cell::number(found).map(cell::Number::value).filter(|value| value.is_finite());
        number.map(Some).ok_or_else(|| {
            let shown = cut(&String::from_utf8_lossy(found), 60);
            SkillError::input(
                field,
                format!("{} has {shown:?} in row {row}, which is no number; choose a column of numbers", columns.names[place]),
            )
        })
    };
    let heat = input.kind == Kind::Heatmap;
    match input.kind {
        Kind::Scatter => {
            let (Some(x), Some(place)) = (columns.x, columns.y.first()) else { return Ok(()) };
            let Some(across) = figure("x", x)? else { return Ok(()) };
            let of_group = columns.group.map(|group| series(text(group), gathered, index)).transpose()?;
            for (number, y) in std::iter::once(place).chain(&columns.y[1..]).enumerate() {
                if let Some(up) = figure("y", *y)? {
                    let number_of = match of_group {
                        Some(series) => series,
                        None => series(columns.names[*y].as_bytes(), gathered, index)?,
                    };
                    gathered.used += u64::from(number == 0);
                    point(gathered, (across, up, number_of), row);
                }
            }
        }
        Kind::Histogram | Kind::Boxplot => {
            let histogram = input.kind == Kind::Histogram;
            let Some(values) = (if histogram { columns.x.or(columns.y.first().copied()) } else { columns.y.first().copied() }) else {
                return Ok(());
            };
            let Some(value) = figure(if histogram { "x" } else { "y" }, values)? else { return Ok(()) };
            let series = match columns.group {
                Some(group) => series(text(group), gathered, index)?,
                None => series(columns.names[values].as_bytes(), gathered, index)?,
            };
            let place = match columns.x.filter(|_| !histogram) {
                Some(x) => place(text(x), gathered, index)?,
                None => place(if histogram { b"" } else { columns.names[values].as_bytes() }, gathered, index)?,
            };
            gathered.used += 1;
            gathered.cells.entry((place, series)).or_default().add(value, true);
        }
        _ => {
            let Some(x) = columns.x.filter(|x| !cell::is_missing(text(*x))) else { return Ok(()) };
            let keep = gathered.aggregate == Some(Aggregate::Median);
            let of_group = match (heat, columns.group, columns.y.first()) {
                (true, _, Some(y)) => Some(*y),
                (false, group, _) => group,
                _ => None,
            };
            let values: Vec<(usize, Option<f64>)> = if heat {
                match columns.group {
                    Some(values) => figure("group", values)?.map(|value| (values, Some(value))).into_iter().collect(),
                    None => vec![(x, None)],
                }
            } else if columns.y.is_empty() {
                vec![(x, None)]
            } else {
                let mut all = Vec::with_capacity(columns.y.len());
                for y in &columns.y {
                    all.extend(figure("y", *y)?.map(|value| (*y, Some(value))));
                }
                all
            };
            if values.is_empty() {
                return Ok(());
            }
            let place = place(text(x), gathered, index)?;
            gathered.used += 1;
            for (column, value) in values {
                let name = match of_group {
                    Some(group) => text(group),
                    None if value.is_none() => b"rows",
                    None => columns.names[column].as_bytes(),
                };
                let series = series(name, gathered, index)?;
                gathered.cells.entry((place, series)).or_default().add(value.unwrap_or(1.0), keep);
            }
        }
    }
    Ok(())
}

/// Keeps a point of an even sample: every second row is left out each time there are too many.
fn point(gathered: &mut Gathered, point: (f64, f64, usize), row: u64) {
    if !row.is_multiple_of(gathered.thinning) {
        return;
    }
    gathered.points.push(point);
    if gathered.points.len() > MAXIMUM_SCATTERED * 2 {
        gathered.thinning *= 2;
        let mut number = 0_u64;
        gathered.points.retain(|_| {
            number += 1;
            number.is_multiple_of(2)
        });
    }
}

fn name_of(bytes: &[u8]) -> Result<String, SkillError> {
    let wrong = |_| {
        SkillError::new(
            Code::WrongEncoding,
            format!("{:?} is not UTF-8; save the file as UTF-8 and send it again.", String::from_utf8_lossy(bytes)),
        )
    };
    let text = std::str::from_utf8(bytes).map_err(wrong)?;
    Ok(if text.is_empty() { "(none)".to_owned() } else { cut(text, MAXIMUM_NAME) })
}

fn place(text: &[u8], gathered: &mut Gathered, index: &mut Index) -> Result<usize, SkillError> {
    if let Some(known) = index.places.get(text) {
        return Ok(*known);
    }
    if gathered.places.len() >= MAXIMUM_PLACES {
        let message =
            format!("x: the column has more than {MAXIMUM_PLACES} different values. Choose points or a histogram, or a column with fewer.");
        return Err(SkillError::new(Code::ChartInvalid, message));
    }
    let number = cell::number(text).map(cell::Number::value).filter(|value| value.is_finite());
    gathered.places.push(Place { name: name_of(text)?, number });
    index.places.insert(text.to_vec(), gathered.places.len() - 1);
    Ok(gathered.places.len() - 1)
}

fn series(text: &[u8], gathered: &mut Gathered, index: &mut Index) -> Result<usize, SkillError> {
    if let Some(known) = index.series.get(text) {
        return Ok(*known);
    }
    // The rows of a heatmap are places, too.
    let most = if gathered.aggregate.is_some() { MAXIMUM_GROUPS.max(200) } else { MAXIMUM_GROUPS };
    if gathered.series.len() >= most {
        let message = format!("group: the column has more than {most} different values. Choose one with fewer, or leave it out.");
        return Err(SkillError::new(Code::ChartInvalid, message));
    }
    let name = if cell::is_missing(text) { "(none)".to_owned() } else { name_of(text)? };
    gathered.series.push(name);
    index.series.insert(text.to_vec(), gathered.series.len() - 1);
    Ok(gathered.series.len() - 1)
}
