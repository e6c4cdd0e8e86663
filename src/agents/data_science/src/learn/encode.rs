//! How columns of a table become the numbers that a model sees: gaps filled, categories as columns of 0 and 1, numbers scaled.

use std::collections::HashMap;

use baton_agents_runtime::SkillError;
use serde::{Deserialize, Serialize};

use super::Check;
use super::frame::{Raw, RawColumn};
use super::matrix::Matrix;
use crate::double_double::mean_and_squares;
use crate::numbers::{quantile, short};
use crate::read::NO_LEVEL;

/// What stands for rare levels in names of terms.
const OTHERS: &str = "(other)";

/// How a column is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Coding {
    /// A number less `mean`, over `scale`; of a date the days since 1970.
    Number { date: bool, fill: Option<f64>, mean: f64, scale: f64 },
    /// A column of 0 and 1 for each level; `other` adds one for all levels that are not listed, `base` leaves out that of the first.
    Category { levels: Vec<String>, other: bool, base: bool, fill: Option<String> },
}

/// A column and how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encoded {
    pub(super) name: String,
    pub(super) coding: Coding,
}

/// How all columns are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Encoder {
    pub(super) columns: Vec<Encoded>,
}

/// How an encoder is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) impute: bool,
    pub(super) standardize: bool,
    pub(super) max_levels: usize,
    /// Leaves out the first level, so that the columns of a category do not sum to the constant.
    pub(super) base: bool,
}

/// Rows that could be read.
pub(super) struct Rows {
    pub(super) matrix: Matrix,
    /// Which of the rows asked for; the others have gaps that nothing fills.
    pub(super) places: Vec<usize>,
    /// For each column, how many cells were missing.
    pub(super) missing: Vec<usize>,
    /// For each column, how many levels the model does not know, and one of them.
    pub(super) unknown: Vec<(usize, String)>,
}

impl Encoded {
    fn of(column: &RawColumn, rows: &[usize], policy: Policy) -> Self {
        let coding = match &column.values {
            Raw::Numbers { values, date } => {
                let mut present: Vec<f64> = rows.iter().map(|row| values[*row]).filter(|value| !value.is_nan()).collect();
                present.sort_unstable_by(f64::total_cmp);
                let fill = policy.impute.then(|| quantile(&present, 0.5).unwrap_or(0.0));
                let gaps = rows.len() - present.len();
                if policy.impute {
                    present.extend(std::iter::repeat_n(fill.unwrap_or(0.0), gaps));
                }
                let (mut mean, mut scale) = (0.0, 1.0);
                if policy.standardize && !present.is_empty() {
                    let (middle, squares) = mean_and_squares(&present);
                    mean = middle.value();
                    let deviation = (squares.value() / present.len() as f64).sqrt();
                    // A constant column is left as it is.
                    scale = if deviation > f64::EPSILON * mean.abs() { deviation } else { 1.0 };
                }
                Coding::Number { date: *date, fill, mean, scale }
            }
            Raw::Labels { levels, codes } => {
                let mut counts = vec![0usize; levels.len()];
                rows.iter().filter(|row| codes[**row] != NO_LEVEL).for_each(|row| counts[codes[*row] as usize] += 1);
                let mut frequent: Vec<usize> = (0..levels.len()).filter(|level| counts[*level] > 0).collect();
                frequent.sort_by(|a, b| counts[*b].cmp(&counts[*a]).then_with(|| levels[*a].cmp(&levels[*b])));
                let fill = frequent.first().filter(|_| policy.impute).map(|level| levels[*level].clone());
                let other = frequent.len() > policy.max_levels;
                if other {
                    frequent.truncate(policy.max_levels - 1);
                }
                let mut levels: Vec<String> = frequent.into_iter().map(|level| levels[level].clone()).collect();
                levels.sort_unstable();
                Coding::Category { levels, other, base: policy.base, fill }
            }
        };
        Self { name: column.name.clone(), coding }
    }

    /// How many numbers it becomes.
    pub(super) fn width(&self) -> usize {
        match &self.coding {
            Coding::Number { .. } => 1,
            Coding::Category { levels, other, base, .. } => (levels.len() + usize::from(*other)).saturating_sub(usize::from(*base)),
        }
    }

