//! Which columns of a table a model learns from, and which rows of them.

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

use crate::numbers::{largest, short};
use crate::read::{Cells, Kind, NO_LEVEL, RowColumn, TableFile, Wanted, place_of, rows};

/// Magnitudes whose squares can be summed.
const MAGNITUDES: std::ops::RangeInclusive<f64> = 1e-140..=1e140;
/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

/// The cells of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    /// NaN where there is none; of dates the days since 1970.
    Numbers { values: Vec<f64>, date: bool },
    /// The levels differ from one another.
    Labels { levels: Vec<String>, codes: Vec<u32> },
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawColumn {
    pub(super) name: String,
    pub(super) values: Raw,
}

impl RawColumn {
    fn of(column: RowColumn) -> Self {
        let values = match column.cells {
            Cells::Numbers(values) => Raw::Numbers { values, date: false },
            Cells::Instants { instants, .. } => {
                let days = |instant: Option<i64>| instant.map_or(f64::NAN, |milliseconds| milliseconds as f64 / DAY);
                Raw::Numbers { values: instants.into_iter().map(days).collect(), date: true }
            }
            Cells::Labels { levels, codes } => merged(levels, codes),
        };
        Self { name: column.name, values }
    }

    pub(super) fn is_missing(&self, row: usize) -> bool {
        match &self.values {
            Raw::Numbers { values, .. } => values[row].is_nan(),
            Raw::Labels { codes, .. } => codes[row] == NO_LEVEL,
        }
    }

    /// Swaps the cells of rows: the row at each place gets that of the other.
    pub(super) fn permuted(&self, rows: &[usize], others: &[usize]) -> Self {
        let mut column = self.clone();
        match (&mut column.values, &self.values) {
            (Raw::Numbers { values, .. }, Raw::Numbers { values: old, .. }) => {
                rows.iter().zip(others).for_each(|(row, other)| values[*row] = old[*other]);
            }
            (Raw::Labels { codes, .. }, Raw::Labels { codes: old, .. }) => {
                rows.iter().zip(others).for_each(|(row, other)| codes[*row] = old[*other]);
            }
            _ => {}
        }
        column
    }

    /// Only these rows.
    pub(super) fn pick(&self, rows: &[usize]) -> Self {
        let values = match &self.values {
            Raw::Numbers { values, date } => Raw::Numbers { values: rows.iter().map(|row| values[*row]).collect(), date: *date },
            Raw::Labels { levels, codes } => Raw::Labels { levels: levels.clone(), codes: rows.iter().map(|row| codes[*row]).collect() },
        };
        Self { name: self.name.clone(), values }
    }
}

/// Long levels are cut when they are read, and may then be equal.
fn merged(levels: Vec<String>, mut codes: Vec<u32>) -> Raw {
    let mut known: HashMap<String, u32> = HashMap::new();
    let mut kept = Vec::with_capacity(levels.len());
    let mut into = Vec::with_capacity(levels.len());
    for level in levels {
        let next = kept.len() as u32;
        let code = *known.entry(level.clone()).or_insert(next);
        if code == next {
            kept.push(level);
        }
        into.push(code);
    }
    for code in codes.iter_mut().filter(|code| **code != NO_LEVEL) {
        *code = into[*code as usize];
    }
    Raw::Labels { levels: kept, codes }
}

/// Columns that were read.
pub(super) struct Frame {
    pub(super) rows: usize,
    pub(super) target: Option<RawColumn>,
    pub(super) features: Vec<RawColumn>,
}

/// What is wanted of a table.
pub(super) struct Choice<'a> {
    pub(super) target: Option<&'a str>,
    /// Whether the target's cells are names of classes whatever their type; found out from its type when absent.
    pub(super) classes: Option<bool>,
    pub(super) features: Option<&'a [String]>,
    pub(super) categorical: &'a [String],
    pub(super) maximum: usize,
}

