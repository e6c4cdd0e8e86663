//! How unusual values and rows are found, from the input to the result.

mod chart;
pub(crate) mod contract;
mod forest;
mod residual;
mod run;

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

/// The most columns that are watched at once.
pub(crate) const MAXIMUM_WATCHED: usize = 50;
/// The most anomalies that a result lists.
pub(crate) const MAXIMUM_LISTED: usize = 200;
/// The most anomalies that the artifact holds, the most unusual ones.
pub(crate) const MAXIMUM_STORED: usize = 100_000;
/// The most trees of a forest.
pub(crate) const MAXIMUM_TREES: usize = 1_000;

/// How anomalies are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    #[default]
    Auto,
    Mad,
    Iqr,
    Seasonal,
    IsolationForest,
}

/// What the skill is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    artifact: String,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
    columns: Option<Vec<String>>,
    time: Option<String>,
    #[serde(default)]
    method: Method,
    threshold: Option<f64>,
    share: Option<f64>,
    season: Option<usize>,
    #[serde(default = "usual_trees")]
    trees: usize,
    #[serde(default)]
    seed: u64,
    #[serde(default = "usual_list")]
    list: usize,
}

fn yes() -> bool {
    true
}

fn usual_trees() -> usize {
    200
}

fn usual_list() -> usize {
    50
}

/// Finds the anomalies of the table that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let source = crate::inference::table_file(&context, &input.artifact, input.delimiter.as_deref(), input.header)?;
    let list = input.list;
    let report = context.blocking(move |context| run::run(context, &source, &input)).await?;
    context.progress(0.97, "storing the anomalies");
    let table = context.store("anomalies.csv", "text/csv", report.table().as_bytes()).await?;
    context.info(report.summary.clone(), json!({"found": report.found, "method": report.method}));
    context.progress(1.0, "done");
    let listed: Vec<&run::Anomaly> = report.anomalies.iter().take(list).collect();
    Ok(json!({
        "summary": report.summary, "charts": report.charts, "anomalies": listed, "columns": report.columns, "method": report.method,
        "threshold": report.threshold, "found": report.found, "table": table, "notes": report.notes
    }))
}
