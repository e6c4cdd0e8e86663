//! What a reader of a profile should know first, in sentences.

use crate::correlation::Correlations;
use crate::describe::Described;
use crate::numbers::short;

/// From this share of missing cells on they are noted.
const MANY_MISSING: f64 = 0.2;
/// From this skewness on a distribution is called skewed.
const STRONG_SKEW: f64 = 2.0;
/// From this coefficient on two columns are called strongly correlated.
const STRONG_CORRELATION: f64 = 0.8;
/// The most correlations that are noted.
const CORRELATIONS: usize = 10;
/// The most notes.
const NOTES: usize = 60;

/// The notes, in the order of the columns, correlations last.
pub(crate) fn notes(rows: u64, columns: &[Described], correlations: Option<&Correlations>, left_out: usize) -> Vec<String> {
    let mut notes: Vec<String> = columns.iter().flat_map(|column| of_column(rows, column)).collect();
    notes.truncate(NOTES);
    if let Some(correlations) = correlations {
        notes.extend(strong(correlations));
    }
    if left_out > 0 {
        notes.push(format!("{left_out} more numeric columns were not correlated; name columns to choose others."));
    }
    notes
}

fn of_column(rows: u64, column: &Described) -> Vec<String> {
    let name = &column.name;
    let present = column.present(rows);
    let mut notes = Vec::new();
    if column.kind == "empty" {
        notes.push(format!("{name} is empty."));
        return notes;
    }
    let share = column.missing as f64 / rows.max(1) as f64;
    if share >= MANY_MISSING {
        notes.push(format!("{name} has no value in {:.0} % of the rows.", share * 100.0));
    }
    if column.distinct == 1 && present > 1 {
        notes.push(format!("{name} is constant."));
    }
    if column.is_likely_id(rows) {
        notes.push(format!("{name} is likely an identifier: every row has a value of its own."));
    }
    if column.aside.long {
        notes.push(format!("{name} holds whole numbers of more than 15 digits; they are treated as text so that no digit is lost."));
    }
    if column.aside.infinite > 0 {
        notes.push(format!("{name} holds {} infinite values; the statistics leave them out.", column.aside.infinite));
    }
    if let Some(skewness) = column.skewness.filter(|skewness| skewness.abs() >= STRONG_SKEW && column.distinct > 2) {
        let side = if skewness > 0.0 { "right" } else { "left" };
        notes.push(format!("{name} is strongly skewed to the {side} (skewness {}).", short((skewness * 100.0).round() / 100.0)));
    }
    notes
}

fn strong(correlations: &Correlations) -> Vec<String> {
    let names = &correlations.columns;
    let mut pairs: Vec<(f64, &str, usize, usize)> = Vec::new();
    for first in 0..names.len() {
        for second in first + 1..names.len() {
            let pearson = correlations.pearson[first][second].unwrap_or(0.0);
            let spearman = correlations.spearman[first][second].unwrap_or(0.0);
            if pearson.abs() >= STRONG_CORRELATION {
                pairs.push((pearson, "Pearson", first, second));
            } else if spearman.abs() >= STRONG_CORRELATION {
                pairs.push((spearman, "Spearman", first, second));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let more = pairs.len().saturating_sub(CORRELATIONS);
    let mut notes: Vec<String> = pairs
        .into_iter()
        .take(CORRELATIONS)
        .map(|(value, kind, first, second)| format!("{} and {} are strongly correlated ({kind} {value:.2}).", names[first], names[second]))
        .collect();
    if more > 0 {
        notes.push(format!("{more} more pairs of columns are strongly correlated."));
    }
    notes
}