    /// The names of what it becomes.
    fn terms(&self, terms: &mut Vec<String>) {
        match &self.coding {
            Coding::Number { .. } => terms.push(self.name.clone()),
            Coding::Category { levels, other, base, .. } => {
                let all = levels.iter().map(String::as_str).chain(other.then_some(OTHERS));
                terms.extend(all.skip(usize::from(*base)).map(|level| format!("{} = {level}", self.name)));
            }
        }
    }

    /// What stands in the place of a gap.
    pub(super) fn fill(&self) -> Option<String> {
        match &self.coding {
            Coding::Number { fill, .. } => fill.map(short),
            Coding::Category { fill, .. } => fill.clone(),
        }
    }
}

impl Encoder {
    /// Learned from these rows of the columns.
    pub(super) fn fit(columns: &[RawColumn], rows: &[usize], policy: Policy, check: Check<'_>) -> Result<Self, SkillError> {
        let mut encoded = Vec::with_capacity(columns.len());
        for column in columns {
            check()?;
            encoded.push(Encoded::of(column, rows, policy));
        }
        Ok(Self { columns: encoded })
    }

    /// How many numbers a row becomes.
    pub(super) fn width(&self) -> usize {
        self.columns.iter().map(Encoded::width).sum()
    }

    /// What each of them is.
    pub(super) fn terms(&self) -> Vec<String> {
        let mut terms = Vec::new();
        self.columns.iter().for_each(|column| column.terms(&mut terms));
        terms
    }

    /// Turns rows of the same columns, in the same order, into numbers.
    pub(super) fn read(&self, columns: &[RawColumn], rows: &[usize], check: Check<'_>) -> Result<Rows, SkillError> {
        let width = self.width();
        let mut matrix = Matrix::new(rows.len(), width);
        let mut whole = vec![true; rows.len()];
        let mut missing = vec![0; columns.len()];
        let mut unknown = vec![(0, String::new()); columns.len()];
        let mut offset = 0;
        for (place, (column, encoded)) in columns.iter().zip(&self.columns).enumerate() {
            check()?;
            match (&column.values, &encoded.coding) {
                (Raw::Numbers { values, .. }, Coding::Number { fill, mean, scale, .. }) => {
                    for (at, row) in rows.iter().enumerate() {
                        let value = values[*row];
                        missing[place] += usize::from(value.is_nan());
                        let present = if value.is_nan() { *fill } else { Some(value) };
                        match present {
                            Some(value) => matrix.cells[at * width + offset] = (value - mean) / scale,
                            None => whole[at] = false,
                        }
                    }
                }
                (Raw::Labels { levels, codes }, Coding::Category { levels: known, other, base, fill }) => {
                    let index: HashMap<&str, usize> = known.iter().enumerate().map(|(at, level)| (level.as_str(), at)).collect();
                    let others = other.then_some(known.len());
                    let of: Vec<Option<usize>> = levels.iter().map(|level| index.get(level.as_str()).copied().or(others)).collect();
                    let fill = fill.as_ref().and_then(|level| index.get(level.as_str()).copied().or(others));
                    for (at, row) in rows.iter().enumerate() {
                        let code = codes[*row];
                        let level = if code == NO_LEVEL {
                            missing[place] += 1;
                            fill
                        } else {
                            let level = of[code as usize];
                            if level.is_none() {
                                if unknown[place].0 == 0 {
                                    unknown[place].1 = levels[code as usize].clone();
                                }
                                unknown[place].0 += 1;
                            }
                            level.or(fill)
                        };
                        match level.map(|level| level.checked_sub(usize::from(*base))) {
                            Some(Some(cell)) => matrix.cells[at * width + offset + cell] = 1.0,
                            Some(None) => {}
                            None => whole[at] = false,
                        }
                    }
                }
                _ => return Err(SkillError::internal("a column is read as what it is not")),
            }
            offset += encoded.width();
        }
        let places: Vec<usize> = (0..rows.len()).filter(|at| whole[*at]).collect();
        if places.len() < rows.len() {
            matrix = matrix.pick(&places);
        }
        Ok(Rows { matrix, places, missing, unknown })
    }
}
