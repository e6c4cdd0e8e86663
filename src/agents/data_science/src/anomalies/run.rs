//! Which values and rows are unusual, how much, and why.

use std::fmt::Write;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Serialize;
use serde_json::Value;

use super::{Input, MAXIMUM_STORED, MAXIMUM_WATCHED, Method, chart, forest, residual};
use crate::forecast::season::detect;
use crate::forecast::series::Series;
use crate::numbers::{largest, quantile, scale_of, short};
use crate::outliers::{DISTANCES, NORMAL, RANGES, median_deviation};
use crate::read::{Cells, RowColumn, TableFile, Wanted, numeric_place, place_of, rows};

/// From which isolation score on a row is unusual; ordinary ones lie about and below 0.5.
const ISOLATED: f64 = 0.6;
/// The fewest values of a column.
const FEWEST: usize = 5;
/// The mean absolute deviation of a normal distribution, in standard deviations, inverted.
const NORMAL_MEAN: f64 = 1.253_314_137_315_500_3;

/// An unusual value, or row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Anomaly {
    /// The row of the data, from 1.
    pub(super) row: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<String>,
    pub(super) column: String,
    pub(super) value: f64,
    pub(super) expected: f64,
    pub(super) score: f64,
    pub(super) why: String,
}

/// A column as it was watched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Watched {
    column: String,
    values: usize,
    missing: usize,
    middle: Option<f64>,
    deviation: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    season: Option<usize>,
    anomalies: usize,
}

/// Everything that is said.
pub(super) struct Report {
    pub(super) summary: String,
    pub(super) charts: Vec<Value>,
    /// The most unusual first, no more than are stored.
    pub(super) anomalies: Vec<Anomaly>,
    pub(super) columns: Vec<Watched>,
    pub(super) method: &'static str,
    pub(super) threshold: f64,
    pub(super) found: usize,
    pub(super) notes: Vec<String>,
}

impl Report {
    /// All anomalies as a table.
    pub(super) fn table(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut table = "row,time,column,value,expected,score,why\n".to_owned();
        for Anomaly { row, time, column, value, expected, score, why } in &self.anomalies {
            // Writing to a String cannot fail.
            let _ = writeln!(
                table,
                "{row},{},{},{value},{expected},{score},{}",
                time.as_deref().unwrap_or_default(),
                quoted(column),
                quoted(why)
            );
        }
        table
    }
}

fn load(context: &Context, source: &TableFile, input: &Input) -> Result<(Vec<RowColumn>, Option<RowColumn>), SkillError> {
    let (_, mut columns) = rows(context, source, |known| {
        let time = input.time.as_deref().map(|name| place_of(known, "time", name)).transpose()?;
        let mut places = Vec::new();
        match &input.columns {
            Some(names) => {
                for name in names {
                    places.push(numeric_place(known, "columns", name)?);
                }
            }
            None => places.extend((0..known.len()).filter(|place| known[*place].1.is_numeric() && Some(*place) != time)),
        }
        if places.is_empty() {
            return Err(SkillError::input("columns", "the table has no column of numbers"));
        }
        if places.len() > MAXIMUM_WATCHED {
            return Err(SkillError::input(
                "columns",
                format!("the table has {} columns of numbers; name at most {MAXIMUM_WATCHED}", places.len()),
            ));
        }
        if time.is_some_and(|time| places.contains(&time)) {
            return Err(SkillError::input("columns", "the column of times cannot be watched too"));
        }
        Ok(places.into_iter().chain(time).map(|place| Wanted { place, labels: false }).collect())
    })?;
    let time = if input.time.is_some() { columns.pop() } else { None };
    Ok((columns, time))
}

fn numbers(column: &RowColumn) -> &[f64] {
    match &column.cells {
        Cells::Numbers(values) => values,
        _ => &[],
    }
}

