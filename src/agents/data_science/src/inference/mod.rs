//! How hypotheses about a table are tested, from the input to the result.

mod chart;
pub(crate) mod contract;
mod correction;
mod count;
mod counted;
mod groups;
mod outcome;
mod rank;
mod run;
pub(crate) mod sample;
mod several;
mod shapiro;
mod student;
mod variance;

use std::collections::BTreeMap;

use baton_agents_runtime::{Context, SkillError};
use serde::Deserialize;
use serde_json::{Value, json};

use self::correction::Correction;
use self::rank::Method;
use self::student::Alternative;
use crate::read::{Delimiter, TableFile};

/// The most columns that are tested at once.
pub(crate) const MAXIMUM_VARIABLES: usize = 50;
/// The most groups: their pairs grow with the square.
pub(crate) const MAXIMUM_GROUPS: usize = 50;

/// Which test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Test {
    TOneSample,
    TTwoSample,
    Welch,
    TPaired,
    MannWhitney,
    Wilcoxon,
    Anova,
    WelchAnova,
    KruskalWallis,
    Levene,
    ShapiroWilk,
    ChiSquareFit,
    ChiSquareIndependence,
}

/// How pairs of groups are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pairing {
    #[default]
    Auto,
    Tukey,
    Corrected,
    None,
}

/// What the skill is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    artifact: String,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
    test: Test,
    columns: Vec<String>,
    group: Option<String>,
    levels: Option<Vec<String>>,
    against: Option<String>,
    #[serde(default)]
    expected_mean: f64,
    expected: Option<BTreeMap<String, f64>>,
    #[serde(default)]
    alternative: Alternative,
    #[serde(default)]
    method: Method,
    #[serde(default = "yes")]
    continuity: bool,
    #[serde(default = "usual_confidence")]
    confidence: f64,
    #[serde(default)]
    correction: Correction,
    #[serde(default)]
    pairwise: Pairing,
}

fn yes() -> bool {
    true
}

fn usual_confidence() -> f64 {
    0.95
}

/// The file that the input of a skill on tables names.
pub(crate) fn table_file(context: &Context, artifact: &str, delimiter: Option<&str>, header: bool) -> Result<TableFile, SkillError> {
    let file = context.file(artifact)?;
    let delimiter = match delimiter {
        None => None,
        Some(name) => Some(Delimiter::named(name).ok_or_else(|| SkillError::input("delimiter", format!("{name} is none of , ; tab |")))?),
    };
    Ok(TableFile { file, delimiter, header, columns: None })
}

/// Tests what the input asks.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let source = table_file(&context, &input.artifact, input.delimiter.as_deref(), input.header)?;
    let outcome = context.blocking(move |context| run::run(context, &source, &input)).await?;
    context.info(
        outcome.summary.lines().next().unwrap_or_default().to_owned(),
        json!({"tests": outcome.tests.len(), "significant": outcome.tests.iter().filter(|test| test.significant).count()}),
    );
    context.progress(1.0, "done");
    serde_json::to_value(outcome).map_err(|error| SkillError::internal(format!("the result cannot be written: {error}")))
}