/// Reads what is wanted. All columns but the target are features where none are named.
pub(super) fn load(context: &Context, source: &TableFile, choice: &Choice<'_>) -> Result<Frame, SkillError> {
    let mut target_first = false;
    let (count, columns) = rows(context, source, |known| {
        let target = choice.target.map(|name| place_of(known, "target", name)).transpose()?;
        let labels = |place: usize| choice.categorical.contains(&known[place].0);
        for name in choice.categorical {
            place_of(known, "categorical", name)?;
        }
        let features: Vec<usize> = match choice.features {
            Some(names) => names.iter().map(|name| place_of(known, "features", name)).collect::<Result<_, _>>()?,
            None => (0..known.len()).filter(|place| Some(*place) != target).collect(),
        };
        if target.is_some_and(|target| features.contains(&target)) {
            return Err(SkillError::input("features", "the target cannot be among the features: the model would be told the answer"));
        }
        if features.is_empty() {
            return Err(SkillError::input("features", "there is no column but the target"));
        }
        if features.len() > choice.maximum {
            return Err(SkillError::new(
                Code::TrainingTooLarge,
                format!("features: there are {} columns; at most {} are taken. Name those to learn from.", features.len(), choice.maximum),
            ));
        }
        let mut wanted = Vec::with_capacity(features.len() + 1);
        if let Some(place) = target {
            target_first = true;
            let labels = choice.classes.unwrap_or(!known[place].1.is_numeric());
            if !labels && !known[place].1.is_numeric() {
                let message = format!("{} holds {} values; this method predicts numbers", known[place].0, known[place].1.name());
                return Err(SkillError::input("target", message));
            }
            wanted.push(Wanted { place, labels });
        }
        wanted.extend(features.into_iter().map(|place| Wanted { place, labels: labels(place) }));
        Ok(wanted)
    })?;
    let mut columns: Vec<RawColumn> = columns.into_iter().map(RawColumn::of).collect();
    let target = target_first.then(|| columns.remove(0));
    for column in columns.iter().chain(&target) {
        check_range(column)?;
    }
    Ok(Frame { rows: count as usize, target, features: columns })
}

/// Refuses numbers whose squares are none.
fn check_range(column: &RawColumn) -> Result<(), SkillError> {
    let Raw::Numbers { values, .. } = &column.values else { return Ok(()) };
    let largest = largest(values);
    if largest != 0.0 && !MAGNITUDES.contains(&largest) {
        let message = format!(
            "{}: its largest value is {}, whose square is no number; give the column in another unit.",
            column.name,
            short(largest)
        );
        return Err(SkillError::new(Code::DataUnfit, message));
    }
    Ok(())
}

/// What a model wants of a table: a name, and whether it is a number, a date or a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Number,
    Date,
    Category,
}

/// Reads the columns that a model names, and its target where the table has it.
pub(super) fn load_for(
    context: &Context,
    source: &TableFile,
    needs: &[(&str, Need)],
    target: Option<(&str, bool)>,
) -> Result<Frame, SkillError> {
    let mut with_target = false;
    let unlike = |message: String| SkillError::new(Code::TableUnlikeModel, message);
    let (count, columns) = rows(context, source, |known| {
        let place = |name: &str| known.iter().position(|(known, _)| known == name);
        let absent: Vec<&str> = needs.iter().map(|(name, _)| *name).filter(|name| place(name).is_none()).collect();
        if !absent.is_empty() {
            let more = if absent.len() > 10 { ", …" } else { "" };
            let listed: Vec<&str> = absent.iter().take(10).copied().collect();
            return Err(unlike(format!(
                "the table lacks columns that the model reads: {}{more}. Rename the columns as they were called in training.",
                listed.join(", ")
            )));
        }
        let mut wanted = Vec::new();
        if let Some((name, classes)) = target
            && let Some(place) = place(name)
            && (classes || known[place].1.is_numeric())
        {
            with_target = true;
            wanted.push(Wanted { place, labels: classes });
        }
        for (name, need) in needs {
            let Some(place) = place(name) else { continue };
            let kind = known[place].1;
            let fits = match (need, kind) {
                (Need::Category, _) | (_, Kind::Empty) => true,
                (Need::Number, kind) => kind.is_numeric(),
                (Need::Date, kind) => matches!(kind, Kind::Date(_)),
            };
            if !fits {
                let what = if *need == Need::Date { "dates" } else { "numbers" };
                return Err(unlike(format!(
                    "{name} holds {} values, and the model learned from {what}; correct the column's cells.",
                    kind.name()
                )));
            }
            wanted.push(Wanted { place, labels: *need == Need::Category });
        }
        Ok(wanted)
    })?;
    let rows = count as usize;
    let mut columns: Vec<RawColumn> = columns.into_iter().map(RawColumn::of).collect();
    let target = with_target.then(|| columns.remove(0));
    for (column, (_, need)) in columns.iter_mut().zip(needs) {
        // A column without any value has no type of its own.
        if *need != Need::Category && matches!(column.values, Raw::Labels { .. }) {
            column.values = Raw::Numbers { values: vec![f64::NAN; rows], date: *need == Need::Date };
        }
        check_range(column)?;
    }
    Ok(Frame { rows, target, features: columns })
}
