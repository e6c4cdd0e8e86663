//! How does a table become a chart: options that the dashboard draws, and files of the same picture?

pub(crate) mod contract;
mod gather;
mod options;
mod statistics;

use baton_agents_drawing::{Size, chart, png};
use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

/// How many pixels of the PNG a pixel of the chart has.
const SCALE: f32 = 2.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Bar,
    Line,
    Area,
    Scatter,
    Pie,
    Histogram,
    Heatmap,
    Boxplot,
}

/// What stands for the values of several rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Aggregate {
    Count,
    Sum,
    Mean,
    Median,
    Min,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    Natural,
    Largest,
    Smallest,
    Table,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    artifact: String,
    kind: Kind,
    x: Option<String>,
    #[serde(default)]
    y: Vec<String>,
    group: Option<String>,
    aggregate: Option<Aggregate>,
    top: Option<usize>,
    #[serde(default)]
    order: Order,
    bins: Option<usize>,
    #[serde(default)]
    stacked: bool,
    #[serde(default)]
    lying: bool,
    #[serde(default)]
    log: bool,
    title: Option<String>,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
    #[serde(default = "width")]
    width: f64,
    #[serde(default = "height")]
    height: f64,
}

const fn yes() -> bool {
    true
}

const fn width() -> f64 {
    720.0
}

const fn height() -> f64 {
    420.0
}

/// A chart and the figures that it shows.
struct Drawn {
    options: Value,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    read: u64,
    used: u64,
    notes: Vec<String>,
}

/// Draws the chart of an input.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let source = crate::inference::table_file(&context, &input.artifact, input.delimiter.as_deref(), input.header)?;
    let size = Size { width: input.width, height: input.height };
    let (drawn, svg, pixels) = context
        .blocking(move |context| {
            let drawn = {
                let _span = context.span("read");
                let gathered = gather::gather(context, &source, &input)?;
                options::draw(gathered, &input)?
            };
            context.check()?;
            context.progress(0.8, "drawing");
            let _span = context.span("draw");
            let cannot = |error: baton_agents_drawing::Error| SkillError::new(Code::ChartInvalid, error.to_string());
            let svg = chart(&drawn.options, size).map_err(cannot)?.to_svg();
            let pixels = png(&svg, SCALE).map_err(cannot)?;
            Ok((drawn, svg, pixels))
        })
        .await?;
    let svg = context.store("chart.svg", "image/svg+xml", svg.as_bytes()).await?;
    let png = context.store("chart.png", "image/png", &pixels).await?;
    context.progress(1.0, "done");
    context.info(format!("drew {} of {} rows", drawn.used, drawn.read), json!({"marks": drawn.rows.len()}));
    let title = drawn.options["title"]["text"].clone();
    let mut notes = drawn.notes;
    let mut rows = drawn.rows;
    if rows.len() > contract::MAXIMUM_FIGURES {
        notes.push(format!("The table shows the first {} of {} figures.", contract::MAXIMUM_FIGURES, rows.len()));
        rows.truncate(contract::MAXIMUM_FIGURES);
    }
    Ok(json!({
        "title": title, "chart": drawn.options, "png": png, "svg": svg, "figures": {"columns": drawn.columns, "rows": rows},
        "rows": drawn.read, "used_rows": drawn.used, "notes": notes
    }))
}
