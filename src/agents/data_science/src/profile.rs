//! How a table is described from its file to its result.

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chart::{self, Chart};
use crate::correlation::Correlations;
use crate::describe::Described;
use crate::limits::MAXIMUM_CORRELATED;
use crate::notes;
use crate::read::{self, Delimiter, TableFile, Values};
use crate::svg;

/// What the skill is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    artifact: String,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
    columns: Option<Vec<String>>,
}

fn yes() -> bool {
    true
}

/// What the work on a thread gives.
struct Profiled {
    rows: u64,
    columns: Vec<Described>,
    correlations: Option<Correlations>,
    notes: Vec<String>,
    charts: Vec<Chart>,
    picture: Option<String>,
}

/// Describes the table that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let file = context.file(&input.artifact)?;
    let delimiter = match input.delimiter.as_deref() {
        None => None,
        Some(name) => Some(Delimiter::named(name).ok_or_else(|| SkillError::input("delimiter", format!("{name} is none of , ; tab |")))?),
    };
    let name = file.name.clone();
    let source = TableFile { file, delimiter, header: input.header, columns: input.columns };
    let profiled = context.blocking(move |context| profile(context, &source)).await?;

    context.progress(0.95, "storing the charts");
    let picture = match &profiled.picture {
        None => None,
        Some(svg) => Some(context.store("profile.svg", "image/svg+xml", svg.as_bytes()).await?),
    };
    context.info(
        format!("{name}: {} rows, {} columns", profiled.rows, profiled.columns.len()),
        json!({"rows": profiled.rows, "columns": profiled.columns.len(), "notes": profiled.notes.len()}),
    );
    let charts: Vec<Value> = profiled
        .charts
        .into_iter()
        .map(|chart| {
            let mut value = json!({"title": chart.title, "options": chart.options});
            if let Some(id) = picture.filter(|_| chart.in_file) {
                value["artifact"] = json!(id);
            }
            value
        })
        .collect();
    let mut result = json!({"rows": profiled.rows, "columns": profiled.columns, "notes": profiled.notes, "charts": charts});
    if let Some(correlations) = profiled.correlations {
        result["correlations"] = json!(correlations);
    }
    context.progress(1.0, "done");
    Ok(result)
}

fn profile(context: &Context, source: &TableFile) -> Result<Profiled, SkillError> {
    let table = {
        let mut span = context.span("read");
        let table = read::read(context, source).inspect_err(|_| span.failed())?;
        span.set(json!({"rows": table.rows, "columns": table.columns.len()}));
        table
    };
    let described = {
        let _span = context.span("profile");
        let mut described = Vec::with_capacity(table.columns.len());
        for (place, column) in table.columns.iter().enumerate() {
            context.check()?;
            context.progress(0.5 + 0.1 * place as f64 / table.columns.len() as f64, "describing columns");
            described.push(Described::of(column));
        }
        described
    };
    let (correlations, left_out) = {
        let _span = context.span("correlate");
        let numeric: Vec<(&str, &[f64])> = table
            .columns
            .iter()
            .zip(&described)
            .filter(|(_, described)| described.distinct > 1 && !described.is_likely_id(table.rows))
            .filter_map(|(column, _)| match &column.values {
                Values::Numbers { values, .. } => Some((column.name.as_str(), values.as_slice())),
                _ => None,
            })
            .collect();
        let taken = &numeric[..numeric.len().min(MAXIMUM_CORRELATED)];
        let step = |fraction: f64| {
            context.progress(0.6 + 0.3 * fraction, "correlating columns");
            context.check()
        };
        let correlations = if taken.len() > 1 { Some(Correlations::of(taken, step)?) } else { None };
        (correlations, numeric.len() - taken.len())
    };
    let rows = table.rows;
    let _span = context.span("chart");
    let charts = chart::charts(rows, &described, correlations.as_ref());
    let picture = svg::grid(&format!("Distributions in {}", source.file.name), &chart::drawable(rows, &described));
    for chart in charts.iter().filter(|chart| chart.in_file) {
        context.log(baton_domain::wire::trace::Level::Debug, format!("drew {}", chart.title), Value::Null);
    }
    let notes = notes::notes(rows, &described, correlations.as_ref(), left_out);
    Ok(Profiled { rows, columns: described, correlations, notes, charts, picture })
}
