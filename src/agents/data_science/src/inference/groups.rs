//! Which values belong to which group.

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

use super::outcome::Group;
use super::sample::{Sample, median, sorted};
use super::{Input, MAXIMUM_GROUPS, Test};
use crate::limits::cut;
use crate::read::{Cells, NO_LEVEL, RowColumn, TableFile, Wanted, numeric_place, place_of, rows};

/// What was read for a test.
pub(super) struct Loaded {
    pub(super) variables: Vec<RowColumn>,
    pub(super) against: Option<RowColumn>,
    pub(super) grouping: Option<Grouping>,
}

/// The groups, and which of them each row belongs to.
pub(super) struct Grouping {
    pub(super) column: String,
    pub(super) names: Vec<String>,
    pub(super) of_row: Vec<Option<usize>>,
}

/// Reads the columns that the input names.
pub(super) fn load(context: &Context, source: &TableFile, input: &Input) -> Result<Loaded, SkillError> {
    let counted = matches!(input.test, Test::ChiSquareFit | Test::ChiSquareIndependence);
    let (_, mut columns) = rows(context, source, |known| {
        let place = |field: &str, name: &str| if counted { place_of(known, field, name) } else { numeric_place(known, field, name) };
        let mut wanted = Vec::new();
        for name in &input.columns {
            wanted.push(Wanted { place: place("columns", name)?, labels: counted });
        }
        if let Some(name) = &input.against {
            wanted.push(Wanted { place: numeric_place(known, "against", name)?, labels: false });
        }
        if let Some(name) = &input.group {
            wanted.push(Wanted { place: place_of(known, "group", name)?, labels: true });
        }
        Ok(wanted)
    })?;
    let grouping = match &input.group {
        Some(_) => columns.pop().map(|column| Grouping::of(column, input.levels.as_deref(), "levels", "group")).transpose()?,
        None => None,
    };
    let against = if input.against.is_some() { columns.pop() } else { None };
    Ok(Loaded { variables: columns, against, grouping })
}

impl Grouping {
    /// Groups rows by labels; only by these, in this order, where some are named.
    pub(super) fn of(column: RowColumn, named: Option<&[String]>, named_by: &str, field: &str) -> Result<Self, SkillError> {
        let Cells::Labels { levels, codes } = column.cells else {
            return Err(SkillError::internal("a grouping was read as numbers"));
        };
        if named.is_none() && levels.len() > MAXIMUM_GROUPS {
            let message = format!(
                "{} has {} different values; at most {MAXIMUM_GROUPS} groups are compared. Name those in levels.",
                column.name,
                levels.len()
            );
            return Err(SkillError::input(field, message));
        }
        let mut order: Vec<usize> = (0..levels.len()).collect();
        let numbers: Option<Vec<f64>> = levels.iter().map(|level| level.parse().ok()).collect();
        match (named, numbers) {
            (Some(named), _) => {
                order.clear();
                for name in named {
                    let place = levels.iter().position(|level| level == name).ok_or_else(|| {
                        let mut known: Vec<&str> = levels.iter().map(String::as_str).take(20).collect();
                        known.sort_unstable();
                        SkillError::input(named_by, format!("{} has no value {name}; it has {}", column.name, known.join(", ")))
                    })?;
                    order.push(place);
                }
            }
            (None, Some(numbers)) => order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b])),
            (None, None) => order.sort_by(|a, b| levels[*a].cmp(&levels[*b])),
        }
        let mut group_of = vec![None; levels.len()];
        for (group, level) in order.iter().enumerate() {
            group_of[*level] = Some(group);
        }
        let of_row = codes.iter().map(|code| if *code == NO_LEVEL { None } else { group_of[*code as usize] }).collect();
        Ok(Self { column: column.name, names: order.iter().map(|level| levels[*level].clone()).collect(), of_row })
    }
}

/// The numbers of a column.
pub(super) fn numbers(column: &RowColumn) -> &[f64] {
    match &column.cells {
        Cells::Numbers(values) => values,
        _ => &[],
    }
}

/// Values by group, with names and how many were missing.
pub(super) struct Split {
    pub(super) names: Vec<String>,
    pub(super) values: Vec<Vec<f64>>,
    pub(super) missing: Vec<u64>,
}

impl Split {
    /// A column by its groups.
    pub(super) fn by(grouping: &Grouping, column: &RowColumn) -> Self {
        let count = grouping.names.len();
        let mut split = Self { names: grouping.names.clone(), values: vec![Vec::new(); count], missing: vec![0; count] };
        for (value, group) in numbers(column).iter().zip(&grouping.of_row) {
            if let Some(group) = group {
                if value.is_nan() { split.missing[*group] += 1 } else { split.values[*group].push(*value) }
            }
        }
        split
    }

    /// Columns as groups.
    pub(super) fn columns(columns: &[&RowColumn]) -> Self {
        let mut split = Self { names: Vec::new(), values: Vec::new(), missing: Vec::new() };
        for column in columns {
            let values: Vec<f64> = numbers(column).iter().copied().filter(|value| !value.is_nan()).collect();
            split.names.push(column.name.clone());
            split.missing.push((numbers(column).len() - values.len()) as u64);
            split.values.push(values);
        }
        split
    }

    /// Refuses groups with fewer values than the test needs.
    pub(super) fn demand(&self, variable: &str, least: usize) -> Result<(), SkillError> {
        for (name, values) in self.names.iter().zip(&self.values) {
            if values.len() < least {
                let message = format!(
                    "{variable}: the group {} has {} values; the test needs at least {least}. Leave the group out by levels, or choose \
                     another column.",
                    cut(name, 60),
                    values.len()
                );
                return Err(SkillError::new(Code::DataUnfit, message));
            }
        }
        Ok(())
    }

    /// The groups as results describe them.
    pub(super) fn described(&self, variable: &str) -> Vec<Group> {
        self.names
            .iter()
            .zip(&self.values)
            .zip(&self.missing)
            .map(|((name, values), missing)| {
                let sample = Sample::of(values);
                let sorted = sorted(values);
                let some = |value: f64| value.is_finite().then_some(value);
                Group {
                    variable: variable.to_owned(),
                    group: name.clone(),
                    n: values.len() as u64,
                    missing: *missing,
                    mean: (!values.is_empty()).then_some(sample.mean).and_then(some),
                    sd: some(sample.deviation()),
                    median: some(median(&sorted)),
                    min: sorted.first().copied(),
                    max: sorted.last().copied(),
                }
            })
            .collect()
    }
}
