//! How classifications are counted, and their counts tested.

use baton_agents_runtime::SkillError;
use serde_json::{Value, json};

use super::count::{self, ChiSquare};
use super::groups::Grouping;
use super::outcome::{Counts, Effect, Line, OF_R, Outcome};
use super::run::{classified, draw, unfit};
use super::{Input, chart};
use crate::read::RowColumn;

/// Whether a column's values are as frequent as expected.
pub(super) fn fit(input: &Input, column: &RowColumn, outcome: &mut Outcome) -> Result<(), SkillError> {
    let name = &column.name;
    let grouping = classified(column)?;
    let mut observed = vec![0.0; grouping.names.len()];
    for group in grouping.of_row.iter().flatten() {
        observed[*group] += 1.0;
    }
    let mut names = grouping.names;
    let proportions: Vec<f64> = match &input.expected {
        None => vec![1.0 / names.len() as f64; names.len()],
        Some(expected) => {
            if let Some(stranger) = names.iter().find(|name| !expected.contains_key(*name)) {
                return Err(SkillError::input("expected", format!("{name} has the value {stranger}, for which no share is given")));
            }
            // Values that were expected and never seen count too.
            for value in expected.keys().filter(|value| !names.contains(*value)).cloned().collect::<Vec<String>>() {
                names.push(value);
                observed.push(0.0);
            }
            let total: f64 = expected.values().sum();
            names.iter().map(|name| expected.get(name).copied().unwrap_or_default() / total).collect()
        }
    };
    if names.len() < 2 {
        return Err(unfit(format!("{name}: there are fewer than two different values.")));
    }
    let test = count::fit(&observed, &proportions);
    let n = observed.iter().sum::<f64>() as usize;
    let mut line = Line::new(name, format!("{} values with their expected shares", names.len()), n, "χ²", test.statistic, test.p);
    line.df = Some(test.degrees);
    line.effects = vec![Effect::new(name, "Cohen's w", test.effect, OF_R)];
    outcome.tests.push(line);
    note_sparse(name, &test, outcome);
    let rows =
        names.iter().zip(&observed).zip(&test.expected[0]).map(|((name, seen), due)| vec![json!(name), json!(*seen as u64), json!(due)]);
    keep(outcome, vec![name.clone(), "observed".to_owned(), "expected".to_owned()], rows.collect());
    draw(outcome, || chart::residuals(name, &["count".to_owned()], &names, &test.residuals));
    Ok(())
}

/// Whether two classifications are independent.
pub(super) fn independence(input: &Input, column: &RowColumn, grouping: &Grouping, outcome: &mut Outcome) -> Result<(), SkillError> {
    let name = &column.name;
    let rows = classified(column)?;
    let mut observed = vec![vec![0.0; grouping.names.len()]; rows.names.len()];
    for (row, column) in rows.of_row.iter().zip(&grouping.of_row) {
        if let (Some(row), Some(column)) = (row, column) {
            observed[*row][*column] += 1.0;
        }
    }
    // What never occurs together with anything has no expectation.
    let (mut names, mut kept) = (Vec::new(), Vec::new());
    for (name, counts) in rows.names.iter().zip(observed) {
        if counts.iter().sum::<f64>() > 0.0 {
            names.push(name.clone());
            kept.push(counts);
        }
    }
    let used: Vec<usize> = (0..grouping.names.len()).filter(|column| kept.iter().any(|row| row[*column] > 0.0)).collect();
    let columns: Vec<String> = used.iter().map(|column| grouping.names[*column].clone()).collect();
    let observed: Vec<Vec<f64>> = kept.iter().map(|row| used.iter().map(|column| row[*column]).collect()).collect();
    if names.len() < 2 || columns.len() < 2 {
        return Err(unfit(format!(
            "{name} and {}: the test needs two different values of each in rows where both stand.",
            grouping.column
        )));
    }
    let test = count::independence(&observed, input.continuity);
    let n = observed.iter().flatten().sum::<f64>() as usize;
    let mut line = Line::new(name, format!("with {}", grouping.column), n, "χ²", test.statistic, test.p);
    line.df = Some(test.degrees);
    line.effects = vec![Effect::new(name, "Cramér's V", test.effect, OF_R)];
    outcome.tests.push(line);
    note_sparse(name, &test, outcome);
    if test.corrected {
        outcome.notes.push(format!("{name}: corrected for continuity (Yates)."));
    }
    let mut header = vec![format!("{name} \\ {}", grouping.column)];
    header.extend(columns.iter().cloned());
    let table = names
        .iter()
        .zip(&observed)
        .map(|(name, counts)| std::iter::once(json!(name)).chain(counts.iter().map(|count| json!(*count as u64))).collect())
        .collect();
    keep(outcome, header, table);
    draw(outcome, || chart::residuals(name, &names, &columns, &test.residuals));
    Ok(())
}

/// The counts of the first column are shown.
fn keep(outcome: &mut Outcome, columns: Vec<String>, rows: Vec<Vec<Value>>) {
    if outcome.counts.is_none() {
        outcome.counts = Some(Counts { columns, rows });
    }
}

fn note_sparse(name: &str, test: &ChiSquare, outcome: &mut Outcome) {
    let (sparse, cells) = test.sparse();
    if sparse > 0 {
        outcome.notes.push(format!(
            "{name}: {sparse} of {cells} cells have an expected count below 5; the probability is rough. Merge rare values if they are many."
        ));
    }
}