/// Reads the table and finds what is unusual in it.
pub(super) fn run(context: &Context, source: &TableFile, input: &Input) -> Result<Report, SkillError> {
    let (columns, time) = {
        let _span = context.span("read");
        load(context, source, input)?
    };
    let _span = context.span("search");
    let method = match input.method {
        Method::Auto if time.is_some() => Method::Seasonal,
        Method::Auto if columns.len() > 1 => Method::IsolationForest,
        Method::Auto => Method::Mad,
        named => named,
    };
    if time.is_some() && method != Method::Seasonal {
        return Err(SkillError::input("time", "only the seasonal method looks at times; leave the field out or choose seasonal"));
    }
    if input.share.is_some() && method != Method::IsolationForest {
        return Err(SkillError::input("share", "only the isolation forest takes a share of rows; use threshold"));
    }
    if input.season.is_some() && method != Method::Seasonal {
        return Err(SkillError::input("season", "only the seasonal method looks at seasons"));
    }
    let mut report = match method {
        Method::IsolationForest => by_forest(context, input, &columns)?,
        _ => by_column(context, input, method, &columns, time.as_ref())?,
    };
    report.anomalies.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    if report.anomalies.len() > MAXIMUM_STORED {
        report.anomalies.truncate(MAXIMUM_STORED);
        report.notes.push(format!("{} were found; the {MAXIMUM_STORED} most unusual are kept.", report.found));
    }
    let what = if method == Method::IsolationForest { "rows" } else { "values" };
    let of: usize = if method == Method::IsolationForest {
        numbers(&columns[0]).len()
    } else {
        report.columns.iter().map(|column| column.values).sum()
    };
    let most = report.anomalies.first().map_or_else(String::new, |most| {
        let at = most.time.as_ref().map_or_else(|| format!("row {}", most.row), |time| format!("{time} (row {})", most.row));
        format!(" The most unusual is {at}: {}.", most.why)
    });
    report.summary =
        format!("{} of {of} {what} are unusual ({}, from a score of {} on).{most}", report.found, report.method, short(report.threshold));
    Ok(report)
}

/// The middle of numbers and how far they usually lie from it; never zero unless all are equal.
fn robust(values: &[f64]) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (middle, deviation) = median_deviation(&sorted)?;
    if deviation > 0.0 {
        return Some((middle, NORMAL * deviation));
    }
    // More than half are equal: the mean distance has to do (Iglewicz and Hoaglin).
    let mean = sorted.iter().map(|value| (value - middle).abs() / sorted.len() as f64).sum::<f64>();
    Some((middle, NORMAL_MEAN * mean))
}

fn side(value: f64, expected: f64) -> &'static str {
    if value > expected { "above" } else { "below" }
}

/// Each column on its own.
fn by_column(
    context: &Context,
    input: &Input,
    method: Method,
    columns: &[RowColumn],
    time: Option<&RowColumn>,
) -> Result<Report, SkillError> {
    let usual = if method == Method::Iqr { RANGES } else { DISTANCES };
    let threshold = input.threshold.unwrap_or(usual);
    let name = match method {
        Method::Iqr => "iqr",
        Method::Seasonal => "seasonal",
        _ => "mad",
    };
    let mut report = Report {
        summary: String::new(),
        charts: Vec::new(),
        anomalies: Vec::new(),
        columns: Vec::new(),
        method: name,
        threshold,
        found: 0,
        notes: Vec::new(),
    };
    for (place, column) in columns.iter().enumerate() {
        context.check()?;
        context.progress(0.5 + 0.4 * place as f64 / columns.len() as f64, format!("looking at {}", column.name));
        let values = numbers(column);
        let present = values.iter().filter(|value| !value.is_nan()).count();
        if present < FEWEST {
            let message = format!("{} has {present} values; at least {FEWEST} are needed to say what is usual.", column.name);
            return Err(SkillError::new(Code::DataUnfit, message));
        }
        let mut watched = Watched {
            column: column.name.clone(),
            values: present,
            missing: values.len() - present,
            middle: None,
            deviation: None,
            season: None,
            anomalies: 0,
        };
        let found = match method {
            Method::Iqr => by_fences(column, threshold, &mut watched),
            Method::Seasonal => by_series(context, input, column, time, threshold, &mut watched, &mut report.notes)?,
            _ => by_distance(column, threshold, &mut watched),
        };
        watched.anomalies = found.len();
        report.found += found.len();
        if report.charts.len() < chart::MAXIMUM_CHARTS {
            report.charts.push(chart::marked(&column.name, values, &found));
        }
        report.columns.push(watched);
        report.anomalies.extend(found);
    }
    Ok(report)
}

