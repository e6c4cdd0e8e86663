//! How is a table's description shown?

use leptos::prelude::*;
use serde_json::Value;

use super::facts::{facts, heading, remark};
use super::shape::{Column, Correlations, DrawnChart, Histogram, Outlying, TableProfile};
use super::table::{Head, MAXIMUM_ROWS, NUMBER, ROW, TEXT, table};
use crate::components::chart::Chart;
use crate::components::chart::figures::{as_percent, figure};
use crate::components::chart::{correlation_options, histogram_options};
use crate::format::count;

/// A heatmap of more columns is no longer readable.
const MAXIMUM_CORRELATED: usize = 60;
/// Charts shown of one result.
const MAXIMUM_CHARTS: usize = 12;
/// Frequent values shown of one column.
const FREQUENT: usize = 3;

pub(super) fn view(result: TableProfile) -> AnyView {
    let cells = result.rows.saturating_mul(result.columns.len() as u64);
    let missing: u64 = result.columns.iter().map(|column| column.missing).sum();
    let gaps = if cells == 0 { count(missing) } else { format!("{} ({})", count(missing), as_percent(missing as f64 / cells as f64)) };
    let pairs = vec![("Rows", count(result.rows)), ("Columns", count(result.columns.len() as u64)), ("Missing values", gaps)];
    let notes: Vec<_> = result.notes.iter().map(|note| view! { <li>{note.clone()}</li> }).collect();
    let notes = (!notes.is_empty()).then(|| view! { <ul class="grid list-disc gap-1 pl-5 text-13 text-soft">{notes}</ul> });

    let has_heatmap = result.charts.iter().any(|chart| is_heatmap(&chart.options));
    let correlations = result.correlations.as_ref().filter(|known| known.columns.len() > 1 && !has_heatmap).map(correlated);
    let histograms: Vec<(String, Histogram)> =
        result.columns.iter().filter_map(|column| Some((column.name.clone(), drawable(column.histogram.as_ref())?.clone()))).collect();
    let histograms = (!histograms.is_empty()).then(|| view! { <Histograms columns=histograms /> });
    let charts: Vec<_> = result.charts.into_iter().take(MAXIMUM_CHARTS).map(drawn).collect();
    let outliers = result.columns.iter().any(|column| column.outliers.is_some()).then(|| {
        remark("Outliers lie 1.5 interquartile ranges beyond the quartiles (IQR), or 3.5 robust deviations from the median (MAD). Kurtosis is that above a normal distribution's.")
    });
    view! {
        {facts(pairs)}
        {notes}
        <div class="grid min-w-0 gap-2">{heading("Columns")} {columns(&result.columns, result.rows)} {outliers}</div>
        <div class="grid min-w-0 gap-5 xl:grid-cols-2">{charts} {histograms} {correlations}</div>
    }
    .into_any()
}

fn columns(columns: &[Column], rows: u64) -> AnyView {
    let heads = [
        Head::Text("Column"),
        Head::Text("Type"),
        Head::Number("Missing"),
        Head::Number("Distinct"),
        Head::Number("Minimum"),
        Head::Number("5 %"),
        Head::Number("Quartile 1"),
        Head::Number("Median"),
        Head::Number("Quartile 3"),
        Head::Number("95 %"),
        Head::Number("Maximum"),
        Head::Number("Mean"),
        Head::Number("SD"),
        Head::Number("Skewness"),
        Head::Number("Kurtosis"),
        Head::Number("Outliers (IQR)"),
        Head::Number("Outliers (MAD)"),
        Head::Text("Distribution"),
    ];
    let lines = columns.iter().take(MAXIMUM_ROWS).map(|column| line(column, rows)).collect();
    table("Columns of the table", &heads, lines, columns.len())
}

fn line(column: &Column, rows: u64) -> AnyView {
    let missing = match column.missing {
        0 => "0".to_owned(),
        missing if rows == 0 => count(missing),
        missing => format!("{} ({})", count(missing), as_percent(missing as f64 / rows as f64)),
    };
    let quantiles = column.quantiles.as_ref();
    let outliers = column.outliers.as_ref();
    let outlying = |known: Option<&Outlying>| known.map_or_else(|| "–".to_owned(), |known| count(known.count));
    let numbers = [
        bound(&column.min),
        optional(quantiles.and_then(|known| known.p05)),
        optional(quantiles.and_then(|known| known.p25)),
        optional(quantiles.and_then(|known| known.p50)),
        optional(quantiles.and_then(|known| known.p75)),
        optional(quantiles.and_then(|known| known.p95)),
        bound(&column.max),
        optional(column.mean),
        optional(column.sd),
        optional(column.skewness),
        optional(column.kurtosis),
        outlying(outliers.and_then(|known| known.iqr.as_ref())),
        outlying(outliers.and_then(|known| known.mad.as_ref())),
    ];
    let numbers: Vec<_> = numbers.into_iter().map(|number| view! { <td class=NUMBER>{number}</td> }).collect();
    let distribution = drawable(column.histogram.as_ref()).map_or_else(|| frequent(column), |histogram| glyph(&column.name, histogram));
    view! {
        <tr class=ROW>
            <th scope="row" class="px-3 py-1.5 text-left font-medium break-words">{column.name.clone()}</th>
            <td class=TEXT>{column.kind.clone()}</td>
            <td class=NUMBER>{missing}</td>
            <td class=NUMBER>{count(column.distinct)}</td>
            {numbers}
            <td class="px-3 py-1.5">{distribution}</td>
        </tr>
    }
    .into_any()
}

