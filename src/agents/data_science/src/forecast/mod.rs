//! How a series is continued, from the input to the result.

mod backtest;
pub(crate) mod contract;
mod optimize;
mod run;
pub(crate) mod season;
pub(crate) mod series;
mod smoothing;

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

use self::run::Outlook;

/// The most steps ahead.
pub(crate) const MAXIMUM_HORIZON: usize = 1_000;
/// How many expected values the result lists; the artifact has all.
pub(crate) const SHOWN: usize = 200;

/// What the skill is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    artifact: String,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
    value: Option<String>,
    time: Option<String>,
    #[serde(default = "usual_horizon")]
    horizon: usize,
    season: Option<usize>,
    model: Option<String>,
    #[serde(default = "usual_folds")]
    folds: usize,
    #[serde(default = "usual_confidence")]
    confidence: f64,
}

fn yes() -> bool {
    true
}

fn usual_horizon() -> usize {
    12
}

fn usual_folds() -> usize {
    8
}

fn usual_confidence() -> f64 {
    0.9
}

/// Continues the series that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let source = crate::inference::table_file(&context, &input.artifact, input.delimiter.as_deref(), input.header)?;
    let outlook = context.blocking(move |context| run::run(context, &source, &input)).await?;
    context.progress(0.97, "storing the forecast");
    let table = context.store("forecast.csv", "text/csv", outlook.table().as_bytes()).await?;
    context.info(
        outlook.summary.clone(),
        json!({"model": outlook.model["name"], "season": outlook.model["season"], "steps": outlook.steps.len()}),
    );
    context.progress(1.0, "done");
    let Outlook { summary, chart, steps, model, backtest, notes } = outlook;
    let forecast: Vec<Value> = steps.iter().take(SHOWN).map(|step| json!(step)).collect();
    Ok(
        json!({"summary": summary, "chart": chart, "forecast": forecast, "model": model, "backtest": backtest, "table": table, "notes": notes}),
    )
}