/// Robust distances from the median.
fn by_distance(column: &RowColumn, threshold: f64, watched: &mut Watched) -> Vec<Anomaly> {
    let values = numbers(column);
    let Some((middle, deviation)) = robust(values) else { return Vec::new() };
    (watched.middle, watched.deviation) = (Some(middle), Some(deviation));
    if deviation <= 0.0 || !deviation.is_finite() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (row, value) in values.iter().enumerate() {
        let score = (value - middle).abs() / deviation;
        if score > threshold {
            let why =
                format!("{} is {} robust deviations {} the median {}", short(*value), short(score), side(*value, middle), short(middle));
            found.push(Anomaly { row: row + 1, time: None, column: column.name.clone(), value: *value, expected: middle, score, why });
        }
    }
    found
}

/// Interquartile ranges beyond the quartiles.
fn by_fences(column: &RowColumn, threshold: f64, watched: &mut Watched) -> Vec<Anomaly> {
    let values = numbers(column);
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let of = |fraction| quantile(&sorted, fraction).unwrap_or(f64::NAN);
    let (low, middle, high) = (of(0.25), of(0.5), of(0.75));
    let range = high - low;
    (watched.middle, watched.deviation) = (Some(middle), Some(range / 1.349));
    if range <= 0.0 || !range.is_finite() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (row, value) in values.iter().enumerate() {
        let (score, quartile, which) =
            if *value > high { ((value - high) / range, high, "upper") } else { ((low - value) / range, low, "lower") };
        if score > threshold {
            let why = format!(
                "{} is {} interquartile ranges {} the {which} quartile {}",
                short(*value),
                short(score),
                side(*value, quartile),
                short(quartile)
            );
            found.push(Anomaly { row: row + 1, time: None, column: column.name.clone(), value: *value, expected: middle, score, why });
        }
    }
    found
}

/// What trend and season do not explain.
fn by_series(
    context: &Context,
    input: &Input,
    column: &RowColumn,
    time: Option<&RowColumn>,
    threshold: f64,
    watched: &mut Watched,
    notes: &mut Vec<String>,
) -> Result<Vec<Anomaly>, SkillError> {
    let series = Series::of(numbers(column), time)?;
    notes.extend(series.notes.iter().map(|note| format!("{}: {note}", column.name)));
    let season = match input.season {
        Some(season) => season.max(1),
        None => detect(&series.values, &series.usual_seasons()).unwrap_or(1),
    };
    if season > 1 && series.values.len() < 3 * season {
        notes.push(format!(
            "{}: {} values are too few for a season of {season}; only the trend was taken.",
            column.name,
            series.values.len()
        ));
    }
    watched.season = Some(season);
    // Near one, so that sums of huge values stay numbers; undone where values are told.
    let scale = scale_of(largest(&series.values));
    let values: Vec<f64> = series.values.iter().map(|value| value * scale).collect();
    let residual::Expected { values: expected, understated } = residual::expected(&values, season, || context.check())?;
    let left: Vec<f64> = values.iter().zip(&expected).map(|(value, expected)| value - expected).collect();
    let Some((middle, deviation)) = robust(&left) else { return Ok(Vec::new()) };
    let deviation = deviation / understated;
    watched.middle = robust(&series.values).map(|(middle, _)| middle);
    watched.deviation = Some(deviation / scale);
    if deviation <= 0.0 || !deviation.is_finite() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (place, value) in series.values.iter().enumerate() {
        let (score, expected) = ((left[place] - middle).abs() / deviation, expected[place] / scale);
        // What was filled in is no value of the table.
        if let (true, Some(row)) = (score > threshold, series.rows[place]) {
            let what = if season > 1 { "trend and season" } else { "the values around it" };
            let why = format!(
                "{} is {} robust deviations {} the {} that {what} make expected",
                short(*value),
                short(score),
                side(*value, expected),
                short(expected)
            );
            let time = time.map(|_| series.time(place));
            found.push(Anomaly { row: row + 1, time, column: column.name.clone(), value: *value, expected, score, why });
        }
    }
    Ok(found)
}