fn optional(number: Option<f64>) -> String {
    number.map_or_else(|| "–".to_owned(), figure)
}

fn bound(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().take(40).collect(),
        other => optional(other.as_f64()),
    }
}

/// A histogram with as many counts as there are spaces between its edges.
fn drawable(histogram: Option<&Histogram>) -> Option<&Histogram> {
    histogram.filter(|known| !known.counts.is_empty() && known.edges.len() == known.counts.len() + 1)
}

/// A histogram in the height of a line.
fn glyph(column: &str, histogram: &Histogram) -> AnyView {
    let highest = histogram.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let width = 120.0 / histogram.counts.len() as f64;
    let bars: Vec<_> = histogram
        .counts
        .iter()
        .enumerate()
        .map(|(index, count)| {
            let height = *count as f64 / highest * 24.0;
            let (x, y) = (format!("{:.2}", index as f64 * width), format!("{:.2}", 24.0 - height));
            view! { <rect x=x y=y width=format!("{:.2}", width * 0.9) height=format!("{height:.2}") fill="currentColor"></rect> }
        })
        .collect();
    let fullest = histogram.counts.iter().zip(histogram.edges.windows(2)).max_by_key(|(count, _)| **count);
    let label = fullest
        .map_or_else(String::new, |(_, edge)| format!("Histogram of {column}, most often from {} to {}", figure(edge[0]), figure(edge[1])));
    view! {
        <svg role="img" aria-label=label viewBox="0 0 120 24" preserveAspectRatio="none" class="block h-6 w-30 text-accent">{bars}</svg>
    }
    .into_any()
}

fn frequent(column: &Column) -> AnyView {
    let values: Vec<_> = column
        .top
        .iter()
        .take(FREQUENT)
        .map(|value| {
            let text: String = value.value.chars().take(60).collect();
            view! {
                <li class="flex justify-between gap-3">
                    <span class="truncate">{text}</span>
                    <span class="font-mono tabular-nums text-muted">{count(value.count)}</span>
                </li>
            }
        })
        .collect();
    if values.is_empty() {
        return ().into_any();
    }
    view! { <ul class="grid max-w-56 min-w-30 list-none p-0 text-12">{values}</ul> }.into_any()
}

/// The histogram of one column, which can be chosen once the page is alive.
#[component]
fn Histograms(columns: Vec<(String, Histogram)>) -> impl IntoView {
    let choices: Vec<_> =
        columns.iter().enumerate().map(|(index, (name, _))| view! { <option value=index.to_string()>{name.clone()}</option> }).collect();
    let columns = StoredValue::new(columns);
    let chosen = RwSignal::new(0_usize);
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let options = Signal::derive(move || {
        columns.with_value(|columns| match columns.get(chosen.get()) {
            Some((name, histogram)) => histogram_options(name, &histogram.edges, &histogram.counts),
            None => Value::Null,
        })
    });
    view! {
        <div class="grid min-w-0 content-start gap-2">
            <div class="flex flex-wrap items-center justify-between gap-2">
                {heading("Histogram")}
                <label class="needs-script flex items-center gap-2 text-12 text-muted">
                    "Column"
                    <select
                        class="h-7 max-w-56 rounded-control border border-line-strong bg-raised px-2 text-13 text-text"
                        disabled=move || !alive.get()
                        on:change=move |event| chosen.set(event_target_value(&event).parse().unwrap_or(0))
                    >
                        {choices}
                    </select>
                </label>
            </div>
            <Chart options label="Histogram of the chosen column" />
        </div>
    }
}

fn correlated(known: &Correlations) -> AnyView {
    let drawn = |method: &str, cells: &[Vec<Option<f64>>]| {
        let columns = &known.columns[..known.columns.len().min(MAXIMUM_CORRELATED)];
        let options = correlation_options(method, columns, cells);
        let height = 140 + 26 * u32::try_from(columns.len()).unwrap_or(0);
        (!cells.is_empty()).then(|| {
            view! {
                <div class="grid min-w-0 content-start gap-2">
                    {heading(format!("Correlation ({method})"))}
                    <Chart options=Signal::stored(options) label=format!("Correlation of the numeric columns, {method}") height=height />
                </div>
            }
            .into_any()
        })
    };
    let cut = (known.columns.len() > MAXIMUM_CORRELATED)
        .then(|| remark(format!("The first {MAXIMUM_CORRELATED} of {} numeric columns.", known.columns.len())));
    view! {
        {drawn("Pearson", &known.pearson)}
        {drawn("Spearman", &known.spearman)}
        {cut}
    }
    .into_any()
}

fn drawn(chart: DrawnChart) -> AnyView {
    let title = if chart.title.is_empty() { "Chart".to_owned() } else { chart.title };
    let height = if is_heatmap(&chart.options) { 360 } else { 280 };
    view! {
        <div class="grid min-w-0 content-start gap-2">
            {heading(title.clone())}
            <Chart options=Signal::stored(chart.options) label=title.clone() height=height />
        </div>
    }
    .into_any()
}

fn is_heatmap(options: &Value) -> bool {
    match options.get("series") {
        Some(Value::Array(series)) => series.iter().any(|series| series["type"] == "heatmap"),
        Some(series) => series["type"] == "heatmap",
        None => false,
    }
}