/// All columns together.
fn by_forest(context: &Context, input: &Input, columns: &[RowColumn]) -> Result<Report, SkillError> {
    let mut filled = Vec::with_capacity(columns.len());
    let mut spread = Vec::with_capacity(columns.len());
    let mut watched = Vec::with_capacity(columns.len());
    let mut notes = Vec::new();
    for column in columns {
        context.check()?;
        let values = numbers(column);
        let Some((middle, deviation)) = robust(values) else {
            return Err(SkillError::new(Code::DataUnfit, format!("{} has no values; leave it out.", column.name)));
        };
        let missing = values.iter().filter(|value| value.is_nan()).count();
        if missing > 0 {
            notes.push(format!("{}: {missing} missing values count as the median {}.", column.name, short(middle)));
        }
        filled.push(values.iter().map(|value| if value.is_nan() { middle } else { *value }).collect::<Vec<f64>>());
        spread.push((middle, deviation));
        watched.push(Watched {
            column: column.name.clone(),
            values: values.len() - missing,
            missing,
            middle: Some(middle),
            deviation: Some(deviation),
            season: None,
            anomalies: 0,
        });
    }
    let rows = filled[0].len();
    if rows < FEWEST {
        return Err(SkillError::new(
            Code::DataUnfit,
            format!("the table has {rows} rows; at least {FEWEST} are needed to say what is usual."),
        ));
    }
    let scores = forest::scores(&filled, input.trees, input.seed, |done| {
        context.progress(0.5 + 0.4 * done, "growing trees");
        context.check()
    })?;
    let threshold = match input.share {
        None => input.threshold.unwrap_or(ISOLATED),
        Some(share) => {
            let wanted = ((rows as f64 * share).round() as usize).clamp(1, rows);
            let mut sorted = scores.clone();
            sorted.sort_unstable_by(|a, b| b.total_cmp(a));
            sorted[wanted - 1]
        }
    };
    let distance = |column: usize, row: usize| {
        let (middle, deviation) = spread[column];
        if deviation > 0.0 { (filled[column][row] - middle) / deviation } else { 0.0 }
    };
    let mut anomalies = Vec::new();
    for (row, score) in scores.iter().enumerate().filter(|(_, score)| **score >= threshold) {
        let mut far: Vec<(usize, f64)> = (0..columns.len()).map(|column| (column, distance(column, row))).collect();
        far.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let reasons: Vec<String> = far
            .iter()
            .take(3)
            .enumerate()
            .filter(|(place, (_, distance))| *place == 0 || distance.abs() >= 2.0)
            .map(|(_, (column, distance))| {
                format!(
                    "{} {} ({}{} deviations)",
                    columns[*column].name,
                    short(filled[*column][row]),
                    if *distance < 0.0 { "−" } else { "+" },
                    short((distance.abs() * 10.0).round() / 10.0)
                )
            })
            .collect();
        let alone = far.first().is_none_or(|(_, distance)| distance.abs() < DISTANCES);
        let why = if alone { format!("an unusual combination: {}", reasons.join(", ")) } else { reasons.join(", ") };
        let first = far.first().map_or(0, |(column, _)| *column);
        watched[first].anomalies += 1;
        anomalies.push(Anomaly {
            row: row + 1,
            time: None,
            column: columns[first].name.clone(),
            value: filled[first][row],
            expected: spread[first].0,
            score: *score,
            why,
        });
    }
    let mut charts = Vec::new();
    if columns.len() > 1 {
        // The two columns that explain the most.
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by_key(|column| std::cmp::Reverse(watched[*column].anomalies));
        let (x, y) = (order[0], order[1]);
        charts.push(chart::pairs((&columns[x].name, &filled[x]), (&columns[y].name, &filled[y]), &anomalies));
    }
    charts.push(chart::marked(
        "isolation score",
        &scores,
        &anomalies.iter().map(|found| Anomaly { value: found.score, ..found.clone() }).collect::<Vec<_>>(),
    ));
    let found = anomalies.len();
    Ok(Report { summary: String::new(), charts, anomalies, columns: watched, method: "isolation_forest", threshold, found, notes })
}
